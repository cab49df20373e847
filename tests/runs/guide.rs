//! The failover at the end of the guide, on two real servers: the primary is lost, and writes are accepted again.

use crate::support::{missing, until};
use crate::{Stage, id, state_of};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const GUIDE: &str = include_str!("../../docs/playbooks.md");

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path, of: Option<u16>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port"]).arg(port.to_string()).arg("--dir").arg(folder);
        if let Some(primary) = of {
            command.args(["--replicaof", "127.0.0.1", &primary.to_string()]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("redis starts");
        let server = Self { child, port };
        until("redis", || server.says(&["ping"]).contains("PONG").then_some(()));
        server
    }

    fn says(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(words).output().expect("redis-cli");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The test may have ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn failover() -> &'static str {
    let mut documents = GUIDE.split("\n````markdown\n").skip(1).filter_map(|rest| rest.split("\n````").next());
    documents.find(|text| text.contains("\nid: cache-failover\n")).expect("the example")
}

#[test]
fn the_failover_of_the_guide_brings_writes_back() {
    if missing("redis-server") || missing("redis-cli") {
        return;
    }
    let stage = Stage::new("");
    stage.home.write("books/cache-failover.md", failover());
    let mut old = Server::start(stage.path(), None);
    assert_eq!(old.says(&["set", "order", "1"]), "OK\n");
    let new = Server::start(stage.path(), Some(old.port));
    until("the replica", || new.says(&["get", "order"]).contains('1').then_some(()));
    let ports = [format!("OLD_PORT={}", old.port), format!("NEW_PORT={}", new.port)];
    let run = |more: &[&str]| {
        let args = ["playbook", "run", "cache-failover", "--param", "OLD_HOST=127.0.0.1", "--param", "NEW_HOST=127.0.0.1"];
        stage.json(&[&args[..], &["--param", &ports[0], "--param", &ports[1]], more].concat())
    };
    let (lives, _) = run(&["--auto", "read"]);
    assert_eq!(
        (lives["run"]["state"].as_str(), state_of(&lives, "the-primary-does-not-answer")),
        (Some("blocked"), "failed"),
        "{lives}"
    );
    old.child.kill().expect("killed");
    old.child.wait().expect("gone");
    until("the replica to notice", || new.says(&["info", "replication"]).contains("master_link_status:down").then_some(()));
    let (document, code) = run(&["--auto", "read"]);
    assert_eq!((code, state_of(&document, "decide")), (1, "awaiting-input"), "{document}");
    assert!(new.says(&["set", "order", "2"]).contains("READONLY"));
    let run = id(&document).to_owned();
    stage.json(&["playbook", "answer", &run, "decide", "Promote it"]);
    let (document, _) = stage.json(&["playbook", "confirm", &run, "promote-the-replica=127.0.0.1"]);
    assert_eq!(state_of(&document, "promote-the-replica"), "succeeded", "{document}");
    stage.json(&["playbook", "tick", &run, "point-the-shop-at-it", "1", "2"]);
    let (document, code) = stage.json(&["playbook", "confirm", &run, "writes-are-accepted"]);
    assert_eq!((code, document["run"]["state"].as_str()), (0, Some("completed")), "{document}");
    assert_eq!((new.says(&["get", "order"]).as_str(), new.says(&["set", "order", "3"]).as_str()), ("1\n", "OK\n"));
}
