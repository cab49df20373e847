//! What a step wrote, seen in a console that had nothing to do with it.

use super::Stage;
use std::process::Command;

#[test]
fn the_output_of_a_run_that_is_over_is_read_in_the_next_console() {
    let stage = Stage::with(
        "params:\n  TOKEN: {type: secret, from: env.THE_TOKEN}\n",
        "## Steps\n\n### Say it\n\n- **risk:** read\n\n```sh\nfor i in 1 2 3; do echo \"line $i\"; done; echo \"to err\" >&2; echo \"it is $TOKEN\"\n```\n",
    );
    let home = stage.home.env("THE_TOKEN", "hunter2hunter2");
    assert!(home.run(&["--data", "data", "playbook", "run", "t", "--auto"]).status.success());
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for("is completed");
    console.keys("pG");
    console.wait_for("▌· A test");
    console.keys("\r");
    console.wait_for("✓ 1  Say it");
    console.keys("o");
    console.wait_for("Output of Say it");
    console.wait_for("line 3");
    console.wait_for("to err");
    console.wait_for("it is •••");
    let raw = String::from_utf8_lossy(console.raw()).into_owned();
    assert!(!raw.contains("hunter2hunter2"), "a secret reached the terminal");
    console.keys("qq");
    assert!(console.wait_exit().success());
}

#[test]
fn output_that_could_not_be_kept_is_said_to_be_incomplete_wherever_it_is_read() {
    let stage = Stage::new("## Steps\n\n### Say it\n\n- **risk:** read\n\n```sh\nyes line | head -c 12000000\n```\n");
    let limited = |args: &[&str]| {
        // Of the shells that `sh` is, some count in half kilobytes.
        let shell = "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", shell]).args(stage.home.argv()).args(["--data", "data"]).args(args);
        let output = command.env_clear().envs(stage.home.environment()).current_dir(stage.path()).output().expect("runs");
        (String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout)).into_owned()
    };
    limited(&["incident", "open", "down"]);
    let told = limited(&["playbook", "run", "t", "--auto", "--incident", "INC-1"]);
    assert!(told.contains("succeeded  Say it: output incomplete: File too large"), "{told}");
    for args in [&["log", "INC-1"][..], &["export", "INC-1", "--format", "md"], &["export", "INC-1", "--format", "jsonl"]] {
        let text = String::from_utf8(stage.midwatch(args).stdout).expect("text");
        assert!(text.contains("output incomplete: File too large"), "{args:?}: {text}");
    }
    let mut console = stage.home.console(&["--data", "data"], 120, 40);
    console.wait_for("is completed");
    console.keys("pG");
    console.wait_for("▌· A test");
    console.keys("\r");
    console.wait_for("✓ 1  Say it");
    console.keys("o");
    console.wait_for("✗ output incomplete: File too large");
    console.keys("qq");
    assert!(console.wait_exit().success());
}
