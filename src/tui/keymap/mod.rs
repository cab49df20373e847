//! Which key does what where: one table, rebound by the configuration. Knows nothing of panes or of the world.

pub mod default;
mod key;
mod rebound;

pub use key::{Key, Sequence};
pub use rebound::Yielded;

use crate::tui::action::Action;

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// The four panes, while nothing lies over them.
    Panes,
    Health,
    Alerts,
    Playbook,
    Log,
    /// Anything over the panes that is read or chosen from.
    Reading,
    AlertDetail,
    EntryDetail,
    PlaybookDetail,
    ServiceDetail,
    FeedDetail,
    /// A cause is suspected.
    Suspected,
    StepDetail,
    /// What a step has written.
    Output,
    /// What became of each request.
    Outcomes,
    /// What failed of late.
    Errors,
    /// The map of the services.
    Map,
    /// What whoever takes over must know.
    Handoff,
    /// Every silence of every source.
    Silences,
    /// An incident's export.
    Preview,
    /// Everywhere but in a field, while an incident is played.
    Replay,
    /// A field that is typed into: only what can't be text.
    Typing,
    /// The line of a note, before what holds in every field.
    Noting,
    /// A field that names a person, before what holds in every field.
    Naming,
    /// What an incident becomes, before what holds in every field.
    Staging,
}

impl Context {
    /// Where this one has no meaning for a key, that one is asked.
    fn lies_over(self, lower: Self) -> bool {
        match self {
            Self::Panes | Self::Reading | Self::Typing => false,
            Self::Health | Self::Alerts | Self::Playbook | Self::Log => lower == Self::Panes,
            Self::Noting | Self::Naming | Self::Staging => lower == Self::Typing,
            Self::Replay => lower != Self::Replay && !lower.types(),
            _ => lower == Self::Reading,
        }
    }

    /// Letters are text there.
    fn types(self) -> bool {
        matches!(self, Self::Typing | Self::Noting | Self::Naming | Self::Staging)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Panes => "Everywhere",
            Self::Health => "Health",
            Self::Alerts => "Alerts",
            Self::Playbook => "Playbook",
            Self::Log => "Log",
            Self::Reading => "Details and lists",
            Self::AlertDetail => "An alert's details",
            Self::PlaybookDetail => "A playbook's text",
            Self::ServiceDetail => "A service's details",
            Self::FeedDetail => "A feed's details",
            Self::Suspected => "A suspected cause",
            Self::StepDetail => "A step's details",
            Self::Output => "A step's output",
            Self::Outcomes => "Outcomes",
            Self::Errors => "What failed",
            Self::Map => "The map",
            Self::Handoff => "Handing over",
            Self::Silences => "Silences",
            Self::EntryDetail => "An entry's details",
            Self::Preview => "An export",
            Self::Replay => "A replay",
            Self::Typing => "Dialogs",
            Self::Noting => "A note",
            Self::Naming => "A person's name",
            Self::Staging => "A new status",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Each of them does it; none: only the palette does.
    pub keys: &'static [&'static str],
    pub action: Action,
    pub contexts: &'static [Context],
    /// A word or two for the last line of the screen; empty: not shown there.
    pub help: &'static str,
}

/// A row with its keys as they are bound now.
#[derive(Debug, Clone)]
pub struct Binding {
    pub keys: Vec<Sequence>,
    pub action: Action,
    pub contexts: Vec<Context>,
    pub help: &'static str,
}

/// What a sequence of keys means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Does(Action),
    /// More keys must follow.
    Begins,
    Nothing,
}

#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
    yielded: Vec<Yielded>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { bindings: default::ROWS.iter().map(bound).collect(), yielded: Vec::new() }
    }
}

fn bound(row: &Row) -> Binding {
    let keys = row.keys.iter().filter_map(|text| Sequence::parse(text).ok()).collect();
    Binding { keys, action: row.action, contexts: row.contexts.to_vec(), help: row.help }
}

