//! A real Zabbix on free ports of loopback: a database of its own, the server, and the frontend behind PHP's own web server.
//! Gone with the value. It is slow to make, so that the tests of one binary share one.

use super::postgres::{self, Cluster, Server, free_port};
use super::program::Program;
use super::{find, until};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub struct Zabbix {
    web: u16,
    trapper: u16,
    session: String,
    /// Ended first: else the server waits for its database for hours.
    server: Program,
    _php: Program,
    pub database: Server,
    /// Ends the database.
    _cluster: Cluster,
}

/// Whoever has it is alone with it.
pub struct Shared {
    _turn: MutexGuard<'static, ()>,
    zabbix: Arc<Zabbix>,
}

impl Deref for Shared {
    type Target = Zabbix;

    fn deref(&self) -> &Zabbix {
        &self.zabbix
    }
}

const SCHEMA: &str = "/usr/share/zabbix-server-pgsql";
const FRONTEND: &str = "/usr/share/zabbix";

/// Whether the tests of it can't be run here.
pub fn missing() -> bool {
    postgres::missing()
        || ["zabbix_server", "zabbix_sender", "php", "curl", "gzip", "/usr/share/zabbix/api_jsonrpc.php"]
            .into_iter()
            .any(super::missing)
}

impl Zabbix {
    /// The one that other tests of this binary use too, if there is one now, for one test at a time: it gives out ids of its own
    /// and refuses two who make something for the first time at once.
    pub fn shared() -> Shared {
        static SHARED: Mutex<Weak<Zabbix>> = Mutex::new(Weak::new());
        static TURN: Mutex<()> = Mutex::new(());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let zabbix = shared.upgrade().unwrap_or_else(|| {
            let fresh = Arc::new(Self::start());
            *shared = Arc::downgrade(&fresh);
            fresh
        });
        drop(shared);
        Shared { _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner), zabbix }
    }

    pub fn start() -> Self {
        let cluster = Cluster::new();
        let database = cluster.primary("db", "max_connections = 60\nsynchronous_commit = off\nfull_page_writes = off\n");
        database.sql("create role zabbix login password 'zbx'");
        database.sql("create database zabbix owner zabbix encoding 'UTF8' template template0");
        ["schema", "images", "data"].into_iter().for_each(|part| load(&database, part));
        let (web, trapper) = (free_port(), low_port());
        let server = server(&cluster, &database, trapper);
        let php = frontend(&cluster, &database, web, trapper);
        let mut zabbix = Self { web, trapper, session: String::new(), server, _php: php, database, _cluster: cluster };
        let login = json!({"username": "Admin", "password": "zabbix"});
        zabbix.session = zabbix.api("user.login", &login).as_str().expect("a session").to_owned();
        // Its own host has problems of its own.
        zabbix.api("host.update", &json!({"hostid": "10084", "status": 1}));
        zabbix
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.web)
    }

    /// An API token of the administrator.
    pub fn token(&self, name: &str) -> String {
        let made = self.api("token.create", &json!({"name": name, "expires_at": 0}));
        let token = self.api("token.generate", &made["tokenids"]);
        token[0]["token"].as_str().expect("a token").to_owned()
    }

    /// What the API answers, asked by curl.
    #[track_caller]
    pub fn api(&self, method: &str, params: &Value) -> Value {
        let reply = self.try_api(method, params);
        assert!(reply.get("result").is_some(), "{method} {params}: {reply}");
        reply["result"].clone()
    }

    pub fn try_api(&self, method: &str, params: &Value) -> Value {
        let mut body = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1});
        if !self.session.is_empty() {
            body["auth"] = self.session.as_str().into();
        }
        let url = format!("{}/api_jsonrpc.php", self.url());
        let mut curl = Command::new(find("curl").expect("curl"));
        curl.args(["-s", "-H", "Content-Type: application/json-rpc", "--data-binary", "@-", &url]);
        let mut child = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl starts");
        child.stdin.take().expect("piped").write_all(body.to_string().as_bytes()).expect("written");
        let output = child.wait_with_output().expect("curl ends");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// A host with an item, and a trigger for values above 90, with more fields. The trigger.
    pub fn host(&self, host: &str, more: &Value) -> String {
        let groups = self.api("hostgroup.get", &json!({"output": ["groupid"], "limit": 1}));
        let made = self.api("host.create", &json!({"host": host, "name": format!("The {host}"), "groups": groups}));
        let item = json!({"hostid": made["hostids"][0], "name": "disk used", "key_": "disk.used", "type": 2, "value_type": 0});
        self.api("item.create", &item);
        let mut trigger = json!({"description": "Disk nearly full", "expression": format!("last(/{host}/disk.used)>90"),
            "priority": 4, "manual_close": 1, "opdata": "now {ITEM.LASTVALUE1}", "tags": [{"tag": "of", "value": host}]});
        trigger.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        self.api("trigger.create", &trigger)["triggerids"][0].as_str().expect("an id").to_owned()
    }

    /// Sends a value, which the server may not know what to do with yet.
    fn value(&self, host: &str, value: &str) {
        let mut sender = Command::new(find("zabbix_sender").expect("zabbix_sender"));
        let port = self.trapper.to_string();
        sender.args(["-z", "127.0.0.1", "-p", &port, "-s", host, "-k", "disk.used", "-o", value]);
        sender.output().expect("it runs");
    }

    /// The trigger has a problem. The event.
    pub fn raise(&self, host: &str, trigger: &str) -> String {
        until("the problem", || {
            self.value(host, "97.5");
            self.problem(trigger)?["eventid"].as_str().map(str::to_owned)
        })
    }

    /// The problem of a trigger goes, as its server finds out.
    pub fn resolve(&self, host: &str, trigger: &str) {
        until("its end", || {
            self.value(host, "10");
            self.problem(trigger).is_none().then_some(())
        });
    }

    /// What its database says of an open problem.
    pub fn problem(&self, trigger: &str) -> Option<Value> {
        let params = json!({"objectids": [trigger], "output": "extend", "selectAcknowledges": "extend"});
        self.api("problem.get", &params).as_array().expect("a list").first().cloned()
    }

    /// Asks its database.
    pub fn sql(&self, query: &str) -> String {
        let mut command = Command::new(find("psql").expect("psql"));
        let port = self.database.port.to_string();
        command.args(["-h", "127.0.0.1", "-p", &port, "-U", "zabbix", "-d", "zabbix", "-XAtqc", query]);
        let output = postgres::run(&mut command);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Zabbix {
    fn drop(&mut self) {
        end(&self.server);
        self.server.kill();
        end(&self._php);
    }
}

/// The whole group: children of the server wait for the database else, and those of PHP keep the port.
fn end(program: &Program) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", program.id())]).output();
}

