//! Filters that the configuration has names for, each with how much it shows now.

use super::choice::{Choice, item};
use crate::model::filter::Filter;
use crate::tui::view::{Reply, View};

pub fn open(view: &View) -> Reply {
    let views = &view.world.settings.views;
    if views.is_empty() {
        return Reply::Say(
            "No view has a name yet: `console: {views: {night: \"severity>=warning\"}}` in the configuration.".to_owned(),
        );
    }
    let shown = |text: &str| match Filter::parse(text) {
        Ok(filter) => view.world.alerts.queue().filter(|tracked| filter.holds(view.world, tracked)).count().to_string(),
        Err(_) => String::new(),
    };
    let all = [("everything".to_owned(), String::new())];
    let items = views.iter().chain(&all).map(|(name, text)| {
        let about = format!("{} · {text}", shown(text));
        let text = text.clone();
        item(name, about.trim_end_matches([' ', '·']), move || vec![Reply::Filter(text.clone())])
    });
    Reply::Open(Box::new(Choice::new("Views", items.collect())))
}