impl Keymap {
    /// Keys that mean two things in one context.
    pub fn conflicts(&self) -> Vec<String> {
        self.clashes().into_iter().map(|(_, why)| why).collect()
    }

    fn clashes(&self) -> Vec<([Action; 2], String)> {
        let mut found = Vec::new();
        for (index, one) in self.bindings.iter().enumerate() {
            for other in &self.bindings[index..] {
                found.extend(conflict(one, other));
            }
        }
        found
    }

    /// What these keys mean; of several contexts the first that knows them decides.
    pub fn meaning(&self, contexts: &[Context], keys: &[Key]) -> Meaning {
        contexts
            .iter()
            .map(|context| self.meaning_in(*context, keys))
            .find(|it| *it != Meaning::Nothing)
            .unwrap_or(Meaning::Nothing)
    }

    fn meaning_in(&self, context: Context, keys: &[Key]) -> Meaning {
        if context.types() && keys.first().is_some_and(|key| key.typed().is_some()) {
            return Meaning::Nothing;
        }
        let here = self.bindings.iter().filter(|binding| binding.contexts.contains(&context));
        let mut begins = Meaning::Nothing;
        for binding in here {
            for sequence in &binding.keys {
                if sequence.0 == keys {
                    return Meaning::Does(binding.action);
                }
                if sequence.0.starts_with(keys) {
                    begins = Meaning::Begins;
                }
            }
        }
        begins
    }

    /// What may follow these keys: the rest of each sequence that begins so, and what it does. What an upper context means is not
    /// what a lower one does.
    pub fn following(&self, contexts: &[Context], keys: &[Key]) -> Vec<(Sequence, &Binding)> {
        let mut found: Vec<(Sequence, &Binding)> = Vec::new();
        for binding in contexts.iter().flat_map(|context| self.bindings(*context)) {
            for sequence in binding.keys.iter().filter(|sequence| sequence.0.len() > keys.len()) {
                let Some(rest) = sequence.0.strip_prefix(keys) else { continue };
                let means = self.meaning(contexts, &sequence.0) == Meaning::Does(binding.action);
                if means && !found.iter().any(|(known, _)| known.0 == rest) {
                    found.push((Sequence(rest.to_vec()), binding));
                }
            }
        }
        found
    }

    /// The bindings that hold in a context, in the table's order.
    pub fn bindings(&self, context: Context) -> impl Iterator<Item = &Binding> + Clone {
        self.bindings.iter().filter(move |binding| binding.contexts.contains(&context))
    }

    pub fn all(&self) -> &[Binding] {
        &self.bindings
    }

    /// The first key of an action; its name where it has none.
    pub fn key_of(&self, action: Action) -> String {
        let mut keys = self.bindings.iter().filter(|binding| binding.action == action).flat_map(|binding| &binding.keys);
        keys.next().map_or_else(|| format!(":{}", action.name()), ToString::to_string)
    }

    /// The keys of an action as one text, `:, ctrl-p`.
    pub fn keys_of(&self, action: Action) -> String {
        let mut keys: Vec<String> = Vec::new();
        for key in self.bindings.iter().filter(|binding| binding.action == action).flat_map(|binding| &binding.keys) {
            let text = key.to_string();
            if !keys.contains(&text) {
                keys.push(text);
            }
        }
        keys.join(", ")
    }
}

