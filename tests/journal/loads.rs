//! What is read is what was recorded, and each load finds what it is for.

use super::*;
use midwatch::domain::ids::{AlertId, EntryId, IncidentId, RunId};
use serde_json::json;
use uuid::Uuid;

fn draft(kind: Kind) -> Draft {
    let text = format!("a {kind}");
    Draft::new(kind, at(0), Actor::system("test"), text)
}

fn on(alert: &str, kind: Kind) -> Draft {
    Draft { alert: Some(AlertId { source: "prod".into(), fingerprint: alert.into() }), ..draft(kind) }
}

fn of(incident: &Entry, kind: Kind) -> Draft {
    Draft { incident: incident.incident, ..draft(kind) }
}

fn correction(entry: &Entry, field: &str, value: impl serde::Serialize) -> Draft {
    Draft { corrects: Some(entry.id), ..draft(Kind::Correction).with(field, value) }
}

/// Enough that nothing is loaded only because it is new.
fn bury(journal: &mut SqliteJournal, seconds: i64) {
    let drafts = (0..1_000).map(|number| note(&format!("filler {number}"))).collect();
    journal.append(drafts, at(seconds)).expect("appends");
}

fn found(journal: &mut SqliteJournal, seconds: i64, ids: &[EntryId]) -> Vec<bool> {
    let loaded = open_state(journal, seconds);
    assert!(loaded.is_sorted_by_key(|entry| entry.order()));
    ids.iter().map(|id| loaded.iter().any(|entry| entry.id == *id)).collect()
}

#[test]
fn an_entry_is_read_as_it_was_returned() {
    let home = home();
    let odd =
        Draft {
            at: at(1) + chrono::TimeDelta::nanoseconds(123_456_789), links: vec!["a".into()], ..note("x\u{0}\u{202e}\n\"é")
        };
    let odd = odd.with("until", at(5)).with("value", 0.1).with("nested", json!({"a": [1, null]}));
    let wall = at(2) + chrono::TimeDelta::nanoseconds(999_999);
    let appended = open(home.path()).append(vec![odd, note("second")], wall).expect("appends").entries;
    let read = open(home.path()).recent(10).expect("reads");
    assert_eq!(read, appended);
    assert_eq!((read[0].seq, read[1].seq), (1, 2));
    assert_eq!(read[0].seal().map(|seal| &seal.hash), read[1].seal().map(|seal| &seal.prev));
    assert!(read[0].intent().is_some(), "what is in the journal may be acted upon");
    assert_eq!(read[0].data["until"], "2026-11-23T08:48:13.000Z");
}

#[test]
fn open_episodes_acts_and_runs_are_found_under_a_thousand_newer_entries() {
    let home = home();
    let mut journal = open(home.path());
    let fired = record(&mut journal, on("a", Kind::AlertFired), 1);
    let over = record(&mut journal, on("b", Kind::AlertFired), 1);
    record(&mut journal, on("b", Kind::AlertResolved), 2);
    let expired = record(&mut journal, on("a", Kind::Ack).with("until", at(3)), 2);
    let served = record(&mut journal, on("c", Kind::Ack).with("until", at(3)), 2);
    let act = record(&mut journal, draft(Kind::Act).with("for", served.id), 2);
    let done = record(&mut journal, draft(Kind::Act), 2);
    record(&mut journal, draft(Kind::ActEnded).with("intent", done.id), 3);
    let unsent = record(&mut journal, draft(Kind::Act), 2);
    let kept = draft(Kind::ActEnded).with("intent", unsent.id).with("outcome", "unsent");
    let kept = record(&mut journal, Draft { key: Some(format!("act/{}/unsent", unsent.id)), ..kept }, 3);
    let repeated = record(&mut journal, draft(Kind::Act), 2);
    record(&mut journal, draft(Kind::ActEnded).with("intent", repeated.id).with("outcome", "unsent"), 3);
    let repeats = record(&mut journal, draft(Kind::Act).with("again", repeated.id), 3);
    let run = record(&mut journal, draft(Kind::Run), 3);
    let step = record(&mut journal, Draft { run: run.run, ..draft(Kind::StepIntent) }, 3);
    let ended = record(&mut journal, draft(Kind::Run), 3);
    record(&mut journal, Draft { run: ended.run, ..draft(Kind::RunEnded) }, 4);
    let corrected = record(&mut journal, correction(&step, "text", "better"), 4);
    let twice = record(&mut journal, correction(&corrected, "text", "best"), 4);
    bury(&mut journal, 5);

    let open = [&fired, &expired, &served, &act, &unsent, &kept, &repeats, &run, &step, &corrected, &twice].map(|entry| entry.id);
    assert_eq!(found(&mut journal, 60, &open), [true; 11]);
    assert_eq!(found(&mut journal, 60, &[over.id, done.id, repeated.id, ended.id]), [false; 4]);
    let steps = journal.of_run(RunId(run.id.0)).expect("loads");
    assert_eq!(steps, [run, step, corrected, twice]);
}

