//! A long queue that is kept short: what is one problem has one row, and nothing is lost by it.

use crate::screen::{Desk, alert, settings};
use midwatch::domain::alert::Alert;
use midwatch::domain::ids::AlertId;
use midwatch::domain::settings::SourceSpec;
use midwatch::model::event::SourceAnswer;
use midwatch::model::{Command, Fact};
use std::sync::Arc;

/// A console on two sources that tell of the same problems.
fn two_sources() -> Desk {
    let mut settings = settings();
    let source = settings.sources[0].clone();
    settings.sources.push(SourceSpec { name: "pager".into(), ..source });
    settings.same = vec!["alertname".into(), "instance".into()];
    Desk::with(settings)
}

fn at(source: &str, alert: &Alert) -> Arc<Alert> {
    Arc::new(Alert { id: AlertId { source: source.into(), ..alert.id.clone() }, ..alert.clone() })
}

fn tells(desk: &mut Desk, source: &str, alerts: &[Arc<Alert>]) {
    let upserts = alerts.iter().map(|alert| at(source, alert)).collect();
    desk.fact(Fact::AlertsChanged { source: source.into(), upserts, gone: vec![] });
    let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
    desk.fact(Fact::SourceAnswered { source: source.into(), answer }).draw();
}

#[test]
fn what_two_sources_tell_of_is_one_row_and_an_act_goes_to_both() {
    let mut desk = two_sources();
    let alerts = [alert("PostgresDown", "critical", "postgres", "db-1", 3), alert("Slow", "warning", "postgres", "db-1", 3)];
    tells(&mut desk, "prod", &alerts);
    tells(&mut desk, "pager", &alerts[..1]);
    assert_eq!(desk.text().matches("CRIT PostgresDown").count(), 1, "{}", desk.text());
    assert!(desk.line("CRIT PostgresDown").contains("+prod"), "{}", desk.text());
    desk.expect("3 firing").press("enter").expect("also").expect("prod/PostgresDown-db-1 firing").press("esc");
    desk.press("a").expect("Acknowledge PostgresDown and 1 more").press("enter").expect("2 acked");
    let Some(Command::Acknowledge { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(alerts.iter().map(|id| id.source.as_str()).collect::<Vec<_>>(), ["pager", "prod"]);
}

#[test]
fn the_cursor_stays_on_the_problem_when_another_source_comes_to_stand_for_it() {
    let mut desk = two_sources();
    let alerts = [alert("Worse", "critical", "postgres", "db-1", 3), alert("Down", "critical", "postgres", "db-1", 5)];
    tells(&mut desk, "prod", &alerts);
    desk.press("j").expect("▌CRIT Down");
    let place = desk.find("▌CRIT Down");
    tells(&mut desk, "pager", &alerts[1..]);
    desk.expect("▌CRIT Down");
    assert_eq!((desk.find("▌CRIT Down"), desk.text().matches("CRIT Down").count()), (place, 1), "{}", desk.text());
    desk.press("k").expect("▌CRIT Worse").press("j").expect("▌CRIT Down");
}

#[test]
fn the_end_of_a_long_queue_is_reached_and_left_again() {
    let mut desk = two_sources();
    let many: Vec<_> = (0..700).map(|n| alert("Noise", "warning", "postgres", &format!("db-{n:03}"), n)).collect();
    tells(&mut desk, "prod", &many);
    tells(&mut desk, "pager", &many);
    desk.press("G").expect("▌WARN Noise").expect("db-699").press("k").expect("db-698");
    desk.press("gg").expect("db-000").expect_not("db-699");
    for _ in 0..40 {
        desk.press("ctrl-d");
    }
    desk.expect("db-699");
}
