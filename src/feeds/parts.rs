//! Targets that have named parts, each with a state of its own: which of them count, and the worst of those.

use super::judged;
use crate::domain::health::{FeedState, Reading};
use crate::domain::matcher::Matcher;
use crate::domain::node::{Fields, Problems};

pub struct Part {
    pub name: String,
    pub state: FeedState,
    pub words: String,
}

/// Names, or `~` and an expression. None means all of them.
pub struct Choice(Vec<Matcher>);

impl Choice {
    pub fn parse(key: &str, fields: &Fields, problems: &mut Problems) -> Option<Self> {
        let Some(node) = fields.get(key) else { return Some(Self(Vec::new())) };
        let names = node.texts(problems)?;
        let read = names.iter().map(|name| Matcher::parse(name).map_err(|error| problems.error(node.span, error)).ok());
        read.collect::<Option<_>>().map(Self)
    }

    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, name: &str) -> bool {
        self.is_all() || self.0.iter().any(|wanted| wanted.matches(name))
    }

    /// The first of the names that nothing has. What was renamed must not look healthy for ever.
    pub fn absent<'a>(&self, names: impl Iterator<Item = &'a str> + Clone) -> Option<&Matcher> {
        self.0.iter().find(|wanted| !names.clone().any(|name| wanted.matches(name)))
    }
}

/// Judges the parts that were chosen: `Card API: partial outage; 2 of 3 components`. Of equals the first is named: the order is
/// by what matters.
pub fn worst<'a>(chosen: impl Iterator<Item = &'a Part>, noun: &str) -> Reading {
    let chosen: Vec<_> = chosen.collect();
    let Some(worst) = chosen.iter().rev().max_by_key(|part| part.state) else {
        return judged(FeedState::Unknown, format!("there are no {noun}"), None);
    };
    let same = chosen.iter().filter(|part| part.state == worst.state).count();
    let message = match chosen.len() {
        1 => format!("{}: {}", worst.name, worst.words),
        all if worst.state == FeedState::Healthy => format!("{all} {noun}: {}", worst.words),
        all => format!("{}: {}; {same} of {all} {noun}", worst.name, worst.words),
    };
    judged(worst.state, message, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_first_is_named_and_of_others_the_worst() {
        let part = |(name, state): (&str, FeedState)| Part { name: name.into(), state, words: state.word().into() };
        let told = |states: &[(&str, FeedState)]| {
            let parts: Vec<Part> = states.iter().copied().map(part).collect();
            worst(parts.iter(), "members").message.raw().to_owned()
        };
        use FeedState::{Degraded, Failing, Healthy};
        assert_eq!(told(&[("a", Healthy), ("b", Degraded), ("c", Degraded)]), "b: degraded; 2 of 3 members");
        assert_eq!(told(&[("a", Degraded), ("b", Failing)]), "b: failing; 1 of 2 members");
        assert_eq!(told(&[]), "there are no members");
    }
}
