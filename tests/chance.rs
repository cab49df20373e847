//! Keys, facts and sizes by chance, as many as wanted: `MIDWATCH_TEST_STEPS=1000000 MIDWATCH_TEST_SEED=7 cargo test --test chance`; a session
//! that failed alone by `MIDWATCH_TEST_SESSION=` and the seed that it told. Nothing
//! panics, exactly one thing has the keys, what is typed into is in view, and no fact moves the cursor of the queue to another alert.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the size comes from the environment, and the seed is told"
)]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/screen.rs"]
mod screen;

use crossterm::event::{MouseButton, MouseEventKind};
use dice::Dice;
use midwatch::domain::act::Outcome;
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::Fact;
use midwatch::model::event::SourceAnswer;
use midwatch::tui::hits::Target;
use midwatch::tui::keymap::default::ROWS;
use midwatch::tui::layout::Form;
use midwatch::tui::panes::PaneId;
use screen::{Desk, FAILOVER, alert, outage};
use std::sync::LazyLock;

/// In the usual run; by hand it is a million.
const STEPS: usize = 20_000;
/// A console begins anew after so many: what it has gathered would make each step slower.
const SESSION: usize = 1_000;

/// Every key that is bound, and some that mean nothing or are text. Those that open and close come often.
static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let bound = ROWS.iter().flat_map(|row| row.keys.iter().copied());
    let often = ["enter", "esc", "esc", "enter", "j", "k", "tab", ":", "/", "n", "2", "3", "r"];
    let text = ["é", "日", "x", "0", "-", "backspace", "delete", "ctrl-w", "ctrl-u", "alt-b", "left", "home", "f7", "alt-q"];
    bound.chain(often).chain(often).chain(often).chain(text).collect()
});

/// The sizes that are promised, those at the borders between forms, and one that is too small.
const SIZES: &[(u16, u16)] = &[
    (40, 12),
    (59, 16),
    (60, 15),
    (60, 16),
    (80, 24),
    (119, 30),
    (120, 29),
    (120, 30),
    (120, 40),
    (200, 50),
    (300, 100),
    (29, 7),
    (30, 8),
];

const NAMES: &[&str] = &["PostgresDown", "CheckoutErrors", "日本語👩‍🚒", "\u{1b}[2Jevil\u{202e}", "e\u{301}e\u{301}"];

/// Something that happens outside; what the operator does is not in it.
fn happens(desk: &mut Desk, dice: &mut Dice) {
    let (name, severity, number) = (dice.pick(NAMES), dice.pick(&["info", "warning", "critical"]), dice.below(12));
    let one = alert(name, severity, dice.pick(&["postgres", "checkout", "none"]), &format!("db-{number}"), number as i64);
    let states = [FeedState::Healthy, FeedState::Degraded, FeedState::Failing, FeedState::Maintenance];
    let feed = dice.pick(&["checkout-pay", "pg-primary", "stripe-api"]);
    let trouble = || Trouble::new(Reason::Refused, "\u{1b}[2Jno");
    match dice.below(14) {
        0..=2 => desk.fires(&[one]),
        3 => desk.changes(vec![], vec![one.id.clone()]),
        4 => desk.source_fails("connection refused"),
        5 => desk.answers(SourceAnswer { complete: number > 4, missing: vec!["am-2".into()], ..SourceAnswer::default() }),
        6 => desk.feed(feed, states[number % 4], "said\u{202e}", number as u64 * 100),
        7 => desk.fact(Fact::FeedFailed { feed: feed.into(), trouble: trouble() }),
        8 => desk.anything_ends(number),
        9 => desk.act_ends_if_any([Outcome::Done, Outcome::Failed, Outcome::Unsent, Outcome::Unknown][number % 4]),
        10 => desk.fact(Fact::Watching(number % 2 == 0)),
        11 => desk.fact(Fact::Misconfigured("config.yaml:1:1: no".into())),
        12 => desk.playbook(&FAILOVER.replace("default: db-2", &format!("default: db-{number}"))),
        _ => {
            desk.broken = dice.below(8) == 0;
            &mut *desk
        }
    }
    .draw();
}

