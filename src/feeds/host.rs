//! A machine, this one or another over ssh: load, memory and disks, by one command whose output is read. A file system that hangs
//! holds up that command alone, which is ended with the check.

mod report;

use super::limits::figure;
use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Limit, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Output, Ports, Program};
use report::Report;
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "host", about: "Load, memory and disks of this machine, or of another one over ssh", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("on", "the host that is reached over ssh", "this machine"),
        FieldSpec::new("via", "the program and its arguments that reach it; one word is `HOST`, and the script follows as one word", "`[ssh, -o, BatchMode=yes, --, HOST]`"),
        FieldSpec::new("load", "a higher load of the last five minutes, per processor, is degraded", "`4`"),
        FieldSpec::new("memory", "more in use, in percent, is degraded", "`95`"),
        FieldSpec::new("disks", "absolute paths, one or a list: the file systems under them, and their inodes", "`/`"),
        FieldSpec::new("warn_disk", "fuller, in percent, is degraded", "`85`"),
        FieldSpec::new("disk", "fuller, in percent, is failing", "`95`"),
    ],
];

const LONGEST: usize = 64 << 10;
/// Stands for the host in `via`.
const HOST: &str = "HOST";

struct Host {
    /// What runs a script there; the script follows as one word.
    shell: Vec<String>,
    disks: Vec<String>,
    limits: Limits,
}

/// Beyond is degraded; beyond `disk` is failing.
struct Limits {
    /// Per processor, of the last five minutes.
    load: f64,
    /// In percent, as those of the disks.
    memory: f64,
    warn_disk: f64,
    disk: f64,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let shell = shell(&fields, problems);
    let path = |text: &String| text.starts_with('/') && !text.contains('\n');
    let disks = fields.get("disks").map_or(Some(vec!["/".to_owned()]), |node| {
        let paths = node.texts(problems)?;
        if paths.is_empty() || !paths.iter().all(path) {
            problems.error(node.span, "absolute paths are needed, such as /var");
            return None;
        }
        Some(paths)
    });
    let (load, memory) = (limit(&fields, "load", 4.0, problems), limit(&fields, "memory", 95.0, problems));
    let (warn_disk, disk) = (limit(&fields, "warn_disk", 85.0, problems), limit(&fields, "disk", 95.0, problems));
    let limits = Limits { load: load?, memory: memory?, warn_disk: warn_disk?, disk: disk? };
    Some(Box::new(Host { shell: shell?, disks: disks?, limits }))
}

fn limit(fields: &Fields, key: &str, default: f64, problems: &mut Problems) -> Option<f64> {
    let positive = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    fields.get(key).map_or(Some(default), |node| node.read("a positive number", problems, positive))
}

fn shell(fields: &Fields, problems: &mut Problems) -> Option<Vec<String>> {
    let Some(on) = fields.get("on") else {
        if let Some(via) = fields.get("via") {
            problems.error(via.span, "`via` says how a host is reached: name it in `on`");
            return None;
        }
        return Some(["/bin/sh", "-c"].map(str::to_owned).into());
    };
    let name = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty() && !text.starts_with('-'));
    let host = on.read("the name of a host", problems, name);
    let ssh = || ["ssh", "-o", "BatchMode=yes", "--", HOST].map(str::to_owned).into();
    let via = fields.get("via").map_or_else(|| Some(ssh()), |node| node.texts(problems).filter(|words| !words.is_empty()))?;
    let host = host?;
    Some(via.into_iter().map(|word| if word == HOST { host.clone() } else { word }).collect())
}

impl Feed for Host {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let argv = self.shell.iter().cloned().chain([report::script(&self.disks)]).collect();
            let output = ports.exec.observe(Program { argv, env: Vec::new(), timeout: limit, longest: LONGEST }).await?;
            let report = Report::read(&String::from_utf8_lossy(&output.out));
            if report.load.is_none() && output.code != Some(0) {
                return Err(self.unreached(&output));
            }
            Ok(Reading { latency: Some(output.took), ..self.judge(&report) })
        })
    }
}

impl Host {
    fn unreached(&self, output: &Output) -> Trouble {
        let words = String::from_utf8_lossy(&output.err);
        let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(match output.code {
            None => "it was ended by a signal",
            Some(_) => "it said nothing",
        });
        Trouble::new(Reason::Network, format!("{}: {last}", self.shell.first().map_or("", String::as_str)))
    }

    fn judge(&self, report: &Report) -> Reading {
        let found = self.findings(report);
        let fullest = report.disks.iter().filter_map(|disk| disk.used).max_by(f64::total_cmp);
        let state = found.iter().map(|(state, _)| *state).max().unwrap_or(FeedState::Healthy);
        let mut words: Vec<_> = found.into_iter().filter(|(other, _)| *other == state).map(|(_, words)| words).collect();
        if state == FeedState::Healthy {
            words = self.summary(report, fullest);
        }
        let limit = fullest.map(|_| Limit::Above(self.limits.disk));
        Reading { value: fullest, unit: fullest.map(|_| "%".to_owned()), limit, ..judged(state, words.join("; "), None) }
    }