fn load(database: &Server, part: &str) {
    let script = format!(
        "gzip -dc {SCHEMA}/{part}.sql.gz | psql -1 -q -h 127.0.0.1 -p {} -U zabbix -d zabbix -v ON_ERROR_STOP=1 -o /dev/null",
        database.port
    );
    postgres::run(Command::new("bash").args(["-o", "pipefail", "-c", &script]));
}

/// A free port that the server takes: those that the system gives are too high for it.
fn low_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("is small");
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (first..32_000).find(free).expect("a free port")
}

/// Whoever runs the database runs these too.
fn program(name: &str) -> Command {
    let mut command = postgres::operator(&find(name).unwrap_or_else(|| panic!("{name} is not installed")).display().to_string());
    command.process_group(0);
    command
}

fn server(cluster: &Cluster, database: &Server, trapper: u16) -> Program {
    let folder = cluster.folder("server");
    let at = |name: &str| folder.join(name).display().to_string();
    let settings = format!(
        "ListenIP=127.0.0.1\nListenPort={trapper}\nLogType=file\nLogFile={}\nPidFile={}\nSocketDir={}\nDBHost=127.0.0.1\nDBPort={}\n\
         DBName=zabbix\nDBUser=zabbix\nDBPassword=zbx\nStartPollers=1\nStartPollersUnreachable=1\nStartTrappers=1\nStartPingers=0\n\
         StartDiscoverers=0\nStartHTTPPollers=0\nStartPreprocessors=1\nStartTimers=1\nStartEscalators=1\nStartAlerters=1\n\
         StartDBSyncers=1\nStartLLDProcessors=1\nStartHistoryPollers=1\nStartODBCPollers=0\nCacheSize=32M\n\
         CacheUpdateFrequency=1\nTimeout=4\nAlertScriptsPath={}\nExternalScripts={}\n",
        at("server.log"),
        at("server.pid"),
        folder.display(),
        database.port,
        folder.display(),
        folder.display(),
    );
    write(&folder.join("server.conf"), &settings);
    let mut command = program("zabbix_server");
    command.args(["-f", "-c", &at("server.conf")]);
    let ready = || TcpStream::connect(("127.0.0.1", trapper)).is_ok();
    Program::start_until(&mut command, &cluster.path().join("server.out"), ready)
}

/// A copy of the frontend whose configuration is not the system's.
fn frontend(cluster: &Cluster, database: &Server, web: u16, trapper: u16) -> Program {
    let folder = cluster.path().join("web");
    postgres::run(Command::new("cp").arg("-aL").arg(FRONTEND).arg(&folder));
    let config = folder.join("conf/zabbix.conf.php");
    let reader = folder.join("include/classes/core/CConfigFile.php");
    let patched =
        fs::read_to_string(&reader).expect("it is there").replace("/etc/zabbix/zabbix.conf.php", &config.display().to_string());
    write(&reader, &patched);
    let php = format!(
        "<?php\n$DB['TYPE']='POSTGRESQL';$DB['SERVER']='127.0.0.1';$DB['PORT']='{}';$DB['DATABASE']='zabbix';$DB['USER']='zabbix';\n\
         $DB['PASSWORD']='zbx';$DB['SCHEMA']='';$DB['ENCRYPTION']=false;$DB['DOUBLE_IEEE754']=true;\n\
         $ZBX_SERVER='127.0.0.1';$ZBX_SERVER_PORT='{trapper}';$ZBX_SERVER_NAME='test';$IMAGE_FORMAT_DEFAULT=IMAGE_FORMAT_PNG;\n",
        database.port
    );
    write(&config, &php);
    postgres::hand_over(&folder);
    let mut command = program("php");
    for setting in ["memory_limit=256M", "date.timezone=UTC", "error_reporting=0", "display_errors=0"] {
        command.args(["-d", setting]);
    }
    command.args(["-S", &format!("127.0.0.1:{web}"), "-t", &folder.display().to_string()]).env("PHP_CLI_SERVER_WORKERS", "2");
    let ready = || TcpStream::connect(("127.0.0.1", web)).is_ok();
    Program::start_until(&mut command, &cluster.path().join("web.out"), ready)
}

fn write(path: &Path, text: &str) {
    let path: PathBuf = path.to_owned();
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("written");
}
