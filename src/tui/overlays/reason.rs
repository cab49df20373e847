//! One sentence that has to be given before something is done.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use crate::model::Command;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

pub struct Reason {
    pub title: String,
    pub verb: &'static str,
    /// What doing it means.
    pub fact: String,
    pub ask: Box<dyn Fn(String) -> Command>,
}

pub fn open(reason: Reason) -> Box<dyn Overlay> {
    Box::new(Dialog::new(reason, vec![field("reason", "")]))
}

impl Form for Reason {
    fn title(&self, _view: &View) -> String {
        self.title.clone()
    }

    fn verb(&self) -> String {
        self.verb.to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        vec![(self.fact.clone(), Role::Text)]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match texts[0].trim() {
            "" => Err("A reason is needed: it stands in the log.".to_owned()),
            text => Ok(vec![Reply::Ask((self.ask)(text.to_owned()))]),
        }
    }
}
