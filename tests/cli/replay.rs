//! An incident played in a real terminal.

use super::*;
use std::os::unix::fs::PermissionsExt;

fn done(home: &Home, args: &[&str]) {
    let output = home.run(args);
    assert_eq!(code(&output), Some(0), "{args:?}: {}", err(&output));
}

/// An incident of nine minutes, told afterwards; the journal knew all of it a moment after its declaration.
fn told() -> Home {
    let home = Home::with("operator: {name: ana}\n");
    done(&home, &["incident", "open", "checkout down"]);
    done(&home, &["note", "saw 5xx rise"]);
    done(&home, &["note", "!promote the replica"]);
    done(&home, &["incident", "close", "INC-1", "--reason", "replica promoted"]);
    home
}

#[test]
fn an_incident_is_played_and_nothing_of_it_can_be_changed() {
    let home = told();
    let before = home.json(&["log"])["entries"].as_array().expect("a list").len();
    let mut console = home.console(&["replay", "INC-1", "--stopped"], 120, 40);
    console.wait_for("REPLAY");
    console.wait_for("checkout down");
    console.wait_for("go on");
    assert!(!console.screen().contains("replica promoted"), "{}", console.screen());
    console.keys("]");
    console.wait_for("replica promoted");
    console.keys("nseen from afar\r");
    console.wait_for("nothing of it can be changed");
    console.keys("[");
    console.wait_gone("replica promoted");
    console.wait_for("checkout down");
    console.keys("t+1h\r");
    console.wait_for("is not between");
    console.keys("\x1b");
    console.wait_gone("is not between");
    console.keys("?");
    console.wait_for("Go a minute back in the replay.");
    console.keys("\x1b");
    console.wait_gone("Go a minute back in the replay.");
    console.keys(" ");
    console.wait_for("replica promoted");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
    assert_eq!(home.json(&["log"])["entries"].as_array().expect("a list").len(), before);
}

#[test]
fn an_export_is_played_where_there_is_no_journal() {
    let home = told();
    done(&home, &["export", "INC-1", "--format", "jsonl", "--people", "names", "-o", "night.jsonl"]);
    let elsewhere = Home::new();
    let file = home.path().join("night.jsonl");
    let mut console = elsewhere.console(&["replay", file.to_str().expect("text"), "--speed", "4096"], 80, 24);
    console.wait_for("checkout down");
    console.keys("]");
    console.wait_for("begin again");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    assert!(!elsewhere.path().join(".local/share/midwatch").exists(), "a replay keeps nothing");
}

#[test]
fn what_cannot_be_played_is_told() {
    let home = told();
    home.write("torn.jsonl", "{\"schema\":1,");
    for (args, why) in [
        (&["replay", "INC-9"][..], "INC-9"),
        (&["replay", "torn.jsonl"], "torn.jsonl:1:"),
        (&["replay", "INC-1", "--speed", "0"], "is no speed"),
        (&["replay", "INC-1", "--at", "soon"], "--at: `soon` is not a time"),
        (&["replay", "INC-1", "--at", "+3h"], "is not between"),
        (&["replay", "INC-1"], "a replay needs a terminal"),
    ] {
        let output = home.run(args);
        assert!(code(&output) == Some(2) && err(&output).contains(why), "{args:?}: {}", err(&output));
    }
}

#[test]
fn a_session_is_recorded_without_secrets_and_played() {
    let config = "operator: {name: ana}\nexport: {redact: [project falcon]}\nsources: [{name: prod, alertmanager: {urls: 'http://127.0.0.1:1', bearer: {env: TOKEN}}}]\n";
    let home = Home::with(config).env("TOKEN", "correct-horse");
    let mut console = home.console(&["--record", "night.jsonl"], 120, 40);
    console.wait_for("prod");
    console.keys("nsaw correct-horse go by\r");
    console.wait_for("go by");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    let file = home.path().join("night.jsonl");
    let text = std::fs::read_to_string(&file).expect("a recording");
    assert!(text.contains("go by") && text.contains("\"operator\"") && !text.contains("correct-horse"), "{text}");
    assert!(!text.contains("falcon"), "what nobody else is to read is not named to them: {text}");
    assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);

    let elsewhere = Home::new();
    // The last line of a console that was killed may be torn.
    let torn = elsewhere.write("torn.jsonl", &format!("{text}{{\"stamp\":"));
    for file in [&file, &torn] {
        let mut console = elsewhere.console(&["replay", file.to_str().expect("text"), "--stopped"], 120, 40);
        console.wait_for("REPLAY");
        console.wait_for("go on");
        assert!(!console.screen().contains("go by"), "{}", console.screen());
        console.keys("]]");
        console.wait_for("saw ••• go by");
        console.keys("q");
        assert_eq!(console.wait_exit().exit_code(), 0);
    }
    let damaged = elsewhere.write("damaged.jsonl", &text.replace("\"what\"", "\"that\""));
    let output = elsewhere.run(&["replay", damaged.to_str().expect("text")]);
    assert!(code(&output) == Some(2) && err(&output).contains("damaged.jsonl:2: "), "{}", err(&output));
    for (args, why) in
        [(&["--record", "night.jsonl"][..], "needs a terminal"), (&["--record", "new.jsonl", "alerts"], "leave the command away")]
    {
        let output = home.run(args);
        assert!(code(&output) == Some(2) && err(&output).contains(why), "{args:?}: {}", err(&output));
    }
    let mut console = home.console(&["--record", "night.jsonl"], 120, 40);
    console.wait_for("File exists");
    assert_eq!(console.wait_exit().exit_code(), 2);
}

/// A long session takes its time to be read: something is said of it, and nobody has to wait for its end.
#[test]
fn reading_a_long_session_is_told_and_given_up_by_esc() {
    let home = Home::with("operator: {name: ana}\n");
    let mut console = home.console(&["--data", "data", "--record", "short.jsonl"], 120, 40);
    console.wait_for("journal ok");
    console.keys("q");
    console.wait_exit();
    let short = std::fs::read_to_string(home.path().join("short.jsonl")).expect("it was kept");
    let least = short.lines().skip(1).min_by_key(|line| line.len()).expect("something happened");
    assert!(least.len() < 500, "{least}");
    let long: String = short.lines().take(1).chain(std::iter::repeat_n(least, 400_000)).map(|line| format!("{line}\n")).collect();
    home.write("long.jsonl", &long);
    let mut console = home.console(&["replay", "long.jsonl"], 120, 40);
    console.wait_for("midwatch: reading long.jsonl; esc gives up");
    console.keys("\x1b");
    console.wait_for("given up, nothing was played");
    assert_eq!(console.wait_exit().exit_code(), 1);
    console.assert_restored();
}
