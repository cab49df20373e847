//! Whatever is pressed and whatever happens, in any order: what must hold of the screen and of the world all the same.

use super::ASKING;
use super::screen::{Desk, FAILOVER, alert, outage, settings};
use crossterm::event::{MouseButton, MouseEventKind};
use midwatch::domain::act::Outcome;
use midwatch::domain::entry::{Actor, Entry};
use midwatch::domain::health::FeedState;
use midwatch::domain::ids::{AlertId, EntryId};
use midwatch::domain::playbook::Place;
use midwatch::domain::settings::Settings;
use midwatch::domain::stamp::Stamp;
use midwatch::model::event::SourceAnswer;
use midwatch::model::{Body, Event, Fact, World};
use midwatch::ports::Ports;
use midwatch::runtime::recording::{self, Recorder};
use midwatch::tui::hits::{Fold, Hits, Target};
use midwatch::tui::panes::PaneId;
use midwatch::tui::theme::Role;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a key press of chance is made of.
const KEYS: &[&str] = &[
    "j",
    "k",
    "G",
    "gg",
    "g",
    "tab",
    "shift-tab",
    "enter",
    "enter",
    "esc",
    "esc",
    "a",
    "A",
    "s",
    "S",
    "space",
    "i",
    "I",
    "n",
    "p",
    "/",
    ":",
    "?",
    "1",
    "2",
    "3",
    "4",
    "u",
    "o",
    "y",
    "R",
    "c",
    "D",
    "L",
    "r",
    "x",
    "b",
    "t",
    "d",
    "x",
    "enter",
    "p r enter",
    "r enter",
    "b",
    "e",
    "N",
    "pagedown",
    "ctrl-d",
    "ctrl-u",
    "backspace",
    "ctrl-l",
    "Z",
    "!",
    "0",
    ",H",
    ">",
    "}",
    "é",
    "l",
    "h",
    "F",
    "f enter",
    "f n a m enter",
    "f i n s t enter",
    ",",
];

/// One key, or one thing that happens, with the numbers that it needs.
type Step = (usize, u8, u16, u16);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0usize..KEYS.len(), 0u8..40, 0u16..200, 0u16..60), 1..90)
}

fn happens(desk: &mut Desk, (key, event, width, height): Step) {
    let random = alert("Random", ["warning", "critical"][key % 2], "postgres", &format!("db-{key}"), key as i64);
    let state = [FeedState::Healthy, FeedState::Degraded, FeedState::Failing, FeedState::Maintenance][key % 4];
    match event {
        0 => desk.fires(&[random]),
        1 => desk.changes(vec![], vec![random.id.clone()]),
        2 => desk.resize(width, height),
        3 => desk.wait(u64::from(width)),
        4 => desk.mouse(MouseEventKind::Down(MouseButton::Left), width, height),
        5 => desk.mouse(MouseEventKind::ScrollDown, width, height),
        6 => desk.paste("a\nq\u{1b}x"),
        7 => desk.anything_ends(key),
        8 => desk.source_fails("\u{1b}[2Jno"),
        9 => desk.answers(SourceAnswer { complete: key % 2 == 0, ..SourceAnswer::default() }),
        10 => desk.feed(["checkout-pay", "pg-primary", "stripe-api"][key % 3], state, "said\u{202e}", u64::from(width)),
        11 => desk.act_ends_if_any([Outcome::Done, Outcome::Failed, Outcome::Unsent, Outcome::Unknown][key % 4]),
        12 => {
            desk.broken = !desk.broken;
            desk
        }
        13 => desk.sleep(u64::from(width) * 60),
        14 => desk.clock_is_set_back(u64::from(width) * 60),
        15 => desk.fact(Fact::Watching(key % 2 == 0)),
        16 => desk.fact(Fact::Configured(Arc::new(smaller(key % 2 == 0)))),
        _ => desk.press(KEYS[key]),
    };
}

/// The configuration as it was, or with less in it.
fn smaller(less: bool) -> midwatch::domain::settings::Settings {
    let mut settings = settings();
    if less {
        settings.feeds.pop();
        settings.services = settings.services.iter().rev().skip(1).rev().cloned().collect();
    }
    settings
}

/// Ids of everything that has been there: what the cursor can stand on, if only as gone.
#[derive(Default)]
struct Known {
    alerts: BTreeSet<AlertId>,
    entries: BTreeSet<EntryId>,
}

impl Known {
    fn learn(&mut self, desk: &Desk) {
        self.alerts.extend(desk.world.alerts.queue().map(|tracked| tracked.alert.id.clone()));
        self.entries.extend(recorded(desk).iter().map(|entry| entry.id));
    }

    fn has(&self, target: &Target, world: &World) -> bool {
        let all = settings();
        match target {
            Target::Alert(id) => self.alerts.contains(id),
            Target::Fold(Fold::Symptoms(name)) => all.services.iter().any(|service| service.name == *name),
            Target::Fold(Fold::Group(_)) => true,
            Target::Feed(name) => all.feeds.iter().any(|feed| feed.name == *name),
            Target::Service(name) => all.services.iter().any(|service| service.name == *name),
            Target::Entry(id) => self.entries.contains(id),
            Target::Playbook(id) | Target::Suggested(id) => world.runs.playbooks().iter().any(|book| book.id == *id),
            Target::Run(run) => world.runs.get(*run).is_some(),
            Target::Step(run, step) => world.runs.get(*run).is_some_and(|run| run.record(step).is_some()),
            Target::Line(_) => false,
        }
    }
}

