//! What a vendor says about itself on its status page. Vendors post late: a probe of our own belongs beside it. A page that is
//! no status page is a trouble and no verdict.

mod pages;

use super::parts::{Choice, worst};
use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Ports, Request};
use pages::{FORMATS, Format, Page};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "statuspage",
    about: "A vendor's status page: its components and what it says about open incidents",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the page's address, as people open it", "needed"),
        FieldSpec::new("components", "names, or `~` and an expression; the worst counts, and one that the page lacks is unknown", "the page's own summary"),
        FieldSpec::new("format", "`statuspage`, `betterstack`, `instatus` or `rootly`; the first alone has components", "`statuspage`"),
    ],
    Access::KEYS,
];

/// The page of a large vendor has a few hundred kilobytes.
const LONGEST: usize = 8 << 20;

struct Statuspage {
    endpoint: Endpoint,
    format: &'static Format,
    /// Empty means the page's own summary.
    components: Choice,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let format = format(&fields, problems);
    let components = Choice::parse("components", &fields, problems);
    let feed = Statuspage { endpoint: endpoint?, format: format?, components: components? };
    if !feed.components.is_all() && !feed.format.has_components {
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
        if self.components.is_all() {
            let state = if page.state == FeedState::Healthy && page.maintenance { FeedState::Maintenance } else { page.state };
            return judged(state, with_incidents(&page.words, page.incidents.iter().map(|incident| &incident.told)), None);
        }
        match self.components.absent(page.components.iter().map(|component| component.part.name.as_str())) {
            Some(absent) => judged(FeedState::Unknown, format!("the page has no component `{absent}`"), None),
            None => self.judge_components(page),
        }
    }

    /// `Card API: partial outage; 2 of 3 components; Slow captures (identified)`
    fn judge_components(&self, page: &Page) -> Reading {
        let chosen: Vec<_> = page.components.iter().filter(|component| self.components.has(&component.part.name)).collect();
        let reading = worst(chosen.iter().map(|component| &component.part), "components");
        let touching = page.incidents.iter().filter(|incident| chosen.iter().any(|one| incident.touches.contains(&one.id)));
        let message = with_incidents(reading.message.raw(), touching.map(|incident| &incident.told));
        Reading { message: message.into(), ..reading }
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
