//! What fired in the last day, and how it ended: from the journal, so that what nobody watches any more is there too.

use super::Overlay;
use super::page::{Content, Line, Page, plain};
use crate::domain::text::inert;
use crate::model::past::{End, Episode};
use crate::tui::panes::alerts::severity;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;

struct History;

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(History))
}

impl Content for History {
    fn title(&self, _view: &View) -> String {
        "What fired in the last 24 hours".to_owned()
    }

    fn awaits(&self, view: &View) -> Option<&'static str> {
        view.world.past.of(None).is_none().then_some("the journal is asked")
    }

    fn lines(&self, view: &View, _columns: usize) -> Vec<Line> {
        let Some(recalled) = view.world.past.of(None) else { return Vec::new() };
        let episodes = match &recalled.episodes {
            Err(why) => return vec![plain(format!("The journal can't be read: {}", inert(why)), Role::Critical)],
            Ok(episodes) => episodes,
        };
        if episodes.is_empty() {
            return vec![plain("Nothing fired that this journal knows of.", Role::Dim)];
        }
        let count = plain(format!("{} times, the newest first; times in {}", episodes.len(), view.zone), Role::Dim);
        let more = plain("More fired than is listed here: midwatch history --since 24h prints more.", Role::Warning);
        let more = recalled.cut.then_some(more);
        [count]
            .into_iter()
            .chain(more)
            .chain([Vec::new()])
            .chain(episodes.iter().map(|episode| line(episode, view, true)))
            .collect()
    }
}

/// One episode: when, how long, what, and who handled it.
pub fn line(episode: &Episode, view: &View, named: bool) -> Line {
    let role = match (episode.to, episode.end) {
        (None, _) => Role::Warning,
        (Some(_), End::Told) => Role::Text,
        (Some(_), End::Presumed | End::Unseen) => Role::Stale,
    };
    let lasted = (format!("{:>6}  ", episode.duration(time::age)), role);
    let mut line = vec![(format!("{:<11} ", time::until(episode.from, view.now.wall, view.zone)), Role::Dim), lasted];
    if named {
        let (word, role) = episode.severity.map_or(("    ", Role::Dim), severity);
        line.push((format!("{word} "), role));
        line.push((inert(&episode.name).into_owned(), Role::Strong));
    }
    let which = Some(inert(&episode.target)).filter(|which| named && !which.is_empty());
    line.extend(which.map(|which| (format!(" {which}"), Role::Text)));
    let service = episode.service.iter().filter(|_| named).map(|service| format!(" {}", inert(service.as_str())));
    let owners = (!episode.owners.is_empty()).then(|| format!(" ✓ {}", inert(&episode.owners.join(", "))));
    let used = episode.playbooks.iter().map(|used| {
        let state = used.state.as_deref().unwrap_or("running");
        format!(" ▶ {}{}", used.playbook, if used.helped() { String::new() } else { format!(" ({})", inert(state)) })
    });
    line.extend(service.map(|text| (text, Role::Text)).chain(owners.map(|text| (text, Role::Ok))));
    line.extend(used.map(|text| (text, Role::Text)));
    line
}
