//! Calls to the operator by something outside the terminal: their own program, and the desktop. Bounded in time and number: who can't be
//! called is told so, and nothing waits for it.

use super::Shell;
use crate::domain::attention::Way;
use crate::domain::entry::Intent;
use crate::domain::text::{Outside, inert};
use crate::model::calls::Said;
use crate::model::{Body, Fact};
use crate::ports::{Output, Program};
use std::time::Duration;

/// The operator's program, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub command: Vec<String>,
    pub within: Duration,
}

/// So many at once: more than that is a program that hangs.
const MOST: usize = 4;
/// How long a notification of the desktop may take.
const DESKTOP: Duration = Duration::from_secs(5);
/// So much of what it writes is kept to say why it failed.
const LONGEST: usize = 4_096;

impl Shell {
    /// By what the operator is called, besides their terminal.
    pub fn call_by(&mut self, caller: Option<Caller>) {
        self.caller = caller;
    }

    pub(super) fn call(&mut self, intent: Intent, way: Way, said: Said) {
        let ended = move |end| Fact::CallEnded { intent: intent.id(), way, end };
        let program = match self.program(way, said) {
            Ok(_) if self.calling >= MOST => Err(format!("{MOST} calls are under way already")),
            other => other,
        };
        self.calling += 1;
        self.flying += 1;
        let program = match program {
            Ok(program) => program,
            Err(why) => return self.event(Body::Fact(ended(Err(why.as_str().into())))),
        };
        let (ports, facts) = (self.ports.clone(), self.sender.clone());
        tokio::spawn(async move {
            let end = match ports.exec.act(program, intent).await {
                Ok(output) => judged(&output),
                Err(trouble) => Err(trouble.text),
            };
            let _ = facts.send(ended(end));
        });
    }

    /// One that was started has ended.
    pub(super) fn called_back(&mut self) {
        self.calling = self.calling.saturating_sub(1);
        self.flying = self.flying.saturating_sub(1);
    }

    fn program(&self, way: Way, said: Said) -> Result<Program, String> {
        let (argv, timeout) = match (way, &self.caller) {
            (Way::Command, Some(caller)) => (caller.command.clone(), caller.within),
            (Way::Command, None) => return Err("`console.call` names no program".to_owned()),
            _ => {
                if !can_call(Way::Desktop) {
                    return Err("there is no desktop session here".to_owned());
                }
                (notification(&said.text), DESKTOP)
            }
        };
        Ok(Program { argv, env: said.facts, timeout, longest: LONGEST })
    }
}

/// Whether this process could: where there is no desktop session another process may have one, and its call is not taken from it.
pub fn can_call(way: Way) -> bool {
    let there = |name: &str| std::env::var_os(name).is_some();
    way != Way::Desktop || ["DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "DISPLAY"].into_iter().any(there)
}

/// What is said on the desktop. Its daemon may read the text as markup, which an alert must not bring along.
fn notification(text: &str) -> Vec<String> {
    let text = inert(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    ["notify-send", "--app-name=midwatch", "--urgency=critical", "--", "midwatch", &text].map(str::to_owned).into()
}

fn judged(output: &Output) -> Result<(), Outside> {
    let words = [&output.err, &output.out].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let line = words.iter().flat_map(|text| text.lines()).map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let more = if line.is_empty() { String::new() } else { format!(": {line}") };
    match output.code {
        Some(0) => Ok(()),
        Some(code) => Err(Outside::from(format!("it ended with {code}{more}"))),
        None => Err(Outside::from(format!("a signal ended it{more}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_alert_is_called_is_no_markup_and_no_option_of_a_notification() {
        let told = notification("<b>Down</b> & <img src=\"http://x/\"/>\u{1b}[2J\n--hint");
        let last = "&lt;b&gt;Down&lt;/b&gt; &amp; &lt;img src=\"http://x/\"/&gt;␛[2J␊--hint";
        assert_eq!(told[3..], ["--", "midwatch", last]);
    }
}