    /// Everything that is not as it should be.
    fn findings(&self, report: &Report) -> Vec<(FeedState, String)> {
        let mut found = Vec::new();
        let mut over = |value: Option<f64>, limit: f64, state, what: &str| match value {
            Some(value) if value <= limit => {}
            Some(value) => found.push((state, format!("{what} {} above {}", figure(value), figure(limit)))),
            None => found.push((FeedState::Unknown, format!("{what}: it does not tell"))),
        };
        let limits = &self.limits;
        over(report.load, limits.load, FeedState::Degraded, "load per processor");
        over(report.memory, limits.memory, FeedState::Degraded, "memory used in %");
        for disk in &report.disks {
            let failing = [disk.used, disk.inodes].into_iter().flatten().any(|used| used > limits.disk);
            let (limit, state) =
                if failing { (limits.disk, FeedState::Failing) } else { (limits.warn_disk, FeedState::Degraded) };
            over(disk.used, limit, state, &format!("{} used in %", disk.path));
            // Not every file system counts them.
            if disk.inodes.is_some() {
                over(disk.inodes, limit, state, &format!("{} inodes used in %", disk.path));
            }
        }
        found
    }

    fn summary(&self, report: &Report, fullest: Option<f64>) -> Vec<String> {
        let [load, memory, disk] = [report.load, report.memory, fullest].map(|value| value.map(figure).unwrap_or_default());
        vec![format!("load {load} per processor, memory {memory} %, disks {disk} %")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (FeedState, String, Option<f64>) {
        let limits = Limits { load: 4.0, memory: 95.0, warn_disk: 85.0, disk: 95.0 };
        let host = Host { shell: Vec::new(), disks: Vec::new(), limits };
        let reading = host.judge(&Report::read(text));
        (reading.state, reading.message.raw().to_owned(), reading.value)
    }

    fn machine(load: &str, available: u32, root: &str, var: &str) -> String {
        format!(
            "load\n9.00 {load} 1.00 2/300 4242\nprocessors\n2\nmemory\nMemTotal: 1000 kB\nMemAvailable: {available} kB\n\
             disk /\n{root}\ninodes /\n/dev/sda1 100 10 90 10% /\ndisk /var\n{var}\ninodes /var\nnone 0 0 0 - /var\n"
        )
    }

    #[test]
    fn what_is_worst_is_told_and_the_fullest_disk_is_the_value() {
        let (root, var) = ("/dev/sda1 100 40 60 40% /", "/dev/sd b1 100 84 16 84% /var");
        let fine = said(&machine("1.00", 250, root, var));
        assert_eq!(fine, (FeedState::Healthy, "load 0.5 per processor, memory 75 %, disks 84 %".into(), Some(84.0)));
        assert_eq!(said(&machine("8.20", 250, root, var)).1, "load per processor 4.1 above 4");
        let two = said(&machine("1.00", 40, root, "/dev/sdb1 100 86 14 86% /var"));
        assert_eq!(two, (FeedState::Degraded, "memory used in % 96 above 95; /var used in % 86 above 85".into(), Some(86.0)));
        let full = said(&machine("8.20", 250, "/dev/sda1 100 99 1 99% /", var));
        assert_eq!(full, (FeedState::Failing, "/ used in % 99 above 95".into(), Some(99.0)));
        let inodes = machine("1.00", 250, root, var).replace("10% /", "97% /");
        assert_eq!(said(&inodes).1, "/ inodes used in % 97 above 95");
        let at_its_limits = said(&machine("8.00", 50, "/dev/sda1 100 85 15 85% /", var));
        assert_eq!((at_its_limits.0, at_its_limits.2), (FeedState::Healthy, Some(85.0)), "what is allowed is not above it");
    }

    #[test]
    fn what_is_not_told_is_unknown_and_never_healthy() {
        let gone = said(&machine("1.00", 250, "/dev/sda1 100 40 60 40% /", ""));
        assert_eq!((gone.0, gone.1.as_str()), (FeedState::Unknown, "/var used in %: it does not tell"));
        assert_eq!(said("").0, FeedState::Unknown);
        let none = machine("1.00", 250, "x 1 1 1 1% /", "x 1 1 1 1% /").replace("processors\n2", "processors\n0");
        assert_eq!(said(&none), (FeedState::Unknown, "load per processor: it does not tell".into(), Some(1.0)));
        assert_eq!(said(&machine("NaN", 250, "x 1 1 1 1% /", "x 1 1 1 1% /")).0, FeedState::Unknown);
    }
}
