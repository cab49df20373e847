//! Ending one of the silences that are on alerts of the queue.

use super::show;
use crate::domain::act::unmarked;
use crate::domain::alert::Silence;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::silences::On;
use crate::tui::overlays::choice::{Choice, item};
use crate::tui::overlays::confirm::{self, Question};
use crate::tui::overlays::silences::{at_once, carries};
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::collections::BTreeMap;

/// Asks which silence on the alerts shall end, and whether really.
pub fn expire(alerts: &[AlertId], view: &View) -> Reply {
    match silences_on(alerts, view).as_slice() {
        [] => Reply::Say(format!("No silence is on {}.", if alerts.len() > 1 { "any of them" } else { "it" })),
        [(source, one)] => Reply::Open(confirm::open(ending(source, one, view))),
        many => {
            let one = |(source, silence): &(&SourceName, &Silence)| {
                let ask = end(source, silence);
                item(said(silence), told(silence, view), move || vec![Reply::Ask(ask.clone())])
            };
            Reply::Open(Box::new(Choice::new("End which silence?", many.iter().map(one).collect())))
        }
    }
}

/// Each once, though it be on many of the alerts.
fn silences_on<'w>(alerts: &'w [AlertId], view: &View<'w>) -> Vec<(&'w SourceName, &'w Silence)> {
    let world = view.world;
    let on = |id: &'w AlertId| {
        let silences = world.alerts.get(id).into_iter().flat_map(|tracked| world.alerts.silences_on(tracked));
        silences.map(|silence| ((&id.source, &silence.id), silence))
    };
    let each: BTreeMap<_, _> = alerts.iter().flat_map(on).collect();
    each.into_iter().map(|((source, _), silence)| (source, silence)).collect()
}

fn end(source: &SourceName, silence: &Silence) -> Command {
    Command::Expire { source: source.clone(), id: silence.id.clone() }
}

/// Without the mark of the act that made it.
fn said(silence: &Silence) -> String {
    inert(unmarked(silence.comment.raw())).into_owned()
}

fn told(silence: &Silence, view: &View) -> String {
    format!("by {} until {}", silence.created_by.inert(), time::until(silence.ends_at, view.now.wall, view.zone))
}

fn ending(source: &SourceName, silence: &Silence, view: &View) -> Question {
    let ask = end(source, silence);
    let on = [On { source: source.clone(), id: silence.id.clone(), ends_at: silence.ends_at }];
    let of_source =
        view.world.alerts.queue().filter(|tracked| tracked.alert.id.source == *source && tracked.resolved_at.is_none());
    let quiet = of_source.filter(|tracked| tracked.alert.silenced_by.contains(&silence.id));
    let quiet: Vec<AlertId> = quiet.map(|tracked| tracked.alert.id.clone()).collect();
    let again = at_once(&view.world.at_once(&on, &quiet), view).0;
    let carried = carries(&view.world.acknowledgements_on(&on), view);
    let facts = [show(&silence.matchers), told(silence, view), said(silence)].into_iter().chain(carried).chain([again]);
    Question {
        title: format!("End a silence on {source}"),
        facts: facts.collect(),
        verb: "end the silence",
        typed: None,
        yes: Box::new(move |_| vec![Reply::Ask(ask.clone())]),
    }
}
