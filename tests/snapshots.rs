//! Every pane and everything that lies over them, on a console with nothing, one at work and one on which everything fails; at four
//! sizes and three depths of colour. `MIDWATCH_BLESS=1 cargo test --test snapshots` draws them again: read the difference.
//!
//! A file of `tests/snapshots` holds, for each state, the lines of 80 × 24 that it changes, each followed by its styles where they aren't
//! plain (`12a3b`: twelve columns of `a`, three of `b`; the legend follows), then a digest of text and styles at every size and depth.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "reads and writes the pictures, and asks whether to")]

#[path = "support/screen.rs"]
mod screen;

use midwatch::domain::act::Outcome;
use midwatch::domain::settings::Settings;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::Fact;
use midwatch::tui::panes::PANES;
use midwatch::tui::theme::{Depth, Theme};
use ratatui::buffer::{Buffer, Cell};
use screen::{Desk, FAILOVER, outage};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What lies over the panes, by the file that has it, and the keys that open it on a console at work.
const OVERLAYS: &[(&str, &str)] = &[
    ("ack", "a"),
    ("acts", "x"),
    ("aging", "O"),
    ("alert", "enter"),
    ("answer", "3 r"),
    ("attach", "4 a"),
    ("belonging", "4 L"),
    ("call", ",p"),
    ("changes", "C"),
    ("confirm", "s z enter q"),
    ("declare", "D"),
    ("doing", "s"),
    ("drill", "T"),
    ("entry", "4 enter"),
    ("errors", "!"),
    ("export", ",e"),
    ("feed", "1 j enter"),
    ("filter", "/"),
    ("group", "f"),
    ("handoff", "P"),
    ("help", "?"),
    ("history", "H"),
    ("incident", "i"),
    ("joining", ",P"),
    ("layouts", ",L"),
    ("maintain", "1 M"),
    ("map", "m"),
    ("note", "n"),
    ("output", "3 r enter r enter o"),
    ("palette", ": p o s t g r e s"),
    ("playbook", "3 esc G enter"),
    ("readiness", "B"),
    ("reason", "3 s"),
    ("requests", "o"),
    ("roles", ",R"),
    ("run", "3 b"),
    ("service", "1 enter"),
    ("silence", "s"),
    ("silences", "Z"),
    ("sources", "W"),
    ("step", "3 enter"),
    ("themes", ",k"),
    ("update", "U"),
    ("views", "v"),
];

/// Files beside them: what those are made of, and what only comes where no key leads here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("affected", "the alerts that an act is about, as in `ack`"),
    ("choice", "a list, as in `layouts`"),
    ("dialog", "fields, as in `ack`"),
    ("menu", "letters, as in `acts`"),
    ("page", "something to read, as in `help`"),
    ("naming", "a person's name, as in `roles`"),
    ("mod", "the trait"),
    ("moment", "of a replay alone"),
    ("diagnosis", "what checks have seen: tests/screen.rs"),
    ("resume", "of a run that lost its secrets: tests/screen.rs"),
    ("rollback", "after a step that can be undone: tests/screen.rs"),
    ("unack", "of what somebody else holds: tests/screen/aging.rs"),
];

const SIZES: [(u16, u16); 4] = [(80, 24), (40, 12), (120, 40), (200, 60)];
const DEPTHS: [(&str, Depth); 3] = [("true", Depth::True), ("16", Depth::Sixteen), ("none", Depth::None)];

