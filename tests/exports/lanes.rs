//! What feeds said during an incident stands in its exports, as it was: bad, unknown, silent, worked on.

use super::support::story::{Story, alert, id, settings};
use super::*;
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::incident::{LeftOut, Sev, Status};
use midwatch::domain::maintenance::Subjects;
use midwatch::domain::settings::Settings;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::domain::watcher::Watcher;
use midwatch::model::command::Marks;
use midwatch::model::{Command, Fact};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(3_600);

/// An incident of postgres with three feeds, and a feed of which it knows nothing.
fn night() -> Timeline {
    let of = |name: &str, service: Option<&str>| FeedSpec {
        service: service.map(Into::into),
        ..FeedSpec::new(name, "any", EVERY, EVERY)
    };
    let feeds = vec![of("web", Some("postgres")), of("queue", Some("postgres")), of("vendor", Some("postgres")), of("cdn", None)];
    let mut story = Story::with(Settings { feeds, ..settings(false) });
    story.poll(&[alert("Down", "postgres", story.now.wall)]);
    story.ask(Command::Declare { title: "no rows".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
    let mut says = |feed: &str, state: FeedState, message: &str| {
        story.wait(60);
        story.fact(Fact::FeedRead { feed: feed.into(), reading: Reading::new(state, message) });
    };
    says("web", FeedState::Failing, "503");
    says("web", FeedState::Unknown, "it said NaN");
    says("web", FeedState::Healthy, "200 OK");
    says("vendor", FeedState::Maintenance, "planned work");
    says("vendor", FeedState::Degraded, "slow");
    says("vendor", FeedState::Healthy, "operational");
    says("cdn", FeedState::Failing, "nobody's concern here");
    story.wait(60);
    story.fact(Fact::FeedFailed { feed: "queue".into(), trouble: Trouble::new(Reason::Refused, "nobody listens") });
    story.wait(60);
    story.fact(Fact::FeedRead { feed: "queue".into(), reading: Reading::new(FeedState::Healthy, "well") });
    story.wait(60);
    let hold = Duration::from_secs(600);
    story.ask(Command::Maintain { subjects: Subjects::service("postgres".into()), hold, reason: "kernel".into() });
    story.wait(60);
    story.fact(Fact::FeedRead { feed: "web".into(), reading: Reading::new(FeedState::Failing, "503") });
    story.wait(120);
    let incident = story.world.incidents.iter().next().expect("declared").id;
    story.ask(Command::Note {
        incident: Some(incident),
        kind: Kind::Note,
        text: "looked".into(),
        at: None,
        marks: Marks::default(),
    });
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    timeline(&story.journal, incident, Vec::new(), view).expect("it is declared")
}

/// The bars of the lane of feeds: class, label, and from which minute to which.
fn drawn(page: &str) -> Vec<(String, String, f64, f64)> {
    let lane = page.split(">feeds</text>").nth(1).expect("the lane of feeds").split("class=\"dim\"").next().expect("its end");
    let number = |bar: &str, name: &str| -> f64 {
        bar.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next()?.parse().ok()).expect("a number")
    };
    let bars = lane.split("<rect ").skip(1).map(|bar| {
        let class = bar.split('"').nth(1).expect("a class").to_owned();
        let label = bar.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).expect("a label").to_owned();
        (class, label, number(bar, "x"), number(bar, "x") + number(bar, "width"))
    });
    let bars: Vec<_> = bars.collect();
    // The drawing goes from the declaration to the note, thirteen minutes later.
    let minute = |x: f64| ((x - 92.0) / (992.0 - 92.0) * 130.0).round() / 10.0;
    bars.into_iter().map(|(class, label, from, to)| (class, label, minute(from), minute(to))).collect()
}

#[test]
fn what_feeds_said_is_drawn_for_as_long_as_it_was_so() {
    let page = written("html", &night());
    let bar = |class: &str, label: &str, from: f64, to: f64| (class.to_owned(), label.to_owned(), from, to);
    let expected = [
        bar("feed", "web: failing", 1.0, 2.0),
        // Nobody knew how it was: that is no health.
        bar("stale", "web: unknown", 2.0, 3.0),
        bar("stale", "vendor: maintenance", 4.0, 5.0),
        bar("feed", "vendor: degraded", 5.0, 6.0),
        bar("stale", "queue: stale", 8.0, 9.0),
        // What is worked on is measured and told still, and it has not ended.
        bar("feed", "web: failing", 11.0, 13.0),
    ];
    assert_eq!(drawn(&page), expected);
    assert!(page.contains("Nothing was known of queue, web for a time."), "{page}");
}

