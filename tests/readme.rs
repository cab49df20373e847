//! What the README shows works as it stands there.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use midwatch::tui::keymap::default::ROWS;
use support::home::Home;

fn readme() -> &'static str {
    include_str!("../README.md")
}

/// The text of the first block of this language.
fn block(fence: &str) -> &'static str {
    let end = format!("\n{}", fence.trim_end_matches(char::is_alphabetic));
    let after = readme().split(&format!("\n{fence}\n")).nth(1).expect("the block");
    after.split(end.as_str()).next().expect("its text")
}

#[track_caller]
fn accepted(name: &str, text: &str) {
    let home = Home::new();
    std::fs::create_dir(home.path().join("playbooks")).expect("a folder");
    let file = home.write(name, text);
    let output = home.run(&["check", "--strict", &file.display().to_string()]);
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&told));
}

#[test]
fn its_configuration_is_good() {
    accepted("config.yaml", block("```yaml"));
}

#[test]
fn its_playbook_is_good() {
    accepted("playbooks/queue-stuck.md", block("````markdown"));
}

#[test]
fn its_commands_are_understood() {
    let commands: Vec<&str> = readme().split("```").flat_map(str::lines).filter(|line| line.starts_with("midwatch ")).collect();
    assert!(commands.len() > 5, "{commands:?}");
    for command in commands {
        let parsed = midwatch::cli::tree().try_get_matches_from(shell_words::split(command).expect("quotes are closed"));
        assert!(parsed.is_ok(), "{command}: {}", parsed.expect_err("refused"));
    }
}

#[test]
fn its_keys_are_keys() {
    let table = readme().split("\n## Keys\n").nth(1).and_then(|text| text.split("\n## ").next()).expect("the section");
    let rows = table.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    let keys: Vec<&str> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        assert!(ROWS.iter().any(|row| row.keys.contains(&key)), "`{key}` is bound to nothing");
    }
}
