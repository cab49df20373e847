//! `midwatch init`: a first configuration and a folder of playbooks, written once and never over anything.

use super::{Exit, Failure, Globals, Kind, out};
use crate::config;
use crate::ports::address;
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::json;
use std::io::{self, BufRead, Write};
use std::path::Path;
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
    #[arg(long, value_name = "URL", value_parser = alertmanager)]
    from_alertmanager: Vec<Url>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    if globals.read_only {
        return Err(Failure::usage("--read-only: nothing is written").into());
    }
    let arguments = Arguments::from_arg_matches(matches)?;
    let path = config::locate(globals.config.clone()).map_err(Failure::usage)?;
    config::vacant(&path).map_err(Failure::usage)?;
    let mut answers = Answers { operator: config::login_operator().name, urls: arguments.from_alertmanager };
    if out::at_terminal() && !globals.json {
        answers.ask(&mut io::stdin().lock(), &mut io::stderr().lock())?;
    }
    let laid = config::lay_out(&path, &answers.urls, &answers.operator).map_err(Failure::usage)?;
    tell(globals, &laid, &path)?;
    Ok(Exit::Done)
}

/// What the configuration needs to know.
struct Answers {
    operator: String,
    urls: Vec<Url>,
}

impl Answers {
    /// Nothing typed keeps what is proposed.
    fn ask(&mut self, input: &mut dyn BufRead, screen: &mut dyn Write) -> io::Result<()> {
        let name = question(input, screen, &format!("Your name, as the log shall have it [{}]: ", self.operator))?;
        if !name.is_empty() {
            self.operator = name;
        }
        while self.urls.is_empty() {
            let typed = question(input, screen, "Address of an Alertmanager, or nothing for now: ")?;
            match alertmanager(&typed) {
                _ if typed.is_empty() => break,
                Ok(url) => self.urls.push(url),
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

fn alertmanager(text: &str) -> Result<Url, String> {
    let url = address(text).ok_or_else(|| format!("`{text}` is not an address such as http://alertmanager:9093"))?;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(url);
    }
    Err("an address can't hold a password; write it into the configuration afterwards, as `basic`".to_owned())
}

fn tell(globals: &Globals, laid: &config::Laid, path: &Path) -> anyhow::Result<()> {
    if globals.json {
        return Ok(out::json(&json!({"schema": 1, "written": laid.written, "kept": laid.kept}))?);
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

    fn asked(typed: &str) -> (String, Vec<String>, String) {
        let mut answers = Answers { operator: "ana".into(), urls: Vec::new() };
        let mut screen = Vec::new();
        answers.ask(&mut typed.as_bytes(), &mut screen).expect("answers");
        let urls = answers.urls.iter().map(Url::to_string).collect();
        (answers.operator, urls, String::from_utf8(screen).expect("text"))
    }

    #[test]
    fn nothing_typed_keeps_what_is_proposed() {
        let (operator, urls, _) = asked("\n\n");
        assert_eq!((operator.as_str(), urls.len()), ("ana", 0));
        assert_eq!(asked("").0, "ana");
    }

    #[test]
    fn a_wrong_address_is_asked_for_again() {
        let (operator, urls, screen) = asked("Ben\nam:9093\nhttp://u:p@am\nhttp://am:9093\n");
        assert_eq!((operator.as_str(), urls), ("Ben", vec!["http://am:9093/".to_owned()]));
        assert!(screen.contains("`am:9093` is not an address") && screen.contains("can't hold a password"), "{screen}");
    }
}
