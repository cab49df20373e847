//! What people did in a drill, held against what was expected of them.

use super::{Act, Expected, Scenario};
use crate::domain::entry::{ActorKind, Entry, Kind};
use crate::domain::ids::{PlaybookId, RunId};
use crate::domain::incident::Sev;
use crate::domain::playbook::words;
use crate::domain::run::{Run, StepState};
use crate::domain::text::inert;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::time::Duration;

words! {
    /// What became of one thing that was expected.
    Outcome {
        Met = "met",
        /// Done, but not in time.
        Late = "late",
        Missed = "missed",
    }
}

/// One thing that was expected, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    pub expected: Expected,
    pub outcome: Outcome,
    /// How long after what it counts from.
    pub took: Option<Duration>,
}

impl Scored {
    /// `✓ ack PaymentErrors: in 10s of 3m00s`.
    pub fn told(&self, age: fn(Duration) -> String) -> String {
        let about = self.expected.about.as_ref().map(|about| format!(" {}", inert(about))).unwrap_or_default();
        let (mark, how) = match (self.outcome, self.took) {
            (Outcome::Met, Some(took)) => ("✓", format!("in {} of {}", age(took), age(self.expected.within))),
            (Outcome::Late, Some(took)) => ("◐", format!("late, in {} of {}", age(took), age(self.expected.within))),
            (outcome, _) => ("✗", outcome.word().to_owned()),
        };
        format!("{mark} {}{about}: {how}", self.expected.act.word())
    }
}

/// All of them, in the order of the script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub all: Vec<Scored>,
}

impl Score {
    pub fn of(&self, outcome: Outcome) -> usize {
        self.all.iter().filter(|scored| scored.outcome == outcome).count()
    }

    /// What was late counts half, rounded down.
    pub fn points(&self) -> u32 {
        let points = |scored: &Scored| match scored.outcome {
            Outcome::Met => scored.expected.points,
            Outcome::Late => scored.expected.points / 2,
            Outcome::Missed => 0,
        };
        self.all.iter().map(points).fold(0, u32::saturating_add)
    }

    /// How many there were to be had.
    pub fn most(&self) -> u32 {
        self.all.iter().map(|scored| scored.expected.points).fold(0, u32::saturating_add)
    }
}

impl Scenario {
    /// `entries` are those of the drill, corrected, in the order of the fold; `elapsed` is the drill's clock, which stands still while it
    /// is paused.
    pub fn score<E: Borrow<Entry>>(&self, entries: &[E], elapsed: impl Fn(DateTime<Utc>) -> Duration) -> Score {
        let done = Done::read(entries);
        let one = |expected: &Expected| {
            let from = self.counts_from(expected);
            let at = done.times(self, expected).map(&elapsed).filter(|at| *at >= from).min();
            let took = at.map(|at| at.saturating_sub(from));
            let outcome = match took {
                None => Outcome::Missed,
                Some(took) if took > expected.within => Outcome::Late,
                Some(_) => Outcome::Met,
            };
            Scored { expected: expected.clone(), outcome, took }
        };
        Score { all: self.expects.iter().map(one).collect() }
    }

    /// When the time begins in which something is expected: with its alert, or with the first of all.
    pub fn counts_from(&self, expected: &Expected) -> Duration {
        let own = expected.about.as_ref().filter(|_| expected.act == Act::Ack);
        let name = expected.after.as_ref().or(own);
        let mut alerts = self.alerts();
        alerts.find(|(_, alert)| name.is_none_or(|name| alert.name == *name)).map_or(Duration::ZERO, |(at, _)| at)
    }
}

/// What was done, and when.
struct Done<'a> {
    entries: Vec<&'a Entry>,
    /// The steps that were done, by their ids, whatever run they are of.
    steps: Vec<(String, DateTime<Utc>)>,
    /// Whenever a run was gone on with in what is its purpose, and of which playbook it is. Who prepared it, and when, says nothing: a
    /// drill does so by itself.
    acts: Vec<(Option<PlaybookId>, DateTime<Utc>)>,
}

