//! A past incident as a script: what fired, what feeds said and what was changed, at the times at which it was so; what people did is
//! what is expected, in the time that they took; and how it ended is kept back.

use super::{Act, Beat, Expected, Fires, Kind, LATEST, MOST, NAME, Scenario, Turn, What};
use crate::domain::alert::Severity;
use crate::domain::entry::{ActorKind, Entry, Kind as Said};
use crate::domain::health::FeedState;
use crate::domain::ids::{AlertId, PlaybookId, RunId, ServiceName};
use crate::domain::incident::{Role, Sev};
use crate::domain::run::{Run, RunMode, StepState};
use crate::domain::timeline::{Line, Timeline};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const MINUTE: u64 = 60;

impl Scenario {
    /// `mask` is what leaves of a text what others may read.
    ///
    /// # Errors
    /// Nothing happened in it that could be played.
    pub fn of_incident(timeline: &Timeline, mask: &dyn Fn(&str) -> String) -> Result<Self, String> {
        let incident = &timeline.incident;
        let began = timeline.lines.iter().filter(|line| signals(line)).map(|line| line.at).min();
        let began = began
            .ok_or_else(|| format!("no alert fired in {}, and no feed changed: nothing could be played", incident.label()))?;
        let mut past = Past { mask, began, names: BTreeMap::new(), firing: BTreeSet::new(), beats: Vec::new() };
        timeline.lines.iter().for_each(|line| past.beat(line));
        let declared = timeline.lines.iter().find(|line| line.kind == Said::Declare);
        let title = declared.and_then(|line| line.entry.text_of("title")).unwrap_or(&incident.title);
        let playbook = timeline.lines.iter().find_map(|line| begun(&line.entry));
        let mut scenario = Self {
            id: incident.label().to_lowercase(),
            title: past.line(title).unwrap_or_else(|| incident.label()),
            kind: Kind::Replay,
            playbook,
            services: incident.services.iter().filter_map(|name| past.service(name)).collect(),
            ending: past.ending(timeline, title),
            beats: std::mem::take(&mut past.beats),
            expects: Vec::new(),
            abort: Vec::new(),
        };
        scenario.expects = past.expects(&timeline.lines, &scenario);
        Ok(scenario)
    }
}

/// What an incident is seen by.
fn signals(line: &Line) -> bool {
    matches!(line.kind, Said::AlertFired | Said::FeedChanged) && line.entry.drill.is_none()
}

/// The playbook of a run that people began for real.
fn begun(entry: &Entry) -> Option<PlaybookId> {
    let real = matches!(entry.data_of("mode"), Some(RunMode::Live | RunMode::Manual));
    entry.playbook.clone().filter(|_| entry.kind == Said::Run && real && by_person(entry))
}

fn by_person(entry: &Entry) -> bool {
    entry.actor.kind == ActorKind::Person
}

struct Past<'a> {
    mask: &'a dyn Fn(&str) -> String,
    began: DateTime<Utc>,
    /// What the script calls each alert.
    names: BTreeMap<AlertId, String>,
    firing: BTreeSet<AlertId>,
    beats: Vec<Beat>,
}

