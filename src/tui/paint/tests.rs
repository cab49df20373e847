//! What reaches the terminal.

use super::*;
use proptest::prelude::*;
use ratatui::style::Style;

fn frame(lines: &[(&str, Style)]) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 4));
    for (y, (text, style)) in lines.iter().enumerate() {
        buffer.set_string(0, y as u16, text, *style);
    }
    buffer
}

fn painted(painter: &mut Painter, buffer: &Buffer, cursor: Option<Position>) -> Vec<u8> {
    let mut bytes = Vec::new();
    painter.paint(&mut buffer.clone(), cursor, &mut bytes).expect("a vector takes everything");
    bytes
}

#[test]
fn a_frame_like_the_last_writes_nothing() {
    let buffer = frame(&[("hello", Style::new().fg(Color::Red))]);
    let mut painter = Painter::new(buffer.area);
    assert!(!painted(&mut painter, &buffer, None).is_empty());
    assert_eq!(painted(&mut painter, &buffer, None), b"");
}

#[test]
fn only_the_cell_that_differs_is_sent() {
    let mut painter = Painter::new(Rect::new(0, 0, 20, 4));
    painted(&mut painter, &frame(&[("12:00:01", Style::new())]), None);
    let bytes = painted(&mut painter, &frame(&[("12:00:02", Style::new())]), None);
    assert_eq!(String::from_utf8_lossy(&bytes), "\x1b[?2026h\x1b[1;8H2\x1b[?2026l");
}

#[test]
fn what_lies_between_two_changes_is_written_again_where_that_is_shorter() {
    let between = |first: &str, second: &str| {
        let mut painter = Painter::new(Rect::new(0, 0, 20, 4));
        painted(&mut painter, &frame(&[(first, Style::new())]), None);
        String::from_utf8(painted(&mut painter, &frame(&[(second, Style::new())]), None)).expect("text")
    };
    assert_eq!(between("1 ab 1", "2 ab 2"), "\x1b[?2026h\x1b[1;1H2 ab 2\x1b[?2026l");
    assert_eq!(between("1 abcd 1", "2 abcd 2"), "\x1b[?2026h\x1b[1;1H2\x1b[6C2\x1b[?2026l");
    // After a wide glyph nobody knows where the cursor is.
    assert_eq!(between("日 1", "本 2"), "\x1b[?2026h\x1b[1;1H本\x1b[1;4H2\x1b[?2026l");
}

#[test]
fn a_long_blank_is_erased_and_not_written() {
    let after = |first: &str, second: &str, style: Style| {
        let mut painter = Painter::new(Rect::new(0, 0, 20, 4));
        painted(&mut painter, &frame(&[(first, style)]), None);
        String::from_utf8(painted(&mut painter, &frame(&[(second, Style::new())]), None)).expect("text")
    };
    let full = "x".repeat(20);
    assert_eq!(after(&full, "", Style::new()), "\x1b[?2026h\x1b[1;1H\x1b[20X\x1b[?2026l");
    assert_eq!(after(&full, "                  ab", Style::new()), "\x1b[?2026h\x1b[1;1H\x1b[18X\x1b[18Cab\x1b[?2026l");
    assert_eq!(after("xxxx", "    ", Style::new()), "\x1b[?2026h\x1b[1;1H    \x1b[?2026l", "a short one is written");
    let red = Style::new().bg(Color::Red);
    let mut painter = Painter::new(Rect::new(0, 0, 20, 4));
    painted(&mut painter, &frame(&[(&full, Style::new())]), None);
    let bytes = painted(&mut painter, &frame(&[("    ", red)]), None);
    assert_eq!(
        String::from_utf8_lossy(&bytes),
        "\x1b[?2026h\x1b[1;1H\x1b[41m    \x1b[0m\x1b[16X\x1b[?2026l",
        "never with a colour"
    );
}

#[test]
fn a_link_is_opened_and_closed_around_its_cells_and_goes_when_it_leads_nowhere_any_more() {
    let mut painter = Painter::new(Rect::new(0, 0, 20, 4));
    painted(&mut painter, &frame(&[]), None);
    let link = |x| Linked { area: Rect::new(x, 0, 8, 1), to: "http://h".into() };
    painter.link(&[link(2)]);
    let text = frame(&[("- http://h -", Style::new())]);
    let bytes = |painter: &mut Painter, frame: &Buffer| String::from_utf8(painted(painter, frame, None)).expect("text");
    assert_eq!(bytes(&mut painter, &text), "\x1b[?2026h\x1b[1;1H- \x1b]8;;http://h\x1b\\http://h\x1b]8;;\x1b\\ -\x1b[?2026l");
    painter.link(&[link(2)]);
    assert_eq!(bytes(&mut painter, &text), "");
    let around = frame(&[("+ http://h +", Style::new())]);
    assert_eq!(bytes(&mut painter, &around), "\x1b[?2026h\x1b[1;1H+\x1b[10C+\x1b[?2026l", "the link between is not written over");
    painter.link(&[]);
    assert_eq!(bytes(&mut painter, &around), "\x1b[?2026h\x1b[1;3Hhttp://h\x1b[?2026l");
}

#[test]
fn a_bell_goes_out_even_if_no_cell_has_changed() {
    let buffer = frame(&[]);
    let mut painter = Painter::new(buffer.area);
    painted(&mut painter, &buffer, None);
    painter.with_next(b"\x07");
    assert_eq!(painted(&mut painter, &buffer, None), b"\x07");
}

fn style() -> impl Strategy<Value = Style> {
    let colour = prop_oneof![
        Just(Color::Reset),
        Just(Color::LightRed),
        Just(Color::Blue),
        Just(Color::Indexed(200)),
        Just(Color::Rgb(1, 2, 3))
    ];
    let modifier = prop_oneof![Just(Modifier::empty()), Just(Modifier::BOLD), Just(Modifier::BOLD | Modifier::REVERSED)];
    (colour.clone(), colour, modifier).prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    /// What a terminal shows after any series of frames is the last frame.
    #[test]
    fn the_terminal_shows_the_last_frame(frames in prop::collection::vec(prop::collection::vec(("[a-c日é▇ ]{0,12}", style()), 0..4), 1..5)) {
        let mut terminal = vt100::Parser::new(4u16.try_into().expect("rows"), 20u16.try_into().expect("columns"), 0);
        let mut painter = Painter::new(Rect::new(0, 0, 20, 4));
        for lines in &frames {
            let lines: Vec<(&str, Style)> = lines.iter().map(|(text, style)| (text.as_str(), *style)).collect();
            let buffer = frame(&lines);
            terminal.process(&painted(&mut painter, &buffer, None));
            for y in 0..4u16 {
                for x in 0..20u16 {
                    let (ours, theirs) = (&buffer[(x, y)], terminal.screen().cell(y, x).expect("a cell"));
                    if theirs.is_wide_continuation() {
                        continue;
                    }
                    let text = if theirs.contents().is_empty() { " " } else { theirs.contents() };
                    prop_assert_eq!(ours.symbol(), text);
                    prop_assert_eq!(ours.modifier.contains(Modifier::BOLD), theirs.bold());
                    prop_assert_eq!(ours.modifier.contains(Modifier::REVERSED), theirs.inverse());
                    prop_assert_eq!(ours.fg == Color::Rgb(1, 2, 3), theirs.fgcolor() == vt100::Color::Rgb(1, 2, 3));
                    prop_assert_eq!(ours.bg == Color::LightRed, theirs.bgcolor() == vt100::Color::Idx(9));
                }
            }
        }
    }
}