/// In one context no two may hold that can't be told apart. Of contexts that lie over each other the upper one decides, and may
/// mean something else by a key: but not by one that begins what the lower one knows, which nobody could type any more.
fn conflict(one: &Binding, other: &Binding) -> Option<([Action; 2], String)> {
    let same = std::ptr::eq(one, other);
    if one.action == other.action && !same {
        return None;
    }
    let shared = one.contexts.iter().find(|context| other.contexts.contains(context)).copied();
    let upper = || {
        let mut pairs = one.contexts.iter().flat_map(|one| other.contexts.iter().map(move |other| (*one, *other)));
        pairs.find_map(|(one, other)| if one.lies_over(other) { Some(one) } else { other.lies_over(one).then_some(other) })
    };
    let context = shared.or_else(upper)?;
    let clash = |(index, key): (usize, &Sequence)| {
        let rest = if same { &other.keys[index + 1..] } else { &other.keys[..] };
        let hides = |second: &&Sequence| key.hides(second) && (shared.is_some() || key != *second);
        rest.iter().find(hides).map(|second| (key.to_string(), second.to_string()))
    };
    let (first, second) = one.keys.iter().enumerate().find_map(clash)?;
    let (left, right) = (one.action.name(), other.action.name());
    let begins = if first == second { "" } else { ": one begins the other" };
    let why = format!("`{first}` for {left} and `{second}` for {right} can't both hold in: {}{begins}", context.title());
    Some(([one.action, other.action], why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(text: &str) -> Vec<Key> {
        Sequence::parse(text).expect(text).0
    }

    #[test]
    fn the_table_has_no_conflict_and_every_key_in_it_can_be_read() {
        let map = Keymap::default();
        assert_eq!(map.conflicts(), Vec::<String>::new());
        for (row, binding) in default::ROWS.iter().zip(map.all()) {
            assert_eq!(row.keys.len(), binding.keys.len(), "{:?}", row.action);
        }
    }

    #[test]
    fn every_action_stands_in_the_table() {
        let bound: BTreeSet<_> = default::ROWS.iter().map(|row| row.action).collect();
        let missing: Vec<_> = Action::ALL.iter().filter(|action| !bound.contains(action)).collect();
        assert_eq!(missing, Vec::<&Action>::new());
    }

    #[test]
    fn the_pane_decides_before_the_screen() {
        let map = Keymap::default();
        assert_eq!(map.meaning(&[Context::Alerts, Context::Panes], &keys("s")), Meaning::Does(Action::Silence));
        assert_eq!(map.meaning(&[Context::Playbook, Context::Panes], &keys("s")), Meaning::Does(Action::Skip));
        assert_eq!(map.meaning(&[Context::Log, Context::Panes], &keys("s")), Meaning::Nothing);
    }

    #[test]
    fn a_sequence_waits_for_its_second_key() {
        let map = Keymap::default();
        assert_eq!(map.meaning(&[Context::Panes], &keys("g")), Meaning::Begins);
        assert_eq!(map.meaning(&[Context::Panes], &keys("gg")), Meaning::Does(Action::Top));
        assert_eq!(map.meaning(&[Context::Panes], &keys("gx")), Meaning::Nothing);
    }

    #[test]
    fn what_is_typed_is_never_an_action() {
        let map = Keymap::default();
        for c in ' '..='~' {
            let text = if c == ' ' { "space".to_owned() } else { c.to_string() };
            assert_eq!(map.meaning(&[Context::Typing], &keys(&text)), Meaning::Nothing, "`{c}`");
        }
    }

    #[test]
    fn what_may_follow_is_what_the_keys_then_mean() {
        let map = Keymap::default();
        let (contexts, mut found) = ([Context::Alerts, Context::Panes], 0);
        for first in [keys(","), keys("g")] {
            for (rest, binding) in map.following(&contexts, &first) {
                let whole = [first.clone(), rest.0].concat();
                assert_eq!(map.meaning(&contexts, &whole), Meaning::Does(binding.action), "{whole:?}");
                found += 1;
            }
        }
        assert!(found > 10, "{found}");
        assert!(map.following(&contexts, &keys("a")).is_empty());
        // One more key of the queue's own hides nothing that is everybody's.
        let more = Keymap::rebound(&[("ack".to_owned(), vec![",z".to_owned()])]).expect("no conflict");
        let (before, after) = (map.following(&contexts, &keys(",")).len(), more.following(&contexts, &keys(",")).len());
        assert_eq!(after, before + 1);
    }
}
