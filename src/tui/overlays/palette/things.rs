//! What the palette finds, and how well it matches. A key never waits for it: of each kind only so many matches are judged
//! that nobody could look through more, those first that hold what was typed as it stands.

use crate::domain::catalogue::Service;
use crate::domain::entry::Entry;
use crate::domain::ids::{AlertId, EntryId, IncidentId, PlaybookId, ServiceName};
use crate::domain::incident::Incident;
use crate::domain::playbook::Playbook;
use crate::domain::text::inert;
use crate::model::alerts::Tracked;
use crate::tui::action::Action;
use crate::tui::panes::{alerts, health, log};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Preset, View};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

/// Something that can be done or gone to.
#[derive(Debug, Clone, PartialEq)]
pub enum Thing {
    Do(Action),
    Alert(AlertId),
    Service(ServiceName),
    Playbook(PlaybookId),
    Incident(IncidentId),
    Entry(EntryId),
    /// A way to divide the screen, by its name.
    Layout(String),
}

impl Thing {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Do(_) => "action",
            Self::Alert(_) => "alert",
            Self::Service(_) => "service",
            Self::Playbook(_) => "playbook",
            Self::Incident(_) => "incident",
            Self::Entry(_) => "log",
            Self::Layout(_) => "layout",
        }
    }
}

