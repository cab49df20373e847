//! Where servers are looked for: what the person names, the environment, amtool's configuration, and where they usually are.

use super::asked::Candidate;
use crate::cli::Failure;
use crate::config::import::{Access, Server, What, amtool, karma};
use crate::domain::node::{Problem, Problems, Roots};
use directories::BaseDirs;
use std::io::Read;
use std::path::{Path, PathBuf};
use url::Url;

/// Variables that name a server; karma and scripts use them.
const VARIABLES: [(&str, What); 4] = [
    ("ALERTMANAGER_URL", What::Alertmanager),
    ("ALERTMANAGER_URI", What::Alertmanager),
    ("PROMETHEUS_URL", What::Prometheus),
    ("PROMETHEUS_URI", What::Prometheus),
];

const USUAL: [(&str, What); 2] = [("http://localhost:9093", What::Alertmanager), ("http://localhost:9090", What::Prometheus)];

/// Where amtool looks, and where Debian's does: below the home folder, then on this machine.
const OF_HOME: [&str; 2] = [".config/amtool/config.yml", ".config/prometheus/amtool.yml"];
const OF_MACHINE: [&str; 2] = ["/etc/amtool/config.yml", "/etc/prometheus/amtool.yml"];

/// The longest configuration of another tool, in bytes.
const LONGEST: u64 = 4 << 20;

#[derive(Default)]
pub struct Places {
    pub candidates: Vec<Candidate>,
    /// Who silences by amtool, here.
    pub author: Option<String>,
    /// What could not be read or taken over.
    pub remarks: Vec<String>,
}

impl Places {
    pub fn named(&mut self, what: What, urls: &[Url]) -> Result<(), Failure> {
        let servers = urls.iter().map(|url| Server::at(what, url.as_str())).collect::<Result<Vec<_>, _>>();
        for server in servers.map_err(Failure::usage)? {
            // Addresses of one command line are peers, unless they say otherwise.
            match self.candidates.iter_mut().find(|known| known.server.what == What::Alertmanager && what == What::Alertmanager) {
                Some(known) => known.server.urls.extend(server.urls),
                None => self.add(server, "named on the command line"),
            }
        }
        Ok(())
    }

    /// The file of another tool that the person named: it is good, or nothing is written.
    pub fn karma(&mut self, path: &Path) -> Result<(), Failure> {
        let (servers, problems) = read(path, karma::read)?;
        self.remarks.extend(problems);
        let from = path.display().to_string();
        servers.into_iter().for_each(|server| self.add(server, &from));
        Ok(())
    }

    pub fn amtool(&mut self, path: &Path) -> Result<(), Failure> {
        let (amtool, problems) = read(path, amtool::read)?;
        self.remarks.extend(problems);
        self.author = self.author.take().or(amtool.author);
        let Some(mut server) = amtool.server else { return Ok(()) };
        if let Some(client) = amtool.client {
            let (access, problems) = read(&client, amtool::client)?;
            self.remarks.extend(problems);
            let own = server.access.basic.take().filter(|_| access.bearer.is_none());
            server.access = Access { tls: merged(&server.access, &access), basic: access.basic.or(own), ..access };
        }
        self.add(server, &path.display().to_string());
        Ok(())
    }

    /// Wherever one may be, unasked. What is wrong there is only a remark.
    pub fn look_around(&mut self) {
        for (name, what) in VARIABLES {
            let Some(value) = std::env::var(name).ok().filter(|value| !value.is_empty()) else { continue };
            match Server::at(what, &value) {
                Ok(server) => self.add(server, &format!("${name}")),
                Err(why) => self.remarks.push(format!("${name}: {why}")),
            }
        }
        if let Some(path) = of_amtool().find(|path| path.is_file())
            && let Err(why) = self.amtool(&path)
        {
            self.remarks.push(why.to_string());
        }
        for (url, what) in USUAL {
            let server = Server::at(what, url).ok();
            let from = "where one usually is".to_owned();
            self.candidates.extend(server.map(|server| Candidate { server, from, named: false }));
        }
    }

    fn add(&mut self, server: Server, from: &str) {
        self.candidates.push(Candidate { server, from: from.to_owned(), named: true });
    }
}

/// Both can say that a certificate is not judged.
fn merged(own: &Access, client: &Access) -> crate::config::import::Tls {
    crate::config::import::Tls { insecure: own.tls.insecure || client.tls.insecure, ..client.tls.clone() }
}

fn of_amtool() -> impl Iterator<Item = PathBuf> {
    let home = BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let of_home = home.into_iter().flat_map(|home| OF_HOME.map(|path| home.join(path)));
    of_home.chain(OF_MACHINE.map(PathBuf::from))
}

/// A whole file and its warnings.
fn read<T>(path: &Path, parse: fn(&str, &mut Problems) -> Option<T>) -> Result<(T, Vec<String>), Failure> {
    let unread = |why: String| Failure::usage(format!("cannot read {}: {why}", path.display()));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| unread(error.to_string()))?;
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| unread(error.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(unread(format!("it is longer than {} MiB", LONGEST >> 20)));
    }
    let folder = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
    let roots = Roots { home: BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()), folder };
    let mut problems = Problems { roots, ..Problems::default() };
    let found = parse(text.trim_start_matches('\u{feff}'), &mut problems);
    let masked = problems.masked(&text);
    let told = |problem: &Problem| problem.show(&path.display().to_string(), &masked).trim_end().to_owned();
    let told: Vec<String> = problems.list.iter().map(told).collect();
    found.map(|found| (found, told.clone())).ok_or_else(|| Failure::usage(told.join("\n")))
}