impl Past<'_> {
    /// In whole seconds; what was before the first signal is at the beginning.
    fn offset(&self, at: DateTime<Utc>) -> Duration {
        Duration::from_secs((at - self.began).num_seconds().max(0).unsigned_abs())
    }

    /// One line without what others may not read; `None` where nothing is left.
    fn line(&self, text: &str) -> Option<String> {
        let text = (self.mask)(text);
        let line = text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
        Some(line.collect::<Vec<_>>().join(" ")).filter(|line| !line.is_empty())
    }

    fn service(&self, name: &ServiceName) -> Option<ServiceName> {
        self.line(name.as_str()).map(|name| name.as_str().into())
    }

    fn beat(&mut self, line: &Line) {
        let at = self.offset(line.at);
        if line.entry.drill.is_some() || at > LATEST || self.beats.len() >= MOST {
            return;
        }
        let what = match line.kind {
            Said::AlertFired => self.fires(line),
            Said::AlertResolved => self.resolves(line),
            Said::FeedChanged => self.turn(line),
            Said::Change => self.line(&line.text).map(|text| What::Note { text: self.dated(line, &text) }),
            _ => None,
        };
        self.beats.extend(what.map(|what| Beat { at, what }));
    }

    /// How long before the first signal it was, where it was before.
    fn dated(&self, line: &Line, text: &str) -> String {
        match (self.began - line.at).num_minutes() {
            minutes if minutes > 0 => format!("{minutes} min before: {text}"),
            _ => text.to_owned(),
        }
    }

    fn fires(&mut self, line: &Line) -> Option<What> {
        let (entry, id) = (&line.entry, line.entry.alert.clone()?);
        if !self.firing.insert(id.clone()) {
            return None;
        }
        let name = (self.mask)(entry.text_of("name").unwrap_or(&line.text));
        let own = self.named(&id, &name);
        let labels: BTreeMap<String, String> = entry.data_of("labels").unwrap_or_default();
        let said = |(key, value): (String, String)| (key, (self.mask)(&value));
        let mut labels: BTreeMap<String, String> = labels.into_iter().map(said).collect();
        if labels.get("alertname") == Some(&own) {
            labels.remove("alertname");
        }
        Some(What::Fires(Fires {
            name: own,
            severity: entry.data_of("severity").unwrap_or(Severity::Unknown),
            service: entry.service.as_ref().and_then(|name| self.service(name)),
            summary: entry.text_of("summary").and_then(|text| self.line(text)),
            labels,
            annotations: BTreeMap::new(),
        }))
    }

    /// What the script calls it: by its name, and of several alerts of a name by their numbers.
    fn named(&mut self, id: &AlertId, name: &str) -> String {
        if let Some(known) = self.names.get(id) {
            return known.clone();
        }
        let fits = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' };
        let plain: String = name.chars().take(NAME - 8).map(fits).collect();
        let plain = if plain.is_empty() { "alert".to_owned() } else { plain };
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let taken: BTreeSet<&String> = self.names.values().collect();
        let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default();
        self.names.insert(id.clone(), free.clone());
        free
    }

    fn resolves(&mut self, line: &Line) -> Option<What> {
        let id = line.entry.alert.as_ref().filter(|id| self.firing.remove(*id))?;
        Some(What::Resolves { name: self.names.get(id)?.clone() })
    }

    fn turn(&self, line: &Line) -> Option<What> {
        let entry = &line.entry;
        Some(What::Feed(Turn {
            feed: self.line(entry.text_of("feed")?)?,
            service: entry.service.as_ref().and_then(|name| self.service(name)),
            state: FeedState::parse(entry.text_of("to")?)?,
            text: entry.text_of("message").and_then(|text| self.line(text)).unwrap_or_default(),
        }))
    }

    /// What people decided and what it was, in the order in which they said it.
    fn ending(&self, timeline: &Timeline, declared: &str) -> Option<String> {
        let told = |line: &&Line| {
            matches!(line.kind, Said::Decision | Said::Status | Said::Title)
                || (line.kind == Said::Cause && line.entry.text_of("verdict") == Some("right"))
                || (line.important && by_person(&line.entry))
        };
        let title = Some(&timeline.incident.title).filter(|title| *title != declared).and_then(|title| self.line(title));
        let said =
            |line: &Line| Some(format!("after {} min: {}", self.offset(line.at).as_secs() / MINUTE, self.line(&line.text)?));
        let lines: Vec<String> = title.into_iter().chain(timeline.lines.iter().filter(told).filter_map(said)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn expects(&self, lines: &[Line], scenario: &Scenario) -> Vec<Expected> {
        let mut steps = Steps { of: scenario.playbook.as_ref(), runs: BTreeMap::new() };
        let mut known: BTreeSet<(&str, Option<String>)> = BTreeSet::new();
        let mut expects = Vec::new();
        for line in lines.iter().filter(|line| line.entry.drill.is_none()) {
            let done = steps.done(line).map(|step| (Act::Step, Some(step)));
            for (act, about) in done.into_iter().chain(self.did(line)) {
                let mut expected = Expected { act, about, after: None, within: Duration::ZERO, points: 1 };
                let took = self.offset(line.at).checked_sub(scenario.counts_from(&expected)).filter(|_| line.at >= self.began);
                let Some(took) = took.filter(|took| *took <= LATEST) else { continue };
                if known.insert((act.word(), expected.about.clone())) {
                    // As long as it took, in whole minutes.
                    expected.within = Duration::from_secs((took.as_secs() / MINUTE + 1) * MINUTE).min(LATEST);
                    expects.push(expected);
                }
            }
        }
        expects
    }

    /// What a person did by it that others are to do, too. Nobody is named, and nothing that somebody wrote.
    fn did(&self, line: &Line) -> Option<(Act, Option<String>)> {
        let entry = &line.entry;
        if !by_person(entry) {
            return None;
        }
        let word = |name: &str| entry.text_of(name).map(|word| Some(word.to_owned()));
        match line.kind {
            Said::Ack => Some((Act::Ack, Some(self.names.get(entry.alert.as_ref()?)?.clone()))),
            Said::Run => Some((Act::Playbook, Some(begun(entry)?.to_string()))),
            // A drill begins with whoever starts it as its lead, and not among the least: neither has to be said.
            Said::Severity => {
                let said = entry.data_of::<Sev>("severity").filter(|said| *said == Sev::ALL[0])?;
                Some((Act::Severity, Some(said.to_string())))
            }
            Said::Status => Some((Act::Status, word("status")?)),
            Said::Role => Some((Act::Role, word("role").filter(|role| role.as_deref() != Some(Role::Lead.word()))?)),
            Said::Comms if entry.data.contains_key("to") => Some((Act::Update, None)),
            Said::Decision => Some((Act::Decision, None)),
            Said::Note | Said::Hypothesis => Some((Act::Note, None)),
            _ => None,
        }
    }
}

/// The steps that were done of the playbook that is practised.
struct Steps<'a> {
    of: Option<&'a PlaybookId>,
    runs: BTreeMap<RunId, Run>,
}

impl Steps<'_> {
    fn done(&mut self, line: &Line) -> Option<String> {
        let run = self.runs.entry(line.entry.run?).or_default();
        run.apply(&line.entry);
        let step = line.entry.step.as_ref().filter(|_| run.playbook.as_ref() == self.of)?;
        let did = run.record(step)?.plan.section == "steps" && run.state_of(step) == Some(StepState::Succeeded);
        did.then(|| step.to_string())
    }
}