#[test]
fn what_was_not_done_for_an_alert_is_found_under_a_thousand_newer_entries_with_what_was_done_later() {
    let home = home();
    let mut journal = open(home.path());
    let mut act = |alert: &str, outcome: &str, seconds: i64| {
        let act = record(&mut journal, on(alert, Kind::Act), seconds);
        let end = on(alert, Kind::ActEnded).with("intent", act.id).with("outcome", outcome);
        let end = Draft { key: Some(format!("act/{}/ended", act.id)), ..end };
        [act.id, record(&mut journal, end, seconds + 1).id]
    };
    let (failed, later, well) = (act("a", "failed", 10), act("a", "done", 20), act("b", "done", 30));
    bury(&mut journal, 40);
    let ids = [failed, later, well].concat();
    assert_eq!(found(&mut journal, 6 * 3_600, &ids), [true, true, true, true, false, false]);
    assert_eq!(found(&mut journal, 13 * 3_600, &ids), [false; 6], "nobody is told of it any more");
}

#[test]
fn how_each_feed_is_that_is_not_well_is_found_under_a_thousand_newer_entries() {
    let home = home();
    let mut journal = open(home.path());
    let feed = |name: &str, to: &str| draft(Kind::FeedChanged).with("feed", name).with("to", to);
    let stale = record(&mut journal, feed("a", "stale"), 1);
    let failing = record(&mut journal, feed("a", "failing"), 2);
    let mended = record(&mut journal, feed("b", "failing"), 2);
    record(&mut journal, feed("b", "healthy"), 3);
    let played = Draft { drill: Some("DRILL-1".into()), ..feed("c", "failing") };
    let played = record(&mut journal, played, 3);
    record(&mut journal, Draft { drill: Some("DRILL-1".into()), ..feed("a", "healthy") }, 3);
    bury(&mut journal, 5);
    let ids = [failing.id, stale.id, mended.id, played.id];
    assert_eq!(found(&mut journal, 60, &ids), [true, false, false, false], "the last thing that was said of it");
}

