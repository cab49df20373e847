//! A row that is pending under the cursor and begins to fire: what stands there then is the alert that tells of it.

use crate::queue::tells;
use crate::screen::{Desk, alert, settings};
use midwatch::domain::alert::{Alert, Labels, Upstream};
use midwatch::domain::ids::AlertId;
use midwatch::domain::settings::{Carry, SourceSpec};
use midwatch::model::Fact;
use midwatch::model::event::SourceAnswer;
use std::sync::Arc;

fn desk() -> Desk {
    let mut settings = settings();
    settings.sources[0].carry = Some(Carry::Silence { prefix: "ACK!".into() });
    let prom =
        SourceSpec { name: "prom".into(), kind: "prometheus".into(), acts: vec![], carry: None, ..settings.sources[0].clone() };
    settings.sources.push(prom);
    Desk::with(settings)
}

fn soon() -> Arc<Alert> {
    Arc::new(Alert { upstream: Upstream::Pending, ..(*alert("QueueStuck", "critical", "checkout", "mq-1", 1)).clone() })
}

fn fires() -> Arc<Alert> {
    let plain = soon();
    let labels =
        plain.labels.iter().map(|(name, value)| (name.clone(), value.clone())).chain([("cluster".into(), "eu".into())]).collect();
    let id = AlertId { fingerprint: "0f0f".into(), ..plain.id.clone() };
    Arc::new(Alert { id, labels: Labels::new(labels), upstream: Upstream::Firing, ..(*plain).clone() })
}

fn begins(desk: &mut Desk) {
    let (source, gone) = ("prom".into(), vec![soon().id.fingerprint.clone()]);
    desk.fact(Fact::AlertsChanged { source, upserts: vec![], gone: gone.clone() });
    let answer = SourceAnswer { complete: true, began: gone, ..SourceAnswer::default() };
    desk.fact(Fact::SourceAnswered { source: "prom".into(), answer }).draw();
}

#[test]
fn the_cursor_goes_to_the_alert_that_fires_and_keys_act_on_that_once_it_was_seen() {
    let mut desk = desk();
    tells(&mut desk, "prod", &[alert("Down", "critical", "postgres", "db-1", 30)]);
    tells(&mut desk, "prom", &[soon()]);
    desk.press("g g j a").expect("Acknowledge QueueStuck").expect("nobody is notified of what is pending").press("esc");
    let row = |desk: &Desk| desk.text().lines().position(|line| line.contains("▌CRIT QueueStuck"));
    let place = row(&desk);
    begins(&mut desk);
    assert!(desk.line("▌CRIT QueueStuck").contains("● fires now"), "{}", desk.text());
    // A dialog that was open meanwhile says where it fires, and acknowledges that.
    desk.press("a");
    tells(&mut desk, "prod", &[fires()]);
    desk.wait(5).expect("Acknowledge QueueStuck").expect("QueueStuck mq-1 fires now, from prod: that is acknowledged.");
    desk.expect("It becomes a short silence on prod").expect_not("resolved").press("esc");
    assert!(place.is_some() && row(&desk) == place, "the line stays: {}", desk.text());
    assert_eq!(desk.text().matches("CRIT QueueStuck").count(), 1, "{}", desk.text());
    desk.press("enter").expect("id            prod/0f0f").press("esc");
}

#[test]
fn a_row_that_left_is_told_by_its_name_and_by_what_became_of_it() {
    let mut desk = desk();
    tells(&mut desk, "prom", &[soon()]);
    desk.press("g g");
    let (source, gone) = ("prom".into(), vec![soon().id.fingerprint.clone()]);
    desk.fact(Fact::AlertsChanged { source, upserts: vec![], gone });
    for _ in 0..3 {
        desk.fact(Fact::SourceAnswered {
            source: "prom".into(),
            answer: SourceAnswer { complete: true, ..SourceAnswer::default() },
        });
    }
    desk.draw();
    desk.expect("— QueueStuck mq-1 is pending no more");
}
