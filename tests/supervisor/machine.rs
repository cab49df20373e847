//! What the machine itself does to a command and its supervisor: disks that are full or read-only, a clock that is set, standard streams
//! that are closed, no terminal, and output without an end.

use crate::support::{disk, preload, until_within};
use crate::{Stage, program};
use midwatch::runtime::supervisor::{Exit, Verdict, adopt, launch, verdict};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Until the end of something that takes long.
fn long_end(stage: &Stage) -> Exit {
    until_within(Duration::from_secs(300), "the exit record", || stage.folder().exit().expect("a readable exit record"))
}

#[test]
fn a_gigabyte_leaves_sixteen_megabytes() {
    let stage = Stage::new("head -c 1073741824 /dev/zero; echo; echo the end")
        .change(|attempt| attempt.order.timeout_ms = 600_000)
        .launched();
    let exit = long_end(&stage);
    assert_eq!((exit.code, exit.truncated, exit.timed_out), (Some(0), true, false));
    let length = fs::metadata(stage.folder().file("out")).expect("there").len();
    assert!((8 << 20..=16 << 20).contains(&length), "{length}");
    let out = stage.read("out");
    assert!(out.ends_with("the end\n"));
    let (mark, rest) = out.split_once('\n').expect("a mark");
    let dropped: usize = mark.split(' ').nth(3).and_then(|count| count.parse().ok()).expect("a count");
    assert_eq!(dropped + rest.len(), (1 << 30) + "\nthe end\n".len(), "every byte is accounted for");
}

#[test]
fn on_a_disk_that_the_block_fills_its_end_is_recorded_all_the_same() {
    let Some(disk) = disk::own("machine::on_a_disk_that_the_block_fills_its_end_is_recorded_all_the_same", "1m") else { return };
    let block =
        format!("head -c 4000000 /dev/zero > {}/filler || echo full >&2; head -c 400000 /dev/zero; exit 3", disk.display());
    let stage = Stage::new(&block).change(|attempt| attempt.folder = disk.join("run/a-step.1")).launched();
    let exit = stage.exit();
    assert_eq!((exit.code, exit.signal, exit.truncated), (Some(3), None, true));
    let why = exit.error.expect("what is missing is told");
    assert!(why.contains("output could not be written") && why.contains("No space left"), "{why}");
    assert!(matches!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::Ended(Exit { code: Some(3), .. })));
}

#[test]
fn where_no_order_can_be_written_nothing_is_started() {
    let Some(disk) = disk::own("machine::where_no_order_can_be_written_nothing_is_started", "1m") else { return };
    let at = |name: &str| {
        let folder = disk.join(name);
        Stage::new("touch ran").change(|attempt| attempt.folder = folder)
    };
    disk::fill(&disk, 0);
    let full = at("full/a-step.1");
    let refused = launch(&full.attempt, program()).expect_err("refused").to_string();
    assert!(refused.contains("No space left"), "{refused}");
    assert_eq!(verdict(full.observe()), Verdict::NotExecuted);
    disk::read_only(&disk);
    let stage = at("read-only/a-step.1");
    let refused = launch(&stage.attempt, program()).expect_err("refused").to_string();
    assert!(refused.contains("read-only/a-step.1") && refused.contains("Read-only"), "{refused}");
    for stage in [full, stage] {
        assert!(!stage.place.path().join("ran").exists());
    }
}

/// Under a supervisor whose clock of the wall goes by this many seconds at once, as soon as the block has made a file.
fn stepped(library: &preload::Preload, seconds: &str, block: &str, timeout: u64) -> (Stage, Exit) {
    let stage = Stage::new(&format!("echo > stepped; {block}")).change(|attempt| attempt.order.timeout_ms = timeout);
    let file = stage.place.path().join("stepped").display().to_string();
    let set = [library.variable(), ("CLOCK_FILE".to_owned(), file), ("CLOCK_STEP".to_owned(), seconds.to_owned())];
    let stage = stage.change(|attempt| attempt.env.extend(set)).launched();
    let exit = stage.exit();
    (stage, exit)
}

#[test]
fn a_clock_that_is_set_neither_ends_a_command_nor_lets_it_go_on() {
    let Some(library) = preload::built("clock") else { return };
    let (_stage, ahead) = stepped(&library, "86400", "sleep 0.6; exit 4", 60_000);
    assert_eq!((ahead.code, ahead.timed_out), (Some(4), false), "a day ahead is no timeout");
    assert!(ahead.at > chrono::Utc::now() + chrono::TimeDelta::hours(12), "the step was seen: {}", ahead.at);
    let (stage, back) = stepped(&library, "-86400", "echo one; sleep 1000", 700);
    assert!(back.timed_out, "a day back is no reprieve");
    assert!(back.at < chrono::Utc::now() - chrono::TimeDelta::hours(12), "the step was seen: {}", back.at);
    assert_eq!(stage.read("out"), "one\n");
}

#[test]
fn a_supervisor_without_standard_streams_keeps_the_commands() {
    // The order is there, as a console leaves it that died before its spawn.
    let stage = Stage::new("echo out; echo err >&2; read -r line || echo nothing to read");
    assert!(launch(&stage.attempt, Path::new("/no/such/program")).is_err());
    let closed = r#"exec "$0" __supervise "$1" <&- >&- 2>&-"#;
    let mut command = Command::new("sh");
    command.args(["-c", closed]).arg(program()).arg(&stage.attempt.folder).env_clear().envs(stage.attempt.env.iter().cloned());
    assert!(command.stdin(Stdio::null()).status().expect("runs").success());
    assert_eq!(stage.exit().code, Some(0));
    assert_eq!((stage.read("out").as_str(), stage.read("err").as_str()), ("out\nnothing to read\n", "err\n"));
}

#[test]
fn whoever_asks_for_a_terminal_is_told_at_once_that_there_is_none() {
    let stage = Stage::new(
        "if (: </dev/tty) 2>why; then echo a terminal; fi; test -t 0 || test -t 1 || test -t 2 || echo none; read -r password",
    )
    .launched();
    let exit = stage.exit();
    assert_eq!((exit.code, exit.timed_out), (Some(1), false), "the question is answered by an end of file");
    assert_eq!(stage.read("out"), "none\n");
    assert!(!fs::read_to_string(stage.place.path().join("why")).expect("there").is_empty());
}
