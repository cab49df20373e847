//! What feeds said during an incident stands in its exports, as it was: bad, unknown, silent, worked on.

use super::support::story::{Story, alert, id, settings};
use super::*;
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::incident::Sev;
use midwatch::domain::maintenance::Subjects;
use midwatch::domain::settings::Settings;
use midwatch::domain::trouble::{Reason, Trouble};
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
    story.ask(Command::Acknowledge { alerts: vec![id("Down")], hold, reason: "on it".into(), ticket: None });
    for _ in 0..3 {
        story.wait(15);
        let trouble = Trouble::new(Reason::Refused, "nobody listens");
        story.fact(Fact::SourceFailed { source: "prod".into(), trouble });
    }
    story.wait(15);
    story.poll(&[down]);
    let incident = story.world.incidents.iter().find(|one| one.title == "no rows").expect("declared").id;
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    let night = timeline(&story.journal, incident, Vec::new(), view).expect("it is declared");
    let texts: Vec<&str> = night.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("carrying the acknowledgement of Down")), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("prod answers again")), "{texts:?}");
    assert!(written("md", &night).contains("- prod did not answer for a time: what fired then may be missing."));
    assert!(written("html", &night).contains("prod: no answer"), "it is drawn as a gap");
}