#[test]
fn what_feeds_said_stands_in_the_tables_and_the_documents() {
    let night = night();
    let told = [
        "web failing: 503",
        "web unknown: it said NaN",
        "web healthy: 200 OK",
        "vendor in maintenance: planned work",
        "vendor degraded: slow",
        "vendor healthy: operational",
        "queue stale: nobody listens",
        "queue healthy: well",
        "web failing: 503",
    ];
    let table = written("md", &night);
    let rows: Vec<&str> = table.lines().filter(|line| line.contains("| health |")).collect();
    assert_eq!(rows.len(), told.len(), "{table}");
    rows.iter().zip(told).for_each(|(row, text)| assert!(row.contains(&format!("| {text} |")), "{row}"));
    let work = table.lines().find(|line| line.contains("maintenance of postgres for 10m")).expect("the work is told");
    assert!(work.contains("| ana |"), "{work}");
    let document: serde_json::Value = serde_json::from_str(&written("json", &night)).expect("JSON");
    let entries = document["entries"].as_array().expect("a list");
    let said: Vec<_> =
        entries.iter().filter(|entry| entry["kind"] == "feed-changed").map(|entry| entry["text"].as_str()).collect();
    assert_eq!(said, told.map(Some));
    let states: Vec<_> = entries.iter().filter_map(|entry| entry["data"]["to"].as_str()).collect();
    let expected = ["failing", "unknown", "healthy", "maintenance", "degraded", "healthy", "stale", "healthy", "failing"];
    assert_eq!(states, expected);
    assert!(written("csv", &night).contains("queue stale: nobody listens") && !table.contains("cdn"), "{table}");
}

#[test]
fn that_a_source_was_silent_and_what_was_done_for_an_acknowledgement_stand_in_the_incident() {
    let mut story = Story::with(settings(true));
    let down = alert("Down", "postgres", story.now.wall);
    story.poll(std::slice::from_ref(&down));
    let declare = |title: &str, alerts| Command::Declare { title: title.into(), severity: Sev::ALL[1], alerts, at: None };
    story.ask(declare("no rows", vec![id("Down")]));
    story.ask(declare("mail", Vec::new()));
    let hold = Some(Duration::from_secs(1_200));
    story.ask(Command::Acknowledge { alerts: vec![id("Down")], hold, reason: "on it".into(), ticket: None, confirmed: None });
    for _ in 0..3 {
        story.wait(15);
        let trouble = Trouble::new(Reason::Refused, "nobody listens");
        story.fact(Fact::SourceFailed { source: "prod".into(), trouble });
    }
    story.wait(15);
    story.poll(&[down]);
    let incident = story.world.incidents.iter().find(|one| one.title == "no rows").expect("declared").id;
    let left_out = LeftOut { entries: 48, from: story.now.wall, until: story.now.wall };
    let took_in = Draft::new(Kind::Link, story.now.wall, Actor::system("incident"), "took in 2000 entries");
    story.append(Draft { incident: Some(incident), ..took_in }.with("left_out", left_out));
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    let night = timeline(&story.journal, incident, Vec::new(), view).expect("it is declared");
    assert!(written("md", &night).contains("- Left out of the time before it: 48 entries from 20"), "{}", written("md", &night));
    let texts: Vec<&str> = night.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("carrying the acknowledgement of Down")), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("prod answers again")), "{texts:?}");
    assert!(written("md", &night).contains("- prod did not answer for a time: what fired then may be missing."));
    assert!(written("html", &night).contains("prod: no answer"), "it is drawn as a gap");
}

