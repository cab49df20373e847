//! A resolver, a disk and programs that never answer: each is the trouble of its own feed alone, and nobody's end waits for them.

use super::support::home::Home;
use super::support::raw::{Raw, ok};
use super::support::{missing, preload};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::net::UdpSocket;
use std::time::{Duration, SystemTime};

/// More than a crowd of threads that everybody shares has.
const NAMES: usize = 600;

#[test]
fn what_never_answers_is_the_trouble_of_its_own_feed_and_of_no_other() {
    if missing("timeout") {
        return;
    }
    let Some(library) = preload::built("stuck") else { return };
    let (web, silent) = (Raw::saying(ok("fine")), UdpSocket::bind("127.0.0.1:0").expect("a port"));
    let (port, silent) = (web.address.port(), silent.local_addr().expect("an address"));
    let folders = tempfile::tempdir().expect("folders");
    let [stuck, well] = ["stuck", "well"].map(|name| folders.path().join(name));
    [&stuck, &well].iter().for_each(|folder| std::fs::create_dir(folder).expect("a folder"));
    std::fs::write(well.join("dump"), "data").expect("written");
    let earlier = SystemTime::now() - Duration::from_secs(1_800);
    File::options().write(true).open(well.join("dump")).and_then(|file| file.set_modified(earlier)).expect("a time");

    let mut config = String::from("feeds:\n");
    for n in 0..NAMES {
        let (http, tcp) =
            (format!("http: {{url: 'http://h{n}.stuck.test/'}}"), format!("tcp: {{address: 'h{n}.stuck.test:80'}}"));
        let _ = writeln!(config, "  - {{name: name-{n}, timeout: 3s, {}}}", if n % 2 == 0 { http } else { tcp });
    }
    let folder = |folder: &std::path::Path| format!("backup: {{folder: '{}', rpo: 1h}}", folder.display());
    let others = [
        ("stuck-dns", "3s", format!("dns: {{server: '{silent}', name: a.test}}")),
        ("stuck-folder", "3s", folder(&stuck)),
        ("stuck-plugin", "3s", "plugin: {command: [sh, -c, 'sleep 1000']}".to_owned()),
        ("well-folder", "25s", folder(&well)),
        ("well-http", "25s", format!("http: {{url: 'http://localhost:{port}/'}}")),
        ("well-plugin", "25s", "plugin: {command: [echo, fine]}".to_owned()),
        ("well-tcp", "25s", format!("tcp: {{address: 'localhost:{port}'}}")),
    ];
    for (name, timeout, feed) in others {
        let _ = writeln!(config, "  - {{name: {name}, timeout: {timeout}, {feed}}}");
    }
    // Names are looked up still when everything is told: the program's end waits for none.
    let limited = ["timeout", "-s", "KILL", "120", env!("CARGO_BIN_EXE_midwatch")].map(str::to_owned).to_vec();
    let (name, value) = library.variable();
    let home = Home::with(&config).started_by(limited).env(&name, &value).env("STUCK_FOLDER", &stuck.display().to_string());
    let output = home.run(&["feeds", "--once", "--json"]);
    assert_eq!(output.status.code(), Some(1), "some are unwell, and it ends: {output:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let feeds: BTreeMap<&str, (&str, &str)> = document["feeds"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|feed| ["name", "state", "message"].map(|key| feed[key].as_str().unwrap_or_default()))
        .map(|[name, state, message]| (name, (state, message)))
        .collect();
    for name in ["well-folder", "well-http", "well-plugin", "well-tcp"] {
        assert_eq!(feeds[name].0, "healthy", "{name}: {:?}", feeds[name]);
    }
    assert_eq!(feeds["stuck-folder"].0, "stale");
    assert!(feeds["stuck-folder"].1.contains("the file system of"), "{:?}", feeds["stuck-folder"]);
    assert_eq!(feeds["stuck-plugin"], ("unknown", "timed out after 3s"));
    assert!(feeds["stuck-dns"].1.contains("within 3s"), "{:?}", feeds["stuck-dns"]);
    let named: Vec<_> = feeds.iter().filter(|(name, _)| name.starts_with("name-")).map(|(_, told)| *told).collect();
    // Which wait it was that ended depends on how fast the machine is.
    let odd = named.iter().find(|(state, message)| *state == "healthy" || !message.contains(" within "));
    assert_eq!((named.len(), odd), (NAMES, None));
}
