//! What may follow keys that wait for more: over the last line, as many lines as it takes, each a click, too.
//!
//! ```text
//!  ,… m mitigated   r resolved   c close incident   o reopen
//!     e export      s severity   t title            esc none of them
//! ```

use super::canvas::Canvas;
use super::hits::Hit;
use super::keymap::{Context, Key};
use super::theme::Role;
use super::view::View;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Lines that it takes at most; what has no room stands in help.
const MOST: u16 = 10;

pub fn render(canvas: &mut Canvas, area: Rect, pending: &[Key], contexts: &[Context], view: &View) {
    let typed: String = pending.iter().map(ToString::to_string).collect();
    let told = |binding: &super::keymap::Binding| if binding.help.is_empty() { binding.action.name() } else { binding.help };
    let mut hints: Vec<(String, &str, Option<Hit>)> = Vec::new();
    for (rest, binding) in view.keymap.following(contexts, pending) {
        hints.push((rest.to_string(), told(binding), Some(Hit::Action(binding.action))));
    }
    let out = ("esc".to_owned(), "none of them", None);
    let lead = u16::try_from(typed.width() + 3).unwrap_or(u16::MAX).min(area.width / 3);
    let widest = hints.iter().chain([&out]).map(|(key, help, _)| key.width() + help.width() + 3).max().unwrap_or(1);
    let wide = u16::try_from(widest).unwrap_or(u16::MAX).min(area.width.saturating_sub(lead)).max(1);
    let across = usize::from((area.width.saturating_sub(lead) / wide).max(1));
    let lines =
        u16::try_from((hints.len() + 1).div_ceil(across)).unwrap_or(u16::MAX).min(MOST).min(area.height.saturating_sub(2).max(1));
    // The way out is always among them.
    hints.truncate((across * usize::from(lines)).saturating_sub(1));
    hints.push(out);
    let place = Rect { y: area.bottom().saturating_sub(lines), height: lines, ..area };
    canvas.clear(place);
    canvas.hits.add(place, Hit::Overlay);
    canvas.hits.links.retain(|link| !link.area.intersects(place));
    canvas.text(place, 0, &format!(" {typed}…"), Role::Strong);
    for (index, (key, help, hit)) in hints.into_iter().enumerate() {
        let (x, y) = ((index % across) as u16, (index / across) as u16);
        let cell = Rect { x: place.x + lead + x * wide, y: place.y + y, width: wide, height: 1 };
        canvas.line(cell, 0).text(&key, Role::Key).space(1).text(help, Role::Text);
        if let Some(hit) = hit {
            canvas.hits.add(cell, hit);
        }
    }
}