/// Whoever reads of one incident must know when nobody could see, whatever else went on.
#[test]
fn a_gap_stands_in_every_incident_whose_time_it_falls_in() {
    let mut story = Story::with(settings(true));
    let down = [alert("Down", "postgres", story.now.wall), alert("Slow", "checkout", story.now.wall)];
    let away = |story: &mut Story, minutes: u64| {
        for _ in 0..minutes {
            story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Refused, "nobody listens") });
            story.wait(60);
        }
        story.poll(&down);
    };
    let declare = |story: &mut Story, title: &str, alerts| {
        story.ask(Command::Declare { title: title.into(), severity: Sev::ALL[1], alerts, at: None });
        story.world.incidents.iter().find(|one| one.title == title).expect("declared").id
    };
    let set = |story: &mut Story, incident, status| {
        story.ask(Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: None });
    };
    story.poll(&down);
    let early = declare(&mut story, "early", vec![id("Down")]);
    set(&mut story, early, Status::Resolved);
    story.wait(60);
    // Two that are open share it, and a third is declared before it ends.
    let [first, second] = [("first", "Down"), ("second", "Slow")].map(|(title, name)| declare(&mut story, title, vec![id(name)]));
    story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Refused, "nobody listens") });
    story.wait(60);
    away(&mut story, 2);
    let lost = story.journal.iter().find(|entry| entry.text_of("event") == Some("source-lost")).expect("recorded").clone();
    away(&mut story, 3);
    set(&mut story, first, Status::Cancelled);
    story.wait(60);
    let late = declare(&mut story, "late", Vec::new());
    away(&mut story, 2);
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    let gaps = |story: &Story, incident| {
        let night = timeline(&story.journal, incident, Vec::new(), view).expect("it is declared");
        assert!(night.lines.is_sorted_by_key(|line| line.at));
        night.lines.iter().filter(|line| line.text.starts_with("prod ")).map(|line| line.entry.id).collect::<Vec<_>>()
    };
    let counts = |story: &Story| [early, first, second, late].map(|incident| gaps(story, incident).len());
    assert_eq!(counts(&story), [0, 4, 6, 2], "each has both ends of what was in its time");
    let entries: Vec<_> = story.journal.iter().chain(&story.journal).cloned().collect();
    assert_eq!(timeline(&entries, second, Vec::new(), view).expect("it is declared").lines.len(), {
        timeline(&story.journal, second, Vec::new(), view).expect("it is declared").lines.len()
    });
    // One that was silent to the end returned in nobody's time.
    set(&mut story, late, Status::Resolved);
    story.wait(60);
    story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Refused, "nobody listens") });
    let over = declare(&mut story, "over", Vec::new());
    story.wait(60);
    away(&mut story, 1);
    set(&mut story, over, Status::Resolved);
    story.wait(60);
    let silent = declare(&mut story, "silent", Vec::new());
    (0..2).for_each(|_| {
        story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Refused, "nobody listens") });
        story.wait(60);
    });
    set(&mut story, silent, Status::Resolved);
    story.wait(60);
    away(&mut story, 1);
    assert_eq!((gaps(&story, over).len(), gaps(&story, silent).len()), (2, 1));
    // What somebody has taken out stays out, and only there.
    let out = Draft::new(Kind::Unlink, story.now.wall, Actor::person("ana", None), "no matter").with("entries", [lost.id]);
    story.append(Draft { incident: Some(second), ..out });
    assert_eq!(counts(&story), [0, 4, 9, 2]);
    // One that is moved from one to another stands in each once: what is in it twice no export is read back with.
    for to in [first, late, second] {
        let moved = Draft::new(Kind::Correction, story.now.wall, Actor::person("ana", None), "of another");
        story.append(Draft { corrects: Some(lost.id), ..moved.with("incident", to) });
        for incident in [early, first, second, late] {
            let all = gaps(&story, incident);
            assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len(), "{to:?}: {incident:?}");
        }
    }
}

