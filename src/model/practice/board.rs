//! Makes the readiness board of the library, the services and the record of practice.

use super::Record;
use super::turn::{Candidate, turn};
use crate::domain::catalogue::Service;
use crate::domain::health::FeedSpec;
use crate::domain::ids::PlaybookId;
use crate::domain::playbook::{Cadence, Place, Playbook, Practice};
use crate::domain::practice::{Hold, Practised, Skip, Verdict, Week};
use crate::domain::readiness::{Board, Restore, Row, State, This};
use chrono::{DateTime, NaiveTime, Utc};
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::time::Duration;

/// The cadence of a playbook that names none.
pub const CADENCE: Duration = Duration::from_secs(90 * DAY);

/// Longer cadences, in weeks, are as good as this one.
const LONGEST: u64 = 520;

const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;

/// The kind of feed that looks at the backups of a set of data.
const BACKUP: &str = "backup";

/// What the board is made from.
pub struct Grounds<'a, B> {
    pub books: &'a [B],
    pub services: &'a [Service],
    /// Those of backups tell what sets of data there are.
    pub feeds: &'a [FeedSpec],
    pub record: &'a Record,
    pub hold: &'a [Hold],
}

impl<B: Borrow<Playbook>> Grounds<'_, B> {
    pub fn board(&self, now: DateTime<Utc>) -> Board {
        let rows = self.rows(self.record, now);
        Board { at: now, week: self.week(now), restores: self.restores(&rows), rows }
    }

    fn restores(&self, rows: &[Row]) -> Vec<Restore> {
        let sets = self.feeds.iter().filter(|feed| feed.kind == BACKUP);
        sets.map(|feed| restore(feed, rows)).collect()
    }

    fn rows(&self, record: &Record, now: DateTime<Utc>) -> Vec<Row> {
        let mut rows: Vec<Row> = self.books.iter().map(|book| row(book.borrow(), self.services, record, now)).collect();
        let key =
            |row: &Row| (row.practice.is_none(), row.practice, row.score, row.tier.unwrap_or(u8::MAX), row.playbook.clone());
        rows.sort_by_cached_key(key);
        rows
    }

    pub(super) fn week(&self, now: DateTime<Utc>) -> This {
        let (week, record) = (Week::of(now), self.record);
        let done = |week: Week| record.practised.iter().any(|practised| Week::of(practised.ended_at) == week);
        let held = |week: Week| week.days().all(|day| self.hold.iter().any(|hold| hold.covers(day)));
        let first = record.practised.first().map_or(week, |practised| Week::of(practised.ended_at));
        let mut streak = usize::from(done(week));
        let mut back = week.after(-1);
        while back >= first && (held(back) || done(back)) {
            streak += usize::from(done(back));
            back = back.after(-1);
        }
        let skips: Vec<Skip> = record.skips.iter().filter(|skip| skip.week == week).cloned().collect();
        let put_off: BTreeSet<&PlaybookId> = skips.iter().map(|skip| &skip.playbook).collect();
        let monday = week.monday().and_time(NaiveTime::MIN).and_utc();
        let chosen = chosen(self.rows(&record.before(monday), monday), &put_off, week);
        let (turn, why) = chosen.map_or((None, Vec::new()), |(row, why)| (Some(row), why));
        let why_held = || self.hold.iter().find(|hold| hold.covers(week.monday())).and_then(|hold| hold.why.clone());
        let held = held(week).then(|| why_held().unwrap_or_else(|| "the configuration says so".to_owned()));
        This { week, turn, why, done: done(week), held, streak, skips }
    }

    /// Whose turn it is in the weeks from the one of `now` on, if each turn is kept.
    pub fn ahead(&self, now: DateTime<Utc>, weeks: usize) -> Vec<This> {
        let mut record = self.record.clone();
        let mut all = Vec::new();
        let mut at = now;
        while all.len() < weeks {
            let this = Grounds { record: &record, ..*self }.week(at);
            // As if it were done in its week, for the weeks behind it.
            let kept = this.turn.as_ref().filter(|_| this.held.is_none()).and_then(|turn| {
                let book = self.books.iter().map(Borrow::borrow).find(|book| book.id == *turn)?;
                Some(Practised::as_if(book.id.clone(), book.digest.clone(), at))
            });
            record.practised.extend(kept);
            let monday = this.week.after(1).monday().and_time(NaiveTime::MIN).and_utc();
            all.push(this);
            at = monday;
        }
        all
    }
}

/// What was done in a week changes nothing about whose turn that week is: the rows are those of its Monday.
fn chosen(mut rows: Vec<Row>, put_off: &BTreeSet<&PlaybookId>, week: Week) -> Option<(PlaybookId, Vec<String>)> {
    rows.retain(|row| row.takes_turns);
    if rows.iter().any(|row| row.ours) {
        rows.retain(|row| row.ours);
    }
    rows.sort_by(|one, other| one.playbook.cmp(&other.playbook));
    let monday = week.monday().and_time(NaiveTime::MIN).and_utc();
    let candidate = |row: &Row| Candidate {
        cadence: row.cadence.map_or(1, |cadence| (cadence.as_secs() / WEEK).clamp(1, LONGEST) as i64),
        last: row.last.as_ref().map(|(last, _)| Week::of(last.ended_at)),
        weight: weight(row, monday).0,
        put_off: put_off.contains(&row.playbook),
    };
    let candidates: Vec<Candidate> = rows.iter().map(candidate).collect();
    let row = &rows[turn(&candidates, week)?];
    Some((row.playbook.clone(), weight(row, monday).1))
}

