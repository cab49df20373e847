//! Everything about one service: who answers for it, what it needs, who needs it, where to look, and how its feeds are.

use super::choice::{Choice, item};
use super::feed::about;
use super::page::{Content, Line, Page, field, heading, plain};
use super::{Overlay, maintain, playbook};
use crate::domain::catalogue::Service;
use crate::domain::change::Change;
use crate::domain::health::FeedState;
use crate::domain::ids::{PlaybookId, ServiceName};
use crate::domain::maintenance::Subjects;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::health::Proven;
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::panes::health::{WIDE, standing};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};

/// Services that feel it are named up to this many; the map shows all.
const FELT: usize = 12;

struct Detail {
    name: ServiceName,
    /// A cause is suspected.
    suspected: bool,
}

pub fn open(name: ServiceName) -> Box<dyn Overlay> {
    Box::new(Page::new(Detail { name, suspected: false }))
}

impl Content for Detail {
    fn contexts(&self) -> &'static [Context] {
        match self.suspected {
            true => &[Context::Suspected, Context::ServiceDetail, Context::Reading],
            false => &[Context::ServiceDetail, Context::Reading],
        }
    }

    fn prepare(&mut self, view: &View) {
        self.suspected = view.world.suspicions().of(&self.name).is_some();
    }

    fn title(&self, _view: &View) -> String {
        format!("Service {}", self.name)
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let services = &view.world.settings.services;
        let mut lines = suspected(&self.name, view, columns);
        if let Some(at) = services.place(self.name.as_str()) {
            let service = &services[at];
            lines.extend(who(service, columns));
            lines.extend(where_to_look(service, view, columns));
            lines.extend(service.depends_on.iter().flat_map(|name| state("depends on", name, view, columns)));
            lines.extend(felt(at, view, columns));
        }
        lines.extend(changed(&self.name, view, columns));
        let mut feeds = view.world.health.of_service(&self.name).peekable();
        if feeds.peek().is_none() {
            lines.push(plain("No feed watches it.", Role::Dim));
        }
        for feed in feeds {
            lines.extend(heading(feed.spec.name.as_str()));
            lines.extend(about(feed, view, columns));
        }
        lines
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Maintain => vec![maintain::open(Subjects::service(self.name.clone()), view)],
            Action::Playbook => vec![books(&self.name, view)],
            Action::NotTheCause => vec![Reply::Ask(Command::DenyCause { service: self.name.clone() })],
            Action::Copy => vec![Reply::Ui(crate::tui::view::Ui::Copy(self.name.to_string()))],
            _ => Vec::new(),
        }
    }
}

/// Why it is bad, as far as that can be told, and how far such a word is to be trusted.
pub fn suspected(name: &ServiceName, view: &View, columns: usize) -> Vec<Line> {
    let Some(found) = view.world.suspicions().of(name) else { return Vec::new() };
    let told = format!("{}, {}", inert(&found.cause.to_string()), found.percent());
    let mut lines = field("suspected", &told, Role::Warning, columns);
    lines.extend(found.reasons.iter().flat_map(|reason| field("", &inert(reason), Role::Text, columns)));
    let Proven { right, wrong } = view.world.suspicions().proven();
    let rate = (right + wrong > 0).then(|| format!("{right} of {} suspected causes were right", right + wrong));
    lines.extend(rate.into_iter().flat_map(|rate| field("", &rate, Role::Dim, columns)));
    lines
}

fn who(service: &Service, columns: usize) -> Vec<Line> {
    let tier = service.tier.map_or_else(|| "no tier".to_owned(), |tier| format!("tier {tier}"));
    let vendor = if service.vendor { ", run by somebody else" } else { "" };
    let mut lines = vec![plain(format!("{tier}{vendor}"), Role::Text)];
    lines.extend(service.owner.iter().flat_map(|owner| field("owner", &inert(owner), Role::Text, columns)));
    lines.extend(listed("contacts", &service.contacts, columns));
    lines.extend(listed("shares with", &service.fault_domains, columns));
    lines
}

/// Each in a line of its own, the name before the first.
fn listed<'a>(name: &str, texts: impl IntoIterator<Item = &'a String>, columns: usize) -> Vec<Line> {
    let name = |index| if index == 0 { name } else { "" };
    let texts = texts.into_iter().enumerate();
    texts.flat_map(|(index, text)| field(name(index), &inert(text), Role::Text, columns)).collect()
}

fn where_to_look(service: &Service, view: &View, columns: usize) -> Vec<Line> {
    let reachable = |address: &String| view.world.settings.reachable(address).into_owned();
    let mut lines = listed("dashboards", &service.dashboards.iter().map(reachable).collect::<Vec<_>>(), columns);
    let books: Vec<String> = of_service(&service.name, view).iter().map(|id| called(id, view)).collect();
    lines.extend(listed("playbooks", &books, columns));
    lines
}

