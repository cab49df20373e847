//! `midwatch init`: a first configuration and a folder of playbooks, written once and never over anything. It looks for the servers
//! that there are and asks each once.

mod asked;
#[expect(clippy::disallowed_methods, reason = "looks into the environment and the configurations of other tools")]
mod places;

use super::session;
use super::{Exit, Failure, Globals, Kind, out};
use crate::config;
use crate::config::import::{Server, What};
use crate::domain::node::{Level, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::address;
use asked::Found;
use clap::{ArgMatches, Args, FromArgMatches};
use places::Places;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use url::Url;

pub const KIND: Kind = Kind {
    name: "init",
    about: "Write a commented configuration and a folder of playbooks",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Address of an Alertmanager; given again: of its peers in the same cluster
    #[arg(long, value_name = "URL", value_parser = plain)]
    from_alertmanager: Vec<Url>,
    /// Address of a Prometheus
    #[arg(long, value_name = "URL", value_parser = plain)]
    from_prometheus: Vec<Url>,
    /// Take over the server that amtool's configuration names, with its login
    #[arg(long, value_name = "FILE")]
    from_amtool: Option<PathBuf>,
    /// Take over the Alertmanagers of a configuration of karma, with their logins
    #[arg(long, value_name = "FILE")]
    from_karma: Option<PathBuf>,
    /// Look for nothing but what is named here, and ask nothing
    #[arg(long)]
    offline: bool,
}

impl Arguments {
    fn names_something(&self) -> bool {
        let files = [&self.from_amtool, &self.from_karma];
        !self.from_alertmanager.is_empty() || !self.from_prometheus.is_empty() || files.iter().any(|file| file.is_some())
    }

    /// What is named, else whatever there may be.
    fn places(&self) -> Result<Places, Failure> {
        let mut places = Places::default();
        places.named(What::Alertmanager, &self.from_alertmanager)?;
        places.named(What::Prometheus, &self.from_prometheus)?;
        self.from_karma.as_deref().map_or(Ok(()), |path| places.karma(path))?;
        self.from_amtool.as_deref().map_or(Ok(()), |path| places.amtool(path))?;
        if !self.names_something() && !self.offline {
            places.look_around();
        }
        Ok(places)
    }
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    if globals.read_only {
        return Err(Failure::usage("--read-only: nothing is written").into());
    }
    let arguments = Arguments::from_arg_matches(matches)?;
    let path = config::locate(globals.config.clone()).map_err(Failure::usage)?;
    config::vacant(&path).map_err(Failure::usage)?;
    let places = arguments.places()?;
    places.remarks.iter().for_each(|remark| out::say(globals, remark));
    let operator = places.author.unwrap_or_else(|| config::login_operator().name);
    let found = match arguments.offline {
        true => places.candidates.into_iter().map(Found::unasked).collect(),
        false => session::runtime()?.block_on(asked::all(places.candidates, &session::ports(globals))),
    };
    found.iter().for_each(|found| out::say(globals, &found.shown()));
    let mut answers = Answers { operator, servers: found.iter().map(|found| found.server.clone()).collect() };
    if out::at_terminal() && !globals.json {
        answers.ask(!arguments.names_something(), &mut io::stdin().lock(), &mut io::stderr().lock())?;
    }
    judged(&answers)?;
    let laid = config::lay_out(&path, &answers.servers, &answers.operator).map_err(Failure::usage)?;
    tell(globals, &laid, &path, &found)?;
    Ok(Exit::Done)
}

/// Whatever was taken over, what is written is a good configuration; else nothing is.
fn judged(answers: &Answers) -> Result<(), Failure> {
    let mut problems = Problems::default();
    let text = config::template(&answers.servers, &answers.operator, &mut |_, _, _| "{env: SECRET}".to_owned());
    let good = Node::parse(&text, &mut problems).and_then(|node| config::resolve(&node, &session::kinds(), &mut problems));
    let wrong = problems.list.iter().find(|problem| problem.level == Level::Error);
    match (good, wrong) {
        (Some(_), None) => Ok(()),
        (_, wrong) => {
            let why = wrong.map_or("it can't be read", |problem| problem.message.as_str());
            Err(Failure::usage(format!(
                "what was found makes no good configuration ({why}); name the servers with --from-alertmanager"
            )))
        }
    }
}

/// What the configuration needs to know.
struct Answers {
    operator: String,
    servers: Vec<Server>,
}

impl Answers {
    /// Nothing typed keeps what is proposed. `choose`: nobody has named the servers.
    fn ask(&mut self, choose: bool, input: &mut dyn BufRead, screen: &mut dyn Write) -> io::Result<()> {
        let name = question(input, screen, &format!("Your name, as the log shall have it [{}]: ", self.operator))?;
        if !name.is_empty() {
            self.operator = name;
        }
        if choose && !self.servers.is_empty() {
            let these = if self.servers.len() == 1 { "this server" } else { "these servers" };
            let answer = question(input, screen, &format!("Use {these}? [Y/n] "))?;
            if answer.to_ascii_lowercase().starts_with('n') {
                self.servers.clear();
            }
        }
        while self.servers.is_empty() {
            let typed = question(input, screen, "Address of an Alertmanager, or nothing for now: ")?;
            match plain(&typed).and_then(|url| Server::at(What::Alertmanager, url.as_str())) {
                _ if typed.is_empty() => break,
                Ok(server) => self.servers.push(server),
                Err(why) => writeln!(screen, "{why}")?,
            }
        }
        Ok(())
    }
}

/// One line from the operator, without its end; empty at the end of the input.
fn question(input: &mut dyn BufRead, screen: &mut dyn Write, text: &str) -> io::Result<String> {
    write!(screen, "{text}")?;
    screen.flush()?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// An address without a login: it would stand in the history of a shell.
fn plain(text: &str) -> Result<Url, String> {
    let url = address(text).ok_or_else(|| format!("`{text}` is not an address such as http://alertmanager:9093"))?;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(url);
    }
    Err("an address can't hold a password; write it into the configuration afterwards, as `basic`".to_owned())
}

fn bare(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

impl Found {
    fn addresses(&self) -> Vec<&str> {
        self.server.urls.iter().map(bare).collect()
    }

    fn shown(&self) -> String {
        let answers = |url: &&str| self.silent.iter().all(|(silent, _)| bare(silent) != *url);
        let at = self.addresses().into_iter().filter(answers).collect::<Vec<_>>().join(", ");
        let (what, from) = (self.server.what.title(), &self.from);
        let silent = self.silent();
        let text = match &self.answer {
            Some(Ok(answer)) => format!("{what} {} at {at} ({from}){silent}", answer.version),
            Some(Err(trouble)) => format!("{what} at {at} ({from}) does not answer as one: {trouble}"),
            None => format!("{what} at {at} ({from}), not asked"),
        };
        out::inert(&text).into_owned()
    }

    /// What nobody answered to, and why: it is written all the same.
    fn silent(&self) -> String {
        let told = |(url, trouble): &(Url, Trouble)| format!("; at {} nobody answers as one: {trouble}", bare(url));
        self.silent.iter().map(told).collect()
    }

    fn document(&self) -> Value {
        let answer = self.answer.as_ref();
        let silent = Some(self.silent().trim_start_matches("; ").to_owned()).filter(|silent| !silent.is_empty());
        json!({
            "kind": self.server.what.kind(),
            "urls": self.addresses(),
            "from": self.from,
            "version": answer.and_then(|answer| Some(answer.as_ref().ok()?.version.clone())),
            "error": answer.and_then(|answer| Some(answer.as_ref().err()?.to_string())).or(silent),
        })
    }
}

fn tell(globals: &Globals, laid: &config::Laid, path: &Path, found: &[Found]) -> anyhow::Result<()> {
    if globals.json {
        let found: Vec<_> = found.iter().map(Found::document).collect();
        return Ok(out::json(&json!({"schema": 1, "written": laid.written, "kept": laid.kept, "found": found}))?);
    }
    laid.kept.iter().for_each(|kept| out::say(globals, &format!("{} is there already and stays as it is", kept.display())));
    laid.written.iter().try_for_each(|written| out::text(&format!("{}\n", written.display())))?;
    let named = if globals.config.is_some() { format!(" --config {}", path.display()) } else { String::new() };
    out::say(globals, &format!("Next: `midwatch check --live{named}`, then `midwatch{named}`."));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(found: &[&str], typed: &str) -> (String, Vec<String>, String) {
        let servers = found.iter().map(|url| Server::at(What::Alertmanager, url).expect("an address")).collect();
        let mut answers = Answers { operator: "ana".into(), servers };
        let mut screen = Vec::new();
        answers.ask(true, &mut typed.as_bytes(), &mut screen).expect("answers");
        let urls = answers.servers.iter().map(|server| server.urls[0].to_string()).collect();
        (answers.operator, urls, String::from_utf8(screen).expect("text"))
    }

    #[test]
    fn nothing_typed_keeps_what_is_proposed() {
        let (operator, urls, _) = asked(&[], "\n\n");
        assert_eq!((operator.as_str(), urls.len()), ("ana", 0));
        assert_eq!(asked(&[], "").0, "ana");
        let (_, urls, screen) = asked(&["http://localhost:9093"], "\n\n");
        assert_eq!(urls, ["http://localhost:9093/"]);
        assert!(screen.ends_with("Use this server? [Y/n] "), "{screen}");
    }

    #[test]
    fn who_does_not_want_what_was_found_names_another() {
        let (_, urls, screen) = asked(&["http://a", "http://b"], "\nno\nhttp://am:9093\n");
        assert_eq!(urls, ["http://am:9093/"]);
        assert!(screen.contains("Use these servers? [Y/n] Address"), "{screen}");
    }

    #[test]
    fn a_wrong_address_is_asked_for_again() {
        let (operator, urls, screen) = asked(&[], "Ben\nam:9093\nhttp://u:p@am\nhttp://am:9093\n");
        assert_eq!((operator.as_str(), urls), ("Ben", vec!["http://am:9093/".to_owned()]));
        assert!(screen.contains("`am:9093` is not an address") && screen.contains("can't hold a password"), "{screen}");
    }
}
