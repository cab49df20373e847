//! A machine at the far end of a slow line that loses packets, reached by ssh: 100 ms each way and one packet in a hundred.

use super::home::Home;
use super::pty::Pty;
use super::{find, missing, not_permitted};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const MILLISECONDS: &str = "100";
const PERCENT: &str = "1";
const SERVER: &str = "10.231.1.2";

pub struct Far {
    line: Child,
    /// The process whose network the near end is in.
    near: String,
    keys: tempfile::TempDir,
}

impl Far {
    /// `None` where this machine doesn't let us make networks.
    pub fn start() -> Option<Self> {
        if ["unshare", "nsenter", "ip", "ssh", "sshd", "ssh-keygen"].into_iter().any(missing) {
            return None;
        }
        if !nix::unistd::geteuid().is_root() || !Path::new("/dev/net/tun").exists() {
            not_permitted("a slow line, which needs networks of its own: only root may make them, with /dev/net/tun");
            return None;
        }
        let keys = tempfile::tempdir().expect("a folder");
        let place = keys.path().display().to_string();
        for name in ["hostkey", "user"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(keys.path().join(name)).status();
            assert!(made.expect("ssh-keygen").success());
        }
        let key = std::fs::read_to_string(keys.path().join("hostkey.pub")).expect("a key");
        let write = |name: &str, text: String| std::fs::write(keys.path().join(name), text).expect("written");
        write("known", format!("[{SERVER}]:2222 {key}"));
        write(
            "config",
            format!(
                "ListenAddress {SERVER}\nPort 2222\nHostKey {place}/hostkey\nPidFile {place}/pid\nAuthorizedKeysFile {place}/user.pub\n\
                 StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
                 UseDNS no\nPrintMotd no\nPrintLastLog no\n"
            ),
        );

        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/far/line.sh");
        let mut line = Command::new("unshare");
        line.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", script, &place, MILLISECONDS, PERCENT]);
        line.arg(find("sshd").expect("it is there")).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut line = line.spawn().expect("unshare starts");
        let said = BufReader::new(line.stdout.take().expect("a pipe")).lines().next();
        let children = format!("/proc/{0}/task/{0}/children", line.id());
        let near = std::fs::read_to_string(children).expect("its child").trim().to_owned();
        let far = Self { line, near, keys };
        assert!(said.is_some_and(|said| said.is_ok_and(|said| said == "ready")), "the line is not made");
        Some(far)
    }

    /// Opens `midwatch` at the far end in a terminal at the near one. It has the home, and the network, of the test.
    pub fn console(&self, home: &Home, args: &[&str], columns: u16, rows: u16) -> Pty {
        let place = self.keys.path().display();
        let (known, user, network) =
            (format!("UserKnownHostsFile={place}/known"), format!("{place}/user"), format!("{place}/home"));
        let options = ["IdentitiesOnly=yes", "IdentityAgent=none", &known, "GlobalKnownHostsFile=/dev/null", "BatchMode=yes"];
        let mut argv: Vec<String> =
            ["nsenter", "-t", &self.near, "-n", "ssh", "-tt", "-F", "none", "-i", &user].map(str::to_owned).into();
        argv.extend(options.into_iter().chain(["ConnectionAttempts=30"]).flat_map(|option| ["-o".to_owned(), option.to_owned()]));
        let folder = home.path().display().to_string();
        argv.extend(["-p", "2222", SERVER, "--", "cd", &folder, "&&", "exec", "env", "-i"].map(str::to_owned));
        argv.extend(home.environment().into_iter().map(|(name, value)| format!("{name}={value}")));
        // The server's mounts are the line's own: there the network of the test has a name.
        argv.extend(["nsenter", &format!("--net={network}")].map(str::to_owned));
        argv.extend(home.argv().iter().cloned().chain(args.iter().map(|arg| (*arg).to_owned())));
        Pty::open(argv.iter().map(String::as_str), &home.environment(), home.path(), columns, rows)
    }
}

impl Drop for Far {
    /// Everything that the line is made of goes with it.
    fn drop(&mut self) {
        let _ = self.line.kill();
        let _ = self.line.wait();
    }
}