/// The playbooks that the catalogue names for it, then those that name it themselves.
fn of_service(name: &ServiceName, view: &View) -> Vec<PlaybookId> {
    let mut ids = view.world.settings.services.named(name.as_str()).map(|service| service.playbooks.clone()).unwrap_or_default();
    let own = view.world.runs.playbooks().iter().filter(|book| book.meta.services.iter().any(|own| own == name.as_str()));
    let own: Vec<PlaybookId> = own.map(|book| book.id.clone()).filter(|id| !ids.contains(id)).collect();
    ids.extend(own);
    ids
}

fn called(id: &PlaybookId, view: &View) -> String {
    match view.world.runs.playbook(id) {
        Some(book) => format!("{id}: {}", book.title),
        None => format!("{id}: not in the library"),
    }
}

/// One playbook is opened at once, of several one is chosen.
fn books(name: &ServiceName, view: &View) -> Reply {
    let ids = of_service(name, view);
    match ids.as_slice() {
        [] => Reply::Say(format!("No playbook is for {name}: `services` of a playbook or `playbooks` of the service names it.")),
        [one] => Reply::Open(playbook::open(one.clone())),
        _ => {
            let items = ids.iter().map(|id| {
                let (title, id) = (view.world.runs.playbook(id).map(|book| inert(&book.title).into_owned()), id.clone());
                item(id.to_string(), title.unwrap_or_default(), move || vec![Reply::Open(playbook::open(id.clone()))])
            });
            Reply::Open(Box::new(Choice::new(format!("Playbooks for {name}"), items.collect())))
        }
    }
}

/// What was changed in the last day, here and in what it depends on; of a service in trouble with how long before.
fn changed(name: &ServiceName, view: &View, columns: usize) -> Vec<Line> {
    let now = view.now.wall;
    let world = view.world;
    let worst = world.health.of_service(name).filter(|feed| feed.state >= FeedState::Degraded).filter_map(|feed| feed.since);
    let began = worst.map(|since| since.wall).min();
    let line = |change: &Change| {
        let of = change.service.as_ref().filter(|service| *service != name).map(|service| format!(" of {service}"));
        let before = began.filter(|began| change.at <= *began).map(|began| time::age(time::since(change.at, began)));
        let before = before.map(|age| format!("{age} before: ")).unwrap_or_default();
        let (noun, by) = (change.what.noun(), change.by.inert());
        format!(
            "{} {before}{noun}{}: {} ({by})",
            time::until(change.at, now, view.zone),
            of.unwrap_or_default(),
            change.words.inert()
        )
    };
    let changes: Vec<String> =
        world.changes_for(name, now - chrono::Duration::days(1), now).take(MOST_CHANGES).map(line).collect();
    let role = if began.is_some() { Role::Warning } else { Role::Text };
    let lines =
        changes.iter().enumerate().map(|(index, text)| field(if index == 0 { "changed" } else { "" }, text, role, columns));
    lines.flatten().collect()
}

/// How many changes of a service are listed; all are in the log.
const MOST_CHANGES: usize = 8;

fn state(label: &str, name: &ServiceName, view: &View, columns: usize) -> Vec<Line> {
    let (glyph, word, role) = standing(name, WIDE, view);
    field(label, &format!("{glyph} {name} {word}"), role, columns)
}

/// Who feels it when this service fails: the nearest first, with what they mean to whom.
fn felt(at: usize, view: &View, columns: usize) -> Vec<Line> {
    let services = &view.world.settings.services;
    let felt = services.blast(at);
    if felt.is_empty() {
        return field("needed by", "nothing that the configuration names", Role::Dim, columns);
    }
    let most = felt.iter().filter_map(|(at, _)| services[*at].tier).min();
    let most = most.map(|tier| format!(", the most important of tier {tier}")).unwrap_or_default();
    let word = if felt.len() == 1 { "service" } else { "services" };
    let mut lines = field("needed by", &format!("{} {word}{most}", felt.len()), Role::Text, columns);
    for (at, steps) in felt.iter().take(FELT) {
        let service = &services[*at];
        let (glyph, _, role) = standing(&service.name, WIDE, view);
        lines.extend(field("", &format!("{glyph} {}{}", service.name, meaning(service, *steps)), role, columns));
    }
    let more = felt.len().saturating_sub(FELT);
    lines.extend(
        (more > 0).then(|| field("", &format!("and {more} more: the map shows them"), Role::Dim, columns)).into_iter().flatten(),
    );
    lines
}

/// `, tier 1, shop team, by way of another`
fn meaning(service: &Service, steps: usize) -> String {
    let tier = service.tier.map(|tier| format!(", tier {tier}")).unwrap_or_default();
    let owner = service.owner.as_ref().map(|owner| format!(", {}", inert(owner))).unwrap_or_default();
    let way = match steps {
        1 => "",
        2 => ", by way of another",
        _ => ", by way of others",
    };
    format!("{tier}{owner}{way}")
}
