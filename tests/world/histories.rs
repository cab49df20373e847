//! Random histories of a source, its server and this console: polls that fail, miss a part or arrive late, servers that restart
//! and know nothing, consoles that die in the middle of an act. Whatever happens, nothing that fires is taken for resolved,
//! and no act is lost or sent twice.

use super::*;
use midwatch::domain::ids::EntryId;
use midwatch::domain::text::Outside;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 3] = ["Down", "Full", "Slow"];

#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    /// What the server says now is on its way.
    Asked,
    /// It arrives, unless that took too long.
    Arrives,
    /// It arrives without what one of its parts had, and says so.
    ArrivesInPart(usize),
    Fails,
    /// The server knows nothing any more; each rule tells it again within four minutes.
    ServerRestarts,
    Fires(usize),
    Ends(usize),
    Acknowledges(usize),
    GivesUp(usize),
    /// The oldest act under way comes to this end.
    ActEnds(Outcome),
    /// The console dies and another one begins; of the acts under way the server has got those whose bit is set.
    ConsoleDies(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let name = || 0..NAMES.len();
    let outcome = prop_oneof![
        4 => Just(Outcome::Done),
        1 => Just(Outcome::Failed),
        2 => Just(Outcome::Unsent),
        1 => Just(Outcome::Unknown),
    ];
    prop_oneof![
        6 => (1..90_u64).prop_map(Step::Wait),
        1 => (90..900_u64).prop_map(Step::Wait),
        6 => Just(Step::Asked),
        6 => Just(Step::Arrives),
        2 => name().prop_map(Step::ArrivesInPart),
        2 => Just(Step::Fails),
        1 => Just(Step::ServerRestarts),
        3 => name().prop_map(Step::Fires),
        2 => name().prop_map(Step::Ends),
        3 => name().prop_map(Step::Acknowledges),
        1 => name().prop_map(Step::GivesUp),
        4 => outcome.prop_map(Step::ActEnds),
        1 => any::<u8>().prop_map(Step::ConsoleDies),
    ]
}

/// What is so, what the server knows of it, and what the console was told.
struct Night {
    story: Story,
    /// Since when each alert fires.
    fires: BTreeMap<usize, DateTime<Utc>>,
    /// Beginnings of what has really ended.
    ended: BTreeSet<(usize, DateTime<Utc>)>,
    /// What the server lists, or from when on it will.
    told: BTreeMap<usize, DateTime<Utc>>,
    started: DateTime<Utc>,
    /// The answer that is on its way: what it lists, the server's start, and when it was asked for.
    answer: Option<(Vec<usize>, DateTime<Utc>, DateTime<Utc>)>,
    flying: Vec<(EntryId, Act)>,
    /// Intents that the server has carried out.
    done: BTreeSet<EntryId>,
}

impl Night {
    fn new() -> Self {
        let story = Story::with(settings(true));
        let started = story.now.wall - chrono::Duration::hours(1);
        Self {
            story,
            fires: BTreeMap::new(),
            ended: BTreeSet::new(),
            told: BTreeMap::new(),
            started,
            answer: None,
            flying: Vec::new(),
            done: BTreeSet::new(),
        }
    }

