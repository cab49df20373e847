//! `promql` bodies, asked of a server that answers as Prometheus does.

use crate::{Stage, state_of, told};
use std::io::{Read, Write};
use std::net::TcpListener;

/// Answers every query with these values, and keeps what was asked.
fn prometheus(values: &'static str) -> (u16, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (asked, questions) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut peer in listener.incoming().flatten() {
            let mut bytes = [0; 4096];
            let length = peer.read(&mut bytes).unwrap_or(0);
            let line = String::from_utf8_lossy(&bytes[..length]).lines().next().unwrap_or("").to_owned();
            let body = format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{values}]}}}}");
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // Whoever asked may be gone.
            let _ = peer.write_all(format!("{head}{body}").as_bytes());
            let _ = asked.send(line);
        }
    });
    (port, questions)
}

fn stage(port: Option<u16>, expect: &str) -> Stage {
    let steps =
        format!("## Verify\n\n### Lag\n\n- **expect:** {expect}\n- **timeout:** 9s\n\n```promql\nlag{{host=\"$HOST\"}}\n```\n");
    let stage = Stage::with("params:\n  HOST: {type: string, default: 'a\"b'}\n", &steps);
    let source = port
        .map_or(String::new(), |port| format!("sources: [{{name: prom, prometheus: {{url: \"http://127.0.0.1:{port}\"}}}}]\n"));
    let books = stage.path().join("books");
    stage.home.write("config.yaml", &format!("environment: lab\nplaybooks: [{}]\n{source}", books.display()));
    stage
}

#[test]
fn a_query_is_judged_by_all_its_values() {
    let two = r#"{"metric":{},"value":[1,"0.2"]},{"metric":{},"value":[1,"0.9"]}"#;
    for (values, expect, state) in
        [(two, "value < 1", "succeeded"), (two, "value < 0.5", "failed"), ("", "empty", "succeeded"), ("", "value < 1", "failed")]
    {
        let (port, asked) = prometheus(values);
        let stage = stage(Some(port), expect);
        let (document, _) = stage.json(&["playbook", "run", "t", "--auto", "read"]);
        assert_eq!(state_of(&document, "lag"), state, "{expect}: {document}");
        let question = asked.recv().expect("it was asked");
        assert!(question.contains("query=lag%7Bhost%3D%22a%5C%22b%22%7D"), "{question}");
    }
}

#[test]
fn without_anybody_to_ask_the_run_is_refused_with_the_line() {
    let stage = stage(None, "value < 1");
    let refused = stage.midwatch(&["playbook", "run", "t", "--auto", "read"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(told(&refused).contains("t.md:13: no source"), "{}", told(&refused));
}
