//! What backup tools print of what they hold. Tolerant: fields that aren't needed are not looked at.

use crate::domain::backup::Backup;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;

/// One tool: the key that names its command, and what its listing says. `only` is the part that is asked for: a stanza, a host, a
/// prefix of names.
pub struct Reader {
    pub key: &'static str,
    pub read: fn(&str, Option<&str>) -> Result<Vec<Backup>, String>,
}

/// Sorted by name.
pub const READERS: [Reader; 4] = [
    Reader { key: "borg", read: borg },
    Reader { key: "command", read: own },
    Reader { key: "pgbackrest", read: pgbackrest },
    Reader { key: "restic", read: restic },
];

fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
struct Borg {
    archives: Vec<Archive>,
}

#[derive(Deserialize)]
struct Archive {
    name: String,
    start: String,
    end: Option<String>,
    /// `borg info` has these, `borg list` has not.
    duration: Option<f64>,
    stats: Option<Stats>,
}

#[derive(Deserialize)]
struct Stats {
    original_size: f64,
}

/// `borg info --json --last 50`, or `borg list --json`, which knows no sizes.
fn borg(text: &str, only: Option<&str>) -> Result<Vec<Backup>, String> {
    let listing: Borg = json(text)?;
    let wanted = listing.archives.into_iter().filter(|archive| only.is_none_or(|prefix| archive.name.starts_with(prefix)));
    let one = |archive: Archive| -> Result<Backup, String> {
        let at = local(archive.end.as_ref().unwrap_or(&archive.start))?;
        let bytes = archive.stats.map(|stats| stats.original_size);
        Ok(Backup { took: archive.duration, ..Backup::new(archive.name, at, bytes) })
    };
    wanted.map(one).collect()
}

/// With a zone where the tool writes one, else in UTC, which is the zone that it was given.
fn local(text: &str) -> Result<DateTime<Utc>, String> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    zoned.or_else(|_| text.parse::<NaiveDateTime>().map(|at| at.and_utc())).map_err(|_| format!("`{text}` is no time"))
}

#[derive(Deserialize)]
struct Snapshot {
    id: String,
    time: String,
    #[serde(default)]
    hostname: String,
    /// Newer versions only.
    summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Summary {
    backup_start: Option<String>,
    backup_end: Option<String>,
    total_bytes_processed: Option<f64>,
}

/// `restic snapshots --json`; `only` is a host.
fn restic(text: &str, only: Option<&str>) -> Result<Vec<Backup>, String> {
    let snapshots: Option<Vec<Snapshot>> = json(text)?;
    let wanted = snapshots.unwrap_or_default().into_iter().filter(|one| only.is_none_or(|host| one.hostname == host));
    let one = |snapshot: Snapshot| -> Result<Backup, String> {
        let at = local(&snapshot.time)?;
        let summary = snapshot.summary;
        let bytes = summary.as_ref().and_then(|summary| summary.total_bytes_processed);
        let ends = summary.and_then(|summary| Some((summary.backup_start?, summary.backup_end?)));
        let took = ends.map(|(start, end)| Ok::<_, String>((local(&end)? - local(&start)?).as_seconds_f64())).transpose()?;
        Ok(Backup { took, ..Backup::new(snapshot.id, at, bytes) })
    };
    wanted.map(one).collect()
}

#[derive(Deserialize)]
struct Stanza {
    name: String,
    #[serde(default)]
    backup: Vec<Set>,
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    code: i64,
    message: String,
}

#[derive(Deserialize)]
struct Set {
    label: String,
    #[serde(rename = "type")]
    sort: String,
    timestamp: Ends,
    info: Info,
    /// Pages of the database that failed their checksum.
    error: Option<bool>,
}

#[derive(Deserialize)]
struct Ends {
    start: i64,
    stop: i64,
}

#[derive(Deserialize)]
struct Info {
    /// What was copied: of a full one all of it.
    delta: f64,
}

/// `pgbackrest info --output=json`; `only` is a stanza, which has to be there.
fn pgbackrest(text: &str, only: Option<&str>) -> Result<Vec<Backup>, String> {
    let stanzas: Vec<Stanza> = json(text)?;
    if let Some(name) = only.filter(|name| !stanzas.iter().any(|stanza| stanza.name == *name)) {
        return Err(format!("it has no stanza `{name}`"));
    }
    let wanted: Vec<Stanza> = stanzas.into_iter().filter(|stanza| only.is_none_or(|name| stanza.name == name)).collect();
    // 2 says that there is no backup yet, which the age says as well; others that nobody knows.
    let odd = wanted.iter().filter_map(|stanza| Some((&stanza.name, stanza.status.as_ref()?)));
    if let Some((name, status)) = odd.into_iter().find(|(_, status)| !matches!(status.code, 0 | 2)) {
        return Err(format!("stanza `{name}`: {}", status.message));
    }
    let one = |set: Set| -> Result<Backup, String> {
        let at = DateTime::from_timestamp(set.timestamp.stop, 0).ok_or("a time that is none")?;
        let took = Some((set.timestamp.stop - set.timestamp.start) as f64);
        let (sort, broken) = (Some(set.sort), set.error == Some(true));
        Ok(Backup { took, sort, broken, ..Backup::new(set.label, at, Some(set.info.delta)) })
    };
    wanted.into_iter().flat_map(|stanza| stanza.backup).map(one).collect()
}

#[derive(Deserialize)]
struct Own {
    at: String,
    #[serde(default)]
    name: String,
    bytes: Option<f64>,
    took_s: Option<f64>,
    sort: Option<String>,
    #[serde(default)]
    broken: bool,
}

/// As `midwatch playbook verified --json` prints them.
#[derive(Deserialize)]
struct Restores {
    restores: Vec<Own>,
}

/// A list of `{"at": "2026-03-01T02:00:00Z"}`, perhaps with `name`, `bytes`, `took_s`, `sort` and `broken`.
pub fn own(text: &str, only: Option<&str>) -> Result<Vec<Backup>, String> {
    let listed: Vec<Own> = if text.trim_start().starts_with('{') { json::<Restores>(text)?.restores } else { json(text)? };
    let wanted = listed.into_iter().filter(|one| only.is_none_or(|prefix| one.name.starts_with(prefix)));
    let one = |own: Own| -> Result<Backup, String> {
        let at = local(&own.at)?;
        Ok(Backup { took: own.took_s, sort: own.sort, broken: own.broken, ..Backup::new(own.name, at, own.bytes) })
    };
    wanted.map(one).collect()
}
