//! The screen is divided as the operator wants it, at every size, and stays so.

use super::screen::{Desk, FAILOVER, alert, outage, settings};
use crossterm::event::{MouseButton, MouseEventKind};
use midwatch::domain::settings::Settings;
use midwatch::tui::layout::shares::{Edge, Kept};
use midwatch::tui::panes::PaneId;
use midwatch::tui::{Layouts, Screen, Setup, Ui};
use ratatui::layout::Rect;

fn width_of(desk: &Desk, pane: PaneId) -> u16 {
    place(desk, pane).map_or(0, |place| place.width)
}

fn height_of(desk: &Desk, pane: PaneId) -> u16 {
    place(desk, pane).map_or(0, |place| place.height)
}

fn place(desk: &Desk, pane: PaneId) -> Option<Rect> {
    desk.screen.hits().places.panes.iter().find(|(other, _)| *other == pane).map(|(_, place)| *place)
}

fn kept(desk: &Desk) -> Option<&str> {
    desk.asked.iter().rev().find_map(|ui| if let Ui::KeepLayout(text) = ui { Some(text.as_str()) } else { None })
}

#[test]
fn a_pane_grows_and_shrinks_by_keys_and_what_is_kept_gives_the_same_screen_again() {
    let mut desk = outage();
    let (playbook, log) = (width_of(&desk, PaneId::Playbook), height_of(&desk, PaneId::Log));
    desk.press("3 > > 4 } 1 <");
    assert!(width_of(&desk, PaneId::Playbook) > playbook + 6);
    assert!(height_of(&desk, PaneId::Log) > log);
    desk.press("2 >");
    assert!(width_of(&desk, PaneId::Playbook) > playbook, "one step is given back");
    let kept = Kept::parse(kept(&desk).expect("kept")).expect("whole");
    let layouts = Layouts { kept, ..Layouts::default() };
    let mut again = outage();
    again.screen = Screen::new(Setup {
        keymap: Default::default(),
        zone: chrono_tz::Tz::UTC,
        draft: String::new(),
        replay: None,
        layouts,
        links: true,
    });
    again.draw();
    assert_eq!(again.screen.hits().places, desk.screen.hits().places);
    assert_eq!(width_of(again.resize(80, 24), PaneId::Alerts), 80, "another size has its own");
}

#[test]
fn one_pane_has_all_the_room_and_gives_it_back_by_the_same_key() {
    let mut desk = outage();
    let before = desk.screen.hits().places.clone();
    desk.press("0").expect("0 shows the others").expect_not("─Health");
    assert_eq!(place(&desk, PaneId::Alerts), Some(before.middle));
    desk.press("tab").expect("─Playbook").expect_not("─Alerts").press("2 >").expect("gives it back first").press("0");
    assert_eq!(desk.screen.hits().places, before);
    desk.resize(40, 12).press("0").expect("one pane at a time");
}

#[test]
fn a_hidden_pane_is_skipped_shows_while_somebody_is_there_and_comes_back() {
    let mut desk = outage();
    desk.press("1 ,H").expect("Health is hidden: 1 goes there, and ,H there shows it again.").wait(1).expect_not("─Health");
    desk.press("tab tab tab").expect_not("─Health").press("1").expect("─Health").expect("hidden: ,H shows it").press("2");
    desk.expect_not("─Health").press("1 ,H").expect("Health is shown again").press("2").expect("─Health");
    desk.press("1 ,H ,H ,H").press(",H").expect("the last pane").press("gg");
}

#[test]
fn the_mouse_moves_a_border() {
    let mut desk = outage();
    let edge =
        |desk: &Desk, edge: Edge| desk.screen.hits().places.edges.iter().find(|(other, _)| *other == edge).map(|(_, at)| *at);
    let left = MouseButton::Left;
    for (which, to) in [(Edge::Health, (50, 10)), (Edge::Playbook, (90, 10)), (Edge::Log, (60, 15))] {
        let from = edge(&desk, which).expect("a border");
        desk.mouse(MouseEventKind::Down(left), from.x, from.y).mouse(MouseEventKind::Drag(left), to.0, to.1);
        let saved = desk.asked.len();
        desk.mouse(MouseEventKind::Up(left), to.0, to.1);
        assert_eq!(desk.asked.len(), saved + 1, "kept once, when it is let go");
        let at = edge(&desk, which).expect("a border");
        assert!(at.contains(to.into()), "{which:?} at {at:?}, dragged to {to:?}");
        desk.mouse(MouseEventKind::Drag(left), 5, 5);
        assert_eq!(edge(&desk, which), Some(at), "nobody holds it any more");
    }
}

