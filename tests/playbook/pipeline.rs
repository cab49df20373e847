//! The alert pipeline check on a real Alertmanager.

use crate::bundled::{bundled, prepare, resolved};
use crate::support::{PATIENCE, find, missing};
use midwatch::domain::playbook::{Block, Playbook, Resolved, Seen, Step, Verdict};
use midwatch::ports::Request;
use midwatch::steps::{Launch, judge};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Alertmanager {
    url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Alertmanager {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let config = folder.path().join("am.yml");
        std::fs::write(&config, "route: {receiver: none}\nreceivers: [{name: none}]\n").expect("written");
        let child = Command::new(find("prometheus-alertmanager").expect("is installed"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--cluster.listen-address=", "--log.level=error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("alertmanager starts");
        Self { url: format!("http://{address}"), child, _folder: folder }
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Seen { status, body: Some(body.to_owned()), took: Some(Duration::ZERO), ..Seen::default() })
}

/// Tries a block until what it expects holds, as long as the server needs.
fn settle(step: &Step, block: &Block, params: &Resolved) -> Verdict {
    let step = Step { body: Some(block.clone()), ..step.clone() };
    let launch = prepare(&step, params, &BTreeMap::new(), Path::new("/x")).expect("prepared");
    let Launch::Http { request, .. } = launch else { panic!("{} is no request", step.id) };
    let began = Instant::now();
    loop {
        let verdict = match send(&request) {
            Ok(seen) => judge(&step, &seen, &|name| params.plain(name).map(str::to_owned)),
            Err(error) => Verdict::CannotTell(error.to_string()),
        };
        if verdict == Verdict::Holds || began.elapsed() > PATIENCE {
            return verdict;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn body<'a>(book: &'a Playbook, id: &str) -> (&'a Step, &'a Block) {
    let step = book.step(&id.into()).expect(id);
    (step, step.body.as_ref().expect("a body"))
}

#[test]
fn a_synthetic_alert_goes_through_a_real_alertmanager_and_resolves() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let (book, server) = (bundled("alert-pipeline-check"), Alertmanager::start());
    let params = resolved(&book, &[("AM_URL", &server.url), ("CHECK_ID", "run-1")]);
    for id in ["alertmanager-is-ready", "send-the-synthetic-alert", "alertmanager-lists-it", "resolve-it", "it-is-gone"] {
        let (step, block) = body(&book, id);
        assert_eq!(settle(step, block, &params), Verdict::Holds, "{id}");
    }
}

#[test]
fn its_undo_takes_the_alert_away_and_another_check_is_not_mistaken_for_it() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let (book, server) = (bundled("alert-pipeline-check"), Alertmanager::start());
    let params = |id| resolved(&book, &[("AM_URL", &server.url), ("CHECK_ID", id)]);
    let at = |id: &str, check| {
        let (step, block) = body(&book, id);
        settle(step, block, &params(check))
    };
    assert_eq!(at("alertmanager-is-ready", "one"), Verdict::Holds);
    assert_eq!(at("send-the-synthetic-alert", "one"), Verdict::Holds);
    assert_eq!(at("alertmanager-lists-it", "one"), Verdict::Holds);
    assert_eq!(at("it-is-gone", "two"), Verdict::Holds);
    let (step, _) = body(&book, "send-the-synthetic-alert");
    assert_eq!(settle(step, step.undo.as_ref().expect("an undo"), &params("one")), Verdict::Holds);
    assert_eq!(at("it-is-gone", "one"), Verdict::Holds);
}
