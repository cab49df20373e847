//! The table with the operator's own keys. They win over the keys that the program comes with, so that a newer program with more of
//! them never makes an older configuration wrong; only two of the operator's own can be at odds.

use super::{Binding, Context, Keymap, Sequence};
use crate::tui::action::Action;

/// A key of the program's that the operator gave to something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yielded {
    pub key: Sequence,
    /// What it did,
    pub from: Action,
    /// where,
    pub contexts: Vec<Context>,
    /// and what has it now, by the wish of this number.
    pub to: Action,
    pub wish: usize,
}

/// Without a key for these nobody gets out of a dialog, and there the palette can't be asked.
const NEEDED: [Action; 2] = [Action::Submit, Action::Cancel];

impl Keymap {
    /// The table with the operator's own keys: `(action, keys)` as the configuration has them. All problems at once.
    ///
    /// # Errors
    /// What is wrong, each with the number of the wish that makes it so.
    pub fn rebound(wishes: &[(String, Vec<String>)]) -> Result<Self, Vec<(usize, String)>> {
        let mut map = Self::default();
        let mut problems: Vec<(usize, String)> = Vec::new();
        for (index, (name, keys)) in wishes.iter().enumerate() {
            problems.extend(map.rebind(name, keys).into_iter().map(|why| (index, why)));
        }
        let wish = |action: Action| wishes.iter().position(|(name, _)| action.name() == name);
        // Of two wishes the later one is at fault.
        let at_odds = |([one, other], why): ([Action; 2], String)| Some((wish(one)?.max(wish(other)?), why));
        problems.extend(map.clashes().into_iter().filter_map(at_odds));
        map.yield_to(&wish);
        for needed in NEEDED.into_iter().filter(|action| !map.leads_out(*action)) {
            let lost = map.yielded.iter().find(|yielded| yielded.from == needed);
            problems.push(match (lost, wish(needed)) {
                (Some(Yielded { key, to, wish, .. }), _) => {
                    let why = format!("`{key}` for {} leaves no key for {}, which every dialog needs", to.name(), needed.name());
                    (*wish, why)
                }
                (None, wish) => {
                    let why =
                        format!("{} needs a key that is no text, such as ctrl-x: a dialog takes what is typed", needed.name());
                    (wish.unwrap_or(0), why)
                }
            });
        }
        if problems.is_empty() { Ok(map) } else { Err(problems) }
    }

    /// Keys of the program's that were given to something else.
    pub fn yielded(&self) -> &[Yielded] {
        &self.yielded
    }

    /// It has a key that is not taken for text where text is typed.
    fn leads_out(&self, action: Action) -> bool {
        let mut keys =
            self.bindings(Context::Typing).filter(|binding| binding.action == action).flat_map(|binding| &binding.keys);
        keys.any(|sequence| sequence.0.first().is_some_and(|key| key.typed().is_none()))
    }

    pub fn has_key(&self, action: Action, context: Context) -> bool {
        self.bindings(context).any(|binding| binding.action == action && !binding.keys.is_empty())
    }

    fn rebind(&mut self, name: &str, texts: &[String]) -> Vec<String> {
        let Some(action) = Action::named(name) else {
            return vec![format!("`{name}` is not an action; `midwatch keys` lists them")];
        };
        let (keys, problems): (Vec<_>, Vec<_>) = texts.iter().map(|text| Sequence::parse(text)).partition(Result::is_ok);
        let keys: Vec<Sequence> = keys.into_iter().flatten().collect();
        for binding in self.bindings.iter_mut().filter(|binding| binding.action == action) {
            binding.keys.clone_from(&keys);
        }
        problems.into_iter().filter_map(Result::err).map(|why| format!("{name}: {why}")).collect()
    }

    /// Takes from what nobody wished for the keys that can't be told apart from those that somebody did: only where that is so.
    fn yield_to(&mut self, wish: &impl Fn(Action) -> Option<usize>) {
        let (own, rest): (Vec<_>, Vec<_>) = self.bindings.iter().cloned().partition(|binding| wish(binding.action).is_some());
        let all = std::mem::take(&mut self.bindings);
        if own.is_empty() || rest.is_empty() {
            self.bindings = all;
            return;
        }
        for binding in all {
            if wish(binding.action).is_some() {
                self.bindings.push(binding);
                continue;
            }
            let mut parts: Vec<Binding> = Vec::new();
            for context in &binding.contexts {
                let mut keys = binding.keys.clone();
                keys.retain(|key| match own.iter().find(|own| own.takes(key, *context)) {
                    Some(taker) => {
                        let wish = wish(taker.action).unwrap_or(0);
                        self.yielded.push(Yielded {
                            key: key.clone(),
                            from: binding.action,
                            contexts: vec![*context],
                            to: taker.action,
                            wish,
                        });
                        false
                    }
                    None => true,
                });
                match parts.iter_mut().find(|part| part.keys == keys) {
                    Some(part) => part.contexts.push(*context),
                    None => parts.push(Binding { keys, contexts: vec![*context], ..binding.clone() }),
                }
            }
            self.bindings.extend(parts);
        }
        self.yielded.dedup_by(|next, before| {
            let same = (&next.key, next.from, next.to) == (&before.key, before.from, before.to);
            if same {
                before.contexts.append(&mut next.contexts);
            }
            same
        });
    }
}

