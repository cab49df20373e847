//! A finished frame as a picture: the same buffer that goes to the terminal, written as SVG. Byte-stable.

use super::theme::Theme;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;
use std::time::Duration;

/// Size of one cell in the picture's units.
const CELL: (u32, u32) = (9, 19);
/// Space around the screen.
const MARGIN: u32 = 12;

/// The frame as one self-contained SVG document.
pub fn svg(frame: &Buffer, theme: &Theme) -> String {
    let mut out = paper(frame, theme);
    for y in 0..frame.area.height {
        for run in runs(frame, y) {
            run.write(&mut out, y, theme);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Frames of one size, each with how long it stands, as a document that plays them again and again by itself. A line that stays
/// as it is stands in it once. What plays nothing shows the last frame.
pub fn film(frames: &[(Buffer, Duration)], theme: &Theme) -> String {
    let Some((first, _)) = frames.first() else { return String::new() };
    let ends: Vec<Duration> = frames
        .iter()
        .scan(Duration::ZERO, |at, (_, stands)| {
            *at += *stands;
            Some(*at)
        })
        .collect();
    let whole = ends.last().copied().unwrap_or_default();
    let mut out = paper(first, theme);
    for y in 0..first.area.height {
        let lines: Vec<Vec<Run>> = frames.iter().map(|(frame, _)| runs(frame, y)).collect();
        let mut from = 0;
        while from < lines.len() {
            let same = lines[from..].iter().take_while(|line| alike(&lines[from], line)).count();
            let begins = if from == 0 { Duration::ZERO } else { ends[from - 1] };
            let shown = (begins, ends[from + same - 1]);
            if lines[from].iter().any(|run| !run.is_blank(theme)) {
                scene(&mut out, shown, whole, |out| lines[from].iter().for_each(|run| run.write(out, y, theme)));
            }
            from += same;
        }
    }
    out.push_str("</svg>\n");
    out
}

/// What is shown from then to then of the whole time.
fn scene(out: &mut String, (from, to): (Duration, Duration), whole: Duration, draw: impl FnOnce(&mut String)) {
    let part = |at: Duration| format!("{:.4}", at.as_secs_f64() / whole.as_secs_f64());
    let (mut values, mut times) = (Vec::new(), Vec::new());
    if !from.is_zero() {
        values.push("hidden");
        times.push("0".to_owned());
    }
    values.push("visible");
    times.push(if from.is_zero() { "0".to_owned() } else { part(from) });
    if to < whole {
        values.push("hidden");
        times.push(part(to));
    }
    let (values, times, seconds) = (values.join(";"), times.join(";"), whole.as_secs_f64());
    let still = if to < whole { "hidden" } else { "visible" };
    // Writing to a String can't fail.
    let _ = writeln!(out, "<g visibility=\"{still}\">");
    if values != "visible" {
        let _ = writeln!(
            out,
            "<animate attributeName=\"visibility\" calcMode=\"discrete\" values=\"{values}\" keyTimes=\"{times}\" \
             dur=\"{seconds}s\" repeatCount=\"indefinite\"/>"
        );
    }
    draw(out);
    out.push_str("</g>\n");
}

/// The document's beginning, as large as the frame.
fn paper(frame: &Buffer, theme: &Theme) -> String {
    let (width, height) = (u32::from(frame.area.width) * CELL.0 + 2 * MARGIN, u32::from(frame.area.height) * CELL.1 + 2 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\" xml:space=\"preserve\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n",
        hex(theme.background)
    )
}

/// Neighbours of one style.
struct Run<'a> {
    x: u16,
    cells: u16,
    text: String,
    style: &'a Cell,
}

fn runs(frame: &Buffer, y: u16) -> Vec<Run<'_>> {
    let mut runs: Vec<Run> = Vec::new();
    for x in 0..frame.area.width {
        let Some(cell) = frame.cell((frame.area.x + x, frame.area.y + y)) else { continue };
        match runs.last_mut().filter(|run| same(run.style, cell)) {
            Some(run) => {
                run.cells += 1;
                run.text.push_str(cell.symbol());
            }
            None => runs.push(Run { x, cells: 1, text: cell.symbol().to_owned(), style: cell }),
        }
    }
    runs
}

/// Two lines that look the same.
fn alike(a: &[Run], b: &[Run]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| (a.x, a.cells, &a.text) == (b.x, b.cells, &b.text) && same(a.style, b.style))
}

fn same(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

impl Run<'_> {
    /// Nothing of it can be seen.
    fn is_blank(&self, theme: &Theme) -> bool {
        let reversed = self.style.modifier.contains(Modifier::REVERSED);
        self.text.trim().is_empty() && !reversed && colour(self.style.bg, theme.background) == theme.background
    }

    fn write(&self, out: &mut String, y: u16, theme: &Theme) {
        let (mut fg, mut bg) = (colour(self.style.fg, theme.foreground), colour(self.style.bg, theme.background));
        if self.style.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut fg, &mut bg);
        }
        let (x, top) = (MARGIN + u32::from(self.x) * CELL.0, MARGIN + u32::from(y) * CELL.1);
        let width = u32::from(self.cells) * CELL.0;
        // Writing to a String can't fail.
        if bg != theme.background {
            let _ = writeln!(out, "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>", CELL.1, hex(bg));
        }
        let text = self.text.trim_end();
        if text.is_empty() {
            return;
        }
        let indent = u32::try_from(text.len() - text.trim_start().len()).unwrap_or(0);
        let (text, x) = (text.trim_start(), x + indent * CELL.0);
        let columns = u32::try_from(unicode_width::UnicodeWidthStr::width(text)).unwrap_or(0);
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{}>{}</text>",
            top + 14,
            columns * CELL.0,
            hex(fg),
            weight(self.style.modifier),
            escaped(text)
        );
    }
}

fn weight(modifier: Modifier) -> String {
    let mut out = String::new();
    for (flag, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::DIM, " opacity=\"0.7\""),
    ] {
        if modifier.contains(flag) {
            out.push_str(attribute);
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The sixteen colours of xterm, the cube and the greys.
fn colour(colour: Color, default: (u8, u8, u8)) -> (u8, u8, u8) {
    match colour {
        Color::Reset => default,
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(index @ 0..16) => ANSI[usize::from(index)].1,
        Color::Indexed(index @ 16..232) => {
            let step = |value: u8| if value == 0 { 0 } else { 55 + 40 * value };
            let cube = index - 16;
            (step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        }
        Color::Indexed(index) => (8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)),
        named => ANSI.iter().find(|(known, _)| *known == named).map_or(default, |(_, rgb)| *rgb),
    }
}

const ANSI: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn a_frame_is_written_the_same_every_time_and_its_text_is_escaped() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 20, 2));
        frame.set_string(1, 0, "a<b & c", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        frame.set_string(0, 1, "x", Style::new().add_modifier(Modifier::REVERSED));
        let theme = Theme::default();
        let picture = svg(&frame, &theme);
        assert_eq!(picture, svg(&frame, &theme));
        assert!(picture.contains("fill=\"#010203\" font-weight=\"bold\">a&lt;b &amp; c</text>"), "{picture}");
        assert!(picture.contains("height=\"19\" fill=\"#c9d1d9\"/>"), "reversed cells stand on the foreground: {picture}");
    }
}
