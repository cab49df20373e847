//! What the queue is grouped by: the cause, the name, the service, a label of its alerts, or nothing.

use super::Overlay;
use super::choice::{Choice, Item, item};
use crate::domain::text::inert;
use crate::model::groups::By;
use crate::tui::view::{Arranged, Reply, View};
use std::collections::BTreeMap;

/// So many alerts from the top of the queue are asked for the names of their labels.
const ASKED: usize = 500;

pub fn open(view: &View) -> Box<dyn Overlay> {
    let own = [
        ("cause", "what another service explains is folded", Arranged::ByCause),
        ("name", "alerts of the same name", Arranged::By(By::Name)),
        ("service", "alerts of the same service", Arranged::By(By::Service)),
        ("nothing", "every alert in a row of its own", Arranged::Plain),
    ];
    let own = own.into_iter().map(|(text, about, how)| choice(text.to_owned(), about.to_owned(), how));
    Box::new(Choice::new("Group the queue by", own.chain(labels(view)).collect()))
}

/// The labels that are there, the most frequent first.
fn labels(view: &View) -> impl Iterator<Item = Item> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for tracked in view.world.alerts.queue().take(ASKED) {
        for (name, _) in tracked.alert.labels.iter().filter(|(name, _)| name.raw() != "alertname") {
            *counts.entry(name.raw()).or_default() += 1;
        }
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let one = |(name, count)| {
        let how = Arranged::By(By::Label(str::to_owned(name)));
        choice(inert(name).into_owned(), format!("label of {count} alerts"), how)
    };
    counts.into_iter().map(one).collect::<Vec<_>>().into_iter()
}

fn choice(text: String, about: String, how: Arranged) -> Item {
    item(text, about, move || vec![Reply::Arrange(how.clone())])
}
