//! What a vendor says about itself on its status page. Vendors post late: a probe of our own belongs beside it. A page that is
//! no status page is a trouble and no verdict.

mod pages;

use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::matcher::Matcher;
use crate::domain::node::{Fields, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Answer, Endpoint, Ports, Request};
use pages::{Component, FORMATS, Format, Page};
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "statuspage", about: "A vendor's status page: its components and what it says about open incidents", parse };

/// The page of a large vendor has a few hundred kilobytes.
const LONGEST: usize = 8 << 20;

struct Statuspage {
    endpoint: Endpoint,
    format: &'static Format,
    /// Empty means the page's own summary.
    components: Vec<Matcher>,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&[&["format", "components"][..], &Endpoint::KEYS].concat(), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let format = format(&fields, problems);
    let components = fields.get("components").map_or(Some(Vec::new()), |node| components(node, problems));
    let feed = Statuspage { endpoint: endpoint?, format: format?, components: components? };
    if !feed.components.is_empty() && !feed.format.has_components {
        problems.error(node.span, format!("pages of the format `{}` tell of no components", feed.format.name));
        return None;
    }
    Some(Box::new(feed))
}

fn format(fields: &Fields, problems: &mut Problems) -> Option<&'static Format> {
    let Some(node) = fields.get("format") else { return FORMATS.first() };
    let name = node.text(problems)?;
    let found = FORMATS.iter().find(|format| format.name == name);
    if found.is_none() {
        problems.unknown(node.span, "format of status pages", name, &FORMATS.map(|format| format.name));
    }
    found
}

fn components(node: &Node, problems: &mut Problems) -> Option<Vec<Matcher>> {
    let names = node.texts(problems)?;
    let read = names.iter().map(|name| Matcher::parse(name).map_err(|error| problems.error(node.span, error)).ok());
    read.collect()
}

impl Feed for Statuspage {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let request = self.endpoint.get(self.format.path, ports).await?;
            let told = request.told();
            let response = ports.http.observe(Request { timeout: limit, longest: LONGEST, ..request }).await?;
            if !response.good() {
                return Err(response.refusal(&told));
            }
            let page = response.understood("a status page", &told, self.format.read)?;
            Ok(Reading { latency: Some(response.took), ..self.judge(&page) })
        })
    }
}

impl Statuspage {
    fn judge(&self, page: &Page) -> Reading {
        if self.components.is_empty() {
            let state = if page.state == FeedState::Healthy && page.maintenance { FeedState::Maintenance } else { page.state };
            return judged(state, with_incidents(&page.words, page.incidents.iter().map(|incident| &incident.told)), None);
        }
        // A component that the vendor renamed must not look healthy for ever.
        let absent = self.components.iter().find(|wanted| !page.components.iter().any(|found| wanted.matches(&found.name)));
        if let Some(absent) = absent {
            return judged(FeedState::Unknown, format!("the page has no component `{absent}`"), None);
        }
        let chosen = page.components.iter().filter(|found| self.components.iter().any(|wanted| wanted.matches(&found.name)));
        self.judge_components(page, &chosen.collect::<Vec<_>>())
    }

    /// `Card API: partial outage; 2 of 3 components; Slow captures (identified)`
    fn judge_components(&self, page: &Page, chosen: &[&Component]) -> Reading {
        // The first of the worst: the vendor's order is by what matters.
        let worst = chosen.iter().rev().max_by_key(|component| component.state);
        let Some(worst) = worst else { return judged(FeedState::Unknown, "the page has no such component", None) };
        let mut message = format!("{}: {}", worst.name, worst.words);
        if chosen.len() > 1 {
            let same = chosen.iter().filter(|component| component.state == worst.state).count();
            message += &format!("; {same} of {} components", chosen.len());
        }
        let touching = page.incidents.iter().filter(|incident| chosen.iter().any(|one| incident.touches.contains(&one.id)));
        judged(worst.state, with_incidents(&message, touching.map(|incident| &incident.told)), None)
    }
}

/// The vendor's words, the first open incident, and how many there are besides.
fn with_incidents<'a>(message: &str, mut incidents: impl Iterator<Item = &'a String>) -> String {
    match (incidents.next(), incidents.count()) {
        (None, _) => message.to_owned(),
        (Some(first), 0) => format!("{message}; {first}"),
        (Some(first), more) => format!("{message}; {first} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