#[test]
fn what_came_before_an_incident_is_found_by_its_alerts_and_services_and_a_storm_gives_way_to_what_stands_alone() {
    let home = home();
    let mut journal = open(home.path());
    let service = |name: &str, draft: Draft| Draft { service: Some(name.into()), ..draft };
    let at_ = |seconds, draft: Draft| Draft { at: at(seconds), ..draft };
    let old = record(&mut journal, at_(9, service("shop", draft(Kind::FeedChanged))), 10);
    let own = record(&mut journal, at_(30, on("a", Kind::AlertFired)), 30);
    let feed = record(&mut journal, at_(20, service("shop", draft(Kind::FeedChanged))), 31);
    record(&mut journal, at_(20, service("mail", draft(Kind::FeedChanged))), 31);
    let others = Draft { incident: Some(IncidentId(old.id.0)), ..service("shop", draft(Kind::FeedChanged)) };
    record(&mut journal, at_(40, others), 40);
    let signal = |number: i64| at_(50 + number, service("shop", on(&format!("s{number}"), Kind::AlertFired)));
    let storm = journal.append((0..50).rev().map(signal).collect(), at(100)).expect("appends").entries;
    journal
        .append((0..20_000).map(|number| at_(60, on(&format!("x{number}"), Kind::AlertFired))).collect(), at(100))
        .expect("appends");
    let note = record(&mut journal, at_(100, service("shop", draft(Kind::Note))), 101);
    let correction = record(&mut journal, correction(&note, "text", "better"), 102);

    let alert = on("a", Kind::Note).alert.expect("one");
    let mut found = |limit| {
        let found = journal.preceding((at(10), at(200)), &[alert.clone()].into(), &["shop".into(), "db".into()].into(), limit);
        let found = found.expect("reads");
        (found.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), found.left_out)
    };
    let (all, left_out) = found(2_000);
    assert_eq!((all.len(), left_out), (1 + 1 + 50 + 1 + 1, None));
    let (some, left_out) = found(5);
    assert_eq!(some, [own.id, feed.id, storm[0].id, storm[1].id, note.id, correction.id], "of a storm what came last");
    assert_eq!(left_out, Some(LeftOut { entries: 48, from: at(50), until: at(97) }));
    assert_eq!(found(53).1, None, "all of it");
}

#[test]
fn what_somebody_did_and_what_could_not_be_seen_is_taken_in_before_the_alerts_of_a_storm() {
    let home = home();
    let mut journal = open(home.path());
    let shop = |draft: Draft| Draft { at: at(20), service: Some("shop".into()), ..draft };
    let event =
        |event: &str, source: &str| Draft { at: at(20), ..draft(Kind::Console).with("event", event).with("source", source) };
    let acks: Vec<_> = (0..2).map(|number| record(&mut journal, shop(on(&format!("s{number}"), Kind::Ack)), 20).id).collect();
    let carried = shop(on("s0", Kind::Act)).with("for", acks[0]);
    record(&mut journal, carried, 20);
    let source = on("a", Kind::Note).alert.expect("one").source.to_string();
    let lost = record(&mut journal, event("source-lost", &source), 21).id;
    record(&mut journal, event("source-lost", "another"), 21);
    record(&mut journal, event("slept", &source), 21);
    let storm = record(&mut journal, event("storm-began", ""), 21).id;
    let alone = record(&mut journal, event("unwatched", ""), 21).id;
    let storm_of = |number: i64| Draft { at: at(30 + number), ..shop(on(&format!("s{number}"), Kind::AlertFired)) };
    journal.append((0..50).map(storm_of).collect(), at(100)).expect("appends");
    record(&mut journal, Draft { drill: Some("DRILL-1".into()), ..shop(draft(Kind::Note)) }, 100);
    let alert = on("a", Kind::Note).alert.expect("one");
    let found = journal.preceding((at(10), at(200)), &[alert].into(), &["shop".into()].into(), 5).expect("reads");
    assert_eq!(found.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [acks[0], acks[1], lost, storm, alone]);
    assert_eq!(found.left_out, Some(LeftOut { entries: 51, from: at(20), until: at(79) }));
}

#[test]
fn what_was_written_is_taken_in_before_a_bulk_of_the_very_alerts_and_nothing_else_counts() {
    let home = home();
    let mut journal = open(home.path());
    let of_shop = |seconds: i64, draft: Draft| Draft { at: at(seconds), service: Some("shop".into()), ..draft };
    let bulk = (0..20).map(|number| of_shop(20 + number, on("a", Kind::Ack))).collect();
    let acks = journal.append(bulk, at(50)).expect("appends").entries;
    for (seconds, kind) in [(10, Kind::Console), (11, Kind::Comms), (12, Kind::StepEnded)] {
        record(&mut journal, of_shop(seconds, draft(kind)), 50);
    }
    let seen = record(&mut journal, of_shop(70, draft(Kind::StepEnded)).with("diagnosis", true), 70);
    let note = record(&mut journal, of_shop(80, draft(Kind::Note)), 80);
    record(&mut journal, of_shop(101, draft(Kind::Note)), 101);
    let alert = on("a", Kind::Note).alert.expect("one");
    let found = journal.preceding((at(0), at(101)), &[alert].into(), &["shop".into()].into(), 4).expect("reads");
    let found: Vec<_> = found.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(found, [acks[18].id, acks[19].id, seen.id, note.id], "what was done last");
}

