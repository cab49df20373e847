//! A question before something that can't be taken back. Without a text to type, one more key; with one, the text.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

/// What is asked, and what follows when the answer is yes.
pub struct Question {
    pub title: String,
    /// What exactly will happen, where, as whom.
    pub facts: Vec<String>,
    pub verb: &'static str,
    /// What has to be typed first.
    pub typed: Option<String>,
    /// Is handed what was typed.
    pub yes: Box<dyn Fn(Option<String>) -> Vec<Reply>>,
}

pub fn open(question: Question) -> Box<dyn Overlay> {
    let fields = question.typed.iter().map(|_| field("type it", "")).collect();
    Box::new(Dialog::new(question, fields))
}

impl Form for Question {
    fn title(&self, _view: &View) -> String {
        self.title.clone()
    }

    fn verb(&self) -> String {
        self.verb.to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        let wanted = self.typed.iter().map(|text| (format!("Type {text} to go on."), Role::Critical));
        wanted.chain(self.facts.iter().map(|fact| (fact.clone(), Role::Text))).collect()
    }

    fn read_first(&self) -> bool {
        true
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match (&self.typed, texts.first()) {
            (Some(wanted), Some(typed)) if wanted != typed.trim() => Err(format!("`{typed}` is not {wanted}.")),
            (_, typed) => Ok((self.yes)(typed.map(|text| text.trim().to_owned()))),
        }
    }
}
