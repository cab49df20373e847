//! Taking up a run: who goes on is named, and what is too secret for the journal is asked for again.

use super::Overlay;
use super::dialog::{Dialog, Form};
use super::playbook::asked;
use crate::domain::ids::RunId;
use crate::domain::playbook::ParamType;
use crate::domain::run::Run;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::runs::{RunCommand, Typed};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

struct Resume {
    run: RunId,
    title: String,
    fact: String,
    secrets: Vec<String>,
}

pub fn open(run: RunId, state: &Run, view: &View) -> Box<dyn Overlay> {
    let so_far = match (state.driver.as_deref(), state.interrupted) {
        (Some(who), true) => format!("It was last driven by {}; its console died.", inert(who)),
        (Some(who), false) => format!("It was last driven by {}; no console of yours holds it.", inert(who)),
        (None, _) => "Nobody holds it.".to_owned(),
    };
    let book = view.world.runs.playbook_of(run);
    let secrets: Vec<_> = book.iter().flat_map(|book| &book.params).filter(|param| param.kind == ParamType::Secret).collect();
    let fields = secrets.iter().map(|param| asked(param, "")).collect();
    let form = Resume {
        run,
        title: format!("Take up {}?", inert(&state.title)),
        fact: format!("{so_far} You will be named as the one who goes on."),
        secrets: secrets.iter().map(|param| param.name.clone()).collect(),
    };
    Box::new(Dialog::new(form, fields))
}

impl Form for Resume {
    fn title(&self, _view: &View) -> String {
        self.title.clone()
    }

    fn verb(&self) -> String {
        "take it up".to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        let empty = "Secrets are not kept with a run. One that is left empty is taken from where the playbook says.";
        let secret = (!self.secrets.is_empty()).then(|| (empty.to_owned(), Role::Dim));
        std::iter::once((self.fact.clone(), Role::Text)).chain(secret).collect()
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let typed = self.secrets.iter().zip(texts).filter(|(_, text)| !text.is_empty());
        let params = Typed(typed.map(|(name, text)| (name.clone(), (*text).to_owned())).collect());
        Ok(vec![Reply::Ask(Command::Run(RunCommand::Resume { run: self.run, params }))])
    }
}