impl<'a> Done<'a> {
    fn read<E: Borrow<Entry>>(entries: &'a [E]) -> Self {
        let entries: Vec<&Entry> = entries.iter().map(Borrow::borrow).collect();
        let mut runs: BTreeMap<RunId, Run> = BTreeMap::new();
        let (mut steps, mut acts) = (Vec::new(), Vec::new());
        for entry in &entries {
            let Some(id) = entry.run else { continue };
            let run = runs.entry(id).or_default();
            run.apply(entry);
            if run.acts_by(entry) {
                acts.push((run.playbook.clone(), entry.at));
            }
            let Some(step) = &entry.step else { continue };
            if matches!(run.state_of(step), Some(StepState::Succeeded | StepState::AlreadyDone)) {
                steps.push((step.to_string(), entry.at));
            }
        }
        Self { entries, steps, acts }
    }

    /// When it was done, each time.
    fn times<'s>(&'s self, scenario: &'s Scenario, expected: &'s Expected) -> Box<dyn Iterator<Item = DateTime<Utc>> + 's> {
        let about = expected.about.as_deref();
        if expected.act == Act::Step {
            let steps = self.steps.iter().filter(move |(step, _)| about.is_none_or(|about| about == step));
            return Box::new(steps.map(|(_, at)| *at));
        }
        if expected.act == Act::Playbook {
            let wanted = about.or(scenario.playbook.as_ref().map(PlaybookId::as_str));
            let of = move |book: &Option<PlaybookId>| wanted.is_none() || book.as_ref().map(PlaybookId::as_str) == wanted;
            return Box::new(self.acts.iter().filter(move |(book, _)| of(book)).map(|(_, at)| *at));
        }
        // The program itself does none of what is expected.
        let people = self.entries.iter().filter(|entry| entry.actor.kind == ActorKind::Person);
        Box::new(people.filter(move |entry| does(entry, expected.act, about)).map(|entry| entry.at))
    }
}

fn does(entry: &Entry, act: Act, about: Option<&str>) -> bool {
    let written = || about.is_none_or(|about| entry.text.to_lowercase().contains(&about.to_lowercase()));
    let word = |name: &str| about.is_none_or(|about| entry.text_of(name) == Some(about));
    match (act, &entry.kind) {
        (Act::Ack, Kind::Ack) => about.is_none_or(|about| acknowledges(entry, about)),
        (Act::Severity, Kind::Severity) => about.is_none_or(|about| {
            let wanted = about.parse::<Sev>().ok();
            entry.data_of::<Sev>("severity").zip(wanted).is_some_and(|(said, wanted)| said <= wanted)
        }),
        (Act::Status, Kind::Status) => word("status"),
        (Act::Role, Kind::Role) => word("role"),
        // Without `to` it is a page, or what was only written down of one.
        (Act::Update, Kind::Comms) => entry.data.contains_key("to") && written(),
        (Act::Decision, Kind::Decision) => written(),
        (Act::Note, Kind::Note | Kind::Hypothesis | Kind::Decision | Kind::Todo) => written(),
        _ => false,
    }
}

/// Of which alert of the script the entry is: its fingerprint ends so, whatever the drill is called.
fn acknowledges(entry: &Entry, name: &str) -> bool {
    let drill = entry.drill.as_deref().unwrap_or("");
    entry.alert.as_ref().is_some_and(|alert| *alert == Scenario::alert(drill, name))
}

#[cfg(test)]
mod tests {
    use super::super::{Beat, Fires, Kind as Held, What};
    use super::*;
    use crate::domain::alert::Severity;
    use crate::domain::entry::{Actor, Clock, Draft};
    use crate::domain::ids::{EntryId, OriginId};
    use uuid::Uuid;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn expected(act: Act, about: Option<&str>, within: u64) -> Expected {
        Expected { act, about: about.map(str::to_owned), after: None, within: seconds(within), points: 2 }
    }

    /// `Late` fires a minute in, `Down` at ten seconds.
    fn script(expects: Vec<Expected>) -> Scenario {
        let fires = |at, name: &str| Beat {
            at: seconds(at),
            what: What::Fires(Fires {
                name: name.to_owned(),
                severity: Severity::Critical,
                service: None,
                summary: None,
                labels: BTreeMap::new(),
                annotations: BTreeMap::new(),
            }),
        };
        Scenario {
            id: "s".to_owned(),
            title: "S".to_owned(),
            kind: Held::Tabletop,
            playbook: Some("fail-over".into()),
            services: Vec::new(),
            beats: vec![fires(10, "Down"), fires(60, "Late")],
            expects,
            abort: Vec::new(),
            ending: None,
        }
    }

