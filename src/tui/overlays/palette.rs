//! Every action by its name, with its keys.

use super::Overlay;
use super::choice::{Choice, Item};
use crate::tui::action::Action;
use crate::tui::view::{Reply, View};

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
];

pub fn open(view: &View) -> Box<dyn Overlay> {
    let actions = Action::ALL.iter().copied().filter(|action| !ELSEWHERE.contains(action));
    let item = |action: Action| Item {
        text: action.name().to_owned(),
        about: action.about().to_owned(),
        keys: view.keymap.keys_of(action),
        choose: Box::new(move || vec![Reply::Do(action)]),
    };
    Box::new(Choice::new("Command", actions.map(item).collect()))
}
