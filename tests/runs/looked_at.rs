//! What a step wrote, seen in a console that had nothing to do with it.

use super::Stage;

#[test]
fn the_output_of_a_run_that_is_over_is_read_in_the_next_console() {
    let stage = Stage::with(
        "params:\n  TOKEN: {type: secret, from: env.THE_TOKEN}\n",
        "## Steps\n\n### Say it\n\n- **risk:** read\n\n```sh\nfor i in 1 2 3; do echo \"line $i\"; done; echo \"to err\" >&2; echo \"it is $TOKEN\"\n```\n",
    );
    let home = stage.home.env("THE_TOKEN", "hunter2hunter2");
    assert!(home.run(&["--data", "data", "playbook", "run", "t", "--auto"]).status.success());
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for("Library");
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
