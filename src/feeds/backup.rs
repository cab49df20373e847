//! Backups: what is there, by a folder, a tool's own listing, any program or a metric, and whether that would save anybody. A place that can't be
//! looked at is a trouble and no verdict: the feed turns stale.

mod metric;
mod reports;
mod restore;

use super::{Feed, Kind, Known, judged, plugin};
use crate::domain::backup::{Backup, Keep, Promise, Restore, bytes, judge, span};
use crate::domain::health::{FeedState, Reading};
use crate::domain::matcher::Matcher;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Ports};
use chrono::{DateTime, Utc};
use metric::Metric;
use reports::{READERS, Reader};
use restore::Told;
use std::path::PathBuf;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "backup",
    about: "Backups in a folder, a metric, or listed by pgBackRest, restic, borg or any program: age, size, retention, restores",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const RESTORE: &[FieldSpec] = &[
    FieldSpec::new("file", "a file that whoever has verified a restore writes, with how long it took (`35m`)", "this or `command`"),
    FieldSpec::new("command", "a program that prints the restores that were verified, as `command` does backups, or as `midwatch playbook verified --json` does; the last one counts", "this or `file`"),
    FieldSpec::new("every", "how old the last verified restore may be", "needed"),
    FieldSpec::new("rto", "how long it may have taken", "none"),
];

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("folder", "the folder with the backups as files", "one of these six"),
        FieldSpec::new("pgbackrest", "`[pgbackrest, info, --output=json]`, with whatever it takes to run it", "one of these six"),
        FieldSpec::new("restic", "`[restic, snapshots, --json]`; sizes by version 0.17 or newer", "one of these six"),
        FieldSpec::new("borg", "`[borg, info, --json, --last, \"50\", REPOSITORY]`; `borg list --json` has no sizes", "one of these six"),
        FieldSpec::new("command", "any program that prints `[{\"at\": \"2026-03-01T02:00:00Z\"}]`, perhaps with `name`, `bytes`, `took_s`, `sort` and `broken`", "one of these six"),
        FieldSpec::map("metric", metric::KEYS),
        FieldSpec::new("env", "variables for the command, plain or as secrets", "none"),
        FieldSpec::new("files", "names, or `~` and an expression, of the files in `folder` that count", "all"),
        FieldSpec::new("settled", "a file that was written to later than this ago may not be whole, and does not count", "`2m`"),
        FieldSpec::new("only", "a stanza, a host of restic, or the beginning of a name", "all"),
        FieldSpec::new("rpo", "how old the newest may be; older is failing", "needed"),
        FieldSpec::new("keep", "how many are to be there: `{daily: 7, weekly: 4, monthly: 12, yearly: 1}`, each for the days, weeks, months and years before the present one", "nothing"),
        FieldSpec::map("restore", RESTORE),
    ],
];

/// More than this is no listing of backups.
const LONGEST: usize = 16 << 20;
/// A file that was written to a moment ago may not be whole.
const SETTLED: Duration = Duration::from_secs(120);

struct Backups {
    evidence: Evidence,
    promise: Promise,
    restore: Option<Told>,
}