#[test]
fn whether_a_source_was_lost_or_is_back_is_known_however_long_ago_that_was() {
    let home = home();
    let mut journal = open(home.path());
    let sight = |source: &str, event: &str| draft(Kind::Console).with("event", event).with("source", source);
    let lost = record(&mut journal, sight("prod", "source-lost"), 1);
    let back = record(&mut journal, sight("prod", "source-back"), 2);
    let again = record(&mut journal, sight("prod", "source-lost"), 3);
    let other = record(&mut journal, sight("lab", "source-back"), 3);
    let part = record(&mut journal, sight("prod", "source-partial"), 4);
    bury(&mut journal, 5);
    let day = 24 * 3_600;
    let found = found(&mut journal, day, &[lost.id, back.id, again.id, other.id, part.id]);
    assert_eq!(found, [false, false, true, true, true]);
}

#[test]
fn when_sources_were_silent_and_when_it_stormed_is_found_whatever_incident_that_is_of() {
    let home = home();
    let mut journal = open(home.path());
    let incident = record(&mut journal, draft(Kind::Declare), 1);
    let sight = |key: &str, draft: Draft| Draft { key: Some(key.into()), ..draft };
    let lost = record(&mut journal, sight("source/prod/lost/first", of(&incident, Kind::Console)), 2);
    let back = record(&mut journal, sight("source/prod/back/first", draft(Kind::Console)), 3);
    let storm = record(&mut journal, sight("alerts/storm/storm-began/7", draft(Kind::Console)), 3);
    let alone = record(&mut journal, sight("watch/7/1", draft(Kind::Console)), 3);
    record(&mut journal, sight("alerts/7/called", draft(Kind::Console)), 4);
    record(&mut journal, sight("sources", draft(Kind::Console)), 4);
    record(&mut journal, sight("feed/source/x", draft(Kind::FeedChanged)), 4);
    assert_eq!(journal.gaps().expect("reads"), [lost, back, storm, alone]);
}

#[test]
fn an_alert_that_fires_again_is_open_from_its_newest_firing() {
    let home = home();
    let mut journal = open(home.path());
    let first = record(&mut journal, on("a", Kind::AlertFired), 1);
    record(&mut journal, on("a", Kind::AlertResolved), 2);
    let second = record(&mut journal, on("a", Kind::AlertFired), 3);
    bury(&mut journal, 5);
    assert_eq!(found(&mut journal, 60, &[first.id, second.id]), [false, true]);
}

#[test]
fn acknowledgements_are_loaded_until_they_run_out() {
    let home = home();
    let mut journal = open(home.path());
    let ack = record(&mut journal, on("a", Kind::Ack).with("until", at(100)), 1);
    let unack = record(&mut journal, on("a", Kind::Unack), 2);
    bury(&mut journal, 5);
    assert_eq!(found(&mut journal, 99, &[ack.id, unack.id]), [true, true]);
    assert_eq!(found(&mut journal, 101, &[ack.id, unack.id]), [false, false]);
}

