//! Every format, over hostile text, read back by readers of others: the same cells, and nothing that attacks its reader.

#![allow(clippy::disallowed_methods, reason = "readers of others are programs of their own")]

#[path = "exports/lanes.rs"]
mod lanes;
#[path = "exports/masks.rs"]
mod masks;
#[path = "exports/readers.rs"]
mod readers;
#[path = "exports/readiness.rs"]
mod readiness;
#[path = "exports/reading_back.rs"]
mod reading_back;
#[path = "exports/scenarios.rs"]
mod scenarios;
#[path = "exports/storms.rs"]
mod storms;
mod support;
#[path = "exports/templates.rs"]
mod templates;

use chrono::{DateTime, TimeDelta, Utc};
use midwatch::domain::chain;
use midwatch::domain::entry::{Actor, Clock, Draft, Entry, Kind, Seal};
use midwatch::domain::ids::{EntryId, IncidentId, OriginId};
use midwatch::domain::text::inert;
use midwatch::domain::timeline::{People, Timeline};
use midwatch::exports::KINDS;
use midwatch::model::timeline::{View, timeline};
use proptest::prelude::*;
use std::sync::Arc;

fn began() -> DateTime<Utc> {
    "2026-11-29T02:58:00Z".parse().expect("a time")
}

/// An incident with such notes by somebody of that name, one a minute.
fn incident(name: &str, title: &str, notes: &[String]) -> Timeline {
    of_drill(None, name, title, notes)
}

/// The same as practice.
fn of_drill(drill: Option<&str>, name: &str, title: &str, notes: &[String]) -> Timeline {
    let origin = OriginId(uuid::Uuid::from_u128(7));
    let drafts = notes.iter().enumerate().map(|(n, text)| {
        let at = began() + TimeDelta::minutes(n as i64 + 1);
        Draft::new(Kind::Note, at, Actor::person(name, None), text.as_str())
    });
    let declare = Draft::new(Kind::Declare, began(), Actor::person(name, None), format!("declared SEV2: {title}"));
    let declare = declare.with("number", 1).with("title", title).with("severity", "SEV2");
    let mut clock = Clock::default();
    let mut entries = Vec::new();
    let mut prev = chain::genesis(origin);
    for (n, draft) in std::iter::once(declare).chain(drafts).enumerate() {
        clock = clock.next(draft.at);
        let id = EntryId(uuid::Uuid::from_u128(n as u128 + 1));
        let draft = Draft { incident: Some(IncidentId(uuid::Uuid::from_u128(1))), drill: drill.map(str::to_owned), ..draft };
        let entry = Entry::stamped(id, origin, n as u64 + 1, clock, draft.at, draft);
        let hash = chain::hash(&prev, &serde_json::to_string(&entry).expect("JSON"));
        entries.push(Arc::new(entry.sealed(Seal { prev: prev.as_str().into(), hash: hash.as_str().into() })));
        prev = hash;
    }
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    timeline(&entries, IncidentId(uuid::Uuid::from_u128(1)), Vec::new(), view).expect("it is declared")
}

fn written(format: &str, timeline: &Timeline) -> String {
    let kind = KINDS.iter().find(|kind| kind.name == format).expect("a format");
    let mut bytes = Vec::new();
    (kind.write)(timeline, &mut bytes).expect("memory takes it");
    String::from_utf8(bytes).expect("text")
}

/// What people paste, and what attackers would.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "|",
        "\\|",
        "`",
        "```",
        "<script>alert(1)</script>",
        "</td></tr></table>",
        "-->",
        "<!--",
        "&amp;",
        "&#60;",
        "\"",
        "'",
        "' onload='x",
        "\n",
        "\r\n",
        "\t",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{200b}",
        "=cmd()",
        "+1",
        "-2",
        "@sum",
        ",",
        ";",
        "\u{0}",
        "é",
        "日本",
        "👩‍🚒",
        "*",
        "_",
        "*b*",
        "__c__",
        "~~d~~",
        "`e`",
        "[a](http://b)",
        "https://a_b.example/?x=1&y=2",
        "# head",
        "~~",
        "$x$",
        "{{x}}",
        "]]>",
        "a",
        " ",
        "word",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// As a cell is compared: what can't be seen at its ends says nothing.
fn cell(text: &str) -> String {
    inert(text).trim().to_owned()
}