enum Evidence {
    Folder { path: PathBuf, files: Option<Matcher>, settled: chrono::Duration },
    Listing { argv: Vec<String>, env: Vec<(String, plugin::Setting)>, reader: &'static Reader, only: Option<String> },
    Metric(Box<Metric>),
}

fn parse(node: &Node, known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let evidence = evidence(node, &fields, known, problems);
    let rpo = fields.need("rpo", problems).and_then(|node| node.duration(problems));
    let keep = fields.get("keep").map_or(Some(Keep::default()), |node| keep(node, problems));
    let proof = fields.get("restore").map_or(Some(Proof::default()), |node| proof(node, problems));
    let Proof { told, every, rto } = proof?;
    let promise = Promise { rpo: rpo?, keep: keep?, restored: every, rto };
    Some(Box::new(Backups { evidence: evidence?, promise, restore: told }))
}

fn evidence(node: &Node, fields: &Fields, known: &Known, problems: &mut Problems) -> Option<Evidence> {
    let listings: Vec<_> = READERS.iter().filter_map(|reader| Some((reader, fields.get(reader.key)?))).collect();
    match (fields.get("folder"), fields.get("metric"), listings.as_slice()) {
        (None, Some(metric), []) => Metric::parse(metric, known, problems).map(|metric| Evidence::Metric(Box::new(metric))),
        (Some(folder), None, []) => {
            let files = fields.get("files").map_or(Some(None), |node| {
                let parsed = node.text(problems).map(Matcher::parse)?;
                parsed.map_err(|error| problems.error(node.span, error)).ok().map(Some)
            });
            let settled = fields.get("settled").map_or(Some(SETTLED), |node| node.duration(problems));
            let settled = chrono::Duration::from_std(settled?).ok()?;
            Some(Evidence::Folder { path: folder.path(problems)?, files: files?, settled })
        }
        (None, None, [(reader, command)]) => {
            let reader = *reader;
            let argv = plugin::command(command, problems);
            let env = fields.get("env").map_or(Some(Vec::new()), |node| plugin::env(node, problems));
            let only = fields.get("only").map_or(Some(None), |node| node.text(problems).map(|text| Some(text.to_owned())));
            Some(Evidence::Listing { argv: argv?, env: env?, reader, only: only? })
        }
        _ => {
            let keys = READERS.map(|reader| format!("`{}`", reader.key)).join(", ");
            problems.error(node.span, format!("name where the backups are seen: one of `folder`, `metric`, {keys}"));
            None
        }
    }
}

fn keep(node: &Node, problems: &mut Problems) -> Option<Keep> {
    let fields = node.fields(&["daily", "weekly", "monthly", "yearly"], problems)?;
    let mut count = |key: &str| {
        let most = |text: &str| text.parse::<u32>().ok().filter(|count| *count <= 400);
        fields.get(key).map_or(Some(0), |node| node.read("how many, up to 400", problems, most))
    };
    let [daily, weekly, monthly, yearly] = ["daily", "weekly", "monthly", "yearly"].map(&mut count);
    Some(Keep { daily: daily?, weekly: weekly?, monthly: monthly?, yearly: yearly? })
}

#[derive(Default)]
struct Proof {
    told: Option<Told>,
    every: Option<Duration>,
    rto: Option<Duration>,
}

fn proof(node: &Node, problems: &mut Problems) -> Option<Proof> {
    let fields = node.fields(&FieldSpec::keys(RESTORE), problems)?;
    let told = match (fields.get("file"), fields.get("command")) {
        (Some(file), None) => file.path(problems).map(Told::File),
        (None, Some(command)) => plugin::command(command, problems).map(Told::Command),
        _ => {
            problems.error(node.span, "say who tells of the last restore: `file` or `command`");
            None
        }
    };
    let every = fields.need("every", problems).and_then(|node| node.duration(problems));
    let rto = fields.get("rto").map_or(Some(None), |node| node.duration(problems).map(Some));
    Some(Proof { told: Some(told?), every: Some(every?), rto: rto? })
}

impl Feed for Backups {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let now = ports.clock.now().wall;
            let backups = self.evidence.look(ports, limit, now).await?;
            let restore = match &self.restore {
                Some(told) => told.last(ports, limit).await?,
                None => None,
            };
            Ok(self.reading(&backups, restore, now))
        })
    }
}

impl Evidence {
    async fn look(&self, ports: &Ports, limit: Duration, now: DateTime<Utc>) -> Result<Vec<Backup>, Trouble> {
        match self {
            Self::Folder { path, files, settled } => {
                let listed = ports.files.list(path, limit).await?;
                let wanted = listed.into_iter().filter(|file| files.as_ref().is_none_or(|files| files.matches(&file.name)));
                let whole = wanted.filter(|file| file.modified + *settled <= now);
                Ok(whole.map(|file| Backup::new(file.name, file.modified, file.bytes.map(|bytes| bytes as f64))).collect())
            }
            Self::Listing { argv, env, reader, only } => {
                // borg writes times by the clock of its zone, and says of which in no way.
                let utc = ("TZ".to_owned(), "UTC".to_owned());
                let env = plugin::revealed(env, ports).await?.into_iter().chain([utc]).collect();
                let text = plugin::output(argv, env, ports, limit, LONGEST).await?;
                let name = argv.first().map_or("", String::as_str);
                let nonsense =
                    |why| Trouble::new(Reason::Nonsense, format!("{name} printed something else than its listing: {why}"));
                (reader.read)(&text, only.as_deref()).map_err(nonsense)
            }
            Self::Metric(metric) => metric.look(ports, limit).await,
        }
    }
}

impl Backups {
    /// `3 h old, 121 GB, 30 there; restored 12 days ago`, or all that is wrong.
    fn reading(&self, backups: &[Backup], restore: Option<Restore>, now: DateTime<Utc>) -> Reading {
        let found = judge(backups, restore, &self.promise, now);
        let newest = backups.iter().filter(|backup| !backup.broken).max_by_key(|backup| backup.at);
        let old = |at: DateTime<Utc>| (now - at).to_std().unwrap_or_default();
        let state = found.first().map_or(FeedState::Healthy, |finding| finding.state);
        let message = match (found.is_empty(), newest) {
            (true, Some(newest)) => {
                let size = newest.bytes.map(|size| format!(", {}", bytes(size))).unwrap_or_default();
                let restored = restore.map(|restore| format!("; restored {} ago", span(old(restore.at)))).unwrap_or_default();
                format!("{} old{size}, {} there{restored}", span(old(newest.at)), backups.len())
            }
            _ => found.iter().map(|finding| finding.words.as_str()).collect::<Vec<_>>().join("; "),
        };
        let hours = newest.map(|newest| (old(newest.at).as_secs_f64() / 360.0).round() / 10.0);
        Reading { value: hours, unit: Some("h".into()), ..judged(state, message, None) }
    }
}

#[cfg(test)]
mod tests;