#[test]
fn what_has_ended_lately_has_its_severity_and_its_owner_however_long_ago_it_began() {
    let home = home();
    let mut journal = open(home.path());
    let turn = |kind: Kind, word: &str, seconds: i64| {
        let key = Some(format!("prod/a/{}/{word}", at(1).timestamp_millis()));
        Draft { key, at: at(seconds), ..on("a", kind).with("starts_at", at(1)).with("name", "Down") }
    };
    let ack = |seconds: i64, episode: i64, by: &str| {
        let draft = on("a", Kind::Ack).with("episode", at(episode)).with("until", at(90_000));
        Draft { at: at(seconds), actor: Actor::person(by, None), ..draft }
    };
    // Somebody had it at another time, too: that is none of this one's.
    let earlier = ack(0, 0, "bo");
    journal
        .append(vec![earlier, turn(Kind::AlertFired, "fired", 1).with("severity", "critical"), ack(5, 1, "ana")], at(5))
        .expect("appends");
    bury(&mut journal, 10);
    journal.append(vec![turn(Kind::AlertResolved, "resolved", 5_000)], at(5_000)).expect("appends");
    let since = at(4_000);
    let entries = journal.past(None, since, 1).expect("reads");
    let episodes = midwatch::model::past::episodes(&entries);
    let told: Vec<_> = episodes.iter().map(|it| (it.severity, it.owners.clone(), it.from)).collect();
    assert_eq!(told, [(Some(midwatch::domain::alert::Severity::Critical), vec!["ana".to_owned()], at(1))]);
    // What comes with it is not counted as what was looked for: nothing is cut that is all there.
    assert_eq!(midwatch::model::past::looked_for(&entries, since), 1);
}

#[test]
fn open_incidents_come_whole_and_closed_ones_when_they_are_looked_at() {
    let home = home();
    let mut journal = open(home.path());
    let before = record(&mut journal, note("before it"), 0);
    let aside = record(&mut journal, note("not of it after all"), 0);
    let open_one = record(&mut journal, draft(Kind::Declare).with("title", "open"), 1);
    let link = record(&mut journal, of(&open_one, Kind::Link).with("entries", [before.id, aside.id]), 2);
    let unlink = record(&mut journal, of(&open_one, Kind::Unlink).with("entries", [aside.id]), 2);
    let closed_one = record(&mut journal, draft(Kind::Declare).with("title", "closed"), 3);
    let reopened = record(&mut journal, draft(Kind::Declare).with("title", "reopened"), 3);
    let closing = record(&mut journal, of(&closed_one, Kind::Status).with("status", "closed"), 4);
    record(&mut journal, of(&reopened, Kind::Status).with("status", "closed"), 4);
    record(&mut journal, of(&reopened, Kind::Status).with("status", "open"), 5);
    bury(&mut journal, 6);

    let wanted = [before.id, open_one.id, link.id, reopened.id, closed_one.id, closing.id];
    assert_eq!(found(&mut journal, 60, &wanted), [true, true, true, true, false, false]);
    let whole = journal.of_incident(IncidentId(open_one.id.0)).expect("loads");
    assert_eq!(whole, [before, open_one.clone(), link, unlink]);
    assert_eq!(journal.of_incident(IncidentId(closed_one.id.0)).expect("loads"), [closed_one.clone(), closing]);
    let named = |journal: &mut SqliteJournal, target: &str| journal.declared(target).expect("loads");
    assert_eq!(named(&mut journal, "INC-2"), std::slice::from_ref(&closed_one));
    assert_eq!(named(&mut journal, "1"), [open_one]);
    assert_eq!(named(&mut journal, &closed_one.id.to_string()), [closed_one]);
    assert_eq!(journal.incidents().expect("loads").len(), 8);
}

#[test]
fn an_open_incident_brings_what_it_is_made_of_and_what_was_said_and_leaves_its_storm_in_the_journal() {
    let home = home();
    let mut journal = open(home.path());
    let incident = record(&mut journal, draft(Kind::Declare), 1);
    let role = record(&mut journal, of(&incident, Kind::Role).with("role", "scribe"), 2);
    let told = record(&mut journal, of(&incident, Kind::Comms).with("to", ["all"]), 2);
    let run = record(&mut journal, of(&incident, Kind::Run), 3);
    let ended = record(&mut journal, Draft { run: run.run, ..of(&incident, Kind::RunEnded) }, 4);
    let noted = record(&mut journal, of(&incident, Kind::Note), 5);
    let fired = record(&mut journal, Draft { alert: on("a", Kind::Note).alert, ..of(&incident, Kind::AlertFired) }, 5);
    record(&mut journal, on("a", Kind::AlertResolved), 5);
    bury(&mut journal, 6);
    let ids = [&incident, &role, &told, &run, &ended, &noted, &fired].map(|entry| entry.id);
    assert_eq!(found(&mut journal, 60, &ids), [true, true, true, true, true, true, false]);
    assert_eq!(journal.of_incident(IncidentId(incident.id.0)).expect("loads").len(), 7);
}