#[test]
fn a_source_that_was_silent_long_before_does_not_stretch_the_drawing_and_one_that_nobody_asks_is_forgotten() {
    let gap = |before: TimeDelta, back: Option<TimeDelta>| {
        let mut story = Story::with(settings(false));
        let then = story.now.wall;
        let sight = |event: &str, at| {
            let draft = Draft::new(Kind::Console, at, Actor::system("console"), format!("prod: {event}"));
            let key = Some(format!("source/prod/{}/first", event.trim_start_matches("source-")));
            Draft { key, ..draft.with("event", event).with("source", "prod") }
        };
        story.now.wall = then - before;
        story.append(sight("source-lost", then - before));
        story.now.wall = then;
        if let Some(back) = back {
            story.append(sight("source-back", then + back));
        }
        story.ask(Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: Vec::new(), at: None });
        let incident = story.world.incidents.iter().next().expect("declared").id;
        story.wait(600);
        let marks = Marks::default();
        story.ask(Command::Note { incident: Some(incident), kind: Kind::Note, text: "looked".into(), at: None, marks });
        let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
        (then, timeline(&story.journal, incident, Vec::new(), view).expect("it is declared"))
    };
    let silent = |night: &Timeline| night.lines.iter().filter(|line| line.text.starts_with("prod")).count();
    let (then, days) = gap(TimeDelta::days(3), Some(TimeDelta::minutes(5)));
    assert_eq!((silent(&days), days.begins()), (2, Some(then)));
    let bars = drawn(&written("html", &days));
    let (_, _, from, to) = bars.iter().find(|(class, ..)| class == "stale").expect("drawn").clone();
    // Half of its ten minutes, on a scale of thirteen.
    assert!(from < 0.1 && (to - 6.5).abs() < 0.2, "{bars:?}");
    let reel =
        midwatch::model::reel::Reel::of(&days, &Settings::default(), Actor::person("ana", None)).expect("it can be played");
    assert_eq!(reel.events.first().map(|(stamp, _)| stamp.wall), Some(then), "nobody watches three days of nothing");
    assert_eq!([1, 23, 25].map(|hours| silent(&gap(TimeDelta::hours(hours), None).1)), [1, 1, 0]);
    assert_eq!(silent(&gap(TimeDelta::days(3), Some(-TimeDelta::hours(1))).1), 0);
}

/// Of an incident whose night nobody watched for a time the reader is told, whoever else was open then.
#[test]
fn that_nobody_watched_for_a_time_is_of_every_incident_open_then_and_is_told_as_missing() {
    let mut story = Story::with(settings(false));
    let declare = |story: &mut Story, title: &str| {
        story.ask(Command::Declare { title: title.into(), severity: Sev::ALL[1], alerts: Vec::new(), at: None });
        story.world.incidents.iter().find(|one| one.title == title).expect("declared").id
    };
    let both = [declare(&mut story, "first"), declare(&mut story, "second")];
    story.wait(60);
    let last = Watcher { process: 7, seen: story.now.wall };
    story.fact(Fact::Watching(false));
    story.wait(120);
    story.fact(Fact::WatchedBefore { last, hung: false });
    story.fact(Fact::Watching(true));
    story.wait(60);
    let after = declare(&mut story, "after");
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    let missing = "Nobody watched from 03:01:00 to 03:03:00 UTC: what happened then may be missing.";
    let told = |incident| {
        let night = timeline(&story.journal, incident, Vec::new(), view).expect("it is declared");
        let lines = night.lines.iter().filter(|line| line.text == "nobody watched from 03:01:00 to 03:03:00 UTC").count();
        (lines, written("md", &night).contains(missing))
    };
    assert_eq!((both.map(told), told(after)), ([(1, true); 2], (0, false)));
}

#[test]
fn alerts_of_one_name_are_told_apart_in_their_lane() {
    let mut story = Story::with(settings(false));
    let on = |instance: &str| {
        let plain = alert("DiskFull", "postgres", story.now.wall);
        let pairs = plain.labels.iter().map(|(name, value)| (name.clone(), value.clone()));
        let labels = midwatch::domain::alert::Labels::new(pairs.chain([("instance".into(), instance.into())]).collect());
        std::sync::Arc::new(midwatch::domain::alert::Alert { id: id(instance), labels, ..(*plain).clone() })
    };
    let disks = [on("db-1"), on("db-2")];
    story.poll(&disks);
    story.ask(Command::Declare { title: "full".into(), severity: Sev::ALL[1], alerts: vec![id("db-1"), id("db-2")], at: None });
    let incident = story.world.incidents.iter().next().expect("declared").id;
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    let page = written("html", &timeline(&story.journal, incident, Vec::new(), view).expect("it is declared"));
    assert!(page.contains("<title>DiskFull db-1") && page.contains("<title>DiskFull db-2"), "{page}");
}