/// The same, as the world has it now.
pub enum Seen<'v> {
    Do(Action),
    Alert(&'v Tracked),
    Service(&'v Service),
    Playbook(&'v Playbook),
    Incident(&'v Incident),
    Entry(Arc<Entry>),
    Layout(&'v Preset),
}

/// Actions that only mean something inside dialogs and lists, or that are the palette itself.
const ELSEWHERE: &[Action] = &[
    Action::Palette,
    Action::Close,
    Action::Leave,
    Action::Submit,
    Action::Cancel,
    Action::NextField,
    Action::PreviousField,
    Action::Up,
    Action::Down,
    Action::Extend,
    Action::Further,
    Action::Nearer,
];

pub fn actions() -> impl Iterator<Item = Action> {
    Action::ALL.iter().copied().filter(|action| !ELSEWHERE.contains(action))
}

type All = for<'v> fn(&'v View<'v>) -> Box<dyn Iterator<Item = Seen<'v>> + 'v>;

/// Every kind; of what matches equally well the first stands first.
const KINDS: &[All] = &[
    |_| Box::new(actions().map(Seen::Do)),
    |view| Box::new(view.presets.iter().map(Seen::Layout)),
    |view| Box::new(view.world.settings.services.iter().map(Seen::Service)),
    |view| Box::new(view.world.alerts.queue().map(Seen::Alert)),
    |view| Box::new(view.world.runs.playbooks().iter().map(|book| Seen::Playbook(book))),
    |view| Box::new(view.world.incidents.with_drills().map(Seen::Incident)),
    |view| Box::new(view.world.log.lines(&view.world.corrections).rev().map(Seen::Entry)),
];

impl<'v> Seen<'v> {
    pub fn of(thing: &Thing, view: &'v View<'v>) -> Option<Self> {
        match thing {
            Thing::Do(action) => Some(Self::Do(*action)),
            Thing::Alert(id) => view.world.alerts.get(id).map(Self::Alert),
            Thing::Service(name) => view.world.settings.services.named(name.as_str()).map(Self::Service),
            Thing::Playbook(id) => view.world.runs.playbook(id).map(|book| Self::Playbook(book)),
            Thing::Incident(id) => view.world.incidents.get(*id).map(Self::Incident),
            Thing::Layout(name) => view.presets.iter().find(|preset| preset.name == *name).map(Self::Layout),
            Thing::Entry(id) => {
                view.world.log.lines(&view.world.corrections).rev().find(|entry| entry.id == *id).map(Self::Entry)
            }
        }
    }

    fn thing(&self) -> Thing {
        match self {
            Self::Do(action) => Thing::Do(*action),
            Self::Alert(tracked) => Thing::Alert(tracked.alert.id.clone()),
            Self::Service(service) => Thing::Service(service.name.clone()),
            Self::Playbook(book) => Thing::Playbook(book.id.clone()),
            Self::Incident(incident) => Thing::Incident(incident.id),
            Self::Entry(entry) => Thing::Entry(entry.id),
            Self::Layout(preset) => Thing::Layout(preset.name.clone()),
        }
    }

    pub fn name(&self, view: &View) -> Cow<'_, str> {
        match self {
            Self::Do(action) => Cow::Borrowed(action.name()),
            Self::Alert(tracked) => inert(tracked.alert.name()),
            Self::Service(service) => inert(service.name.as_str()),
            Self::Playbook(book) => inert(&book.title),
            Self::Incident(incident) => format!("{} {}", incident.label(), inert(&incident.title)).into(),
            Self::Layout(preset) => format!("layout {}", inert(&preset.name)).into(),
            Self::Entry(entry) => format!("{} {}", time::clock(entry.at, view.zone), inert(&log::who(entry).0)).into(),
        }
    }

    /// What stands behind the name, and is searched too.
    pub fn more(&self, view: &View) -> Cow<'_, str> {
        match self {
            Self::Do(action) => Cow::Borrowed(action.about()),
            Self::Alert(tracked) => {
                let drill = if tracked.is_drill() { "DRILL " } else { "" };
                let service = tracked.service.as_ref().map_or("", |service| service.as_str());
                let (target, word) = (inert(tracked.alert.target()), alerts::severity(tracked.severity).0.trim());
                format!("{drill}{target} {} {word} {}", inert(service), tracked.state.word()).into()
            }
            Self::Service(service) => health::standing(&service.name, health::WIDE, view).1.into(),
            Self::Playbook(book) => inert(book.id.as_str()),
            Self::Incident(incident) => format!("{} {}", incident.severity, incident.status.word()).into(),
            Self::Entry(entry) => inert(&entry.text),
            Self::Layout(preset) => inert(&preset.about),
        }
    }

    /// Its keys; in words that it has none.
    pub fn keys(&self, view: &View) -> (String, Role) {
        match self {
            Self::Do(action) => match view.keymap.keys_of(*action) {
                none if none.is_empty() => ("no key".to_owned(), Role::Dim),
                keys => (keys, Role::Key),
            },
            _ => (String::new(), Role::Dim),
        }
    }
}

/// Of one kind, matches that hold what was typed as it stands are judged up to this many,
const CLOSE: usize = 1_000;
/// and up to this many that hold only its letters.
const LOOSE: usize = 500;
/// More than this nobody looks through.
const FOUND: usize = 200;

/// What matches, the best first.
pub fn search(typed: &str, view: &View) -> Vec<Thing> {
    let mut judge = Judge::of(typed);
    let mut found: Vec<(u32, usize, Thing)> = Vec::new();
    for all in KINDS {
        (judge.close, judge.loose) = (CLOSE, LOOSE);
        for seen in all(view) {
            if let Some(score) = judge.score(&seen.name(view), &seen.more(view)) {
                found.push((score, found.len(), seen.thing()));
            } else if judge.close == 0 && judge.loose == 0 {
                break;
            }
        }
    }
    found.sort_by_key(|(score, order, _)| (Reverse(*score), *order));
    found.truncate(FOUND);
    found.into_iter().map(|(.., thing)| thing).collect()
}

struct Judge<'t> {
    typed: &'t str,
    as_it_stands: Pattern,
    letters: Pattern,
    matcher: Matcher,
    whole: String,
    chars: Vec<char>,
    /// How many matches of each sort are still judged.
    close: usize,
    loose: usize,
}

impl<'t> Judge<'t> {
    fn of(typed: &'t str) -> Self {
        let pattern = |kind| Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, kind);
        Self {
            typed,
            as_it_stands: pattern(AtomKind::Substring),
            letters: pattern(AtomKind::Fuzzy),
            matcher: Matcher::new(Config::DEFAULT),
            whole: String::new(),
            chars: Vec::new(),
            close: CLOSE,
            loose: LOOSE,
        }
    }

    /// The whole name counts before a match in one, and that before one in what stands behind it.
    fn score(&mut self, name: &str, more: &str) -> Option<u32> {
        self.whole.clear();
        self.whole.extend([name, " ", more]);
        let mut score = |pattern: &Pattern, text: &str| pattern.score(Utf32Str::new(text, &mut self.chars), &mut self.matcher);
        let close = score(&self.as_it_stands, &self.whole).is_some();
        let room = if close { &mut self.close } else { &mut self.loose };
        if *room == 0 {
            return None;
        }
        let rank = if name.eq_ignore_ascii_case(self.typed) { 2_000 } else { 1_000 };
        let best = score(&self.letters, name).map(|score| score.saturating_add(rank));
        let best = best.or_else(|| score(&self.letters, &self.whole))?;
        *room -= 1;
        Some(best)
    }
}
