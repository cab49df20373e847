//! A console in a terminal, and commands that look for one.

use crate::Stage;

/// A command that could reach the console's terminal would stop there, or draw over the screen.
#[test]
fn a_command_never_finds_the_consoles_terminal() {
    let look = "if (: </dev/tty) 2>/dev/null; then echo one > ../work/terminal; else echo none > ../work/terminal; fi";
    let stage = Stage::new(&format!("## Steps\n\n### Ask\n\n- **timeout:** 20s\n\n```sh\n{look}\n```\n"));
    let mut console = stage.home.console(&["--data", "data", "playbook", "run", "t", "--auto", "change"], 80, 24);
    assert!(console.wait_exit().success(), "{}", console.screen());
    assert_eq!(stage.wrote("terminal"), "none\n");
}