/// The cells of the body of the table of that class, as a browser's text would be.
fn html_cells(page: &str, class: &str) -> Vec<Vec<String>> {
    let table =
        page.split(&format!("<table class=\"{class}\">")).nth(1).expect("the table").split("</table>").next().expect("its end");
    let body = table.split("<tbody>").nth(1).expect("a body");
    body.split("<tr")
        .skip(1)
        .map(|row| row.split("<td>").skip(1).map(|cell| unescaped(cell.split("</td>").next().unwrap_or(cell))).collect())
        .collect()
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains(['<', '>', '"', '\'']), "{text}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("every row has the same number of cells").iter().map(str::to_owned).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_says_what_was_written_and_does_nothing(name in hostile(), title in hostile(), notes in prop::collection::vec(hostile(), 1..5)) {
        let page = written("html", &incident(&name, &title, &notes));
        let rows = html_cells(&page, "timeline");
        let said: Vec<(String, String)> = rows.iter().skip(1).map(|row| (row[1].clone(), row[2].clone())).collect();
        let wanted: Vec<_> = notes.iter().map(|note| (cell(&name), cell(note))).collect();
        prop_assert_eq!(said, wanted);
        let lower = page.to_lowercase();
        for bad in ["<script", "src=", "href=", "url(", "@import", "onload=\"", "<iframe", "<link", "<img", "\u{1b}"] {
            prop_assert!(!lower.contains(bad), "{} in {}", bad, page);
        }
    }

    #[test]
    fn a_sheet_says_what_was_written_and_computes_nothing(name in hostile(), notes in prop::collection::vec(hostile(), 1..5)) {
        let rows = csv_rows(&written("csv", &incident(&name, "down", &notes)));
        prop_assert_eq!(rows.len(), notes.len() + 1);
        for (row, note) in rows.iter().skip(1).zip(&notes) {
            prop_assert!(row.iter().all(|cell| !cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r'])), "{:?}", row);
            let text = row[4].strip_prefix('\'').unwrap_or(&row[4]);
            prop_assert_eq!(text, inert(note));
        }
    }

    #[test]
    fn every_line_of_json_is_what_the_document_has(notes in prop::collection::vec(hostile(), 1..5)) {
        let timeline = incident("ana", "down", &notes);
        let document: serde_json::Value = serde_json::from_str(&written("json", &timeline)).expect("JSON");
        let lines: Vec<serde_json::Value> = written("jsonl", &timeline).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        prop_assert_eq!(&document["incident"], &lines[0]["incident"]);
        prop_assert_eq!(document["entries"].as_array().expect("a list").as_slice(), &lines[1..]);
        prop_assert!(lines[1..].iter().skip(1).zip(&notes).all(|(line, note)| line["text"] == note.as_str()), "as it was typed");
    }
}

#[test]
fn the_drawing_shows_what_was_bad_for_how_long() {
    let mut timeline = incident("ana", "down", &["looked".to_owned()]);
    let at = |minutes| began() + TimeDelta::minutes(minutes);
    let feed = |to: &str, minutes| {
        let draft = Draft::new(Kind::FeedChanged, at(minutes), Actor::system("health"), format!("web {to}"));
        draft.with("feed", "web").with("from", "healthy").with("to", to)
    };
    for (n, draft) in [feed("failing", 2), feed("healthy", 4), feed("stale", 6)].into_iter().enumerate() {
        let mut line = timeline.lines[0].clone();
        let id = EntryId(uuid::Uuid::from_u128(100 + n as u128));
        (line.at, line.text) = (draft.at, draft.text.clone());
        line.entry = Arc::new(Entry::stamped(id, line.entry.origin, 100 + n as u64, line.entry.clock, draft.at, draft));
        timeline.lines.push(line);
    }
    let page = written("html", &timeline);
    let bars: Vec<(&str, f64)> = page
        .split("<rect class=\"")
        .skip(1)
        .filter_map(|bar| {
            let width = bar.split("width=\"").nth(1)?.split('"').next()?.parse().ok()?;
            Some((bar.split('"').next()?, width))
        })
        .collect();
    // Six minutes are the whole width; what has not ended goes on to the end, and can be seen.
    let wide = |class: &str| bars.iter().filter(|bar| bar.0 == class).map(|bar| bar.1).collect::<Vec<_>>();
    assert_eq!(wide("stale"), [3.0], "{bars:?}");
    assert!((290.0..310.0).contains(&wide("feed")[0]), "{bars:?}");
    assert_eq!(wide("person").len(), 2, "who declared and who noted: {bars:?}");
    assert!(page.contains("Nothing was known of web for a time."));
}

#[test]
fn a_year_long_storm_is_drawn_in_bounded_space() {
    let notes: Vec<String> = (0..3_000).map(|n| format!("note {n}")).collect();
    let page = written("html", &incident("ana", "down", &notes));
    let drawing = page.split("</figure>").next().expect("a drawing");
    assert!(drawing.matches("<rect").count() < 1_000, "{}", drawing.matches("<rect").count());
    assert_eq!(page.matches("<tr><td>").count() + page.matches("<tr class=\"important\"><td>").count(), 3_001);
    assert!(drawing.contains("more: see the table"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

    /// The file is written entry by entry; nobody who reads both forms may see that.
    #[test]
    fn json_that_is_written_piece_by_piece_is_the_document(notes in prop::collection::vec(hostile(), 0..5), named in any::<bool>()) {
        let people = if named { People::Names } else { People::Roles };
        let timeline = Timeline { people, ..incident("ana", "no payments", &notes) };
        let document = midwatch::exports::json::document(&timeline);
        prop_assert_eq!(written("json", &timeline), serde_json::to_string_pretty(&document).expect("JSON") + "\n");
    }
}

#[test]
fn what_was_told_long_after_the_end_leaves_the_drawing_its_room() {
    let notes = ["rollback", "all is well", "at the postmortem"].map(str::to_owned);
    let mut night = incident("ana", "down", &notes);
    night.times.closed = Some(night.lines[2].at);
    let drawing = |night: &Timeline| {
        let page = written("html", night);
        let (from, to) = (page.find("<svg").expect("drawn"), page.find("</figure>").expect("drawn"));
        page[from..to].to_owned()
    };
    night.lines[3].at += TimeDelta::days(2);
    let drawn = drawing(&night);
    assert!(drawn.contains("all is well") && !drawn.contains("at the postmortem"), "{drawn}");
    assert!(drawn.contains("1 later entry: see the table"), "{drawn}");
    night.lines[3].at = night.lines[2].at + TimeDelta::seconds(50);
    let drawn = drawing(&night);
    assert!(drawn.contains("at the postmortem") && !drawn.contains("later entr"), "a moment after the end: {drawn}");
    night.lines[3].at += TimeDelta::days(2);
    night.times.closed = None;
    assert!(drawing(&night).contains("at the postmortem"), "of an open incident everything is drawn");
}

#[test]
fn an_incident_that_ends_at_the_end_of_all_calendars_is_drawn() {
    let notes = ["rollback", "all is well"].map(str::to_owned);
    let mut night = incident("ana", "down", &notes);
    (night.times.closed, night.zone) = (Some(DateTime::<Utc>::MAX_UTC), chrono_tz::Europe::Berlin);
    for at in [night.lines[1].at, DateTime::<Utc>::MAX_UTC] {
        night.lines[2].at = at;
        let page = written("html", &night);
        let drawn = &page[page.find("<svg").expect("drawn")..page.find("</svg>").expect("drawn")];
        assert!(drawn.contains("all is well") && !drawn.contains("NaN"), "{drawn}");
    }
}

#[test]
fn every_export_of_a_drill_says_so_at_its_head_and_in_each_entry() {
    let notes = ["the first".to_owned(), "the second".to_owned()];
    let (drill, real) = (of_drill(Some("night-1"), "ana", "T", &notes), incident("ana", "T", &notes));
    for kind in KINDS {
        let text = written(kind.name, &drill);
        let marks = text.lines().filter(|line| line.contains("DRILL") || line.contains("night-1")).count();
        assert!(marks > notes.len(), "{}: {text}", kind.name);
        let real = written(kind.name, &real);
        assert!(!real.contains("DRILL") && !real.contains("night-1"), "{}: {real}", kind.name);
    }
    let head = |kind: &str| written(kind, &drill).lines().take(14).collect::<Vec<_>>().join("\n");
    assert!(head("md").starts_with("# DRILL-1 SEV2: T\n\n**DRILL night-1"));
    assert!(written("html", &drill).contains("<h1>DRILL-1 SEV2: T</h1>\n<p class=\"drill\"><b>DRILL</b> night-1"));
    assert!(written("json", &drill).contains("\"drill\": \"night-1\",\n    \"id\""));
    assert!(written("jsonl", &drill).lines().next().is_some_and(|line| line.contains("\"drill\":\"night-1\"")));
}