/// What was practised of a playbook that nobody is to practise any more is none the less a proof; its age is told.
fn restore(feed: &FeedSpec, rows: &[Row]) -> Restore {
    let serves = |row: &&Row| {
        row.practice == Some(Practice::Recovery) && feed.service.as_ref().is_some_and(|service| row.services.contains(service))
    };
    let rows: Vec<&Row> = rows.iter().filter(serves).collect();
    let proven = rows.iter().filter_map(|row| Some((row, row.proven.as_ref()?))).max_by_key(|(_, proof)| proof.ended_at);
    let state = match proven {
        None => State::Never,
        Some((row, _)) => row.state,
    };
    Restore {
        feed: feed.name.clone(),
        service: feed.service.clone(),
        state,
        proof: proven.map(|(_, proof)| proof.clone()),
        playbooks: rows.iter().map(|row| row.playbook.clone()).collect(),
    }
}

pub fn row(book: &Playbook, services: &[Service], record: &Record, now: DateTime<Utc>) -> Row {
    let meta = &book.meta;
    let serves = |service: &&Service| {
        service.playbooks.contains(&book.id) || meta.services.iter().any(|name| name == service.name.as_str())
    };
    let served: Vec<&Service> = services.iter().filter(serves).collect();
    let rated = |practised: &Practised| practised.verdict(meta.rto, meta.rpo);
    let last = record.of(&book.id).next().map(|practised| (practised.clone(), rated(practised)));
    let proven = record.of(&book.id).find(|practised| matches!(rated(practised), Verdict::Pass | Verdict::Findings)).cloned();
    let cadence = match meta.drill_every {
        Some(Cadence::Never) => None,
        Some(Cadence::Every(cadence)) => Some(cadence),
        None => Some(CADENCE),
    };
    let age = last.as_ref().map(|(practised, _)| (now - practised.ended_at).to_std().unwrap_or_default());
    let state = match (&last, cadence, age) {
        (_, None, _) => State::Exempt,
        (Some((_, Verdict::Fail | Verdict::Aborted)), ..) => State::Failed,
        (None, ..) => State::Never,
        (Some(_), Some(cadence), Some(age)) if age > cadence => State::Stale,
        (Some(_), ..) => State::Fresh,
    };
    let due = last
        .as_ref()
        .zip(cadence)
        .and_then(|((practised, _), cadence)| practised.ended_at.checked_add_signed(chrono::Duration::from_std(cadence).ok()?));
    let changed = last.as_ref().is_some_and(|(practised, _)| practised.digest != book.digest);
    let findings = record.open(&book.id).count();
    let since = last.as_ref().map(|(practised, _)| practised.ended_at);
    let skip = record.skips.iter().rev().find(|skip| skip.playbook == book.id && since.is_none_or(|since| skip.at > since));
    Row {
        playbook: book.id.clone(),
        title: book.title.clone(),
        practice: meta.practice,
        services: served.iter().map(|service| service.name.clone()).collect(),
        tier: served.iter().filter_map(|service| service.tier).min(),
        owner: meta.owner.clone(),
        rto: meta.rto,
        rpo: meta.rpo,
        cadence,
        state,
        times: record.of(&book.id).count(),
        score: score(state, age, cadence, findings, changed),
        last,
        proven,
        due,
        changed,
        findings,
        skip: skip.cloned(),
        ours: !served.is_empty() || !matches!(book.place, Place::Bundled(_)),
        // Taking turns itself it would take all of them.
        takes_turns: cadence.is_some() && !book.starts_drills(),
    }
}

fn score(state: State, age: Option<Duration>, cadence: Option<Duration>, findings: usize, changed: bool) -> u32 {
    let base = match state {
        State::Never => return 0,
        State::Failed => return 20,
        State::Exempt => return 100,
        State::Stale | State::Fresh => 100,
    };
    let part = age.zip(cadence).map_or(0.0, |(age, cadence)| age.as_secs_f64() / cadence.as_secs_f64().max(1.0));
    let aged = (base - (50.0 * part).min(60.0) as u32).max(40);
    aged - if findings > 0 { 10 } else { 0 } - if changed { 10 } else { 0 }
}

fn weight(row: &Row, now: DateTime<Utc>) -> (u32, Vec<String>) {
    let late = row.due.and_then(|due| (now - due).to_std().ok()).map(|late| late.as_secs() / WEEK);
    let reasons = [
        (row.state == State::Never, 16, "it was never practised".to_owned()),
        (row.state == State::Failed, 7, "it failed last time".to_owned()),
        (late.is_some(), 8 + late.unwrap_or(0).min(3) as u32, "it is overdue".to_owned()),
        (row.tier.is_some(), 4 - u32::from(row.tier.unwrap_or(4).min(4)), format!("tier {}", row.tier.unwrap_or(0))),
    ];
    let held = reasons.into_iter().filter(|(holds, ..)| *holds);
    held.fold((0, Vec::new()), |(sum, mut words), (_, weight, word)| {
        words.push(word);
        (sum + weight, words)
    })
}
