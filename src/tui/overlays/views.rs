//! Filters that the configuration has names for, each with how much it shows now. What is shown may become one of them: the
//! configuration is its owner's, so the console says what to write there, and writes nothing.

use super::choice::{Choice, item};
use super::dialog::{Dialog, Form, field};
use crate::domain::text::inert;
use crate::model::filter::Filter;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, Ui, View};

/// `now` is the filter that is in force.
pub fn open(now: &str, view: &View) -> Reply {
    let views = &view.world.settings.views;
    if views.is_empty() && now.is_empty() {
        return Reply::Say("No view has a name yet: narrow the queue with / first, then v gives that one.".to_owned());
    }
    let shown = |text: &str| match Filter::parse(text) {
        Ok(filter) => view.world.alerts.real().filter(|tracked| filter.holds(view.world, tracked)).count().to_string(),
        Err(_) => String::new(),
    };
    let all = [("everything".to_owned(), String::new())];
    let items = views.iter().chain(&all).map(|(name, text)| {
        let about = format!("{} · {text}", shown(text));
        let text = text.clone();
        item(name, about.trim_end_matches([' ', '·']), move || vec![Reply::Filter(text.clone())])
    });
    let nameless = (!now.is_empty() && !views.iter().any(|(_, text)| text == now)).then(|| now.to_owned());
    let keep = nameless.map(|filter| {
        item("name what is shown", filter.clone(), move || {
            vec![Reply::Open(Box::new(Dialog::new(Keep(filter.clone()), vec![field("name", "")])))]
        })
    });
    Reply::Open(Box::new(Choice::new("Views", items.chain(keep).collect())))
}

/// This filter is to be a view.
struct Keep(String);

impl Keep {
    /// What stands in the configuration then, the views that it has already among them.
    fn line(&self, name: &str, view: &View) -> String {
        let new = (name.to_owned(), self.0.clone());
        let pair = |(name, text): &(String, String)| format!("{}: {}", quoted(name), quoted(text));
        let all: Vec<String> = view.world.settings.views.iter().chain([&new]).map(pair).collect();
        format!("views: {{{}}}", all.join(", "))
    }
}

/// A string of YAML that means nothing else.
fn quoted(text: &str) -> String {
    format!("\"{}\"", inert(text).replace('\\', "\\\\").replace('"', "\\\""))
}

impl Form for Keep {
    fn title(&self, _view: &View) -> String {
        "A name for what is shown".to_owned()
    }

    fn verb(&self) -> String {
        "copy the line".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let where_to = "The configuration is yours: nothing is written there. Below `console:` this line is all its views; it is \
                        read when the file is saved.";
        vec![(self.line(texts[0].trim(), view), Role::Strong), (where_to.to_owned(), Role::Dim)]
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let name = texts[0].trim();
        if name.is_empty() {
            return Err("A view needs a name.".to_owned());
        }
        if view.world.settings.views.iter().any(|(known, _)| known == name) {
            return Err(format!("`{name}` is a view already: another name, please."));
        }
        let said = "Copied: paste it below `console:` in the configuration, in place of its views.".to_owned();
        Ok(vec![Reply::Ui(Ui::Copy(self.line(name, view))), Reply::Say(said)])
    }
}
