//! What is on record of how an attempt ended, and how a run is taken up.

use crate::support::until;
use crate::{Stage, id, told};

fn sh(fields: &str, block: &str) -> String {
    format!("## Steps\n\n### Go\n\n{fields}\n\n```sh\n{block}\n```\n")
}

#[test]
fn the_list_says_how_a_run_is_taken_up() {
    let stage = Stage::new(&sh("- **timeout:** 9s", "true"));
    let (document, _) = stage.json(&["playbook", "run", "t"]);
    let run = id(&document);
    let list = || String::from_utf8_lossy(&stage.midwatch(&["playbook", "list"]).stdout).into_owned();
    assert!(list().contains(&format!("{run}: nobody drives it. `midwatch playbook resume {run}` takes it up")), "{}", list());
    stage.midwatch(&["playbook", "pause", run, "--reason", "lunch"]);
    assert!(list().contains(&format!("`midwatch playbook unpause {run}`")), "{}", list());
}

/// A console that died is found out by whoever looks at its run.
#[test]
fn the_list_says_what_to_do_with_what_was_interrupted() {
    let stage = Stage::new(&sh("- **timeout:** 60s", "echo x > ../work/log; until test -e ../work/go; do sleep 0.05; done"));
    let mut console =
        stage.home.command(&["--data", "data", "playbook", "run", "t", "--auto", "change"]).spawn().expect("it starts");
    until("its beginning", || (stage.wrote("log") == "x\n").then_some(()));
    console.kill().expect("killed");
    console.wait().expect("gone");
    let run = stage.open_run().expect("it is open");
    let refused = stage.midwatch(&["playbook", "skip", &run, "go", "--reason", "x"]);
    assert!(told(&refused).contains("interrupted"), "{}", told(&refused));
    let list = String::from_utf8_lossy(&stage.midwatch(&["playbook", "list"]).stdout).into_owned();
    let wanted = format!("{run}: its console died. `midwatch playbook resume {run}` takes it up");
    assert!(list.contains(&wanted) && list.contains("abandon"), "{list}");
    stage.home.write("work/go", "");
}
