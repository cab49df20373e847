//! Ending silences that are on alerts of the queue.

use super::show;
use crate::domain::act::unmarked;
use crate::domain::alert::Silence;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::{Outside, inert};
use crate::model::Command;
use crate::model::alerts::Tracked;
use crate::model::silences::On;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::affected::Told;
use crate::tui::overlays::choice::{Choice, item};
use crate::tui::overlays::dialog::{Dialog, Form};
use crate::tui::overlays::silences::{at_once, carries};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::collections::{BTreeMap, BTreeSet};

/// Asks which silence on the alerts shall end, and whether really.
pub fn expire(alerts: &[AlertId], view: &View) -> Reply {
    match silences_on(alerts, view).as_slice() {
        [] => Reply::Say(format!("No silence is on {}.", if alerts.len() > 1 { "any of them" } else { "it" })),
        one @ [_] => Reply::Open(Ending::open(owned(one))),
        many => Reply::Open(Box::new(which(many, view))),
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

/// One of them, or all: whoever marked several alerts may mean every silence that is on them.
fn which(many: &[(&SourceName, &Silence)], view: &View) -> Choice {
    let one = |(source, silence): &(&SourceName, &Silence)| {
        let ask = end(source, silence);
        item(said(silence), told(silence, view), move || vec![Reply::Ask(ask.clone())])
    };
    let meant = owned(many);
    let all = item(format!("all {} of them", many.len()), "after what fires again then has been shown", move || {
        vec![Reply::Open(Ending::open(meant.clone()))]
    });
    Choice::new("End which silence?", [all].into_iter().chain(many.iter().map(one)).collect())
}

fn owned(all: &[(&SourceName, &Silence)]) -> Vec<(SourceName, Silence)> {
    all.iter().map(|(source, silence)| ((*source).clone(), (*silence).clone())).collect()
}

/// Asks whether these shall really end.
struct Ending {
    all: Vec<(SourceName, Silence)>,
    /// What follows, which all that they cover is judged for.
    told: Told,
}

impl Ending {
    fn open(all: Vec<(SourceName, Silence)>) -> Box<dyn Overlay> {
        Box::new(Dialog::new(Self { all, told: Told::default() }, Vec::new()))
    }

    fn compute(&self, view: &View) -> Vec<(String, Role)> {
        let on = |(source, silence): &(SourceName, Silence)| On {
            source: source.clone(),
            id: silence.id.clone(),
            ends_at: silence.ends_at,
        };
        let on: Vec<On> = self.all.iter().map(on).collect();
        let ids: BTreeSet<(&SourceName, &Outside)> = self.all.iter().map(|(source, silence)| (source, &silence.id)).collect();
        let is_quiet = |tracked: &&Tracked| {
            let by = |id| ids.contains(&(&tracked.alert.id.source, id));
            tracked.resolved_at.is_none() && tracked.alert.silenced_by.iter().any(by)
        };
        let quiet: Vec<AlertId> = view.world.alerts.queue().filter(is_quiet).map(|tracked| tracked.alert.id.clone()).collect();
        let each = |(_, silence): &(SourceName, Silence)| [show(&silence.matchers), told(silence, view), said(silence)];
        let each: Vec<String> = match self.all.as_slice() {
            [one] => each(one).into(),
            many => many.iter().map(|one| format!("· {}", each(one).join(", "))).collect(),
        };
        let carried = carries(&view.world.acknowledgements_on(&on), view);
        let lines = each.into_iter().chain(carried).map(|text| (text, Role::Text));
        lines.chain([at_once(&view.world.at_once(&on, &quiet), view)]).collect()
    }
}

impl Form for Ending {
    fn title(&self, _view: &View) -> String {
        let sources: BTreeSet<_> = self.all.iter().map(|(source, _)| inert(source.as_str())).collect();
        let sources = sources.into_iter().collect::<Vec<_>>().join(", ");
        match self.all.len() {
            1 => format!("End a silence on {sources}"),
            many => format!("End {many} silences on {sources}"),
        }
    }

    fn verb(&self) -> String {
        match self.all.len() {
            1 => "end the silence".to_owned(),
            many => format!("end {many} silences"),
        }
    }

    fn read_first(&self) -> bool {
        true
    }

    fn prepare(&mut self, _texts: &[&str], view: &View) {
        if self.told.is_due(view.world.alerts.len(), view) {
            self.told = Told::now(self.compute(view), view);
        }
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        self.told.lines().to_vec()
    }

    fn submit(&self, _texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let ends = self.all.iter().map(|(source, silence)| Reply::Ask(end(source, silence)));
        Ok(ends.chain([Reply::Unmark]).collect())
    }
}
