//! Who is called of what is new: once for the same thing, whoever watches.

#[path = "calling/cut_off.rs"]
mod cut_off;
#[path = "calling/nobody.rs"]
mod nobody;
#[path = "calling/worse.rs"]
mod worse;

use super::*;
use midwatch::domain::alert::{Alert, Labels, Severity, Upstream};
use midwatch::domain::attention::{Attention, Rule, Way};
use midwatch::domain::settings::Settings;
use midwatch::model::crier::Crier;
use midwatch::model::troubles::Subject;

/// One process of a data folder.
struct Desk {
    story: Story,
    crier: Crier,
    rung: u64,
    outward: bool,
    /// When somebody looked last.
    looked: Option<DateTime<Utc>>,
}

impl Desk {
    fn new(by: &[Way], ahead: u64) -> Self {
        Self::called_of(Severity::Critical, by, ahead)
    }

    fn called_of(severity: Severity, by: &[Way], ahead: u64) -> Self {
        let mut desk = Self::with(severity, by, settings(false));
        desk.story.now.mono += Duration::from_nanos(ahead);
        desk
    }

    fn with(severity: Severity, by: &[Way], settings: Settings) -> Self {
        let rule = Rule { severity, services: Vec::new(), hours: None, by: by.to_vec() };
        let attention = Attention { rules: vec![rule], zone: None };
        let story = Story::with(Settings { attention, ..settings });
        Self { story, crier: Crier::default(), rung: 0, outward: false, looked: None }
    }

    /// Before a frame; what its terminal rings, and what it does outside.
    fn calls(&mut self, looks: bool) -> (Vec<String>, Vec<Way>) {
        let outward = self.outward;
        let looked = looks.then_some(self.story.now.wall).or(self.looked);
        if let Some(call) = self.crier.cry(&self.story.world, || looked, |way| !outward || way.is_outward()) {
            self.story.ask(Command::Call(call));
        }
        self.done()
    }

    fn done(&mut self) -> (Vec<String>, Vec<Way>) {
        let rings = self.story.world.calls.since(&mut self.rung).into_iter().map(|ring| ring.text.clone()).collect();
        let acts = self.story.taken().into_iter().filter_map(|effect| match effect {
            Effect::Call { way, .. } => Some(way),
            _ => None,
        });
        (rings, acts.collect())
    }

    /// The journal of another process is this one's, too, and it has not read what is new in it yet.
    fn shares(&mut self, other: &Desk) {
        self.story.journal = other.story.journal.clone();
    }

    fn lists(&mut self, names: &[&str]) {
        self.lists_as(&names.iter().map(|name| (*name, "critical")).collect::<Vec<_>>(), |_| ());
    }

    /// Each with its severity, and whatever else its source says of it.
    fn lists_as(&mut self, alerts: &[(&str, &str)], but: impl Fn(&mut Alert)) {
        self.story.pass(1);
        let alerts: Vec<_> = alerts.iter().map(|(name, severity)| bad(name, severity, &but)).collect();
        self.story.poll(&alerts);
    }

    /// Its process is gone before it has made the call, and the next one begins.
    fn dies(&mut self) {
        self.story.begins_anew();
        self.crier = Crier::default();
        self.rung = 0;
    }

    fn said(&self) -> Vec<&str> {
        let console = self.story.journal.iter().filter(|entry| entry.kind == Kind::Console);
        console.map(|entry| entry.text.as_str()).collect()
    }
}

fn bad(name: &str, severity: &str, but: impl Fn(&mut Alert)) -> Arc<Alert> {
    let at: DateTime<Utc> = "2026-03-01T02:59:00Z".parse().expect("a time");
    let mut alert = Alert::clone(&alert(name, "checkout", at));
    let labels = [("alertname", name), ("service", "checkout"), ("severity", severity)];
    alert.labels = Labels::new(labels.map(|(name, value)| (name.into(), value.into())).to_vec());
    but(&mut alert);
    Arc::new(alert)
}

