//! A silence as something to paste: a command that makes it again, or its matchers.

use crate::model::silences::{Standing, Tool};
use crate::tui::overlays::menu::{Menu, looking};
use crate::tui::overlays::silence::{self, show};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, Ui, View};

pub fn open(one: Standing) -> Reply {
    let copy = |text: String| match text.is_empty() {
        true => vec![Reply::Say("No source of it takes silences as Alertmanager does.".to_owned())],
        false => vec![Reply::Ui(Ui::Copy(text)), Reply::Say("Copied.".to_owned())],
    };
    let (first, second, third) = (one.clone(), one.clone(), one.clone());
    let choices = vec![
        looking("as an amtool command", "", move |view| copy(view.world.in_shell(&first, Tool::Amtool))),
        looking("as a curl command", "without credentials", move |view| copy(view.world.in_shell(&second, Tool::Curl))),
        looking("its matchers", "", move |_| copy(show(&third.matchers))),
    ];
    let facts = move |_: &View| vec![(silence::told(&one.matchers), Role::Dim)];
    Reply::Open(Box::new(Menu::new("Copy the silence", facts, choices)))
}