const PANES: [PaneId; 4] = [PaneId::Health, PaneId::Alerts, PaneId::Playbook, PaneId::Log];

/// What is selected in each pane has been there, and is on the screen.
fn selections_exist(desk: &Desk, hits: &Hits, known: &Known) -> Result<(), TestCaseError> {
    for pane in PANES {
        if let Some(shown) = hits.under_cursor(pane) {
            prop_assert!(shown.row < hits.rows_of(pane).max(1), "{pane:?}: {shown:?}\n{}", desk.text());
            prop_assert!(known.has(&shown.target, &desk.world), "{pane:?}: {shown:?} has never been there");
        }
    }
    Ok(())
}

/// Unless something lies over the panes, exactly one of them has the focus, and it is on the screen.
fn one_focus(desk: &Desk) -> Result<(), TestCaseError> {
    let area = desk.frame.area;
    if desk.screen.covered() || area.width < 30 || area.height < 8 {
        return Ok(());
    }
    let focused = desk.screen.hits().places.panes.iter().filter(|(pane, _)| *pane == desk.screen.focus()).count();
    prop_assert_eq!(focused, 1, "panes with the keys:\n{}", desk.text());
    // What may follow a first key may lie over its frame.
    if desk.screen.waits() {
        return Ok(());
    }
    let focus = desk.theme.style(Role::Focus).fg;
    let corners = desk.frame.content.iter().filter(|cell| cell.symbol() == "╭" && Some(cell.fg) == focus).count();
    prop_assert_eq!(corners, 1, "panes with the focus:\n{}", desk.text());
    Ok(())
}

fn recorded(desk: &Desk) -> Vec<Arc<Entry>> {
    let entry = |event: &Event| match &event.body {
        Body::Fact(Fact::Recorded { entry, .. }) => Some(entry.clone()),
        _ => None,
    };
    desk.events.iter().filter_map(entry).collect()
}

/// What a console that starts on these entries makes of them.
fn folded<'a>(entries: impl IntoIterator<Item = &'a Arc<Entry>>, now: Stamp) -> World {
    let mut world = World::new(Arc::new(settings()), Actor::person("ana", None), now);
    for (seq, entry) in (1..).zip(entries) {
        let body = Body::Fact(Fact::Recorded { entry: entry.clone(), request: None });
        drop(world.update(Event { seq, stamp: now, body }));
    }
    world
}

/// The world as a recording of the session gives it.
fn played(desk: &Desk) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("session.jsonl");
    let recorder = Recorder::begin(&file, &desk.origin, Ports::real().secrets).expect("a file");
    let mut world = desk.origin.clone();
    for event in &desk.events {
        recorder.keep(event, &world);
        drop(world.update(event.clone()));
    }
    recorder.end().expect("written");
    let text = std::fs::read_to_string(&file).expect("text");
    // Where a bundled playbook came from is kept as a text only.
    let bundled = |place: Place| {
        place.to_string().strip_prefix("bundled:").map(|name| Place::Bundled(name.to_owned().leak())).unwrap_or(place)
    };
    let reel = recording::read(&text, &|text, place| midwatch::playbook::read(text, bundled(place), midwatch::steps::KINDS));
    let mut world = desk.origin.clone();
    for (seq, (stamp, body)) in (1..).zip(reel.expect("can be read").events) {
        drop(world.update(Event { seq, stamp, body }));
    }
    // What is played says so: a configuration that was read again does, too.
    world.settings = Arc::new(Settings { environment: desk.origin.settings.environment, ..Settings::clone(&world.settings) });
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// No panic, one focus, selections that exist, a log that only grows; the same events give the same world, and the same
    /// entries do in every order.
    #[test]
    fn any_keys_and_facts_leave_a_screen_that_works(steps in steps(), seed in any::<u64>()) {
        let mut desk = outage();
        desk.playbooks(&[FAILOVER, ASKING]).press("j");
        let (mut length, mut known) = (0, Known::default());
        for step in steps {
            happens(&mut desk, step);
            let hits = desk.draw();
            known.learn(&desk);
            selections_exist(&desk, &hits, &known)?;
            one_focus(&desk)?;
            prop_assert!(desk.world.log.len() >= length, "the log only grows");
            length = desk.world.log.len();
        }
        let mut again = desk.origin.clone();
        for event in desk.events.clone() {
            drop(again.update(event));
        }
        prop_assert!(again == desk.world, "the same events give another world");
        prop_assert!(played(&desk) == desk.world, "a recording of the same events gives another world");
        let (in_order, now) = (recorded(&desk), desk.world.now);
        let mut shuffled: Vec<&Arc<Entry>> = in_order.iter().collect();
        shuffled.sort_by_key(|entry| (u128::from(seed) ^ entry.id.0.as_u128()).wrapping_mul(0x9E37_79B9_7F4A_7C15_u128) >> 7);
        prop_assert!(folded(shuffled, now) == folded(&in_order, now), "another order of the same entries gives another world");
    }

    /// No size panics, and none is blank.
    #[test]
    fn no_size_panics(width in 0u16..200, height in 0u16..200, key in 0usize..KEYS.len()) {
        let mut desk = outage();
        desk.resize(width, height).press(KEYS[key]).press("tab");
        prop_assert!(width == 0 || height == 0 || desk.text().chars().any(|c| !c.is_whitespace()));
    }
}