    fn live(&mut self, step: &Step) {
        // Nothing starts twice in the same moment: by their beginnings alone are two episodes, or two starts of a server, told apart.
        self.story.wait(1);
        let now = self.story.now.wall;
        match step {
            Step::Wait(seconds) => self.story.wait(*seconds),
            Step::Asked => {
                let listed = self.told.iter().filter(|(_, from)| **from <= now).map(|(name, _)| *name).collect();
                self.answer.get_or_insert((listed, self.started, now));
            }
            Step::Arrives => self.arrives(None),
            Step::ArrivesInPart(missing) => self.arrives(Some(*missing)),
            Step::Fails => {
                self.answer = None;
                let trouble = Trouble::new(Reason::Refused, "connection refused");
                self.story.fact(Fact::SourceFailed { source: "prod".into(), trouble });
            }
            Step::ServerRestarts => {
                self.started = now;
                let again = |(name, _): (&usize, _)| (*name, now + chrono::Duration::seconds(60 + 60 * *name as i64));
                self.told = self.fires.iter().map(again).collect();
            }
            Step::Fires(name) => {
                self.fires.entry(*name).or_insert(now);
                self.told.entry(*name).or_insert(now);
            }
            Step::Ends(name) => {
                self.told.remove(name);
                self.ended.extend(self.fires.remove(name).map(|since| (*name, since)));
            }
            Step::Acknowledges(name) => drop(self.story.ask(ack(&[NAMES[*name]]))),
            Step::GivesUp(name) => {
                self.story.ask(Command::Unacknowledge { alerts: vec![id(NAMES[*name])], reason: String::new() });
            }
            Step::ActEnds(outcome) => self.act_ends(*outcome),
            Step::ConsoleDies(got) => self.console_dies(*got),
        }
        self.take_effects();
        self.nothing_that_fires_has_resolved();
    }

    fn arrives(&mut self, missing: Option<usize>) {
        let Some((listed, started, asked)) = self.answer.take() else { return };
        if self.story.now.wall - asked > chrono::Duration::seconds(10) {
            return self.live(&Step::Fails);
        }
        let there = listed.into_iter().filter(|name| Some(*name) != missing);
        let alerts: Vec<_> = there.map(|name| alert(NAMES[name], "postgres", self.began(name))).collect();
        let answer = SourceAnswer {
            complete: missing.is_none(),
            started_at: Some(started),
            beginnings_tell: true,
            ..SourceAnswer::default()
        };
        // A part that is missing takes nothing away: the poller keeps what that part had told.
        let kept =
            missing.filter(|name| self.story.lists(NAMES[*name])).map(|name| alert(NAMES[name], "postgres", self.began(name)));
        self.story.poll_with(&alerts.into_iter().chain(kept).collect::<Vec<_>>(), answer);
    }

    /// Of an answer that is late, the beginning may be one that has ended since.
    fn began(&self, name: usize) -> DateTime<Utc> {
        let last = self.ended.iter().rev().find(|(ended, _)| *ended == name).map(|(_, since)| *since);
        self.fires.get(&name).copied().or(last).unwrap_or(self.story.now.wall)
    }

    fn act_ends(&mut self, outcome: Outcome) {
        if self.flying.is_empty() {
            return;
        }
        let (intent, _) = self.flying.remove(0);
        if outcome == Outcome::Done || outcome == Outcome::Unknown && self.flying.len().is_multiple_of(2) {
            self.done.insert(intent);
        }
        self.told_of(intent, outcome);
    }

    fn told_of(&mut self, intent: EntryId, outcome: Outcome) {
        let made = (outcome == Outcome::Done).then(|| made(intent));
        self.story.fact(Fact::ActEnded { intent, end: ActEnd { outcome, detail: "so it said".into(), made } });
    }

    fn console_dies(&mut self, got: u8) {
        for (index, (intent, _)) in self.flying.drain(..).enumerate() {
            if got >> (index % 8) & 1 == 1 {
                self.done.insert(intent);
            }
        }
        self.answer = None;
        self.story.begins_anew();
    }

