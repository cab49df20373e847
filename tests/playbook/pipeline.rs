//! The alert pipeline check on a real Alertmanager.

use crate::bundled::{bundled, resolved};
use crate::sending::{body, settle};
use crate::support::{find, missing};
use midwatch::domain::playbook::Verdict;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

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