#[test]
fn what_is_merged_brings_all_that_it_has_through_every_incident_that_it_went() {
    let home = home();
    let mut journal = open(home.path());
    let [first, second, third] = [1, 2, 3].map(|second| record(&mut journal, draft(Kind::Declare), second));
    let [kept, out, back] = [4, 5, 6].map(|second| record(&mut journal, of(&first, Kind::Note), second));
    record(&mut journal, of(&second, Kind::Link).with("entries", [back.id]), 7);
    record(&mut journal, of(&second, Kind::Unlink).with("entries", [back.id]), 8);
    record(&mut journal, of(&second, Kind::Link).with("merged", [first.id]), 9);
    let later = record(&mut journal, of(&first, Kind::Note), 10);
    record(&mut journal, of(&third, Kind::Link).with("merged", [first.id, second.id]), 11);
    record(&mut journal, of(&third, Kind::Unlink).with("entries", [out.id]), 12);
    let mut has = |incident: &Entry, ids: &[EntryId]| -> Vec<bool> {
        let all = journal.of_incident(IncidentId(incident.id.0)).expect("loads");
        ids.iter().map(|id| all.iter().any(|entry| entry.id == *id)).collect()
    };
    let ids = [kept.id, out.id, back.id, later.id, second.id];
    assert_eq!(has(&second, &ids), [true, true, true, true, true], "what was taken out before the merge is back by it");
    assert_eq!(has(&third, &ids), [true, false, true, true, true], "what was taken out after it stays out");
    assert_eq!(has(&first, &ids), [true, true, true, true, false]);
}

#[test]
fn what_a_correction_moves_belongs_to_the_incident_it_names() {
    let home = home();
    let mut journal = open(home.path());
    let stray = record(&mut journal, note("stray"), 1);
    let incident = record(&mut journal, draft(Kind::Declare), 2);
    let moved = record(&mut journal, correction(&stray, "incident", incident.id), 3);
    assert_eq!(journal.of_incident(IncidentId(incident.id.0)).expect("loads"), [stray, incident, moved]);
}

#[test]
fn entries_are_found_by_time_and_by_the_beginning_of_their_id() {
    let home = home();
    let mut journal = open(home.path());
    let entries: Vec<_> = (0..4).map(|second| record(&mut journal, Draft { at: at(second), ..note("n") }, 10 + second)).collect();
    assert_eq!(journal.between(at(1), at(3)).expect("loads"), entries[1..3]);
    assert_eq!(journal.recent(2).expect("loads"), entries[2..]);
    let id = entries[0].id.to_string().to_uppercase();
    assert_eq!(journal.by_prefix(&id[..35]).expect("loads"), entries[..1]);
    assert_eq!(journal.by_id(entries[3].id).expect("loads"), Some(entries[3].clone()));
    assert_eq!(journal.by_id(EntryId(Uuid::nil())).expect("loads"), None);
    let mut all = Vec::new();
    let mut keep = |entry| {
        all.push(entry);
        Ok(())
    };
    journal.for_each(&mut keep).expect("loads");
    assert_eq!(all, entries);
}

#[test]
fn work_that_lasts_and_a_window_that_was_ended_are_found_under_a_thousand_newer_entries() {
    let home = home();
    let mut journal = open(home.path());
    let lasting = record(&mut journal, draft(Kind::Maintenance), 1);
    let over = record(&mut journal, draft(Kind::Maintenance), 1);
    record(&mut journal, draft(Kind::MaintenanceEnded).with("of", over.id), 2);
    let window = draft(Kind::MaintenanceEnded).with("of", "postgres/1").with("until", at(5_000));
    let window = record(&mut journal, window, 2);
    bury(&mut journal, 3);
    let ids = [lasting.id, over.id, window.id];
    assert_eq!(found(&mut journal, 4_999, &ids), [true, false, true]);
    assert_eq!(found(&mut journal, 5_001, &ids), [true, false, false]);
}