type State = (&'static str, fn() -> Desk);

const STATES: [State; 3] = [("empty", empty), ("busy", busy), ("failing", failing)];

/// Everything was read, and there is nothing.
fn empty() -> Desk {
    let mut desk = Desk::new();
    desk.playbooks(&[]);
    desk
}

/// An incident with a run, an act that waits, a note.
fn busy() -> Desk {
    let mut desk = outage();
    let pages = vec![("prod".into(), "dba".to_owned())];
    let views = vec![("night".to_owned(), "severity>=warning".to_owned())];
    desk.fact(Fact::Configured(Arc::new(Settings { pages, views, ..screen::settings() })));
    desk.playbook(FAILOVER).press("j D enter p r enter 2 a enter n").type_text("?the disk was full").press("enter 2").wait(5);
    desk
}

/// Nothing answers, nothing can be written, and the configuration is broken.
fn failing() -> Desk {
    let mut desk = busy();
    desk.press("s").type_text("no").press("enter");
    desk.act_ends_if_any(Outcome::Failed).source_fails("connection refused").wait(200);
    desk.fact(Fact::Misconfigured("config.yaml:3:5: unknown key `fedes`".into()));
    desk.fact(Fact::FeedFailed { feed: "pg-primary".into(), trouble: Trouble::new(Reason::Timeout, "no answer within 5s") });
    desk.broken = true;
    desk.press("a enter").wait(1);
    desk
}

fn style(cell: &Cell) -> String {
    format!("{:?}/{:?}/{:?}", cell.fg, cell.bg, cell.modifier)
}

const PLAIN: &str = "Reset/Reset/NONE";

/// FNV-1a: a short name for a long text.
fn digest(frame: &Buffer) -> u64 {
    let bytes = |cell: &Cell| format!("{}\0{}\0", cell.symbol(), style(cell)).into_bytes();
    frame
        .content
        .iter()
        .flat_map(bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The styles of a line, run by run, in letters of the legend.
fn runs(line: &[Cell], legend: &mut Vec<String>) -> String {
    let mut out = String::new();
    let plain = line.iter().rev().take_while(|cell| style(cell) == PLAIN).count();
    let mut cells = line[..line.len() - plain].iter().map(style).peekable();
    while let Some(style) = cells.next() {
        let mut count = 1;
        while cells.next_if(|next| *next == style).is_some() {
            count += 1;
        }
        let at = legend.iter().position(|known| *known == style).unwrap_or_else(|| {
            legend.push(style);
            legend.len() - 1
        });
        let _ = write!(out, "{count}{}", char::from(b'a' + u8::try_from(at).expect("few styles") % 26));
    }
    out
}

/// The lines in which a frame differs from another one, with their styles.
fn drawn(frame: &Buffer, before: Option<&Buffer>) -> String {
    let (mut out, mut legend, width) = (String::new(), Vec::new(), usize::from(frame.area.width));
    for (y, line) in frame.content.chunks(width).enumerate() {
        if before.is_some_and(|before| before.content[y * width..(y + 1) * width] == *line) {
            continue;
        }
        let text: String = line.iter().map(Cell::symbol).collect();
        let _ = writeln!(out, "{y:>2} {}", text.trim_end());
        let styles = runs(line, &mut legend);
        if !styles.is_empty() {
            let _ = writeln!(out, " : {styles}");
        }
    }
    for (at, style) in legend.iter().enumerate() {
        let _ = writeln!(out, " {} {style}", char::from(b'a' + u8::try_from(at).expect("few styles") % 26));
    }
    out
}

fn picture(keys: &str, whole: bool) -> (String, bool) {
    let (mut out, mut opened) = (String::new(), true);
    for (state, make) in STATES {
        let _ = writeln!(out, "== {state}");
        let mut desk = make();
        desk.theme = Theme::default().at_depth(Depth::True);
        let before = (!whole).then(|| desk.resize(SIZES[0].0, SIZES[0].1).frame.clone());
        desk.resize(120, 40).press(keys);
        opened &= state != "busy" || desk.screen.covered();
        for (width, height) in SIZES {
            for (name, depth) in DEPTHS {
                desk.theme = Theme::default().at_depth(depth);
                desk.resize(width, height);
                if (width, height) == SIZES[0] && depth == Depth::True {
                    out += &drawn(&desk.frame, before.as_ref());
                }
                let _ = writeln!(out, "{width}x{height} {name} {:016x}", digest(&desk.frame));
            }
        }
    }
    (out, opened)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// What is not as it was, shown with the first line that differs.
fn compare(name: &str, now: &str, wrong: &mut Vec<String>) {
    let path = folder().join(name);
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::create_dir_all(folder()).and_then(|()| std::fs::write(&path, now)).expect("written");
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    if before == now {
        return;
    }
    let lines = || before.lines().map(Some).chain([None]).zip(now.lines().map(Some).chain([None]));
    let (at, (was, is)) = lines().enumerate().find(|(_, (was, is))| was != is).unwrap_or((0, (None, None)));
    wrong.push(format!("{name}:{}:\n  was {}\n  now {}", at + 1, was.unwrap_or("nothing"), is.unwrap_or("nothing")));
}

#[test]
fn every_pane_and_overlay_looks_as_it_did() {
    let (mut wrong, mut names) = (Vec::new(), BTreeSet::new());
    for spec in PANES {
        let key = midwatch::tui::keymap::Keymap::default().key_of(spec.to);
        for (name, keys) in
            [(format!("pane-{}", spec.id.word()), key.clone()), (format!("pane-{}-alone", spec.id.word()), format!("{key} 0"))]
        {
            compare(&name, &picture(&keys, true).0, &mut wrong);
            names.insert(name);
        }
    }
    for (name, keys) in OVERLAYS {
        let (now, opened) = picture(keys, false);
        if !opened {
            wrong.push(format!("{name}: `{keys}` opens nothing on a console at work"));
        }
        compare(name, &now, &mut wrong);
        names.insert((*name).to_owned());
    }
    let there = std::fs::read_dir(folder()).expect("pictures").filter_map(|file| file.ok()?.file_name().into_string().ok());
    wrong.extend(there.filter(|name| !names.contains(name)).map(|name| format!("{name}: nothing draws it any more")));
    assert!(wrong.is_empty(), "{} differ; `MIDWATCH_BLESS=1` draws them again:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whoever adds something that lies over the panes says here how it is opened.
#[test]
fn nothing_that_lies_over_the_panes_is_forgotten() {
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui/overlays")).expect("the folder");
    let names: BTreeSet<String> =
        files.filter_map(|file| file.ok()?.file_name().into_string().ok()?.strip_suffix(".rs").map(str::to_owned)).collect();
    let known: BTreeSet<String> = OVERLAYS.iter().chain(ELSEWHERE).map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, known);
    assert_eq!(known.len(), OVERLAYS.len() + ELSEWHERE.len(), "one of them is named twice");
}
