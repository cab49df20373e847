//! The servers that the playbooks are tried on: they start, they answer, and what they answer is read right.

use crate::support::haproxy::Haproxy;
use crate::support::missing;

#[test]
fn haproxy_is_asked_and_told() {
    if missing("haproxy") {
        return;
    }
    let proxy = Haproxy::start("backend b\n    server one 127.0.0.1:9\n");
    assert_eq!((proxy.status("b", "one").as_str(), proxy.ask("set server b/one state maint").as_str()), ("no check", ""));
    assert_eq!(
        (proxy.status("b", "one").as_str(), proxy.ask("set server b/two state maint").as_str()),
        ("MAINT", "No such server.")
    );
}