#[test]
fn a_layout_is_chosen_by_its_name_from_the_list_and_from_the_palette() {
    let mut desk = outage();
    desk.press(",L").expect("Layout").type_text("record").press("enter");
    assert!(height_of(&desk, PaneId::Log) > 20, "{}", desk.text());
    desk.press(":").type_text("layout run").expect("▌ layout").press("enter").expect_not("─Health");
    assert!(width_of(&desk, PaneId::Playbook) > 55);
    desk.press(":").type_text("layout usual").press("enter");
    assert_eq!(Kept::parse(kept(&desk).expect("kept")), Ok(Kept::default()));
}

/// Everything that can lie over the panes and asks for something, by the keys that open it.
const ASKING: &[&str] = &[
    "a",
    "s",
    "z",
    "x",
    "D",
    "i",
    "n",
    "U",
    "/",
    "v",
    ":",
    ",L",
    "I",
    "f",
    "T",
    "p r",
    "p r enter r",
    ", p",
    "O",
    "Z",
    "o",
    "m",
    "C",
    "W",
    "P",
    "H",
    "B",
    "?",
    "enter",
    "q",
];

#[test]
fn whatever_is_asked_is_asked_inside_the_view_at_every_size() {
    let wide = alert("日本語👩‍🚒é", "critical", "postgres", "🇩🇪-✈️-東京:5432", 1);
    for (width, height) in (40..=300).step_by(37).flat_map(|width| (12..=100).step_by(17).map(move |height| (width, height))) {
        for keys in ASKING {
            let mut desk = Desk::with(settings());
            desk.resize(width, height)
                .playbook(FAILOVER)
                .fires(&[wide.clone(), alert("PostgresDown", "critical", "postgres", "db-1", 3)]);
            desk.press("j").press(keys);
            let covered = desk.screen.covered();
            let overlay = covered.then(|| desk.text());
            let area = desk.frame.area;
            if let Some(cursor) = desk.screen.hits().cursor {
                assert!(area.contains(cursor), "{keys} at {width}×{height}: {cursor:?}");
                let line: String = (0..width).map(|x| desk.frame[(x, cursor.y)].symbol()).collect();
                assert!(!line.trim().is_empty(), "{keys} at {width}×{height}: the cursor is nowhere");
            }
            if let Some(text) = overlay {
                if text.contains("esc") || text.contains(" > ") {
                    continue;
                }
                // What is only read tells by the last line how it is left or scrolled.
                assert!(text.lines().last().is_some_and(|line| !line.trim().is_empty()), "{keys} at {width}×{height}\n{text}");
            }
        }
    }
}

#[test]
fn wide_and_combining_characters_are_never_cut_in_half() {
    let names = ["日本語のアラート", "👩‍🚒👩‍🚒👩‍🚒", "🇩🇪🇫🇷🇯🇵", "✈️✈️✈️✈️", "e\u{301}e\u{301}e\u{301}", "नमस्ते", "ﷺ", "👍🏽👍🏽"];
    let alerts: Vec<_> =
        names.iter().enumerate().map(|(at, name)| alert(name, "critical", "postgres", name, at as i64)).collect();
    for width in 40..=140 {
        let mut desk = Desk::new();
        desk.resize(width, 30).fires(&alerts).press("j enter");
        for keys in ["", "esc n", "esc"] {
            desk.press(keys);
            for (y, line) in desk.frame.content.chunks(usize::from(width)).enumerate() {
                let mut x = 0;
                while x < line.len() {
                    let columns = unicode_width::UnicodeWidthStr::width(line[x].symbol()).max(1);
                    assert!(x + columns <= line.len(), "half of {:?} at the edge of line {y}, {width} columns", line[x].symbol());
                    for covered in &line[x + 1..x + columns] {
                        assert!(matches!(covered.symbol(), " " | ""), "{:?} lies under {:?}", covered.symbol(), line[x].symbol());
                    }
                    x += columns;
                }
            }
        }
    }
}

#[test]
fn a_pane_that_nothing_is_configured_for_takes_no_room_until_somebody_goes_there() {
    let mut desk = Desk::with(Settings { services: [].into(), feeds: Vec::new(), ..settings() });
    assert_eq!(place(&desk, PaneId::Health), None);
    desk.expect("no feeds: 1 tells how").press("1").expect("No services and no feeds are");
    desk.press("2");
    assert_eq!(place(&desk, PaneId::Health), None);
    assert!(place(&Desk::new(), PaneId::Health).is_some());
}
