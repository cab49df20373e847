//! What calls nobody: what another source has told of, what is played, what somebody works on.

use super::*;
use midwatch::domain::maintenance::Subjects;
use midwatch::domain::settings::{Environment, SourceSpec};

/// Alerts of one name are one problem, whichever of two sources tells of it.
fn two(severity: Severity) -> Desk {
    let mut settings = settings(false);
    let pager = SourceSpec { name: "pager".into(), ..settings.sources[0].clone() };
    settings.sources.push(pager);
    settings.same = vec!["alertname".to_owned()];
    Desk::with(severity, &[Way::Bell], settings)
}

impl Desk {
    fn hears(&mut self, source: &str, severity: &str) {
        let alert = bad("Down", severity, |alert| alert.id.source = source.into());
        self.story.fact(Fact::AlertsChanged { source: source.into(), upserts: vec![alert], gone: Vec::new() });
    }
}

#[test]
fn of_one_problem_that_two_sources_tell_of_the_first_calls_and_whoever_says_that_it_is_worse() {
    let mut desk = two(Severity::Warning);
    desk.hears("prod", "warning");
    assert_eq!(desk.calls(false).0, rung(&["Down is warning"]));
    desk.story.pass(1);
    desk.hears("pager", "critical");
    assert_eq!(desk.calls(false).0.len(), 1, "that is news");
    let mut desk = two(Severity::Critical);
    desk.hears("prod", "critical");
    assert_eq!(desk.calls(false).0.len(), 1);
    desk.story.pass(1);
    desk.hears("pager", "critical");
    assert_eq!(desk.calls(false).0, rung(&[]));
    // Both at the same moment: none of them is told by the other.
    let mut desk = two(Severity::Critical);
    ["prod", "pager"].into_iter().for_each(|source| desk.hears(source, "critical"));
    assert_eq!(desk.calls(false).0.len(), 1);
}

#[test]
fn what_is_played_calls_nobody_and_who_may_change_nothing_rings_and_writes_nothing_down() {
    let of = |change: fn(&mut Settings)| {
        let mut settings = settings(false);
        change(&mut settings);
        let mut desk = Desk::with(Severity::Critical, &[Way::Bell, Way::Command], settings);
        desk.lists(&["Down"]);
        desk
    };
    assert_eq!(of(|settings| settings.environment = Environment::Replay).calls(false), (rung(&[]), vec![]));
    assert_eq!(of(|settings| settings.read_only = true).calls(true), (rung(&[]), vec![]), "it was seen");
    let mut desk = of(|settings| settings.read_only = true);
    assert_eq!((desk.calls(false), desk.said().len()), ((rung(&["Down is critical"]), vec![]), 0));
}

#[test]
fn a_call_that_was_cut_off_is_made_again_once_and_not_of_what_is_worked_on() {
    let mut worked = cut_off::cut_off(Way::Command);
    let subjects = Subjects::service("checkout".into());
    worked.story.ask(Command::Maintain { subjects, hold: Duration::from_secs(600), reason: "kernel".into() });
    assert_eq!(worked.calls(false).1, []);
    let mut slow = cut_off::cut_off(Way::Command);
    slow.story.slow = Some(Vec::new());
    (0..2).for_each(|_| assert_eq!(slow.calls(false).1, []));
    assert_eq!(slow.story.slow.as_ref().map(Vec::len), Some(1), "the journal is asked for it once");
    slow.story.answer();
    assert_eq!(slow.done().1, [Way::Command]);
}
