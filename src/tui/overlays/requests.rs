//! What became of each thing that was asked for, newest first, with the remote's own answers.

use super::Overlay;
use super::alert::told;
use super::choice::{Choice, item};
use super::page::{Content, Line, Page, heading, plain};
use crate::domain::act::{ActEnd, Outcome};
use crate::domain::ids::RequestId;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::progress::{Progress, Stage};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};

struct Outcomes;

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(Outcomes))
}

pub fn colour(stage: &Stage) -> Role {
    match stage {
        Stage::Ended(end) if end.outcome == Outcome::Unsent => Role::Pending,
        stage if stage.is_unknown() => Role::Stale,
        stage if stage.failed() => Role::Critical,
        stage if stage.settled() => Role::Ok,
        _ => Role::Pending,
    }
}

/// The requests of which something may be tried again, the newest first, and how much.
fn failed<'w>(view: &View<'w>) -> Vec<(RequestId, &'w Progress, usize)> {
    let again = |progress: &Progress| progress.retryable(view.world).count();
    let with_failures = view.world.requests.iter().filter(|(_, progress)| progress.again(view.world).is_some());
    with_failures.map(|(request, progress)| (request, progress, again(progress))).collect()
}

/// What waits of the newest act on many is not sent.
pub fn stop(view: &View) -> Vec<Reply> {
    if let Some(request) = view.world.copying().last() {
        return vec![Reply::Ask(Command::Stop { request }), Reply::Say("The file is not attached.".to_owned())];
    }
    let waiting = view.world.requests.iter().map(|(request, _)| (request, view.world.waiting_for(request)));
    match waiting.into_iter().find(|(_, count)| *count > 0) {
        Some((request, count)) => {
            vec![
                Reply::Ask(Command::Stop { request }),
                Reply::Say(format!("{count} that waited are not sent; what is under way goes on.")),
            ]
        }
        None => vec![Reply::Say("Nothing waits to be sent: what is under way goes on to its end.".to_owned())],
    }
}

/// Of several that failed somebody says which is meant.
fn which(failed: &[(RequestId, &Progress, usize)]) -> Reply {
    let ask = |request: RequestId| Reply::Ask(Command::Retry { request });
    let one = |(request, progress, count): &(RequestId, &Progress, usize)| {
        let request = *request;
        item(inert(&progress.title), format!("{count} failed"), move || vec![ask(request)])
    };
    let requests: Vec<RequestId> = failed.iter().map(|(request, ..)| *request).collect();
    let all = item("all of them", format!("{} requests", requests.len()), move || requests.iter().copied().map(ask).collect());
    Reply::Open(Box::new(Choice::new("Try which again?", failed.iter().map(one).chain([all]).collect())))
}

/// What the journal tells of the rest: another console asks, too, and one that was killed has asked.
fn elsewhere(view: &View, columns: usize) -> Vec<Line> {
    let all = view.world.asked_elsewhere();
    let mut lines = if all.is_empty() { Vec::new() } else { heading("By others, or before this console began") };
    for asked in &all {
        lines.push(plain(inert(&asked.title), Role::Strong));
        let mut say = |text: String, role| {
            let broken = crate::tui::canvas::wrap(&text, columns.saturating_sub(2), 6);
            lines.extend(broken.into_iter().map(|line| plain(format!("  {line}"), role)));
        };
        say(format!("asked by {}, {}", inert(&asked.by), time::until(asked.at, view.now.wall, view.zone)), Role::Dim);
        if asked.unrecorded > 0 {
            let text = format!("{} of {} are not on record: nothing was done about them", asked.unrecorded, asked.of);
            say(text, Role::Warning);
        }
        let bad = |end: &Option<ActEnd>| end.as_ref().is_none_or(|end| end.outcome != Outcome::Done);
        let (open, done): (Vec<_>, Vec<_>) = asked.acts.iter().partition(|(_, end)| bad(end));
        for (alert, end) in open.into_iter().chain(done) {
            let name = alert.as_ref().filter(|_| asked.of > 1).map(|id| format!("{}: ", view.world.in_full(id)));
            let (text, role) = match end.clone().map(Stage::Ended) {
                Some(stage) => (told(&stage), colour(&stage)),
                None => ("… recorded; what came of it is not known yet".to_owned(), Role::Pending),
            };
            say(format!("{}{text}", name.unwrap_or_default()), role);
        }
        let missing = asked.of.saturating_sub(asked.unrecorded + asked.acts.len());
        if missing > 0 {
            say(format!("what came of {missing} more stands in the log"), Role::Dim);
        }
    }
    lines
}

impl Content for Outcomes {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Reading, Context::Outcomes]
    }

    fn title(&self, _view: &View) -> String {
        "What became of each request".to_owned()
    }

    /// What failed is tried again, for those targets alone.
    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match (action, failed(view).as_slice()) {
            (Action::Stop, _) => stop(view),
            (Action::Retry, []) => vec![Reply::Say("Nothing has failed in a way that may be tried again.".to_owned())],
            (Action::Retry, [(request, ..)]) => vec![Reply::Ask(Command::Retry { request: *request })],
            (Action::Retry, several) => vec![which(several)],
            _ => Vec::new(),
        }
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let failed = failed(view);
        for (request, progress) in view.world.requests.iter() {
            let asked = view.now.back_by(view.now.mono.saturating_sub(progress.began));
            let asked = (format!("  {}", time::clock(asked, view.zone)), Role::Dim);
            lines.push(vec![(inert(&progress.title).into_owned(), Role::Strong), asked]);
            if let Some((.., count)) = failed.iter().find(|(failed, ..)| *failed == request) {
                let key = view.keymap.key_of(Action::Retry);
                let those = if *count == 1 { "the one".to_owned() } else { format!("the {count}") };
                lines.push(plain(format!("  {key} tries {those} that failed again"), Role::Key));
            }
            if let count @ 1.. = view.world.waiting_for(request) {
                let key = view.keymap.key_of(Action::Stop);
                lines.push(plain(format!("  {key} stops the {count} that wait"), Role::Key));
            }
            // Of a thousand the few that did not do what was asked are what is looked for.
            let (failed, rest): (Vec<_>, Vec<_>) = progress.items.iter().partition(|target| target.stage.failed());
            for target in failed.into_iter().chain(rest) {
                let alert = target.alert.as_ref().map(|id| view.world.in_full(id));
                let name = alert.or_else(|| target.to.as_ref().map(ToString::to_string));
                let name = name.filter(|_| progress.items.len() > 1).map(|name| format!("{name}: ")).unwrap_or_default();
                let text = format!("{name}{}", told(&target.stage));
                let role = colour(&target.stage);
                lines.extend(
                    crate::tui::canvas::wrap(&text, columns.saturating_sub(2), 6)
                        .into_iter()
                        .map(|line| plain(format!("  {line}"), role)),
                );
            }
        }
        lines.extend(elsewhere(view, columns));
        if lines.is_empty() {
            lines.push(plain("Nothing has been asked for yet.", Role::Dim));
        }
        lines
    }
}
