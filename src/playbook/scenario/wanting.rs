//! What a scenario expects of people, and what calls it off.

use super::reading::Reader;
use crate::domain::incident::{Role, Sev, Status};
use crate::domain::node::Node;
use crate::domain::playbook::{Playbook, SELECTOR, Selector};
use crate::domain::scenario::{Act, Expected};

/// What stands beside the act of something that is expected.
const BESIDE: [&str; 3] = ["within", "after", "points"];

/// `any`: whatever the act is about.
const ANY: &str = "any";

impl Reader<'_, '_> {
    pub(super) fn expects(&mut self, node: &Node, book: Option<&Playbook>) -> Vec<Expected> {
        let Some(items) = self.typed(|problems| node.seq(problems)) else { return Vec::new() };
        items.iter().filter_map(|node| self.expected(node, book)).collect()
    }

    fn expected(&mut self, node: &Node, book: Option<&Playbook>) -> Option<Expected> {
        let keys: Vec<&str> = Act::WORDS.iter().copied().chain(BESIDE).collect();
        let fields = self.problems.coded("S002", |problems| node.fields(&keys, problems))?;
        let within = self.need(&fields, "within", |reader, node| {
            let within = reader.time(node)?;
            if within.is_zero() {
                reader.problems.coded("S004", |problems| problems.error(node.span, "nobody does anything in no time"));
            }
            Some(within)
        });
        let after = fields.get("after").and_then(|node| self.fired(node));
        let points = |text: &str| text.parse().ok().filter(|points| (1..=100).contains(points));
        let points = fields.get("points").map(|node| self.typed(|found| node.read("points from 1 to 100", found, points)));
        let (word, value) = self.one_of(node, Act::WORDS)?;
        let act = Act::parse(word)?;
        let about = match self.typed(|problems| value.text(problems))?.trim() {
            ANY => None,
            _ => Some(self.about(act, value, book)?),
        };
        Some(Expected { act, about, after, within: within?, points: points.unwrap_or(Some(1))? })
    }

    /// An alert of the script.
    fn fired(&mut self, node: &Node) -> Option<String> {
        let name = self.line(node)?;
        if !self.fired.contains(&name) {
            let help = self.near(&name).unwrap_or_else(|| "name one that fires under `beats`".to_owned());
            self.untrue(node.span, format!("no alert `{name}` ever fires"), &help);
        }
        Some(name)
    }

    fn about(&mut self, act: Act, node: &Node, book: Option<&Playbook>) -> Option<String> {
        let text = self.line(node)?;
        match act {
            Act::Ack => return self.fired(node),
            Act::Playbook => {
                let names = self.around.playbooks.map(|books| books.iter().map(|book| book.id.as_str()).collect());
                return self.known(node, "playbook", names);
            }
            Act::Step => {
                let steps = book.map(|book| book.steps.iter().map(|step| step.id.as_str()).collect());
                return self.known(node, "step", steps);
            }
            Act::Severity => {
                let sev: Sev =
                    self.word(node, "severity", &["SEV1", "SEV2", "SEV3", "SEV4", "SEV5"], |text| text.parse().ok())?;
                return Some(sev.to_string());
            }
            Act::Status => drop(self.word(node, "status", &Status::ALL.map(Status::word), |text| text.parse::<Status>().ok())?),
            Act::Role => drop(self.word(node, "role", &Role::ALL.map(Role::word), |text| text.parse::<Role>().ok())?),
            Act::Update | Act::Note | Act::Decision => {}
        }
        Some(text)
    }

    pub(super) fn abort(&mut self, node: &Node) -> Vec<Selector> {
        let Some(items) = self.typed(|problems| node.seq(problems)) else { return Vec::new() };
        items.iter().filter_map(|node| self.selector(node)).collect()
    }

    fn selector(&mut self, node: &Node) -> Option<Selector> {
        let text = self.typed(|problems| node.text(problems))?;
        let selector = match Selector::parse(text) {
            Ok(selector) if selector.states.is_empty() => {
                let help = format!("write it as {SELECTOR}");
                self.typed(|problems| problems.error_with_help(node.span, "no state is named", help));
                return None;
            }
            Ok(selector) => selector,
            Err(slip) => {
                let help = slip.help.unwrap_or_else(|| format!("write it as {SELECTOR}"));
                self.typed(|problems| problems.error_with_help(node.span, slip.message, help));
                return None;
            }
        };
        if let (Some(feeds), Some(services)) = (self.around.feeds, self.around.services) {
            let services: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
            if let Some(slip) = selector.stranger(feeds, &services) {
                let help = slip.help.unwrap_or_else(|| "the feeds of the configuration are watched".to_owned());
                self.problems.coded("S006", |problems| problems.error_with_help(node.span, slip.message, help));
            }
        }
        Some(selector)
    }
}
