//! The ASCII-only screen: every cell that is not ASCII is replaced in the finished frame, so that no pane has to know.

use ratatui::buffer::Buffer;

const TABLE: &[(&str, &str)] = &[
    ("─━═┄╌", "-"),
    ("│┃║┆", "|"),
    ("╭╮╰╯┌┐└┘├┤┬┴┼", "+"),
    ("▌▐", ">"),
    ("▲△", "^"),
    ("▼▽▾", "v"),
    ("▶▸→", ">"),
    ("◀←", "<"),
    ("✗✘×", "x"),
    ("✓✔", "+"),
    ("●◉", "*"),
    ("◐◑", "o"),
    ("○◌", "."),
    ("◆", "!"),
    ("↳", "`"),
    ("↑", "^"),
    ("↓", "v"),
    ("·•", "."),
    ("…", "~"),
    ("—–", "-"),
    ("▁▂", "_"),
    ("▃▄▅", "="),
    ("▆▇█▓", "#"),
    ("░▒", "."),
    ("⏎", "<"),
    ("⏱", "t"),
    ("“”„", "\""),
    ("‘’", "'"),
];

/// Replaces what is not ASCII by something like it, or by `?`.
pub fn fold(buffer: &mut Buffer) {
    for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let found = TABLE.iter().find(|(from, _)| cell.symbol().chars().next().is_some_and(|c| from.contains(c)));
        let to = found.map_or("?", |(_, to)| to);
        cell.set_symbol(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn nothing_but_ascii_is_left() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "╭✗ 日é▇…", Style::new());
        fold(&mut buffer);
        let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert!(text.is_ascii(), "{text}");
        assert!(text.starts_with("+x "), "{text}");
    }
}