    /// What the console asks of the outside: acts fly, questions are answered truly.
    fn take_effects(&mut self) {
        loop {
            let effects = self.story.taken();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Act { intent, act, .. } => {
                        let under_way = self.flying.iter().any(|(other, _)| *other == intent.id());
                        assert!(!under_way && !self.done.contains(&intent.id()), "{} is sent twice", intent.id());
                        self.flying.push((intent.id(), act));
                    }
                    Effect::Find { intent, .. } => {
                        let there = self.done.contains(&intent.id());
                        let found = Ok(if there { Found::There(made(intent.id())) } else { Found::NotThere });
                        self.story.fact(Fact::ActFound { intent: intent.id(), found });
                    }
                    _ => {}
                }
            }
        }
    }

    fn nothing_that_fires_has_resolved(&self) {
        for (name, since) in &self.fires {
            let resolved = self.story.journal.iter().filter(|entry| entry.kind == Kind::AlertResolved);
            let mut resolved = resolved.filter(|entry| entry.alert == Some(id(NAMES[*name])));
            let false_end = resolved.any(|entry| entry.data_of::<DateTime<Utc>>("starts_at") == Some(*since));
            assert!(!false_end, "{} fires since {since} and was recorded as resolved", NAMES[*name]);
        }
    }

    /// Everything works again for half an hour.
    fn calms_down(&mut self) {
        for _ in 0..120 {
            self.live(&Step::Wait(15));
            self.live(&Step::Asked);
            self.live(&Step::Arrives);
            while !self.flying.is_empty() {
                self.live(&Step::ActEnds(Outcome::Done));
            }
        }
    }

    /// One that could not be sent waits, until it is given up or another intent takes its place; what became of one that nobody
    /// knew of is found out.
    fn every_act_has_one_end(&self) {
        let of_kind = |kind: Kind| self.story.journal.iter().filter(move |entry| entry.kind == kind);
        for intent in of_kind(Kind::Act) {
            let ends = of_kind(Kind::ActEnded).filter(|end| end.data_of("intent") == Some(intent.id));
            let ends = ends.filter(|end| !matches!(end.data_of("outcome"), Some(Outcome::Unsent | Outcome::Unknown))).count();
            let again = of_kind(Kind::Act).filter(|other| other.data_of("again") == Some(intent.id)).count();
            assert_eq!(ends + again, 1, "ends of {}: {}", intent.id, intent.text);
        }
    }

    /// What somebody took on stays theirs until it ends, is given up, or the episode is over, and not only taken for that. What ends and
    /// fires again between two answers is one episode: nobody has seen its end.
    fn every_acknowledgement_holds(&self) {
        let now = self.story.now.wall;
        for name in self.fires.keys().map(|name| id(NAMES[*name])) {
            let tracked = self.story.world.alerts.get(&name).expect("what fires is in the queue");
            assert_eq!(tracked.resolved_at, None);
            let mut owned: Option<DateTime<Utc>> = None;
            for entry in self.story.journal.iter().filter(|entry| entry.alert.as_ref() == Some(&name)) {
                match entry.kind {
                    Kind::Ack => owned = entry.data_of("until"),
                    Kind::Unack => owned = None,
                    Kind::AlertResolved if entry.text_of("why") != Some("not listed since a restart") => owned = None,
                    _ => {}
                }
            }
            let held = self.story.world.alerts.ack(tracked, now);
            assert_eq!(held.and_then(|ack| ack.until), owned.filter(|until| *until > now), "who owns {name}");
        }
    }
}

fn made(intent: EntryId) -> Outside {
    format!("silence of {intent}").as_str().into()
}

#[test]
fn what_is_kept_for_an_alert_that_ended_while_no_console_ran_is_given_up() {
    let mut night = Night::new();
    let before = [Step::Fires(0), Step::Asked, Step::Arrives, Step::Acknowledges(0), Step::Ends(0)];
    before.iter().chain(&[Step::ActEnds(Outcome::Unsent), Step::ConsoleDies(0)]).for_each(|step| night.live(step));
    night.calms_down();
    night.every_act_has_one_end();
    let end = night.story.last(Kind::ActEnded);
    assert_eq!(end.text_of("detail"), Some("never sent: the alert has resolved"));
}

#[test]
fn a_restart_between_two_answers_alike_is_seen_and_takes_no_alert_away() {
    use Step::{Arrives, Asked, Fires, ServerRestarts};
    let mut night = Night::new();
    let steps = [ServerRestarts, Fires(0), Asked, Arrives, Asked, Asked, ServerRestarts, Asked, Asked, Asked, Arrives];
    steps.iter().for_each(|step| night.live(step));
    night.calms_down();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_fires_is_resolved_and_no_act_is_lost(steps in prop::collection::vec(step(), 1..120)) {
        let mut night = Night::new();
        steps.iter().for_each(|step| night.live(step));
        night.calms_down();
        night.every_act_has_one_end();
        night.every_acknowledgement_holds();
    }
}
