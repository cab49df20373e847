//! Any Nagios plugin: the exit code is the state, the first line of output the message, the first figure after `|` the
//! value. A plugin that doesn't end in time, dies by a signal or gives another code is `Unknown`: it judged nothing.

mod perfdata;

use super::{Feed, Kind, Known};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Node, Problems, Value};
use crate::domain::secret::SecretRef;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Output, Ports, Program};
use perfdata::Figure;
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "plugin", about: "Runs a Nagios plugin: exit code, first line and performance data", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("command", "the plugin and its arguments, a list: there is no shell", "needed"),
        FieldSpec::new("env", "variables for it; a value may be a secret", "none"),
    ],
];

/// What is kept of the output, by the plugins' own contract.
const LONGEST: usize = 8 << 10;

#[derive(Debug)]
struct Plugin {
    command: Vec<String>,
    env: Vec<(String, Setting)>,
}

/// A value for the plugin's environment.
#[derive(Debug)]
pub enum Setting {
    Plain(String),
    Secret(SecretRef),
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let command = fields.need("command", problems).and_then(|node| command(node, problems));
    let env = fields.get("env").map_or(Some(Vec::new()), |node| env(node, problems));
    Some(Box::new(Plugin { command: command?, env: env? }))
}

/// A program and its arguments.
pub fn command(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    let argv = node.texts(problems)?;
    match argv.first().map(String::as_str) {
        None | Some("") => problems.error(node.span, "the command names no program"),
        // Nothing splits it: there is no shell.
        Some(program) if !matches!(node.value, Value::Seq(_)) && program.contains(' ') => {
            let words = program.split_whitespace().collect::<Vec<_>>().join(", ");
            problems.error_with_help(node.span, "a command is a list, there is no shell", format!("write [{words}]"));
        }
        Some(_) => return Some(argv),
    }
    None
}

pub fn env(node: &Node, problems: &mut Problems) -> Option<Vec<(String, Setting)>> {
    let pairs = node.map(problems)?;
    pairs.iter().map(|(key, node)| Some((key.text.clone(), setting(node, problems)?))).collect()
}

fn setting(node: &Node, problems: &mut Problems) -> Option<Setting> {
    match &node.value {
        Value::Scalar { text, .. } => Some(Setting::Plain(text.clone())),
        _ => SecretRef::parse(node, problems).map(Setting::Secret),
    }
}

impl Feed for Plugin {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let program = self.program(ports, limit).await?;
            match ports.exec.observe(program).await {
                Ok(output) => Ok(judge(&output)),
                Err(trouble) if trouble.reason == Reason::Timeout => Ok(timed_out(limit)),
                Err(trouble) => Err(trouble),
            }
        })
    }
}

impl Plugin {
    async fn program(&self, ports: &Ports, timeout: Duration) -> Result<Program, Trouble> {
        let env = revealed(&self.env, ports).await?;
        Ok(Program { argv: self.command.clone(), env, timeout, longest: LONGEST })
    }
}

/// The environment with what its secrets are.
pub async fn revealed(env: &[(String, Setting)], ports: &Ports) -> Result<Vec<(String, String)>, Trouble> {
    let mut revealed = Vec::new();
    for (name, value) in env {
        let value = match value {
            Setting::Plain(text) => text.clone(),
            Setting::Secret(secret) => ports.secrets.reveal(secret).await?.expose().to_owned(),
        };
        revealed.push((name.clone(), value));
    }
    Ok(revealed)
}

/// What a program prints that only looks; how it ends otherwise than well is a trouble with its own words.
pub async fn output(
    argv: &[String],
    env: Vec<(String, String)>,
    ports: &Ports,
    timeout: Duration,
    longest: usize,
) -> Result<String, Trouble> {
    let name = argv.first().map_or("", String::as_str);
    let output = ports.exec.observe(Program { argv: argv.to_vec(), env, timeout, longest }).await?;
    let said = String::from_utf8_lossy(&output.err);
    let words = said.lines().find(|line| !line.trim().is_empty()).map(|line| format!(": {}", line.trim())).unwrap_or_default();
    match output.code {
        Some(0) if output.out.len() >= longest => {
            Err(Trouble::new(Reason::TooLarge, format!("{name} printed more than {longest} bytes")))
        }
        Some(0) => Ok(String::from_utf8_lossy(&output.out).into_owned()),
        Some(code) => Err(Trouble::new(Reason::Local, format!("{name} ended with exit code {code}{words}"))),
        None => Err(Trouble::new(Reason::Local, format!("{name} was ended by a signal{words}"))),
    }
}

fn timed_out(limit: Duration) -> Reading {
    let message = format!("timed out after {}", humantime::format_duration(limit));
    super::judged(FeedState::Unknown, message, None)
}

fn judge(output: &Output) -> Reading {
    let text = String::from_utf8_lossy(&output.out);
    let (state, code) = match output.code {
        Some(0) => (FeedState::Healthy, None),
        Some(1) => (FeedState::Degraded, None),
        Some(2) => (FeedState::Failing, None),
        Some(3) => (FeedState::Unknown, None),
        Some(code) => (FeedState::Unknown, Some(format!("exit code {code}"))),
        None => (FeedState::Unknown, Some("ended by a signal".to_owned())),
    };
    let said = message(&text).or_else(|| message(&String::from_utf8_lossy(&output.err)));
    let message = match (code, said) {
        (Some(code), Some(said)) => format!("{code}: {said}"),
        (Some(code), None) => code,
        (None, Some(said)) => said,
        (None, None) => "the plugin said nothing".to_owned(),
    };
    let Figure { value, unit, limit } = perfdata::first(&text).unwrap_or_default();
    Reading { value, unit, limit, ..super::judged(state, message, Some(output.took)) }
}

/// The first line without its performance data.
fn message(output: &str) -> Option<String> {
    let line = output.lines().next().unwrap_or("").split('|').next().unwrap_or("").trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: Option<i32>, out: &str, err: &str) -> (FeedState, String) {
        let bytes = |text: &str| bytes::Bytes::copy_from_slice(text.as_bytes());
        let reading = judge(&Output { code, out: bytes(out), err: bytes(err), took: Duration::from_millis(3) });
        (reading.state, reading.message.raw().to_owned())
    }

    #[test]
    fn the_exit_code_is_the_state() {
        assert_eq!(ended(Some(0), "DISK OK - free\nmore | x=1", ""), (FeedState::Healthy, "DISK OK - free".into()));
        assert_eq!(ended(Some(1), "WARN | a=1", ""), (FeedState::Degraded, "WARN".into()));
        assert_eq!(ended(Some(2), "CRIT", ""), (FeedState::Failing, "CRIT".into()));
        assert_eq!(ended(Some(3), "dunno", ""), (FeedState::Unknown, "dunno".into()));
    }

    #[test]
    fn what_is_no_verdict_is_unknown_and_says_why() {
        assert_eq!(
            ended(Some(127), "", "sh: check_raid: not found\n"),
            (FeedState::Unknown, "exit code 127: sh: check_raid: not found".into())
        );
        assert_eq!(ended(None, "", ""), (FeedState::Unknown, "ended by a signal".into()));
        assert_eq!(ended(Some(2), "", ""), (FeedState::Failing, "the plugin said nothing".into()));
        assert_eq!(timed_out(Duration::from_secs(10)).message.raw(), "timed out after 10s");
    }
}
