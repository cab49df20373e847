//! What holds for every command: help, colours, how much is said, one document, and a standard output that is gone.

use super::*;
use std::fs::OpenOptions;

/// Red, as a table paints it.
const CRITICAL: &str = "\u{1b}[1;31mcritical\u{1b}[0m ";

#[test]
fn colours_are_given_only_where_they_are_wanted() {
    let (fake, _) = outage();
    let home = watching(&fake, "");
    let table = |args: &[&str]| out(&home.run(&[&["alerts"], args].concat()));
    assert!(table(&["--color", "always"]).contains(CRITICAL), "{}", table(&["--color", "always"]));
    assert!(!table(&[]).contains('\u{1b}'), "nobody looks at it");
    assert!(!table(&["--color", "never"]).contains('\u{1b}'));
    let shown = |args: &[&str]| home.console(&[&["alerts"], args].concat(), 120, 10);
    let raw = |mut terminal: support::pty::Pty| {
        terminal.wait_exit();
        String::from_utf8_lossy(terminal.raw()).into_owned()
    };
    assert!(raw(shown(&[])).contains(CRITICAL));
    assert!(!raw(shown(&["--color", "never"])).contains("[1;31m"));
    let home = watching(&fake, "").env("NO_COLOR", "1");
    let mut terminal = home.console(&["alerts"], 120, 10);
    terminal.wait_exit();
    assert!(!String::from_utf8_lossy(terminal.raw()).contains("[1;31m"));
    assert!(out(&home.run(&["alerts", "--color", "always"])).contains(CRITICAL), "what is asked for wins");
}

#[test]
fn help_and_the_console_are_without_colour_where_none_is_wanted() {
    let (fake, _) = outage();
    let home = watching(&fake, "");
    assert!(out(&home.run(&["--help", "--color", "always"])).contains('\u{1b}'));
    assert!(!out(&home.run(&["--help"])).contains('\u{1b}'));
    let coloured = |args: &[&str]| {
        let mut console = home.console(args, 120, 40);
        console.wait_for("PostgresDown");
        let raw = String::from_utf8_lossy(console.raw()).into_owned();
        console.keys("q");
        console.wait_exit();
        raw.contains("[38;5;") || raw.contains(";38;5;")
    };
    assert!(coloured(&[]));
    assert!(!coloured(&["--color", "never"]));
}

#[test]
fn more_is_said_to_those_who_ask_for_it() {
    let (fake, _) = outage();
    let home = watching(&fake, "");
    assert_eq!(err(&home.run(&["alerts"])), "");
    let more = err(&home.run(&["alerts", "-v"]));
    assert!(more.contains(&format!("configuration {}/config.yaml", home.path().display())), "{more}");
    assert!(more.contains("source prod (alertmanager): answered, 0 silences"), "{more}");
    assert!(err(&home.run(&["log", "-v"])).contains("data folder "));
    assert_eq!(err(&home.run(&["alerts", "-v", "--quiet"])), "");
}

#[test]
fn json_is_one_document_whatever_is_asked_for() {
    let home = Home::new();
    for args in [&["completions", "bash"][..], &["man"], &["keys"], &["themes"], &["log"], &["incident", "list"]] {
        assert_eq!(home.json(args)["schema"], 1, "{args:?}");
    }
}

#[test]
fn a_standard_output_that_is_gone_is_told_and_nothing_panics() {
    let home = Home::new();
    for args in [&["completions", "bash"][..], &["man"], &["keys"], &["log"], &["themes", "--json"]] {
        home.run(&["note", "so that there is a line"]);
        let full = OpenOptions::new().write(true).open("/dev/full").expect("there");
        let output = home.command(args).stdout(full).output().expect("it ends");
        assert_eq!(code(&output), Some(2), "{args:?}: {}", err(&output));
        assert!(err(&output).starts_with("midwatch: standard output can't be written: "), "{args:?}: {}", err(&output));
    }
}

/// Every argument says what it is, and what a command has of its own stands before what all have.
#[test]
fn help_leaves_nothing_unsaid() {
    fn look(command: &clap::Command, path: &str) {
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(argument.get_help().is_some(), "{path} {}", argument.get_id());
        }
        command
            .get_subcommands()
            .filter(|below| !below.is_hide_set())
            .for_each(|below| look(below, &format!("{path} {}", below.get_name())));
    }
    look(&midwatch::cli::tree(), "midwatch");
    let help = out(&Home::new().run(&["alerts", "--help"]));
    let place = |option: &str| help.find(option).unwrap_or_else(|| panic!("{option}: {help}"));
    assert!(place("--state") < place("--config"), "{help}");
}

#[test]
fn a_view_is_a_filter_by_its_name() {
    let (fake, _) = outage();
    fake.fire(&[("alertname", "DiskFilling"), ("severity", "warning")]);
    let source = format!("sources: [{{name: prod, alertmanager: {{urls: ['{}']}}}}]\n", fake.url);
    let home = Home::with(&format!("{source}console: {{views: {{night: \"severity>=critical\"}}}}\n"));
    let table = out(&home.run(&["alerts", "--view", "night"]));
    assert!(table.contains("PostgresDown") && !table.contains("DiskFilling"), "{table}");
    let refused = home.run(&["alerts", "--view", "nigth"]);
    assert_eq!(code(&refused), Some(2));
    assert!(err(&refused).contains("has no nigth: did you mean night? It has night\n"), "{}", err(&refused));
}

#[test]
fn a_configuration_that_was_named_and_is_not_there_is_told_though_it_keeps_nobody_from_a_note() {
    let home = Home::new();
    let noted = home.run(&["note", "saw 5xx", "--config", "nowhere.yaml"]);
    assert_eq!(code(&noted), Some(0));
    let says = err(&noted);
    assert!(says.contains("going on without the configuration") && says.contains("nowhere.yaml"), "{says}");
    assert!(!err(&home.run(&["note", "again"])).contains("configuration"), "none is no mistake");
}