fn rung(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn of_two_consoles_one_rings_and_each_is_called_of_what_the_other_did_not_see() {
    let (mut one, mut other) = (Desk::new(&[Way::Bell], 0), Desk::new(&[Way::Bell], 1));
    one.lists(&["Down"]);
    assert_eq!(one.calls(false).0, rung(&["Down is critical"]));
    other.shares(&one);
    other.lists(&["Down"]);
    assert_eq!(other.calls(false).0, rung(&[]), "the journal had it already");
    other.lists(&["Down", "Slow", "Full"]);
    assert_eq!(other.calls(false).0, rung(&["Full is critical and 1 more"]));
    one.shares(&other);
    one.lists(&["Down", "Full", "Lost"]);
    assert_eq!(one.calls(false).0, rung(&["Lost is critical"]), "of the two that came one is new");
}

/// Of what `serve` has written down, the console that hears of it a moment later has not been told yet.
#[test]
fn what_another_process_has_recorded_first_still_rings_here() {
    let (mut serve, mut console) = (Desk::new(&[Way::Bell, Way::Command], 0), Desk::new(&[Way::Bell, Way::Command], 1));
    serve.outward = true;
    serve.story.wait(60);
    console.story.wait(60);
    serve.lists(&["Down"]);
    assert_eq!(serve.calls(false), (rung(&[]), vec![Way::Command]));
    let intent = serve.story.last(Kind::Console).id;
    serve.story.fact(Fact::CallEnded { intent, way: Way::Command, end: Ok(()) });
    let fired = serve.story.last(Kind::AlertFired).clone();
    console.shares(&serve);
    console.story.fact(Fact::Recorded { entry: fired, request: None });
    console.lists(&["Down"]);
    assert_eq!(console.calls(false), (rung(&["Down is critical"]), vec![]));
    let ended = serve.story.last(Kind::Console).clone();
    console.story.fact(Fact::Recorded { entry: ended, request: None });
    // Whoever begins now sees it on the screen: it is no news.
    console.story.wait(60);
    console.story.begins_anew();
    console.crier = Crier::default();
    console.rung = 0;
    console.lists(&["Down"]);
    assert_eq!(console.calls(false), (rung(&[]), vec![]));
}

#[test]
fn whoever_sees_it_come_is_not_called_by_anything() {
    let (mut one, mut serve) = (Desk::new(&[Way::Bell, Way::Desktop], 0), Desk::new(&[Way::Bell, Way::Desktop], 1));
    one.lists(&["Down"]);
    assert_eq!(one.calls(true), (rung(&[]), vec![]));
    let entry = one.story.last(Kind::Console).clone();
    assert_eq!(entry.text, "Down is critical: ana was at the console, so nobody is called");
    serve.shares(&one);
    serve.outward = true;
    serve.lists(&["Down"]);
    assert_eq!(serve.calls(false), (rung(&[]), vec![]));
    serve.lists(&["Down", "Slow"]);
    assert_eq!(serve.calls(true), (rung(&[]), vec![]), "another console is looked at");
}

#[test]
fn nothing_outside_is_done_that_is_not_written_down_and_a_terminal_rings_all_the_same() {
    let mut desk = Desk::new(&[Way::Bell, Way::Command], 0);
    desk.lists(&["Down"]);
    desk.story.slow = Some(Vec::new());
    assert_eq!(desk.calls(false), (rung(&[]), vec![]), "it is not recorded yet");
    desk.story.answer();
    assert_eq!(desk.done(), (rung(&["Down is critical"]), vec![Way::Command]));
    desk.story.broken = Some("the disk is full".to_owned());
    desk.lists(&["Down", "Slow"]);
    assert_eq!(desk.calls(false), (rung(&["Slow is critical"]), vec![]));
}

/// Whoever watches by then would call again.
#[test]
fn how_a_call_ended_is_recorded_though_the_watch_is_lost_meanwhile() {
    let mut desk = Desk::new(&[Way::Command], 0);
    desk.lists(&["Down"]);
    assert_eq!(desk.calls(false).1, [Way::Command]);
    let intent = desk.story.last(Kind::Console).id;
    desk.story.slow = Some(Vec::new());
    desk.story.fact(Fact::CallEnded { intent, way: Way::Command, end: Ok(()) });
    let asked = desk.story.slow.take().expect("it was asked");
    let asked: Vec<_> = asked.iter().map(|(request, drafts)| (request.is_duty(), drafts.len())).collect();
    assert_eq!((asked, desk.story.world.watching), (vec![(false, 1)], true), "no duty of the watcher's");
}

#[test]
fn an_acknowledgement_that_runs_out_calls_again_and_only_one_of_two_consoles() {
    let (mut one, mut other) = (Desk::new(&[Way::Bell], 0), Desk::new(&[Way::Bell], 1));
    one.lists(&["Down"]);
    assert_eq!(one.calls(false).0.len(), 1);
    let ack = Command::Acknowledge {
        alerts: vec![id("Down")],
        hold: Some(Duration::from_secs(60)),
        reason: String::new(),
        ticket: None,
        confirmed: None,
    };
    one.story.ask(ack);
    other.shares(&one);
    for entry in other.story.journal.clone() {
        other.story.fact(Fact::Recorded { entry, request: None });
    }
    other.lists(&["Down"]);
    assert_eq!((one.calls(false).0, other.calls(false).0), (rung(&[]), rung(&[])));
    one.story.wait(61);
    other.story.wait(61);
    assert_eq!(one.calls(false).0, rung(&["Down is critical"]));
    other.shares(&one);
    assert_eq!(other.calls(false).0, rung(&[]));
}

#[test]
fn how_a_call_ended_is_written_down_and_a_failure_is_a_trouble_until_one_succeeds() {
    let mut desk = Desk::new(&[Way::Command], 0);
    desk.lists(&["Down"]);
    if let Some(call) = desk.crier.cry(&desk.story.world, || None, |_| true) {
        desk.story.ask(Command::Call(call));
    }
    let effects = desk.story.taken();
    let Some(Effect::Call { intent, way, said }) = effects.iter().find(|effect| matches!(effect, Effect::Call { .. })) else {
        panic!("a call: {effects:?}")
    };
    let fact = |name: &str| said.facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((fact("MIDWATCH_ALERT"), fact("MIDWATCH_SEVERITY")), (Some("Down"), Some("critical")));
    assert_eq!((fact("MIDWATCH_SERVICE"), fact("MIDWATCH_COUNT")), (Some("checkout"), Some("1")));
    let ended = |end| Fact::CallEnded { intent: intent.id(), way: *way, end };
    desk.story.fact(ended(Err("it ended with 3: no route".into())));
    let entry = desk.story.last(Kind::Console).clone();
    assert_eq!(
        (entry.text.as_str(), entry.alert.as_ref()),
        ("not called by command: it ended with 3: no route", Some(&id("Down")))
    );
    let trouble = |desk: &Desk| desk.story.world.troubles.get(&Subject::Call(Way::Command)).map(|trouble| trouble.over.is_some());
    assert_eq!(trouble(&desk), Some(false));
    desk.story.fact(ended(Ok(())));
    assert_eq!(trouble(&desk), Some(true));
}

/// `serve` under a login without a desktop leaves that call to a console that has one.
#[test]
fn who_has_no_desktop_takes_that_call_from_nobody() {
    let (mut serve, mut console) = (Desk::new(&[Way::Desktop, Way::Command], 0), Desk::new(&[Way::Desktop, Way::Command], 1));
    serve.lists(&["Down"]);
    if let Some(call) = serve.crier.cry(&serve.story.world, || None, |way| way == Way::Command) {
        serve.story.ask(Command::Call(call));
    }
    assert_eq!(serve.done().1, [Way::Command]);
    console.shares(&serve);
    console.lists(&["Down"]);
    assert_eq!(console.calls(false).1, [Way::Desktop], "the command has been called already");
}

#[test]
fn an_acknowledgement_that_is_taken_away_calls_again_though_the_alert_has_called_already() {
    let mut desk = Desk::with(Severity::Critical, &[Way::Bell], native::pager());
    desk.story.pass(1);
    desk.story.poll(&unsent::down());
    assert_eq!(desk.calls(false).0.len(), 1);
    desk.story.ask(ack(&["Down"]));
    unsent::answer(&mut desk.story, midwatch::domain::act::Outcome::Done, Some("Q1"));
    desk.story.poll(&native::held(native::carried("ana", None)));
    assert_eq!(desk.calls(false).0, rung(&[]));
    (0..3).for_each(|_| {
        desk.story.wait(30);
        desk.story.poll(&unsent::down());
    });
    assert_eq!(desk.calls(false).0, rung(&["Down is critical"]));
}

/// When planned work ends every process says the same, though each looks at its own time.
#[test]
fn the_end_of_planned_work_calls_once() {
    let (mut one, mut other) = (Desk::new(&[Way::Bell], 0), Desk::new(&[Way::Bell], 1));
    one.lists(&["Down"]);
    let subjects = midwatch::domain::maintenance::Subjects::service("checkout".into());
    one.story.ask(Command::Maintain { subjects, hold: Duration::from_secs(600), reason: "kernel".into() });
    other.shares(&one);
    for entry in other.story.journal.clone() {
        other.story.fact(Fact::Recorded { entry, request: None });
    }
    other.lists(&["Down"]);
    assert_eq!((one.calls(false).0, other.calls(false).0), (rung(&[]), rung(&[])), "it is worked on");
    one.story.wait(601);
    other.story.wait(603);
    let first = one.calls(false).0;
    other.shares(&one);
    assert_eq!((first, other.calls(false).0), (rung(&["Down is critical"]), rung(&[])));
}

/// Two processes see a storm begin on two sides of a minute's border.
#[test]
fn a_storm_calls_once_though_a_minute_ends_meanwhile() {
    let (mut one, mut other) = (Desk::new(&[Way::Bell], 0), Desk::new(&[Way::Bell], 1));
    let names: Vec<String> = (0..300).map(|number| format!("Down{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // At 03:00:59 and at 03:01:00.
    one.story.pass(57);
    one.lists(&[]);
    other.story.pass(58);
    other.lists(&[]);
    one.lists(&names);
    assert_eq!(one.calls(false).0, rung(&["a storm, 300 new alerts"]));
    other.shares(&one);
    other.lists(&names);
    assert_eq!(other.calls(false).0, rung(&[]));
}

/// Somebody ends planned work before its time: every process says the same, though each hears of it at its own.
#[test]
fn the_early_end_of_planned_work_calls_once() {
    let (mut one, mut other) = (Desk::new(&[Way::Bell], 0), Desk::new(&[Way::Bell], 1));
    one.lists(&["Down"]);
    let subjects = midwatch::domain::maintenance::Subjects::service("checkout".into());
    one.story.ask(Command::Maintain { subjects: subjects.clone(), hold: Duration::from_secs(600), reason: "kernel".into() });
    let hears = |other: &mut Desk, one: &Desk| {
        other.shares(one);
        for entry in other.story.journal.clone() {
            other.story.fact(Fact::Recorded { entry, request: None });
        }
    };
    hears(&mut other, &one);
    other.lists(&["Down"]);
    one.calls(false);
    other.calls(false);
    one.story.pass(60);
    one.story.ask(Command::EndMaintenance { subjects });
    other.story.pass(62);
    hears(&mut other, &one);
    let first = one.calls(false).0;
    other.shares(&one);
    assert_eq!((first, other.calls(false).0), (rung(&["Down is critical"]), rung(&[])));
}

#[test]
fn a_watchdog_that_ends_calls_once_and_again_when_it_ends_again() {
    let mut desk = Desk::new(&[Way::Bell], 0);
    desk.lists_as(&[("Watchdog", "none"), ("Down", "critical")], |_| ());
    assert_eq!(desk.calls(false).0, rung(&["Down is critical"]), "as long as it fires it calls nobody");
    (0..2).for_each(|_| desk.lists(&["Down"]));
    assert_eq!(desk.calls(false).0, rung(&["Watchdog has ended: alerting may be broken"]));
    let ended = desk.story.last(Kind::AlertResolved).text.clone();
    assert!(ended.ends_with(": alerting may be broken"), "{ended}");
    let mut other = Desk::new(&[Way::Bell], 1);
    other.lists_as(&[("Watchdog", "none"), ("Down", "critical")], |_| ());
    other.shares(&desk);
    other.calls(false);
    (0..2).for_each(|_| other.lists(&["Down"]));
    assert_eq!(other.calls(false).0, rung(&[]), "another console of the folder has called of it");
    // What is no watchdog ends and calls nobody.
    (0..2).for_each(|_| desk.lists(&[]));
    assert_eq!(desk.calls(false).0, rung(&[]));
    desk.lists_as(&[("Watchdog", "none")], |_| ());
    assert_eq!(desk.calls(false).0, rung(&[]));
    (0..2).for_each(|_| desk.lists(&[]));
    assert_eq!(desk.calls(false).0, rung(&["Watchdog has ended: alerting may be broken"]));
}

#[test]
fn a_watchdog_that_ends_in_a_storm_calls_though_the_storm_has() {
    let mut desk = Desk::new(&[Way::Bell], 0);
    desk.lists_as(&[("Watchdog", "none")], |_| ());
    desk.calls(false);
    let names: Vec<String> = (0..300).map(|n| format!("Noise{n}")).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.sort_unstable();
    desk.lists(&all);
    assert_eq!(desk.calls(false).0, rung(&["a storm, 300 new alerts"]));
    let rest: Vec<String> = (0..5).map(|n| format!("More{n}")).collect();
    all.extend(rest.iter().map(String::as_str));
    desk.lists(&all);
    assert!(desk.story.world.storm.raging().is_some());
    assert_eq!(desk.calls(false).0, rung(&["Watchdog has ended: alerting may be broken"]));
    desk.lists(&all);
    assert_eq!(desk.calls(false).0, rung(&[]), "once");
}

#[test]
fn a_watchdog_that_ended_while_nobody_watched_calls_at_the_next_start_and_once() {
    let mut desk = Desk::new(&[Way::Bell], 0);
    desk.lists_as(&[("Watchdog", "none"), ("Down", "critical")], |_| ());
    desk.calls(false);
    desk.dies();
    desk.story.pass(3_600);
    (0..4).for_each(|_| desk.lists(&["Down"]));
    assert_eq!(desk.calls(false).0, rung(&["Watchdog has ended: alerting may be broken"]));
    let ended = desk.story.last(Kind::AlertResolved).text.clone();
    assert_eq!(ended, "Watchdog ended while nobody watched: alerting may be broken");
    (0..2).for_each(|_| desk.lists(&["Down"]));
    assert_eq!(
        (desk.calls(false).0, desk.story.kinds().iter().filter(|kind| **kind == Kind::AlertResolved).count()),
        (rung(&[]), 1)
    );
    // Of anything else nobody is called then.
    desk.dies();
    (0..4).for_each(|_| desk.lists(&[]));
    assert_eq!(desk.calls(false).0, rung(&[]));
    // And whoever starts after that hears of none of it.
    desk.dies();
    (0..4).for_each(|_| desk.lists(&[]));
    assert_eq!(desk.calls(false).0, rung(&[]));
}
