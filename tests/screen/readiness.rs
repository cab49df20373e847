//! The readiness board and what stands of it beside the playbooks.

use super::screen::{Desk, FAILOVER, outage};
use midwatch::domain::practice::{Finding, Practised, Skip, Week};
use midwatch::model::practice::Record;
use midwatch::model::{Command, Fact};
use std::time::Duration;
use uuid::Uuid;

fn told(desk: &mut Desk, record: Record) {
    desk.fact(Fact::Practised(Ok(record))).draw();
}

fn practised(desk: &Desk, days: i64) -> Practised {
    let at = desk.world.now.wall - chrono::Duration::days(days);
    let took = Some(Duration::from_secs(372));
    Practised { by: "bo".into(), took, ..Practised::as_if("postgres-failover".into(), "another".into(), at) }
}

#[test]
fn the_board_asks_the_journal_and_says_what_was_never_practised_and_what_was_when() {
    let mut desk = outage();
    desk.playbook(&FAILOVER.replace("rto: 15m", "rto: 15m\npractice: deployment")).press("B").expect("the journal is asked");
    assert!(desk.commands.contains(&Command::RecallPractice));
    told(&mut desk, Record::default());
    desk.expect("deployment").expect("✗ postgres-failover  0").expect("never practised").expect("no playbook is about it");
    let last = practised(&desk, 9);
    told(&mut desk, Record { practised: vec![last], ..Record::default() });
    desk.expect("● postgres-failover").expect("last proven 9d ago").expect("its text has changed since");
    let week = Week::of(desk.world.now.wall);
    let skip = Skip {
        week,
        playbook: "postgres-failover".into(),
        at: desk.world.now.wall,
        by: "eve\u{202e}".into(),
        reason: "a\nfreeze".into(),
    };
    let finding = Finding {
        id: midwatch::domain::ids::EntryId(Uuid::nil()),
        text: "the key \u{1b}[31mwas wrong".into(),
        playbook: "postgres-failover".into(),
        run: None,
        at: desk.world.now.wall,
        by: "bo".into(),
        owner: None,
        due: None,
        closed: None,
    };
    told(&mut desk, Record { practised: Vec::new(), findings: vec![finding], skips: vec![skip], ..Record::default() });
    desk.expect("put off").expect_not("\u{202e}");
    desk.press("G").expect("Open findings").expect("nobody").expect_not("\u{1b}");
}

#[test]
fn how_well_a_playbook_is_practised_stands_beside_its_suggestion_and_in_its_details() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j").expect("fits this alert").expect_not("never practised");
    told(&mut desk, Record::default());
    desk.resize(220, 40).press("p").expect("never practised").resize(120, 40);
    desk.press("enter").expect("practice").expect("never practised").press("esc");
    let old = practised(&desk, 400);
    told(&mut desk, Record { practised: vec![old], ..Record::default() });
    desk.press("p enter").expect("last proven 400d ago, 6m");
}
