use super::super::run::{Attempt, Planned};
use super::*;

#[test]
fn a_week_begins_on_monday_and_is_named_as_calendars_name_it() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
    let sunday = Week::of(at("2026-11-29T23:59:59Z"));
    assert_eq!((sunday.to_string(), sunday.monday().to_string()), ("2026-W48".to_owned(), "2026-11-23".to_owned()));
    assert_eq!(Week::of(at("2026-11-30T00:00:00Z")), sunday.after(1));
    for (day, name) in [("2027-01-03", "2026-W53"), ("2027-01-04", "2027-W01"), ("1969-12-31", "1970-W01")] {
        assert_eq!(Week::of(at(&format!("{day}T12:00:00Z"))).to_string(), name);
    }
    for week in [-3, 0, 2_969] {
        let week = Week(week);
        assert_eq!(Week::parse(&week.to_string()), Some(week));
    }
    assert_eq!(Week::parse("2026-48"), None);
}

#[test]
fn what_took_longer_or_lost_more_than_promised_has_failed() {
    let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
    let done = Practised { took: minutes(5), lost: minutes(1), ..Practised::as_if("t".into(), String::new(), Utc::now()) };
    assert_eq!(done.verdict(minutes(5), minutes(1)), Verdict::Pass);
    assert_eq!(done.verdict(minutes(4), minutes(1)), Verdict::Fail);
    assert_eq!(done.verdict(minutes(5), Some(Duration::from_secs(59))), Verdict::Fail);
    let verdict = |practised: Practised| practised.verdict(None, None);
    assert_eq!(verdict(Practised { took: None, ..done.clone() }), Verdict::Findings, "nothing under Verify has held");
    assert_eq!(verdict(Practised { exceptions: true, ..done.clone() }), Verdict::Findings);
    assert_eq!(verdict(Practised { slips: Slips { retried: 1, ..Slips::default() }, ..done.clone() }), Verdict::Findings);
    let ended = |ended| verdict(Practised { ended, ..done.clone() });
    use RunState::{Abandoned, Aborted, Failed, RollbackFailed, RolledBack};
    assert_eq!([Aborted, Abandoned].map(ended), [Verdict::Aborted; 2]);
    assert_eq!([Failed, RollbackFailed].map(ended), [Verdict::Fail; 2]);
    assert_eq!(ended(RolledBack), Verdict::Findings);
}

fn step(section: &str, kind: &str, states: &[StepState]) -> StepRecord {
    let attempt = |(place, state): (usize, &StepState)| Attempt {
        number: place as u32 + 1,
        state: *state,
        intent: EntryId(uuid::Uuid::nil()),
        by: String::new(),
        started_at: DateTime::UNIX_EPOCH,
        ended_at: None,
        end: None,
        resolved: None,
    };
    let plan = Planned {
        id: format!("{section}-{kind}-{states:?}").as_str().into(),
        title: String::new(),
        kind: kind.to_owned(),
        section: section.to_owned(),
        arrives: StepState::Ready,
        items: 0,
        records: false,
    };
    StepRecord {
        plan,
        attempts: states.iter().enumerate().map(attempt).collect(),
        skipped: None,
        waived: false,
        passed: false,
        ticked: Default::default(),
        notes: Vec::new(),
    }
}

/// A drill of its own that is completed.
fn over(steps: Vec<StepRecord>) -> Run {
    Run {
        id: Some(RunId(uuid::Uuid::nil())),
        playbook: Some("t".into()),
        mode: Some(RunMode::Drill),
        prepared_at: Some(DateTime::UNIX_EPOCH),
        ended: Some((RunState::Completed, DateTime::UNIX_EPOCH, String::new())),
        steps,
        ..Run::default()
    }
}

#[test]
fn only_what_was_done_under_steps_is_practice() {
    use StepState::{Refused, Succeeded};
    let counts = |run: &Run| Practised::of(run).is_some();
    let done = || over(vec![step("steps", "sh", &[Succeeded])]);
    for mode in [RunMode::Live, RunMode::Manual, RunMode::Drill] {
        assert!(counts(&Run { mode: Some(mode), ..done() }), "{mode:?}");
    }
    for mode in [RunMode::DryRun, RunMode::Diagnosis] {
        assert!(!counts(&Run { mode: Some(mode), ..done() }), "{mode:?}");
    }
    let told = Run { mode: Some(RunMode::Manual), drill: Some("d-1".to_owned()), ..done() };
    assert!(!counts(&told), "what was only told shows nobody that it works");
    assert!(!counts(&Run { ended: None, ..done() }));
    for kind in ["approval", "decision", "wait"] {
        assert!(!counts(&over(vec![step("steps", kind, &[Succeeded])])), "{kind}");
    }
    assert!(counts(&over(vec![step("steps", "manual", &[Succeeded])])), "by hand");
    assert!(!counts(&over(vec![step("steps", "sh", &[Refused]), step("steps", "sh", &[])])));
    for section in ["before-you-start", "verify", "drill-setup"] {
        assert!(!counts(&over(vec![step(section, "sh", &[Succeeded])])), "{section}");
    }
}

#[test]
fn the_time_counts_only_where_the_goal_was_reached() {
    let took = |ended: RunState| {
        let at = DateTime::UNIX_EPOCH + Duration::from_secs(60);
        let run = Run { verified_at: Some(at), ..over(vec![step("steps", "sh", &[StepState::Succeeded])]) };
        Practised::of(&Run { ended: Some((ended, at, String::new())), ..run }).expect("it counts").took
    };
    assert_eq!(took(RunState::Completed), Some(Duration::from_secs(60)));
    assert_eq!([RunState::Failed, RunState::Aborted].map(took), [None, None], "what held once did not hold to the end");
}

#[test]
fn each_kind_of_slip_counts_once_and_what_a_drill_makes_for_itself_is_none() {
    use StepState::{Accepted, Cancelled, Failed, Succeeded, TimedOut, Unknown};
    let of = |step: StepRecord| slips(&over(vec![step]));
    let none = Slips::default();
    let waived = StepRecord { skipped: Some("no time".to_owned()), waived: true, ..step("steps", "sh", &[]) };
    assert_eq!(of(waived.clone()), Slips { skipped: 1, ..none });
    assert_eq!(of(StepRecord { waived: false, ..waived }), none, "its condition did not hold: that is how it is written");
    for state in [Failed, TimedOut, Accepted] {
        assert_eq!(of(step("verify", "sh", &[state])), Slips { failed: 1, ..none }, "{state:?}");
    }
    assert_eq!(of(step("steps", "sh", &[Failed, Succeeded])), Slips { retried: 1, ..none });
    assert_eq!(of(step("steps", "sh", &[Unknown])), Slips { unknown: 1, ..none });
    for section in ["drill-setup", "drill-cleanup"] {
        for states in [&[Failed][..], &[Unknown], &[Failed, Succeeded], &[Cancelled]] {
            assert_eq!(of(step(section, "sh", states)), none, "{section} {states:?}");
        }
    }
    let all = over(vec![step("steps", "sh", &[Failed]), step("verify", "sh", &[Failed])]);
    assert_eq!(slips(&all).and(Slips { skipped: 1, ..none }), Slips { failed: 2, skipped: 1, ..none });
}
