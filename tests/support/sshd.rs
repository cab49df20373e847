//! A real sshd on a free port of loopback, with keys of its own.

use super::until;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server of our own: its keys and its configuration are in the test's folder.
pub struct Sshd {
    pub child: Child,
    port: u16,
}

fn keygen(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().expect("ssh-keygen");
    assert!(made.success());
}

/// Whoever has the key in this folder may log in.
pub fn sshd(folder: &Path) -> Sshd {
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
    super::find("sshd").map_or("/usr/sbin/sshd".into(), |path| path.display().to_string())
}

impl Sshd {
    /// The words by which it is reached with the keys of its folder, and with nothing of the machine's own.
    pub fn words(&self, folder: &Path) -> Vec<String> {
        let place = folder.display();
        let port = format!("\"{}\"", self.port);
        let known = format!("UserKnownHostsFile={place}/known");
        let key = format!("{place}/user");
        let words = [
            "ssh",
            "-F",
            "none",
            "-p",
            &port,
            "-i",
            &key,
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "IdentityAgent=none",
            "-o",
            &known,
            "-o",
            "GlobalKnownHostsFile=/dev/null",
            "-o",
            "BatchMode=yes",
            "--",
            "HOST",
        ];
        words.map(str::to_owned).into()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // It may have been killed by the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