#[test]
fn what_was_done_for_an_acknowledgement_is_found_as_long_as_it_matters() {
    let home = home();
    let mut journal = open(home.path());
    let ended = |intent: &Entry, outcome: &str, word: &str| Draft {
        key: Some(format!("act/{}/{word}", intent.id)),
        ..draft(Kind::ActEnded).with("intent", intent.id).with("outcome", outcome)
    };
    record(&mut journal, on("a", Kind::AlertFired), 1);
    let before = record(&mut journal, on("a", Kind::Ack).with("until", at(3)), 1);
    let passed = record(&mut journal, on("a", Kind::Act).with("for", before.id), 1);
    record(&mut journal, ended(&passed, "done", "ended"), 1);
    record(&mut journal, on("a", Kind::AlertResolved), 1);
    record(&mut journal, on("a", Kind::AlertFired), 2);
    // It has run out while nobody watched, and may have to be taken back.
    let ack = record(&mut journal, on("a", Kind::Ack).with("until", at(3)), 2);
    let carried = record(&mut journal, on("a", Kind::Act).with("for", ack.id), 2);
    let unsent = record(&mut journal, ended(&carried, "unknown", "ended"), 2);
    let settled = record(&mut journal, ended(&carried, "done", "settled"), 3);
    // It lasts, though what it was for is over.
    let lasts = record(&mut journal, on("b", Kind::Ack).with("until", at(1_000)), 2);
    let carries = record(&mut journal, on("b", Kind::Act).with("for", lasts.id), 2);
    let done = record(&mut journal, ended(&carries, "done", "ended"), 2);
    // Nobody knows of this one yet.
    let doubtful = record(&mut journal, on("c", Kind::Act), 2);
    let unknown = record(&mut journal, ended(&doubtful, "unknown", "ended"), 2);
    let known = record(&mut journal, on("c", Kind::Act), 2);
    record(&mut journal, ended(&known, "unknown", "ended"), 2);
    record(&mut journal, ended(&known, "failed", "settled"), 3);
    bury(&mut journal, 5);
    let wanted = [&ack, &carried, &unsent, &settled, &lasts, &carries, &done, &doubtful, &unknown].map(|entry| entry.id);
    assert_eq!(found(&mut journal, 60, &wanted), [true; 9]);
    assert_eq!(found(&mut journal, 60, &[passed.id, known.id]), [false; 2]);
}

#[test]
fn what_was_said_in_an_open_incident_is_found_under_a_storm_of_its_alerts() {
    let home = home();
    let mut journal = open(home.path());
    let declared = record(&mut journal, draft(Kind::Declare), 1);
    let said = record(&mut journal, of(&declared, Kind::Note), 2);
    let storm = |number: usize| Draft { incident: declared.incident, ..on(&format!("s{number}"), Kind::AlertFired) };
    journal.append((0..2_000).map(storm).collect(), at(3)).expect("appends");
    bury(&mut journal, 4);
    assert_eq!(found(&mut journal, 5, &[said.id]), [true]);
}

#[test]
fn a_storm_that_has_no_end_yet_is_found_under_a_thousand_newer_entries() {
    let home = home();
    let mut journal = open(home.path());
    let event = |event: &str| draft(Kind::Console).with("event", event);
    let first = record(&mut journal, event("storm-began"), 1).id;
    bury(&mut journal, 2);
    assert_eq!(found(&mut journal, 9_000, &[first]), [true]);
    record(&mut journal, event("storm-ended"), 3);
    let second = record(&mut journal, event("storm-began"), 4).id;
    bury(&mut journal, 5);
    assert_eq!(found(&mut journal, 9_000, &[first, second]), [false, true]);
}
