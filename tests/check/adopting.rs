//! `playbook adopt`: what becomes executable, and that nothing is lost.

use crate::support::home::Home;
use crate::{code, out};

const RUNBOOK: &str =
    "# Restart: the \"cache\"\r\n\r\n## Steps\r\n\r\n### 1. Look\r\n\r\n```sh\r\nredis-cli ping\r\n```\r\n\r\n### 2. Tell\r\n";

#[test]
fn a_runbook_is_adopted_once_and_keeps_every_byte() {
    let home = Home::new();
    let file = home.write("books/Cache_Restart.md", RUNBOOK);
    let read = || std::fs::read_to_string(&file).expect("text");
    let shown = home.run(&["--read-only", "playbook", "adopt", "books/Cache_Restart.md"]);
    assert_eq!((code(&shown), read().as_str()), (Some(0), RUNBOOK), "{shown:?}");
    let adopt = home.run(&["playbook", "adopt", "books/Cache_Restart.md"]);
    assert_eq!(code(&adopt), Some(0), "{adopt:?}");
    let text = out(&adopt);
    assert!(text.contains("runs  Look (command)\n        redis-cli ping\n") && text.contains("shown Tell (manual)"), "{text}");
    let adopted = read();
    let front = "---\r\nplaybook: 1\r\nid: cache-restart\r\ntitle: \"Restart: the \\\"cache\\\"\"\r\n---\r\n\r\n";
    assert_eq!(adopted, format!("{front}{RUNBOOK}"));
    assert_eq!(code(&home.run(&["check", "books/Cache_Restart.md"])), Some(0));
    let again = home.run(&["playbook", "adopt", "books/Cache_Restart.md"]);
    assert!(out(&again).contains("is executable already") && read() == adopted, "{again:?}");
    assert_eq!(std::fs::read_dir(home.path().join("books")).expect("a folder").count(), 1, "nothing is left beside it");
}

#[test]
fn front_matter_that_is_there_is_added_to() {
    let home = Home::new();
    let file = home.write("a.md", "---\nowner: team\nid: own\n---\n# A\n## Verify\n### One\n");
    assert_eq!(code(&home.run(&["playbook", "adopt", "a.md"])), Some(0));
    let text = std::fs::read_to_string(file).expect("text");
    assert_eq!(text, "---\nplaybook: 1\ntitle: \"A\"\nowner: team\nid: own\n---\n# A\n## Verify\n### One\n");
}

#[test]
fn what_would_come_out_wrong_is_refused_and_left_alone() {
    let home = Home::new();
    for (text, why) in [
        ("# A\n## Meaning\n\nx\n## Diagnosis\n", "it would have no steps"),
        ("---\ntags: [x]\n---\n## Steps\n### One\n", "unknown key `tags`"),
        ("---\na: [\n---\n## Steps\n### One\n", "not YAML"),
        ("\u{feff}## Steps\n### One\n", "byte order mark"),
        ("---\nplaybook: 2\n---\n## Steps\n### One\n", "format version 2"),
    ] {
        let file = home.write("a.md", text);
        let adopt = home.run(&["playbook", "adopt", "a.md"]);
        let told = String::from_utf8_lossy(&adopt.stderr).into_owned();
        assert!(code(&adopt) == Some(2) && told.contains(why) && told.contains("was not changed"), "{text:?}: {told}");
        assert_eq!(std::fs::read_to_string(file).expect("text"), text);
    }
    assert_eq!(code(&home.run(&["playbook", "adopt", "gone.md"])), Some(2));
}