impl Binding {
    /// This key of something else can't be told apart from one of these there.
    fn takes(&self, key: &Sequence, there: Context) -> bool {
        self.contexts.iter().any(|here| {
            let layered = here.lies_over(there) || there.lies_over(*here);
            self.keys.iter().any(|own| own.hides(key) && (*here == there || layered && own != key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Key, Meaning};
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        Sequence::parse(text).expect(text).0
    }

    fn wish(name: &str, key: &str) -> (String, Vec<String>) {
        (name.to_owned(), vec![key.to_owned()])
    }

    #[test]
    fn the_operator_rebinds_and_is_told_all_that_is_wrong() {
        let map = Keymap::rebound(&[wish("ack", "w")]).expect("fits");
        assert_eq!(map.meaning(&[Context::Alerts], &keys("w")), Meaning::Does(Action::Ack));
        assert_eq!(map.meaning(&[Context::Alerts], &keys("a")), Meaning::Nothing);
        assert_eq!(map.yielded(), []);
        let problems = Keymap::rebound(&[wish("akc", "w"), wish("note", "entr"), wish("ack", "X"), wish("silence", "X")]);
        let problems = problems.expect_err("three problems");
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[2].1.contains("ack") && problems[2].1.contains("silence"), "{problems:?}");
        assert_eq!(problems.iter().map(|(wish, _)| *wish).collect::<Vec<_>>(), [0, 1, 3]);
    }

    #[test]
    fn of_two_wishes_one_of_which_begins_the_other_the_later_one_is_at_fault() {
        let problems = Keymap::rebound(&[wish("refresh", "X y"), wish("ack", "ctrl-a"), wish("unack", "X")]).expect_err("both");
        assert_eq!(problems.iter().map(|(wish, _)| *wish).collect::<Vec<_>>(), [2], "{problems:?}");
        assert!(problems[0].1.contains("one begins the other"), "{problems:?}");
    }

    #[test]
    fn a_wish_wins_over_whatever_the_program_comes_with_and_takes_no_more_than_that() {
        let map = Keymap::rebound(&[wish("ack", "s")]).expect("the operator's own");
        assert_eq!(map.meaning(&[Context::Alerts, Context::Panes], &keys("s")), Meaning::Does(Action::Ack));
        assert!(!map.has_key(Action::Silence, Context::Alerts) && map.key_of(Action::Silence) == ":silence");
        let gone = Yielded {
            key: Sequence(keys("s")),
            from: Action::Silence,
            contexts: vec![Context::Alerts, Context::AlertDetail],
            to: Action::Ack,
            wish: 0,
        };
        assert_eq!(map.yielded(), [gone]);
        assert_eq!(map.conflicts(), Vec::<String>::new());
        assert_eq!(map.meaning(&[Context::Playbook], &keys("s")), Meaning::Does(Action::Skip), "elsewhere it means what it did");
        // Only where it is in the way: what is open is closed as before.
        let map = Keymap::rebound(&[wish("note", "esc")]).expect("the operator's own");
        assert_eq!(map.meaning(&[Context::Panes], &keys("esc")), Meaning::Does(Action::Note));
        assert_eq!(map.meaning(&[Context::Reading], &keys("esc")), Meaning::Does(Action::Close));
        // A first key takes all that it begins.
        let map = Keymap::rebound(&[wish("note", ",")]).expect("the operator's own");
        assert_eq!(map.meaning(&[Context::Panes], &keys(",")), Meaning::Does(Action::Note));
        assert!(map.yielded().len() > 10 && map.yielded().iter().all(|it| it.to == Action::Note), "{:?}", map.yielded());
        assert_eq!(map.conflicts(), Vec::<String>::new());
    }

    /// Whatever keys come with a newer program, no configuration that has one of them is wrong by that.
    #[test]
    fn no_key_of_the_program_makes_a_wish_for_it_wrong_but_those_that_dialogs_need() {
        for row in super::super::default::ROWS {
            for key in row.keys {
                let bound = Keymap::rebound(&[wish("layout", key)]);
                assert_eq!(bound.err(), None, "`{key}` of {:?} for layout", row.action);
            }
        }
        let problems = Keymap::rebound(&[wish("redraw", "enter")]).expect_err("nothing would be sent any more");
        assert!(problems[0].1.contains("`enter` for redraw leaves no key for submit"), "{problems:?}");
        // Nor may a wish of its own: what is typed into a dialog is text.
        for (name, keys) in [("submit", &[][..]), ("submit", &["z"]), ("cancel", &[]), ("cancel", &["x"])] {
            let wishes = [(name.to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())];
            let problems = Keymap::rebound(&wishes).expect_err("nobody gets out of a dialog");
            assert!(problems[0].1.contains("needs a key that is no text"), "{name} {keys:?}: {problems:?}");
        }
        assert!(Keymap::rebound(&[("cancel".to_owned(), vec!["x".to_owned(), "ctrl-x".to_owned()])]).is_ok());
    }

    #[test]
    fn who_says_that_an_action_needs_no_key_is_told_nothing() {
        let map = Keymap::rebound(&[wish("ack", "s"), ("silence".to_owned(), Vec::new())]).expect("fits");
        assert_eq!(map.yielded(), []);
    }
}