/// Something that the operator does, or the terminal; gives the seconds that only passed.
fn acts(desk: &mut Desk, dice: &mut Dice) -> u64 {
    let (x, y) = (dice.below(310) as u16, dice.below(104) as u16);
    let left = MouseButton::Left;
    let chance = dice.below(40);
    match chance {
        0 => {
            let (width, height) = SIZES[dice.below(SIZES.len())];
            desk.resize(width, height)
        }
        1 => desk.resize(30 + x % 271, 8 + y % 93),
        2 => desk.mouse(MouseEventKind::Down(left), x % desk.frame.area.width, y % desk.frame.area.height),
        3 => desk.mouse(MouseEventKind::Drag(left), x, y).mouse(MouseEventKind::Up(left), x, y),
        4 => desk.mouse(MouseEventKind::ScrollDown, x % desk.frame.area.width, y % desk.frame.area.height),
        5 => desk.paste("pasted\nq\u{1b}日"),
        6 => desk.wait(u64::from(x % 90)),
        7 => desk.sleep(u64::from(x) * 60),
        _ => {
            let keys = KEYS[dice.below(KEYS.len())];
            desk.press(keys)
        }
    };
    match chance {
        6 => u64::from(x % 90) + 5,
        7 => u64::from(x) * 60,
        _ => 0,
    }
}

fn selected(desk: &Desk) -> Option<Target> {
    desk.screen.hits().under_cursor(PaneId::Alerts).map(|shown| shown.target.clone())
}

/// What must hold of every frame.
fn holds(desk: &Desk) -> Result<(), String> {
    let (hits, area) = (desk.screen.hits(), desk.frame.area);
    let focused = hits.places.panes.iter().filter(|(pane, _)| *pane == desk.screen.focus()).count();
    if hits.places.form != Form::None && focused != 1 {
        return Err(format!("{focused} panes have the keys"));
    }
    if let Some(cursor) = hits.cursor.filter(|cursor| !area.contains(*cursor)) {
        return Err(format!("the cursor is at {cursor:?}, out of view"));
    }
    if area.width >= 30 && area.height >= 8 && desk.screen.covered() && desk.frame.content.iter().all(|cell| cell.symbol() == " ")
    {
        return Err("what lies on top is blank".to_owned());
    }
    for (pane, place) in &hits.places.panes {
        if area.intersection(*place) != *place {
            return Err(format!("{pane:?} is out of view"));
        }
    }
    let bad = |c: char| c.is_control() || c == '\u{202e}';
    match desk.frame.content.iter().find(|cell| cell.symbol().contains(bad)) {
        Some(cell) => Err(format!("{:?} would reach the terminal", cell.symbol())),
        None => Ok(()),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn a_session_by_chance_leaves_a_screen_that_works() {
    let steps = number("MIDWATCH_TEST_STEPS").and_then(|steps| usize::try_from(steps).ok()).unwrap_or(STEPS);
    let seed = number("MIDWATCH_TEST_SEED").unwrap_or(20_261_130).max(1);
    if let Some(own) = number("MIDWATCH_TEST_SESSION") {
        return session(own, SESSION);
    }
    let mut done = 0;
    while done < steps {
        // Each session has a seed of its own, so that one that fails is played again alone.
        let own = seed
            .wrapping_mul(0xD134_2543_DE82_EF95)
            .wrapping_add((done / SESSION) as u64)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .max(1);
        session(own, SESSION.min(steps - done));
        done += SESSION;
    }
    println!("{steps} steps from seed {seed}");
}

/// Says which session it was when something panics in it.
struct Told(u64, usize);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("session with seed {}, at step {}", self.0, self.1);
        }
    }
}

fn session(seed: u64, steps: usize) {
    let (mut dice, mut told) = (Dice(seed), Told(seed, 0));
    let mut desk = outage();
    // Just opened, the worst is under the cursor, whatever comes.
    desk.playbook(FAILOVER).press("esc");
    // Where nobody has pressed a key for a minute the queue tidies itself up, and the cursor may go to the group of its alert.
    let mut quiet = 0;
    for step in 0..steps {
        told.1 = step;
        let before = selected(&desk);
        let outside = dice.below(3) == 0;
        if outside {
            happens(&mut desk, &mut dice);
        } else {
            quiet = match acts(&mut desk, &mut dice) {
                0 => 0,
                seconds => quiet + seconds,
            };
        }
        let moved = outside && quiet <= 60 && before.is_some() && selected(&desk).is_some() && before != selected(&desk);
        if let Err(why) = holds(&desk) {
            panic!("seed {seed}, step {step}: {why}\n{}", desk.text());
        }
        assert!(!moved, "seed {seed}, step {step}: the cursor was on {before:?}, now {:?}\n{}", selected(&desk), desk.text());
        desk.events.clear();
        desk.commands.clear();
        desk.asked.clear();
        if desk.effects.len() > 50 {
            desk.effects.drain(..25);
        }
    }
}
