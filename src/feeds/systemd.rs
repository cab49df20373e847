//! A unit of systemd on this machine, by `systemctl show`. Where there is no systemd, or no such unit, nothing is judged.

use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Output, Ports, Program};
use std::collections::BTreeMap;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "systemd",
    about: "A unit of systemd on this machine: running, failed, or started again and again",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("unit", "its name; without an ending it is a service", "needed"),
        FieldSpec::new("user", "`true`: a unit of the user's own", "`false`"),
    ],
];

const LONGEST: usize = 64 << 10;
const SHOW: [&str; 4] = ["systemctl", "--no-pager", "--property=LoadState,ActiveState,SubState,Result,Type,NRestarts", "show"];

struct Systemd {
    unit: String,
    /// Of the user's own manager.
    user: bool,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let unit =
        fields.need("unit", problems).and_then(|node| node.read("the name of a unit, such as nginx.service", problems, unit));
    let user = fields.get("user").map_or(Some(false), |node| node.bool(problems));
    Some(Box::new(Systemd { unit: unit?, user: user? }))
}

/// A pattern would show several.
fn unit(text: &str) -> Option<String> {
    let plain = !text.is_empty() && !text.starts_with('-') && !text.contains(['*', '?', '[', ' ', '/']);
    plain.then(|| if text.contains('.') { text.to_owned() } else { format!("{text}.service") })
}

impl Feed for Systemd {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let whose = self.user.then_some("--user");
            let argv = SHOW.into_iter().chain(whose).chain(["--", &self.unit]).map(str::to_owned).collect();
            let program = Program { argv, env: vec![("LC_ALL".to_owned(), "C".to_owned())], timeout: limit, longest: LONGEST };
            match ports.exec.observe(program).await {
                Ok(output) => Ok(Reading { latency: Some(output.took), ..self.judge(&output) }),
                Err(trouble) if trouble.reason == Reason::Local => {
                    Ok(judged(FeedState::Unknown, format!("no systemd here: {}", trouble.text.raw()), None))
                }
                Err(trouble) => Err(trouble),
            }
        })
    }
}

impl Systemd {
    fn judge(&self, output: &Output) -> Reading {
        let (out, err) = (String::from_utf8_lossy(&output.out), String::from_utf8_lossy(&output.err));
        let told: BTreeMap<_, _> = out.lines().filter_map(|line| line.split_once('=')).collect();
        let of = |name: &str| told.get(name).copied().unwrap_or("");
        let (active, sub, result) = (of("ActiveState"), of("SubState"), of("Result"));
        let failed = || format!("{active} ({sub}): {result}");
        let (state, message) = match (of("LoadState"), active) {
            ("not-found", _) => (FeedState::Unknown, format!("there is no unit {}", self.unit)),
            ("masked" | "bad-setting" | "error", _) => {
                (FeedState::Unknown, format!("the unit is not loaded: {}", of("LoadState")))
            }
            ("loaded", "active" | "reloading") => (FeedState::Healthy, format!("{active} ({sub})")),
            ("loaded", "activating") if sub == "auto-restart" => (FeedState::Failing, failed()),
            ("loaded", "activating" | "deactivating") => (FeedState::Degraded, format!("{active} ({sub})")),
            // It has done its work, and waits for its timer.
            ("loaded", "inactive") if of("Type") == "oneshot" && result == "success" => {
                (FeedState::Healthy, format!("done ({sub})"))
            }
            ("loaded", _) => (FeedState::Failing, failed()),
            _ => (FeedState::Unknown, format!("systemctl does not tell: {}", err.lines().next().unwrap_or("it said nothing"))),
        };
        judged(state, message, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(out: &str) -> (FeedState, String) {
        let output = Output {
            code: Some(1),
            out: out.as_bytes().to_vec().into(),
            err: "Failed to connect to bus\n".into(),
            took: Duration::ZERO,
        };
        let reading = Systemd { unit: "nginx.service".into(), user: false }.judge(&output);
        (reading.state, reading.message.raw().to_owned())
    }

    fn unit_is(active: &str, sub: &str, result: &str, sort: &str) -> (FeedState, String) {
        said(&format!("Type={sort}\nResult={result}\nNRestarts=0\nLoadState=loaded\nActiveState={active}\nSubState={sub}\n"))
    }

    #[test]
    fn a_unit_is_what_systemd_says() {
        assert_eq!(unit_is("active", "running", "success", "simple"), (FeedState::Healthy, "active (running)".into()));
        assert_eq!(unit_is("failed", "failed", "exit-code", "simple"), (FeedState::Failing, "failed (failed): exit-code".into()));
        assert_eq!(unit_is("inactive", "dead", "success", "simple").0, FeedState::Failing, "somebody stopped it");
        assert_eq!(unit_is("inactive", "dead", "success", "oneshot"), (FeedState::Healthy, "done (dead)".into()));
        assert_eq!(unit_is("activating", "auto-restart", "exit-code", "simple").0, FeedState::Failing, "it dies again and again");
        assert_eq!(unit_is("activating", "start-pre", "success", "simple").0, FeedState::Degraded);
    }

    #[test]
    fn what_is_on_its_way_or_must_not_run_is_neither_well_nor_failed() {
        let reloading = (FeedState::Healthy, "reloading (reload)".into());
        assert_eq!(unit_is("reloading", "reload", "success", "notify"), reloading, "it serves meanwhile");
        assert_eq!(unit_is("deactivating", "stop-sigterm", "success", "simple").0, FeedState::Degraded);
        assert_eq!(unit_is("inactive", "dead", "exit-code", "oneshot").0, FeedState::Failing, "its last run failed");
        for load in ["masked", "bad-setting", "error"] {
            let told = said(&format!("LoadState={load}\nActiveState=inactive\nSubState=dead\nType=simple\nResult=success\n"));
            assert_eq!(told, (FeedState::Unknown, format!("the unit is not loaded: {load}")));
        }
    }

    #[test]
    fn without_an_answer_nothing_is_judged() {
        assert_eq!(said(""), (FeedState::Unknown, "systemctl does not tell: Failed to connect to bus".into()));
        let gone = said("LoadState=not-found\nActiveState=inactive\nSubState=dead\n");
        assert_eq!(gone, (FeedState::Unknown, "there is no unit nginx.service".into()));
        let units = ["nginx", "backup.timer", "getty@tty1.service"].map(|text| unit(text).expect("a unit"));
        assert_eq!(units, ["nginx.service", "backup.timer", "getty@tty1.service"]);
        assert!(["", "-x", "*.service", "a b"].iter().all(|text| unit(text).is_none()));
    }
}
