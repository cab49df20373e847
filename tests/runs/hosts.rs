//! Steps with `host`, through a real sshd on loopback.

use crate::support::{missing, until};
use crate::{Stage, state_of};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server of our own: its keys and its configuration are in the test's folder.
struct Sshd {
    child: Child,
    port: u16,
}

fn keygen(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().expect("ssh-keygen");
    assert!(made.success());
}

fn sshd(folder: &Path) -> Sshd {
    std::fs::create_dir_all(folder).expect("made");
    ["hostkey", "user"].iter().for_each(|name| keygen(&folder.join(name)));
    std::fs::copy(folder.join("user.pub"), folder.join("authorized")).expect("copied");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let place = folder.display();
    let config = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {place}/hostkey\nPidFile {place}/pid\nAuthorizedKeysFile {place}/authorized\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUseDNS no\n\
         PrintMotd no\nPrintLastLog no\n"
    );
    std::fs::write(folder.join("config"), config).expect("written");
    let key = std::fs::read_to_string(folder.join("hostkey.pub")).expect("a key");
    std::fs::write(folder.join("known"), format!("[127.0.0.1]:{port} {key}")).expect("written");
    // As root it wants an empty folder in /run, which is not ours: a mount of its own has one.
    let run = format!("exec \"$0\" -D -e -f {place}/config");
    let own = format!("mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 755 /run/sshd && {run}");
    let program = midwatch_sshd();
    let mut command = match nix::unistd::getuid().is_root() {
        true => Command::new("unshare"),
        false => Command::new("sh"),
    };
    match nix::unistd::getuid().is_root() {
        true => command.args(["-m", "sh", "-c", &own, &program]),
        false => command.args(["-c", &run, &program]),
    };
    let log = std::fs::File::create(folder.join("log")).expect("a log");
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("sshd starts");
    until("sshd", || TcpStream::connect(("127.0.0.1", port)).ok());
    Sshd { child, port }
}

fn midwatch_sshd() -> String {
    crate::support::find("sshd").map_or("/usr/sbin/sshd".into(), |path| path.display().to_string())
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // It may have been killed by the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stage {
    /// The transport that reaches the server, and nothing of the machine's own.
    fn reaches(&self, server: &Sshd, folder: &Path) {
        let place = folder.display();
        let words = format!(
            "[ssh, -F, none, -p, \"{}\", -i, {place}/user, -o, IdentitiesOnly=yes, -o, IdentityAgent=none, -o, UserKnownHostsFile={place}/known, \
             -o, GlobalKnownHostsFile=/dev/null, -o, BatchMode=yes, --, HOST]",
            server.port
        );
        let books = self.path().join("books");
        let config = format!(
            "operator: {{name: ana}}\nenvironment: lab\nplaybooks: {{folders: [{}], transport: {words}}}\n",
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
