//! Text that stays text in HTML, between tags and inside quoted attributes.

use crate::domain::text::inert;

pub fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + 8);
    for c in inert(raw).trim().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