    fn at(offset: u64, kind: Kind) -> Draft {
        let mut draft = Draft::new(kind, DateTime::UNIX_EPOCH + seconds(offset), Actor::person("ana", None), "what was said");
        draft.drill = Some("d-1".to_owned());
        draft
    }

    fn outcomes(expects: Vec<Expected>, drafts: Vec<Draft>) -> Vec<(Outcome, Option<u64>)> {
        let entry = |(seq, draft): (usize, Draft)| {
            let id = EntryId(Uuid::from_u128(seq as u128 + 1));
            Entry::stamped(id, OriginId(Uuid::nil()), seq as u64 + 1, Clock::default(), draft.at, draft)
        };
        let entries: Vec<Entry> = drafts.into_iter().enumerate().map(entry).collect();
        let elapsed = |at: DateTime<Utc>| (at - DateTime::UNIX_EPOCH).to_std().unwrap_or_default();
        let score = script(expects).score(&entries, elapsed);
        score.all.iter().map(|scored| (scored.outcome, scored.took.map(|took| took.as_secs()))).collect()
    }

    #[test]
    fn an_acknowledgement_counts_for_its_own_alert_and_from_its_firing() {
        let ack = |offset, name: &str| {
            let mut draft = at(offset, Kind::Ack);
            draft.alert = Some(Scenario::alert("d-1", name));
            draft
        };
        let wanted =
            || vec![expected(Act::Ack, Some("Down"), 20), expected(Act::Ack, Some("Late"), 20), expected(Act::Ack, None, 60)];
        use Outcome::{Late, Met, Missed};
        assert_eq!(outcomes(wanted(), vec![ack(30, "Down")]), [(Met, Some(20)), (Missed, None), (Met, Some(20))]);
        assert_eq!(outcomes(wanted(), vec![ack(90, "Late")]), [(Missed, None), (Late, Some(30)), (Late, Some(80))]);
        let mut other = ack(30, "Down");
        other.alert = Some(Scenario::alert("d-2", "Down"));
        assert_eq!(outcomes(wanted(), vec![other])[0], (Missed, None), "an alert of another drill");
        let mut by_itself = ack(30, "Down");
        by_itself.actor = Actor::system("alerts");
        assert_eq!(outcomes(wanted(), vec![by_itself])[0], (Missed, None), "the program did it");
        assert_eq!(outcomes(Vec::new(), vec![ack(30, "Down")]), []);
    }

    #[test]
    fn each_act_is_known_by_what_is_recorded_of_it() {
        let with = |kind, name: &str, value: &str| at(30, kind).with(name, value);
        let said = |kind, text: &str| Draft { text: text.to_owned(), ..at(30, kind) };
        let met =
            |act, about: Option<&str>, draft: Draft| outcomes(vec![expected(act, about, 60)], vec![draft])[0].0 == Outcome::Met;
        assert!(met(Act::Severity, Some("SEV2"), with(Kind::Severity, "severity", "SEV1")), "worse will do");
        assert!(!met(Act::Severity, Some("SEV2"), with(Kind::Severity, "severity", "SEV3")));
        assert!(met(Act::Status, Some("mitigated"), with(Kind::Status, "status", "mitigated")));
        assert!(!met(Act::Status, Some("resolved"), with(Kind::Status, "status", "mitigated")));
        assert!(met(Act::Role, Some("lead"), with(Kind::Role, "role", "lead")));
        assert!(!met(Act::Role, Some("scribe"), with(Kind::Role, "role", "lead")));
        let told = || said(Kind::Comms, "no payments work").with("to", ["status page"]);
        assert!(met(Act::Update, Some("Payments"), told()));
        assert!(!met(Act::Update, None, said(Kind::Comms, "ben was paged")), "nobody was told");
        assert!(met(Act::Note, Some("vendor"), said(Kind::Hypothesis, "the Vendor is down")));
        assert!(!met(Act::Note, Some("vendor"), said(Kind::Note, "we are down")));
        assert!(!met(Act::Note, None, said(Kind::Comms, "no note")));
        assert!(met(Act::Decision, None, said(Kind::Decision, "we fail over")));
        assert!(!met(Act::Decision, None, said(Kind::Note, "we might")));
    }

