//! Acknowledgements in the console: how long, for which ticket, how old, and back as news when they run out.

use crate::screen::{Desk, alert, outage, settings};
use midwatch::domain::act::{Act, ActKind, What};
use midwatch::domain::alert::{Alert, Held, Hold, Severity};
use midwatch::domain::settings::{AckFor, Settings};
use midwatch::model::{Command, Effect};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn the_dialog_says_how_long_by_severity_and_takes_a_ticket() {
    let ack_for = AckFor::default().but(Severity::Critical, Duration::from_secs(1800));
    let mut desk = Desk::with(Settings { ack_for, ..settings() });
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3), alert("Slow", "warning", "postgres", "db-1", 3)]).draw();
    desk.press("a").expect("Owner: ana, for 30m.").press("esc");
    desk.press("space space a").expect("for 30m (critical), 1h (warning)");
    desk.type_text("on it")
        .press("tab")
        .type_text("2h")
        .expect("Owner: ana, for 2h.")
        .press("tab")
        .type_text("OPS-7")
        .press("enter");
    let Some(Command::Acknowledge { alerts, hold, reason, ticket, .. }) = desk.commands.last() else {
        panic!("{:?}", desk.commands)
    };
    assert_eq!(
        (alerts.len(), *hold, reason.as_str(), ticket.as_deref()),
        (2, Some(Duration::from_secs(7200)), "on it", Some("OPS-7"))
    );
}

#[test]
fn what_is_acknowledged_is_listed_by_age_and_leads_to_its_alert() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.press("O").expect("Nothing is acknowledged");
        desk.resize(width, height).press("j a").type_text("second\u{202e}").press("enter").wait(60);
        desk.press("k a").type_text("first").press("tab tab").type_text("OPS-7").press("enter").wait(125);
        desk.press("O").expect("Acknowledged: 2, the oldest first");
        let all = desk.text();
        let lines: Vec<&str> = all.lines().filter(|line| line.contains("by ana")).collect();
        assert!(lines.len() == 2 && lines[0].contains("CheckoutErrors") | lines[0].contains("PostgresDown"), "{all}");
        if width > 40 {
            assert!(lines[0].contains("3m05s by ana") && lines[0].contains("left: second"), "{all}");
            assert!(lines[1].contains("2m05s by ana") && lines[1].contains("(OPS-7)"), "{all}");
        }
        assert!(!all.contains('\u{202e}'));
        desk.press("enter").expect("─Alert ").press("A");
        assert!(matches!(desk.commands.last(), Some(Command::Unacknowledge { .. })), "{:?}", desk.commands.last());
    }
}

#[test]
fn what_somebody_else_holds_is_taken_from_them_with_a_reason() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut settings = settings();
        settings.sources[0].acts = vec![ActKind::Unacknowledge];
        let mut desk = Desk::with(settings);
        let hold = Hold { by: "maria\u{202e}".into(), until: None, comment: "in the app".into() };
        let held = Some(Box::new(Held { acknowledged: Some(hold), ..Held::default() }));
        let down = Alert { held, ..(*alert("Down", "critical", "postgres", "db-1", 3)).clone() };
        desk.fires(&[Arc::new(down)]).resize(width, height);
        desk.press("A").expect("maria· has Down db-1 now.").press("enter").expect("It is somebody else's: say why");
        assert_eq!(desk.commands, []);
        desk.type_text("on a plane").press("enter").expect_not("say why");
        let Some(Command::Unacknowledge { alerts, reason }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
        assert_eq!((alerts.len(), reason.as_str()), (1, "on a plane"));
        assert!(matches!(&desk.effects[..], [Effect::Act { act: Act::On { what: What::Unacknowledge, .. }, .. }]));
    }
}

#[test]
fn one_that_runs_out_is_new_again_though_the_cursor_has_been_on_it() {
    let mut desk = outage();
    desk.press("j a tab").type_text("10m").press("enter").expect("✓ ana").wait(595).expect("✓ ana");
    desk.press("j j").wait(10).changes(Vec::new(), Vec::new());
    let line = desk.line("PostgresDown");
    assert!(line.contains("● ran out"), "{line}");
    desk.expect("ana's acknowledgement of PostgresDown db-1:5432 ran out, and it still fires");
}

#[test]
fn who_takes_over_reads_what_there_is_and_both_sides_are_asked() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.resize(width, height).press("j a").type_text("on it").press("enter").press("P").expect("For whoever takes over");
        let all = desk.text();
        assert!(height < 20 || all.contains("Acknowledged and still firing") && all.contains("by ana"), "{all}");
        desk.press("o")
            .expect("Hand the shift over")
            .press("enter")
            .expect("Name who is to take over.")
            .type_text("bo")
            .press("enter");
        let Some(Command::HandOff { incident: None, to }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
        assert_eq!(to, "bo");
        desk.press("esc esc P t");
        assert!(matches!(desk.commands.last(), Some(Command::TakeOver { incident: None })), "{:?}", desk.commands.last());
    }
}

#[test]
fn whose_it_is_already_is_said_before_it_is_taken_over_and_in_the_log() {
    let mut desk = Desk::new();
    let held_by = |name: &str, who: &str| {
        let hold = Hold { by: who.into(), until: None, comment: "in the app".into() };
        let held = (!who.is_empty()).then(|| Box::new(Held { acknowledged: Some(hold), ..Held::default() }));
        Arc::new(Alert { held, ..(*alert(name, "critical", "postgres", "db-1", 3)).clone() })
    };
    let all = [held_by("Down", "maria\u{202e}"), held_by("Slow", "maria\u{202e}"), held_by("Full", "bo"), held_by("New", "")];
    desk.fires(&all).press("M").expect("Without a filter");
    desk.press("/").type_text("Down or Slow or Full or New").press("enter M a");
    desk.expect("maria· has 2 of them: you take them over.").expect("bo has 1 of them: you take it over.").press("esc");
    desk.press("M esc")
        .press("/ ctrl-u")
        .type_text("Down")
        .press("enter a")
        .expect("maria· has it: you take it over.")
        .press("enter");
    desk.expect("acknowledged Down db-1, which maria· had");
    desk.press("/ ctrl-u").type_text("New").press("enter a").expect_not("has it").press("esc");
}
