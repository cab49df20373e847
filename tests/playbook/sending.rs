//! Sends `http` bodies to servers and judges what comes back.

use crate::bundled::prepare;
use crate::support::until;
use midwatch::domain::playbook::{Block, Playbook, Resolved, Seen, Step, Verdict};
use midwatch::ports::Request;
use midwatch::steps::{Launch, judge};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

/// Sends a request as it was prepared and reads the whole answer.
fn send(request: &Request) -> std::io::Result<Seen> {
    let url = &request.url;
    let mut stream = TcpStream::connect((url.host_str().unwrap_or(""), url.port().unwrap_or(80)))?;
    let target = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let body = request.body.clone().unwrap_or_default();
    let mut head =
        format!("{} {target} HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\n", request.method, url.authority(), body.len());
    for (name, value) in &request.headers {
        head += &format!("{name}: {}\r\n", value.expose());
    }
    stream.write_all(&[format!("{head}\r\n").as_bytes(), &body].concat())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Seen { status, body: Some(body.to_owned()), took: Some(Duration::ZERO), ..Seen::default() })
}

/// Launches a block once and judges it by the step's `expect`.
pub fn attempt(step: &Step, block: &Block, params: &Resolved) -> Verdict {
    let step = Step { body: Some(block.clone()), ..step.clone() };
    let launch = prepare(&step, params, &BTreeMap::new(), Path::new("/x")).expect("prepared");
    let Launch::Http { request, .. } = launch else { panic!("{} is no request", step.id) };
    match send(&request) {
        Ok(seen) => judge(&step, &seen, &|name| params.plain(name).map(str::to_owned)),
        Err(error) => Verdict::CannotTell(error.to_string()),
    }
}

/// Tries a block until what it expects holds, as long as the server needs.
pub fn settle(step: &Step, block: &Block, params: &Resolved) -> Verdict {
    let holds = |verdict: &Verdict| *verdict == Verdict::Holds;
    until(&format!("what {} expects", step.id), || Some(attempt(step, block, params)).filter(holds))
}

pub fn body<'a>(book: &'a Playbook, id: &str) -> (&'a Step, &'a Block) {
    let step = book.step(&id.into()).expect(id);
    (step, step.body.as_ref().expect("a body"))
}
