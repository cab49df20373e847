//! The alerts of a storm are counted in what people read, and stand one by one in what programs read.

use super::support::story::{Story, alert, id, settings};
use super::*;
use midwatch::domain::alert::Alert;
use midwatch::domain::ids::{AlertId, IncidentId};
use midwatch::domain::incident::Sev;
use midwatch::domain::settings::{Gale, Settings};
use midwatch::model::Command;
use std::time::Duration;

/// One of many of a name.
fn one_of(name: &str, number: usize, at: DateTime<Utc>) -> Arc<Alert> {
    let like = alert(name, "postgres", at);
    let id = AlertId { fingerprint: format!("{name}{number}").as_str().into(), ..like.id.clone() };
    Arc::new(Alert { id, ..Alert::clone(&like) })
}

fn exported(story: &Story, incident: IncidentId) -> Timeline {
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    timeline(&story.journal, incident, Vec::new(), view).expect("it is declared")
}

/// What the rows of the timeline say, in Markdown.
fn rows(night: &Timeline) -> Vec<String> {
    let text = written("md", night);
    let table = text.split("## Timeline").nth(1).expect("a timeline").split("\n\n").nth(1).expect("a table");
    let what = |row: &str| row.split(" | ").nth(2).map(|cell| cell.trim().to_owned());
    table.lines().skip(2).filter_map(what).collect()
}

/// An incident about `Down`, of which a storm is the consequence: of one of its alerts somebody takes care, then all are over.
fn night(above: usize, [uploads, disks]: [usize; 2]) -> (Story, IncidentId) {
    let gale = Gale { above, within: Duration::from_secs(60) };
    let mut story = Story::with(Settings { storm: gale, ..settings(false) });
    let down = alert("Down", "postgres", story.now.wall);
    story.poll(std::slice::from_ref(&down));
    story.ask(Command::Declare { title: "no rows".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
    let incident = story.world.incidents.iter().next().expect("declared").id;
    story.wait(600);
    let at = story.now.wall;
    let uploads = (0..uploads).map(|number| one_of("Upload", number, at));
    let storm: Vec<_> = [down].into_iter().chain(uploads).chain((0..disks).map(|number| one_of("Disk", number, at))).collect();
    story.poll(&storm);
    let mine = storm[3].id.clone();
    story.ask(Command::Acknowledge { alerts: vec![mine], hold: None, reason: "mine".into(), ticket: None, confirmed: None });
    (0..6).for_each(|_| story.wait(15));
    assert!(story.world.storm.raging().is_none());
    (0..3).for_each(|_| {
        story.wait(15);
        story.poll(&[]);
    });
    (story, incident)
}

#[test]
fn the_alerts_of_a_storm_are_one_row_for_people_and_all_there_for_programs() {
    let (story, incident) = night(12, [20, 7]);
    let night = exported(&story, incident);
    let rows = rows(&night);
    let folded = "Upload ×19 (19 over), Disk ×7 (7 over): 52 entries folded; the JSON has them all";
    let place = rows.iter().position(|row| row == folded).unwrap_or_else(|| panic!("{rows:#?}"));
    assert_eq!(rows[place - 1], "a storm: more than 12 new alerts within 1m");
    let with = |words: &str| rows.iter().filter(|row| row.contains(words)).count();
    assert_eq!(
        (with("Upload firing"), with("Upload resolved"), with("acknowledged")),
        (1, 1, 1),
        "what is somebody's: {rows:#?}"
    );
    assert_eq!((with("Down firing"), with("Down resolved")), (1, 1), "what it is about: {rows:#?}");
    assert_eq!(with("the storm is over"), 1, "{rows:#?}");
    let page = html_cells(&written("html", &night), "timeline");
    assert_eq!(page.iter().map(|row| row[2].clone()).collect::<Vec<_>>(), rows);
    let document: serde_json::Value = serde_json::from_str(&written("json", &night)).expect("JSON");
    let entries = document["entries"].as_array().expect("a list");
    let turns = entries.iter().filter(|entry| ["alert-fired", "alert-resolved"].map(Some).contains(&entry["kind"].as_str()));
    assert_eq!((turns.count(), entries.len()), (56, csv_rows(&written("csv", &night)).len()));
}

/// Whoever declares a storm's own alerts to be the incident reads how each of them ended, and of each name how it began.
#[test]
fn what_the_incident_is_about_is_seen_to_begin_and_to_end() {
    let gale = Gale { above: 12, within: Duration::from_secs(60) };
    let mut story = Story::with(Settings { storm: gale, ..settings(false) });
    story.poll(&[]);
    let at = story.now.wall;
    let uploads: Vec<_> = (0..20).map(|number| one_of("Upload", number, at)).collect();
    story.poll(&uploads);
    let alerts = uploads.iter().map(|alert| alert.id.clone()).collect();
    story.ask(Command::Declare { title: "no uploads".into(), severity: Sev::ALL[1], alerts, at: None });
    let incident = story.world.incidents.iter().next().expect("declared").id;
    (0..3).for_each(|_| {
        story.wait(15);
        story.poll(&[]);
    });
    let rows = rows(&exported(&story, incident));
    let with = |words: &str| rows.iter().filter(|row| row.contains(words)).count();
    assert_eq!((with("Upload firing"), with("Upload resolved")), (1, 20), "{rows:#?}");
    assert_eq!(with("Upload ×19: 19 entries folded; the JSON has them all"), 1, "{rows:#?}");
}

#[test]
fn a_few_alerts_are_read_one_by_one_and_so_is_what_fired_long_after_a_storm_whose_end_nobody_saw() {
    let (story, incident) = night(3, [5, 0]);
    let few = rows(&exported(&story, incident));
    assert_eq!(few.iter().filter(|row| row.contains("Upload firing")).count(), 5, "{few:#?}");
    let (mut story, incident) = night(12, [20, 0]);
    let end = story.journal.iter().position(|entry| entry.text.starts_with("the storm is over")).expect("it ended");
    story.journal.remove(end);
    story.wait(7_200);
    let at = story.now.wall;
    let later: Vec<_> = (0..12).map(|number| one_of("Later", number, at)).collect();
    story.poll(&later);
    let rows = rows(&exported(&story, incident));
    let with = |words: &str| rows.iter().filter(|row| row.contains(words)).count();
    assert_eq!((with("Later firing"), with("Upload ×19 (19 over): 38 entries folded")), (12, 1), "{rows:#?}");
}
