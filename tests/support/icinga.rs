//! A real Icinga 2 on a free port of loopback: a private folder, a certificate of an authority of its own, and nothing that it
//! checks by itself. Gone with the value, with everything that it has started.

use super::program::{Program, free_address};
use super::tls::Authority;
use super::{find, until};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub struct Icinga {
    address: String,
    authority: Authority,
    program: Option<Program>,
    folder: tempfile::TempDir,
}

/// Whether the tests of it can't be run here.
pub fn missing() -> bool {
    ["icinga2", "curl", "openssl"].into_iter().any(super::missing)
}

const CONFIG: &str = r#"
include <itl>
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
object CheckerComponent "checker" { }
object NotificationComponent "notification" { }
object ApiUser "console" { password = "console-pw"; permissions = [ "*" ] }
object ApiUser "by-name" { client_cn = "leaf"; permissions = [ "objects/query/*", "status/query" ] }
object ApiUser "services-only" { password = "pw"; permissions = [ "objects/query/Service", "status/query" ] }
object ApiUser "deaf" { password = "pw"; permissions = [ "objects/query/*", "status/query", "events/StateChange", "events/downtime*" ] }
object ApiUser "nobody" { password = "pw"; permissions = [ ] }
"#;

impl Icinga {
    /// The one that other tests of this binary use too, if there is one now: what they do must be about hosts of their own.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Icinga>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let fresh = Arc::new(Self::start());
            *shared = Arc::downgrade(&fresh);
            fresh
        })
    }

    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut icinga = Self { address: free_address(), authority: Authority::new(), program: None, folder };
        for name in ["etc", "data/certs", "cache", "log", "run", "spool"] {
            fs::create_dir_all(icinga.path(name)).expect("a folder");
        }
        let (cert, key) = icinga.authority.good();
        let copies = [(cert, "leaf.crt"), (key, "leaf.key"), (icinga.authority.ca(), "ca.crt")];
        for (from, to) in copies {
            fs::copy(from, icinga.path("data/certs").join(to)).expect("copied");
        }
        let port = icinga.address.rsplit(':').next().expect("a port");
        let names = r#"const NodeName = "leaf"; const ZoneName = "leaf"; const TicketSalt = """#;
        let api = format!("object ApiListener \"api\" {{ bind_host = \"127.0.0.1\"; bind_port = {port} }}\n");
        fs::write(icinga.path("etc/icinga2.conf"), format!("{names}\n{CONFIG}{api}")).expect("written");
        icinga.launch();
        icinga
    }

    fn launch(&mut self) {
        let mut command = Command::new(find("icinga2").expect("icinga2 is not installed"));
        command.arg("daemon").arg("-c").arg(self.path("etc/icinga2.conf")).args(self.definitions()).process_group(0);
        let log = self.path("log/started");
        let ready =
            || TcpStream::connect(&self.address).is_ok() && self.try_ask("GET", "status/IcingaApplication", &json!({})).is_some();
        self.program = Some(Program::start_until(&mut command, &log, ready));
    }

    /// Where everything lies that is of the system otherwise.
    fn definitions(&self) -> Vec<String> {
        let user = |flag: &str| {
            let output = Command::new("id").arg(flag).output().expect("id runs").stdout;
            String::from_utf8_lossy(&output).trim().to_owned()
        };
        let path = |name: &str| self.path(name).display().to_string();
        let folders = [
            ("ConfigDir", "etc"),
            ("DataDir", "data"),
            ("CacheDir", "cache"),
            ("LogDir", "log"),
            ("InitRunDir", "run"),
            ("SpoolDir", "spool"),
            ("PidPath", "run/icinga2.pid"),
            ("StatePath", "data/icinga2.state"),
            ("ModAttrPath", "data/modified-attributes.conf"),
            ("ObjectsPath", "cache/icinga2.debug"),
            ("VarsPath", "cache/icinga2.vars"),
        ];
        let mut all: Vec<String> = folders.iter().map(|(name, at)| format!("-DConfiguration.{name}={}", path(at))).collect();
        all.push(format!("-DConfiguration.RunAsUser={}", user("-un")));
        all.push(format!("-DConfiguration.RunAsGroup={}", user("-gn")));
        all
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.address.replace("127.0.0.1", "localhost"))
    }

    /// The configuration of a source for the user `console`, with more keys.
    pub fn source(&self, more: &Value) -> Value {
        let mut source = json!({"url": self.url(), "basic": {"user": "console", "password": "console-pw"}, "tls": {"ca": self.authority.ca()}});
        source.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        source
    }

    /// PEM files of a certificate that the user `by-name` has, and its key.
    pub fn certificate(&self) -> (PathBuf, PathBuf) {
        (self.path("data/certs/leaf.crt"), self.path("data/certs/leaf.key"))
    }

    /// What the API answers, asked by curl.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_ask(method, path, body).unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    fn try_ask(&self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let mut curl = Command::new("curl");
        curl.args(["-sk", "-m", "30", "-u", "console:console-pw", "-H", "Accept: application/json", "-X", method]);
        curl.args([format!("{}/v1/{path}", self.url()), "-d".to_owned(), body.to_string()]);
        serde_json::from_slice(&curl.output().expect("curl runs").stdout).ok()
    }

    /// What one expression gives on the console of Icinga itself.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> String {
        let url = format!("{}/", self.url().replace("https://", "https://console:console-pw@"));
        let mut console = Command::new(find("icinga2").expect("icinga2 is not installed"));
        let output = console.args(["console", "--connect", &url, "--eval", expression]).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(output.status.success(), "{expression}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// A host that nobody checks. `attrs` are more of its attributes.
    #[track_caller]
    pub fn host(&self, name: &str, attrs: &Value) {
        self.create(&format!("objects/hosts/{name}"), attrs);
    }

    /// A service that nobody checks; one bad result is a hard state.
    #[track_caller]
    pub fn service(&self, host: &str, name: &str, attrs: &Value) {
        self.create(&format!("objects/services/{host}!{}", name.replace(' ', "%20").replace('/', "%2F")), attrs);
    }

    #[track_caller]
    pub fn create(&self, path: &str, attrs: &Value) {
        let mut all = match path.starts_with("objects/dependencies") {
            true => json!({}),
            false => json!({"check_command": "dummy", "enable_active_checks": false, "max_check_attempts": 1}),
        };
        all.as_object_mut().expect("a map").extend(attrs.as_object().expect("a map").clone());
        let answer = self.ask("PUT", path, &json!({"attrs": all}));
        assert_eq!(answer["results"][0]["code"], 200.0, "{answer}");
    }

    /// The result of a check: of a service 0 to 3, of a host 0 or 1.
    #[track_caller]
    pub fn result(&self, object: &str, state: u8, output: &str) {
        self.act("process-check-result", object, &json!({"exit_status": state, "plugin_output": output}));
    }

    /// An act of somebody else.
    #[track_caller]
    pub fn act(&self, action: &str, object: &str, more: &Value) {
        let sort = if object.contains('!') { "service" } else { "host" };
        let mut body = json!({sort: object, "author": "bob", "comment": "by hand"});
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        let answer = self.ask("POST", &format!("actions/{action}"), &body);
        assert_eq!(answer["results"][0]["code"], 200.0, "{action} {object}: {answer}");
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut program) = self.program.take() {
            // Its first process has started others.
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", program.id())]).output();
            program.kill();
        }
    }

    /// Ends it in order, so that it keeps its state, and starts it at the same address.
    pub fn restart(&mut self) {
        let id = self.program.as_ref().expect("it runs").id();
        let _ = Command::new("kill").arg(id.to_string()).output();
        until("it to end", || TcpStream::connect(&self.address).is_err().then_some(()));
        until("its state to be kept", || (!self.is_running()).then_some(()));
        self.kill();
        self.launch();
    }

    fn is_running(&mut self) -> bool {
        self.program.as_mut().is_some_and(|program| !program.has_ended())
    }
}

impl Drop for Icinga {
    fn drop(&mut self) {
        self.kill();
    }
}
