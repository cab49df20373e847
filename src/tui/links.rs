//! Addresses that the terminal opens by itself (OSC 8). What is a link is the address that is read there, whole, and nothing else: no
//! text leads anywhere but where it says, and nothing but the web is led to.

use super::canvas::Line;
use super::theme::Role;
use ratatui::layout::Rect;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// A part of a line that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    pub area: Rect,
    pub to: Arc<str>,
}

impl Linked {
    /// Whether it has this column of its line.
    pub fn covers(&self, x: usize) -> bool {
        (usize::from(self.area.x)..usize::from(self.area.right())).contains(&x)
    }
}

/// Longer ones terminals refuse, and nobody checks by eye.
const LONGEST: usize = 2_000;
/// Lines below what is shown that an address may go on in.
const BELOW: usize = 40;

/// An address of the web in characters that every terminal takes as they are.
pub fn is_address(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = text.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    plain && text.len() <= LONGEST && host.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
}

/// What of a line is written as a link, with its column; and whether it is the last of the line.
fn pieces(line: &Line) -> Vec<(u16, &str, bool)> {
    let (mut column, mut found) = (0, Vec::new());
    for (at, (text, role)) in line.iter().enumerate() {
        if *role == Role::Link {
            let last = line[at + 1..].iter().all(|(text, _)| text.trim().is_empty());
            found.push((column, text.as_str(), last));
        }
        column += u16::try_from(text.width()).unwrap_or(u16::MAX);
    }
    found
}

/// A line of a field, whose value goes on in the next one without a break: a label and a link.
fn of_field(line: &Line) -> Option<(&str, &str)> {
    match line.as_slice() {
        [(label, Role::Dim), (text, Role::Link)] => Some((label, text)),
        _ => None,
    }
}

fn begins_with_link(line: Option<&Line>) -> bool {
    line.and_then(|line| line.iter().find(|(text, _)| !text.trim().is_empty())).is_some_and(|(_, role)| *role == Role::Link)
}

/// The links of lines that are drawn from the top of a place on, as many as fit; `lines` may go on below it.
pub fn find<'l>(lines: impl Iterator<Item = &'l Line>, place: Rect) -> Vec<Linked> {
    let height = usize::from(place.height);
    let lines: Vec<&Line> = lines.take(height + BELOW).collect();
    let mut found = Vec::new();
    for (y, line) in lines.iter().enumerate().take(height) {
        for (column, text, last) in pieces(line) {
            let (mut to, mut parts) = (text.to_owned(), vec![(y, column, text.width())]);
            if last && of_field(line).is_some() {
                for (below, line) in lines.iter().enumerate().skip(y + 1) {
                    let Some((label, text)) = of_field(line).filter(|(label, _)| label.trim().is_empty()) else { break };
                    to.push_str(text);
                    parts.push((below, label.width() as u16, text.width()));
                }
            } else if last && begins_with_link(lines.get(y + 1).copied()) {
                // It may go on there, with a blank between or without: what it says is not certain.
                continue;
            }
            // The end of one that begins further up says nothing.
            if is_address(&to) {
                let to: Arc<str> = to.into();
                let area = |(y, x, width): (usize, u16, usize)| Rect {
                    x: place.x.saturating_add(x),
                    y: place.y.saturating_add(y as u16),
                    width: width as u16,
                    height: 1,
                };
                let areas = parts.into_iter().map(area).filter(|area| place.intersection(*area) == *area);
                found.extend(areas.map(|area| Linked { area, to: to.clone() }));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::overlays::page;

    const PLACE: Rect = Rect { x: 3, y: 2, width: 60, height: 6 };

    fn told(lines: &[Line]) -> Vec<(String, Rect)> {
        find(lines.iter(), PLACE).into_iter().map(|link| (link.to.to_string(), link.area)).collect()
    }

    #[test]
    fn an_address_is_a_link_and_one_that_is_broken_leads_to_the_whole_from_each_of_its_parts() {
        let short = page::field("source", "http://prom:9090/graph?g0=up", Role::Text, 60);
        assert_eq!(told(&short), [("http://prom:9090/graph?g0=up".to_owned(), Rect { x: 17, y: 2, width: 28, height: 1 })]);
        let whole = format!("https://grafana.example/{}", "x".repeat(90));
        let broken = page::field("source", &whole, Role::Text, 60);
        let found = told(&broken);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|(to, _)| *to == whole));
        // Of one whose end is below what is shown each part leads to all of it; of one whose beginning is above, nothing.
        let low = find(broken.iter(), Rect { height: 1, ..PLACE });
        assert_eq!((low.len(), &*low[0].to), (1, whole.as_str()));
        assert_eq!(told(&broken[1..]), []);
    }

    #[test]
    fn nothing_else_is_one() {
        for text in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https://a b",
            "https://evil\u{202e}moc",
            "https://日本",
            "ssh://h",
            "http://-x",
        ] {
            assert_eq!(told(&page::field("source", text, Role::Link, 60)), [], "{text}");
        }
        let shown = vec![vec![("the dashboard".to_owned(), Role::Link), (" (https://evil.example)".to_owned(), Role::Mark)]];
        assert_eq!(told(&shown), [], "a text that says something else leads nowhere");
        let unsure = vec![vec![("https://a.example/".to_owned(), Role::Link)], vec![("more".to_owned(), Role::Link)]];
        assert_eq!(told(&unsure), []);
    }
}