    #[test]
    fn a_playbook_counts_once_its_steps_are_begun_and_from_the_alert_on() {
        let planned = |id: &str, section| serde_json::json!({"id": id, "title": "T", "kind": "manual", "section": section, "arrives": "awaiting-input"});
        let run = |book: &str| {
            let plan = [planned("look", "before"), planned("promote", "steps")];
            Draft { playbook: Some(book.into()), ..at(0, Kind::Run).with("steps", plan).with("mode", "drill") }
        };
        let step = |offset, id: &str, kind| {
            let mut draft = at(offset, kind);
            (draft.run, draft.step, draft.attempt) = (Some(RunId(Uuid::from_u128(1))), Some(id.into()), Some(1));
            draft.with("answer", "done").with("goto", "end")
        };
        let scored = |about, drafts| outcomes(vec![expected(Act::Playbook, about, 60)], drafts)[0];
        use Outcome::{Late, Met, Missed};
        assert_eq!(scored(None, vec![run("fail-over")]), (Missed, None), "the drill prepares it by itself");
        let looked = vec![run("fail-over"), step(30, "look", Kind::StepAnswer)];
        assert_eq!(scored(None, looked), (Missed, None), "whoever looks before the start has not started");
        let begun = |offset, kind| vec![run("fail-over"), step(offset, "promote", kind)];
        assert_eq!(scored(None, begun(30, Kind::StepIntent)), (Met, Some(20)), "though it was prepared before the alert");
        assert_eq!(scored(None, begun(90, Kind::StepAnswer)), (Late, Some(80)));
        assert_eq!(scored(None, begun(5, Kind::StepIntent)), (Missed, None), "nothing had happened");
        assert_eq!(scored(Some("another"), begun(30, Kind::StepIntent)), (Missed, None));
        let other = vec![run("another"), step(30, "promote", Kind::StepIntent)];
        assert_eq!((scored(None, other.clone()), scored(Some("another"), other)), ((Missed, None), (Met, Some(20))));
    }

    #[test]
    fn a_step_counts_once_it_is_done_and_not_when_it_is_tried() {
        let plan = serde_json::json!([{"id": "promote", "title": "Promote", "kind": "manual", "section": "steps", "arrives": "awaiting-input"}]);
        let prepared =
            Draft { playbook: Some("fail-over".into()), ..at(20, Kind::Run).with("steps", plan).with("mode", "drill") };
        let id = RunId(Uuid::from_u128(1));
        let step = |offset, kind| {
            let mut draft = at(offset, kind);
            (draft.run, draft.step, draft.attempt) = (Some(id), Some("promote".into()), Some(1));
            draft
        };
        let wanted = || vec![expected(Act::Step, Some("promote"), 60), expected(Act::Step, Some("other"), 60)];
        let skipped = step(30, Kind::StepAnswer).with("answer", "skip").with("reason", "no time");
        assert_eq!(outcomes(wanted(), vec![prepared.clone(), skipped])[0], (Outcome::Missed, None));
        let done = step(50, Kind::StepAnswer).with("answer", "done").with("goto", "end");
        assert_eq!(outcomes(wanted(), vec![prepared, done]), [(Outcome::Met, Some(40)), (Outcome::Missed, None)]);
    }

    #[test]
    fn what_is_expected_after_an_alert_counts_from_it_and_not_before() {
        let after = |name: &str| Expected { after: Some(name.to_owned()), ..expected(Act::Note, None, 30) };
        let note = |offset| at(offset, Kind::Note);
        assert_eq!(outcomes(vec![after("Late")], vec![note(40)]), [(Outcome::Missed, None)], "it had not fired");
        assert_eq!(outcomes(vec![after("Late")], vec![note(40), note(80)]), [(Outcome::Met, Some(20))]);
        assert_eq!(outcomes(vec![expected(Act::Note, None, 30)], vec![note(5), note(40)]), [(Outcome::Met, Some(30))]);
    }

    #[test]
    fn what_was_late_counts_half() {
        let scored = |outcome| Scored { expected: expected(Act::Note, None, 1), outcome, took: None };
        let score = Score { all: [Outcome::Met, Outcome::Late, Outcome::Missed].map(scored).to_vec() };
        assert_eq!((score.points(), score.most(), score.of(Outcome::Late)), (3, 6, 1));
    }
}
