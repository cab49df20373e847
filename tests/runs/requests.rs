//! Steps whose body is a request.

use crate::{Stage, state_of};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

/// Answers each request with the next status and tells its first line.
fn server(answers: &'static [&'static str]) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (lines, told) = channel();
    std::thread::spawn(move || {
        for (answer, stream) in answers.iter().zip(listener.incoming()) {
            let mut stream = stream.expect("a connection");
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
            reader.read_line(&mut line).expect("a request");
            lines.send(line.trim().to_owned()).expect("the test listens");
            if !answer.is_empty() {
                let body = "{\"role\":\"primary\"}";
                write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
                    .expect("sent");
            }
        }
    });
    (port, told)
}

fn stage(port: u16, fields: &str, request: &str) -> Stage {
    let front = format!("params:\n  PORT: {{type: port, default: {port}}}\n");
    Stage::with(&front, &format!("## Steps\n\n### Ask\n\n{fields}\n\n```http\n{request}\n```\n"))
}

#[test]
fn a_request_that_changes_is_sent_once_and_judged_by_its_answer() {
    let (port, told) = server(&["200 OK"]);
    let fields = "- **expect:** status 200; json `role` = `primary`\n- **timeout:** 9s";
    let stage = stage(port, fields, "POST http://127.0.0.1:$PORT/promote");
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, state_of(&run, "ask")), (0, "succeeded"), "{run}");
    assert_eq!(told.recv().expect("a request"), "POST /promote HTTP/1.1");
}

#[test]
fn an_answer_that_says_no_fails_the_step_with_the_reason() {
    let (port, _told) = server(&["503 Busy"]);
    let stage = stage(port, "- **expect:** status 200\n- **timeout:** 9s", "POST http://127.0.0.1:$PORT/promote");
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, state_of(&run, "ask")), (1, "failed"), "{run}");
    assert!(run["steps"][0]["attempts"][0]["detail"].as_str().is_some_and(|why| why.contains("503")), "{run}");
}

#[test]
fn a_change_without_an_answer_is_unknown_and_is_not_sent_again() {
    let (port, told) = server(&["", ""]);
    let stage = stage(port, "- **expect:** status 200\n- **timeout:** 9s", "POST http://127.0.0.1:$PORT/promote");
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, state_of(&run, "ask")), (1, "unknown"), "{run}");
    assert!(told.recv().is_ok());
    assert!(told.try_recv().is_err(), "it was sent twice");
}

#[test]
fn nobody_listening_means_that_nothing_was_done() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let stage = stage(port, "- **expect:** status 200\n- **timeout:** 9s", "POST http://127.0.0.1:$PORT/promote");
    let (run, _) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!(state_of(&run, "ask"), "failed", "{run}");
}

#[test]
fn a_request_that_reads_is_tried_again() {
    let (port, told) = server(&["503 Busy", "503 Busy", "200 OK"]);
    let fields = "- **risk:** read\n- **expect:** status 200\n- **retry:** 5 times every 10ms\n- **timeout:** 9s";
    let stage = stage(port, fields, "GET http://127.0.0.1:$PORT/role");
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "read"]);
    assert_eq!((code, state_of(&run, "ask")), (0, "succeeded"), "{run}");
    assert_eq!(told.iter().count(), 3);
}
