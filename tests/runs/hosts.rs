//! Steps with `host`, through a real sshd on loopback.

use crate::support::missing;
use crate::support::sshd::{Sshd, sshd};
use crate::{Stage, state_of};
use std::path::Path;

impl Stage {
    /// The transport that reaches the server, and nothing of the machine's own.
    fn reaches(&self, server: &Sshd, folder: &Path) {
        let words = server.words(folder).join(", ");
        let books = self.path().join("books");
        let config = format!(
            "operator: {{name: ana}}\nenvironment: lab\nplaybooks: {{folders: [{}], transport: [{words}]}}\n",
            books.display()
        );
        self.home.write("config.yaml", &config);
    }
}

fn absent() -> bool {
    missing("sshd") || missing("ssh")
}

fn step(fields: &str, block: &str) -> String {
    format!("### Do it\n\n- **host:** `$TO`\n- **timeout:** 20s\n{fields}\n\n```sh\n{block}\n```\n\n")
}

const FRONT: &str = "params:\n  TO: {type: host, default: 127.0.0.1}\n  ODD: {type: string, default: \"it's $(reboot); `x` \\\"y\\\"\"}\n  KEY: {type: secret, from: env.KEY, required: false}\n";

#[test]
fn a_block_runs_on_its_host_with_its_values_and_nothing_in_it_eats_the_rest() {
    if absent() {
        return;
    }
    let block = "cat\nprintf '%s|%s|%s\\n' \"$ODD\" \"$KEY\" \"$PLAYBOOK_STEP\" > WORK/log\ntest -n \"$SSH_CONNECTION\"\nexit 7";
    let stage = Stage::with(FRONT, "");
    let block = block.replace("WORK", &stage.path().join("work").display().to_string());
    let text = format!(
        "---\nplaybook: 1\nid: t\ntitle: A test\n{FRONT}---\n\n# A test\n\n## Steps\n\n{}",
        step("- **expect:** exit 7", &block)
    );
    stage.home.write("books/t.md", &text);
    let folder = stage.path().join("sshd");
    let server = sshd(&folder);
    stage.reaches(&server, &folder);
    let (document, code) = stage.json(&["playbook", "run", "t", "--auto", "change", "--param", "KEY=hunter'2"]);
    assert_eq!((code, state_of(&document, "do-it")), (0, "succeeded"), "{document}");
    assert_eq!(stage.wrote("log"), "it's $(reboot); `x` \"y\"|hunter'2|do-it\n");
    let run = stage.path().join("data/runs").join(crate::id(&document)).join("do-it.1");
    let kept =
        std::fs::read_dir(run).expect("kept").flatten().map(|file| std::fs::read_to_string(file.path()).unwrap_or_default());
    assert!(!kept.collect::<String>().contains("hunter"), "a secret is in no file");
}

#[test]
fn a_lost_connection_is_unknown_unless_the_step_only_read() {
    let lost = |fields: &str| {
        let stage = Stage::with(FRONT, &format!("## Steps\n\n{}", step(fields, "true")));
        let books = stage.path().join("books");
        // Port 1 of this machine answers nobody.
        let config = format!(
            "environment: lab\nplaybooks: {{folders: [{}], transport: [sh, -c, \"echo refused >&2; exit 255\", HOST]}}\n",
            books.display()
        );
        stage.home.write("config.yaml", &config);
        let (document, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
        assert_eq!(code, 1);
        let detail = document["steps"][0]["attempts"][0]["detail"].to_string();
        assert!(detail.contains("refused") && detail.contains("nobody knows"), "{detail}");
        state_of(&document, "do-it").to_owned()
    };
    assert_eq!([lost(""), lost("- **risk:** read")], ["unknown", "failed"]);
}

#[test]
fn a_block_that_does_not_parse_alone_is_sent_nowhere() {
    let stage = Stage::with(FRONT, &format!("## Steps\n\n{}", step("", "}\necho escaped\n{")));
    let books = stage.path().join("books");
    let sent = stage.path().join("work/sent");
    let config = format!(
        "environment: lab\nplaybooks: {{folders: [{}], transport: [sh, -c, \"cat > {}\", HOST]}}\n",
        books.display(),
        sent.display()
    );
    stage.home.write("config.yaml", &config);
    let (document, _) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    let detail = document["steps"][0]["attempts"][0]["detail"].to_string();
    assert!(detail.contains("nothing was executed") && detail.contains("does not parse alone"), "{document}");
    assert!(!sent.exists());
}
