//! The screen as an operator uses it: given, keys, then.

#![allow(clippy::disallowed_methods, reason = "asks whether the picture is to be drawn anew")]

#[path = "screen/acts.rs"]
mod acts;
#[path = "screen/aging.rs"]
mod aging;
#[path = "screen/anything.rs"]
mod anything;
#[path = "screen/call.rs"]
mod call;
#[path = "screen/drill.rs"]
mod drill;
#[path = "screen/errors.rs"]
mod errors;
#[path = "screen/filter.rs"]
mod filter;
#[path = "screen/health.rs"]
mod health;
#[path = "screen/incidents.rs"]
mod incidents;
#[path = "screen/kept.rs"]
mod kept;
#[path = "screen/layout.rs"]
mod layout;
#[path = "screen/leader.rs"]
mod leader;
#[path = "screen/links.rs"]
mod links;
#[path = "screen/log.rs"]
mod log;
#[path = "screen/long.rs"]
mod long;
#[path = "screen/night.rs"]
mod night;
#[path = "screen/noting.rs"]
mod noting;
#[path = "screen/palette.rs"]
mod palette;
#[path = "screen/pending.rs"]
mod pending;
#[path = "screen/queue.rs"]
mod queue;
#[path = "screen/readiness.rs"]
mod readiness;
#[path = "support/screen.rs"]
mod screen;
#[path = "screen/several.rs"]
mod several;
#[path = "screen/silences.rs"]
mod silences;
#[path = "screen/sources.rs"]
mod sources;
#[path = "screen/taking_up.rs"]
mod taking_up;
#[path = "screen/themes.rs"]
mod themes;
#[path = "screen/updates.rs"]
mod updates;

use crossterm::event::MouseEventKind;
use midwatch::domain::act::Outcome;
use midwatch::domain::entry::Kind;
use midwatch::domain::health::FeedState;
use midwatch::domain::run::StepState;
use midwatch::domain::settings::Settings;
use midwatch::domain::text::Outside;
use midwatch::model::Command;
use midwatch::model::event::SourceAnswer;
use midwatch::tui::theme::{Depth, Theme};
use midwatch::tui::{Ui, picture};
use screen::{Desk, FAILOVER, alert, outage};
use std::sync::Arc;

#[test]
fn the_selected_alert_stays_in_place_when_a_worse_one_arrives() {
    let mut desk = outage();
    desk.press("j j").expect("▌WARN ReplicaLag");
    let place = desk.find("▌WARN ReplicaLag");
    desk.fires(&[alert("EverythingDown", "critical", "checkout", "shop-1", 0)]);
    desk.expect("EverythingDown").expect("▌WARN ReplicaLag");
    assert_eq!(desk.find("▌WARN ReplicaLag"), place, "nothing jumps");
}

#[test]
fn a_key_acts_on_what_was_seen_and_not_on_what_came_in_between() {
    let mut desk = outage();
    desk.press("j j").expect("▌WARN ReplicaLag");
    // Arrives after the frame was drawn, and no frame has shown it yet.
    desk.fact(midwatch::model::Fact::AlertsChanged {
        source: "prod".into(),
        upserts: vec![alert("EverythingDown", "critical", "checkout", "shop-1", 0)],
        gone: vec![alert("ReplicaLag", "warning", "postgres", "db-2:5432", 9).id.fingerprint.clone()],
    });
    desk.press("a").expect("Acknowledge ReplicaLag").press("enter");
    let Some(Command::Acknowledge { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(alerts[0].fingerprint.as_str(), "ReplicaLag-db-2:5432");
}

#[test]
fn new_alerts_above_what_is_visible_are_counted_until_the_operator_looks() {
    let mut desk = Desk::new();
    let many: Vec<_> = (0..200).map(|i| alert("Noise", "warning", "checkout", &format!("shop-{i:03}"), 500 - i)).collect();
    desk.fires(&many).press("ctrl-d ctrl-d ctrl-d").wait(1).expect_not("new ↑");
    let before = desk.line("▌WARN");
    desk.fires(&[alert("PostgresDown", "critical", "backups", "db-1", 0), alert("Second", "critical", "backups", "db-1", 0)]);
    desk.expect("2 new ↑").expect_not("CRIT PostgresDown");
    assert_eq!(desk.line("▌WARN"), before, "the cursor has not moved");
    desk.press("gg").expect("CRIT PostgresDown").expect_not("new ↑");
}

#[test]
fn an_acknowledgement_is_shown_from_pending_to_its_outcome() {
    let mut desk = outage();
    desk.press("a").expect("Acknowledge CheckoutErrors").expect("PROD").type_text("on it").press("tab").type_text("30m");
    desk.expect("Owner: ana, for 30m").press("enter");
    desk.expect("✓ ana").expect("1 acked").expect("acknowledged CheckoutErrors shop-3: on it");
    desk.press("u").expect_not("✓ ana").expect("gave up the acknowledgement");
}

#[test]
fn what_the_journal_could_not_write_was_not_done_and_says_so() {
    let mut desk = outage();
    desk.broken = true;
    desk.press("a enter").expect("✗ not done").expect("✗ journal can't write").expect("the disk is full");
    desk.press("o").expect("not done: the disk is full");
}

#[test]
fn a_silence_shows_what_it_hides_and_ends_with_the_servers_own_words() {
    let mut desk = outage();
    desk.press("j j s").expect("Silence on prod").expect("It hides 1 alert now");
    desk.press("enter").expect("A silence needs a reason");
    desk.type_text("maintenance")
        .press("tab tab ctrl-u")
        .type_text("service=postgres")
        .expect("It hides 3 alerts now, 1 of them critical");
    desk.press("enter").expect("… under way");
    desk.act_ends(Outcome::Failed, "400: bad matcher").expect("400: bad matcher");
}

#[test]
fn an_incident_is_declared_noted_mitigated_and_closed_without_leaving_the_keyboard() {
    let mut desk = outage();
    desk.press("i").expect("Declare an incident").press("enter").expect("INC-1 SEV2").expect("lead ana");
    desk.press("n")
        .expect("Note into INC-1")
        .type_text("-7m !fail over")
        .expect("decision at 2026-11-23 02:51:00 UTC")
        .press("enter");
    desk.expect("02:51:00 ana").expect("! fail over");
    let note = desk.commands.iter().find_map(|command| match command {
        Command::Note { kind, text, at, .. } => Some((kind.clone(), text.clone(), at.is_some())),
        _ => None,
    });
    assert_eq!(note, Some((Kind::Decision, "fail over".to_owned(), true)));
    desk.press(":")
        .type_text("mitigate")
        .press("enter")
        .type_text("failed over")
        .press("enter")
        .expect("INC-1 mitigated: failed over");
    desk.press(":").type_text("close-incident").press("enter enter").expect("Log ─ everything");
}

#[test]
fn a_note_that_was_begun_is_kept() {
    let mut desk = outage();
    desk.press("n").type_text("half a thou").press("esc").expect_not("Note into");
    assert_eq!(desk.asked.last(), Some(&Ui::SaveDraft("half a thou".into())));
    desk.press("n").expect("half a thou").type_text("ght").press("enter").expect("half a thought");
    assert_eq!(desk.asked.last(), Some(&Ui::SaveDraft(String::new())));
}

#[test]
fn what_is_typed_or_pasted_never_presses_keys() {
    let mut desk = outage();
    desk.press("n").type_text("quit a s q").expect("quit a s q");
    assert!(desk.commands.is_empty() && !desk.quits());
    desk.press("esc").paste("q\nq\n").expect("That was pasted outside of a field: nothing was done.");
    assert!(!desk.quits(), "a paste without a field is dropped");
}

#[test]
fn the_filter_narrows_at_once_and_esc_brings_everything_back() {
    let mut desk = outage();
    desk.press("/").type_text("severity:crit").expect("2 of 5").expect_not("WARN ReplicaLag");
    desk.press("enter").expect("severity:crit").expect("PostgresDown");
    desk.press("/ ctrl-u").type_text("instance=~db-2.* -disk").expect("WARN ReplicaLag").expect_not("WARN DiskFilling");
    desk.press("esc").expect("2 of 5").press("esc").expect("INFO BackupLate").expect_not("2 of 5");
}

#[test]
fn several_alerts_are_acknowledged_at_once() {
    let mut desk = outage();
    desk.press("space space")
        .expect("2 marked")
        .press("a")
        .expect("and 1 more")
        .press("enter")
        .expect("2 acked")
        .expect_not("marked");
}

#[test]
fn a_source_that_fails_leaves_everything_on_screen_and_nothing_looks_resolved() {
    let mut desk = outage();
    desk.source_fails("connection refused").expect("? prod failed").expect("CRIT PostgresDown").expect("5 firing");
    desk.wait(95).expect("? prod failed 1m35s");
    desk.press("enter").expect("connection refused").expect("last answered 1m35s ago");
    let mut empty = Desk::new();
    empty.expect("Nobody knows what fires").source_fails("401").expect_not("Nothing fires");
    empty.changes(vec![], vec![]).expect("✓ Nothing fires");
}

#[test]
fn of_what_is_still_being_read_no_number_is_told_as_if_it_were_all() {
    let mut desk = Desk::new();
    let known = |name: &str, more| {
        let (alerts, read_at) = (vec![alert(name, "warning", "shop", "db-1", 5)], screen::start());
        midwatch::model::Fact::AlertsCached { source: "prod".into(), alerts, read_at, unlisted: Default::default(), more }
    };
    for (name, more, told) in
        [("Down", true, " 1+ firing"), ("Slow", true, " 2+ firing"), ("Full", false, " 3 firing"), ("Hot", true, " 4+ firing")]
    {
        desk.fact(known(name, more)).draw();
        desk.expect(told);
    }
    desk.changes(vec![alert("Down", "warning", "shop", "db-1", 5)], vec![]).expect(" firing").expect_not("+ firing");
}

#[test]
fn what_teaches_a_newcomer_is_not_cut_where_the_pane_ends() {
    let mut desk = Desk::with(Settings { services: [].into(), feeds: Vec::new(), sources: Vec::new(), ..screen::settings() });
    desk.expect("`midwatch init` finds some.").press("1");
    for words in ["No services and no feeds are", "configured.", "configuration name them.", "finds some."] {
        desk.expect(words);
    }
    desk.expect_not("are…");
}

#[test]
fn a_feed_past_its_deadline_is_stale_and_the_reason_is_one_key_away() {
    let mut desk = Desk::new();
    desk.feed("stripe-api", FeedState::Healthy, "operational", 80).expect("operational");
    desk.wait(120).expect("? stripe-api").expect("stale 2m00s").expect_not("operational");
    desk.press("1 gg");
    desk.click("? stripe-api").press("enter").expect("why").expect("no answer for 25s");
}

#[test]
fn what_a_feed_has_said_lately_is_seen_beside_it_on_every_wide_screen() {
    let mut desk = outage();
    for (width, bars) in [(120, "▇▇▇▇"), (150, "▂▇▇▇▇▇"), (200, "▁▁▁▁▂▇▇▇")] {
        let line = desk.resize(width, 40).line("checkout-pay");
        assert!(line.contains("503"), "{line}");
        let found: String = line.chars().filter(|c| ('▁'..='█').contains(c)).collect();
        assert_eq!(found.chars().count(), bars.chars().count(), "at {width}: {line}");
    }
    desk.resize(120, 40).expect("operational");
}

#[test]
fn text_from_outside_is_inert_everywhere() {
    let mut hostile = (*alert("Evil", "critical", "checkout", "shop", 1)).clone();
    let bad = "\u{1b}[2J\u{202e}\nboo".to_owned() + &"x".repeat(10_000);
    let labels = [("alertname", bad.as_str()), ("severity", "critical"), ("instance", bad.as_str())];
    hostile.labels =
        midwatch::domain::alert::Labels::new(labels.map(|(name, value)| (Outside::from(name), Outside::from(value))).into());
    hostile.annotations = midwatch::domain::alert::Labels::new(vec![(bad.as_str().into(), bad.as_str().into())]);
    let mut desk = Desk::new();
    desk.fires(&[Arc::new(hostile)]);
    for keys in ["", "enter", "esc a", "esc s", "esc i", "enter 4 enter", "esc o"] {
        desk.press(keys);
        let bad = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!desk.text().contains(bad), "after `{keys}`");
    }
}

#[test]
fn the_mouse_selects_opens_and_scrolls() {
    let mut desk = outage();
    desk.click("DiskFilling").expect("▌WARN DiskFilling").click("DiskFilling").expect("Alert DiskFilling");
    desk.press("esc").mouse(MouseEventKind::ScrollUp, 60, 5).expect("▌CRIT");
    desk.click("? help").expect("Keys: Alerts");
    desk.click("● stripe").expect("Keys: Alerts");
}

#[test]
fn leaving_asks_while_something_has_no_outcome() {
    let mut desk = outage();
    desk.press("s").type_text("x").press("enter q").expect("Leave the console?").expect("no outcome yet");
    assert!(!desk.quits());
    desk.press("enter");
    assert!(desk.quits());
    let mut calm = outage();
    calm.press("q");
    assert!(calm.quits(), "with nothing to lose it just leaves");
}

#[test]
fn whoever_comes_to_the_playbooks_finds_the_cursor_on_what_fits() {
    let mut desk = Desk::new();
    let other = FAILOVER.replace("postgres-failover", "another").replace("alerts: [{alertname: PostgresDown}]", "alerts: []");
    desk.playbooks(&[&other.replace("Fail over to the replica", "Another one"), FAILOVER]).press("p").expect("▌Another one");
    desk.press("2")
        .fires(&[alert("PostgresDown", "critical", "postgres", "db-1", 0)])
        .wait(1)
        .press("p")
        .expect("▌Fail over to the…");
}

#[test]
fn a_playbook_that_fits_is_run_step_by_step_and_a_destructive_step_wants_its_target_typed() {
    let mut desk = outage();
    desk.playbook(FAILOVER).expect_not("fits this alert").press("j").expect("▌CRIT PostgresDown").expect("fits this alert");
    desk.press("p r").expect("Start Fail over").expect("REPLICA").press("enter").expect("step 1 of 3");
    desk.press("P")
        .expect("“Fail over to the replica”, at “Confirm that the primary is really gone”, prepared by ana")
        .press("esc");
    desk.press("r").expect("Is it done?").press("enter").expect("step 2 of 3");
    desk.press("r").expect("$ fence").expect("REPLICA=db-2 (default)").expect("risk: change").press("enter");
    desk.command_writes("fencing db-1 now").expect("│ fencing db-1 now").expect("running");
    desk.command_ends(StepState::Failed, 3).expect("failed").expect("exit 3");
    desk.press("t enter").command_ends(StepState::Succeeded, 0).expect("step 3 of 3");
    desk.press("r").expect("Type db-2 to go on").press("enter").expect("is not db-2").type_text("db-2").press("enter");
    desk.command_ends(StepState::Succeeded, 0).expect("completed");
    desk.press("esc").expect("fits this alert");
}

#[test]
fn a_playbook_is_run_from_where_it_is_read() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p enter").expect("# Fail over to the replica").expect("r run").press("r");
    desk.expect("Start Fail over").press("enter").expect("step 1 of 3");
}

#[test]
fn what_is_wrong_with_a_playbook_is_told_with_its_place() {
    let mut desk = outage();
    desk.playbook(&FAILOVER.replace("- **Risk:** change", "- **Risk:** sometimes")).expect("can't be run");
    desk.press("p enter").expect("✗ can't run").expect("✗ E011").expect("failover.md:23:").expect("# Fail over to the replica");
    desk.press("G").expect("▲ W").press("r").expect("It can't be run");
}

#[test]
fn the_cursor_goes_with_the_run_until_it_is_put_elsewhere() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter").expect("▌▶ 1  Confirm").press("r enter").expect("▌▶ 2  Fence");
    desk.press("k").expect("▌✓ 1  Confirm").expect("Look at the machine itself.").expect("esc to the step at hand");
    desk.press("r")
        .expect("The run is at “Fence the old primary”")
        .press("3 j j")
        .expect("▌  3  Promote")
        .expect("$ pg_ctl promote");
    desk.press("enter").expect("risk          destructive").press("y");
    assert_eq!(desk.asked.last(), Some(&Ui::Copy("pg_ctl promote -D \"$REPLICA\"\n".into())));
    desk.press("esc esc").expect("▌▶ 2  Fence").press("esc").expect("Library");
}

#[test]
fn what_a_step_wrote_is_read_whole_followed_and_searched() {
    let mut desk = outage();
    let many = |count: usize| (1..=count).map(|line| format!("line {line} of it")).collect::<Vec<_>>().join("\n");
    desk.playbook(FAILOVER).press("j p r enter o").expect("has not run").press("r enter r enter").command_writes("line 1 of it");
    desk.press("o").expect("Output of Fence the old primary").expect("… being read").reads(&many(200)).expect("line 200 of it");
    desk.wait(1).command_writes("more").reads(&many(300)).expect("line 300 of it").expect("following");
    desk.press("ctrl-u")
        .wait(1)
        .command_writes("and more")
        .reads(&many(400))
        .expect_not("line 400 of it")
        .expect_not("following");
    desk.press("/")
        .type_text("LINE 7 of")
        .press("enter")
        .expect("line 7 of it")
        .press("G")
        .expect("line 400 of it")
        .expect("following");
    desk.press("/ ctrl-u").type_text("nowhere").press("enter").expect("stands nowhere in it");
    desk.press("esc esc").expect_not("Output of").expect("running");
    desk.command_writes("unseen").wait(1);
    let reads = |effect: &midwatch::model::Effect| format!("{effect:?}").contains("Read {");
    assert!(!desk.effects.iter().any(reads), "nobody looks any more: nothing is read");
}

#[test]
fn the_end_of_a_long_line_of_output_is_read_by_going_to_the_side() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter r enter r enter").command_writes("short");
    let long = format!("short\n{} 漢字: no space left on device", "x".repeat(150));
    desk.press("o").reads(&long).expect("more: l").expect_not("no space left");
    desk.press("right").expect("column 59").expect("more: l").expect_not("short");
    desk.press("l").expect("column 117").expect("no space left on device").press("right").expect("column 117");
    desk.press("h left").expect("short").expect("more: l").expect_not("column");
    desk.resize(40, 12).expect("more: l");
}

#[test]
fn what_fits_has_its_own_lines_and_the_library_stays_where_it_is() {
    let mut desk = outage();
    let other = FAILOVER.replace("postgres-failover", "another").replace("alerts: [{alertname: PostgresDown}]", "alerts: []");
    desk.playbooks(&[&other.replace("Fail over to the replica", "Another one"), FAILOVER]).expect("Nothing fits");
    let place = desk.find("Another one");
    desk.press("j").expect("fits this alert").expect("Library");
    assert_eq!(desk.find("Another one"), place, "nothing jumps when another alert is looked at");
}

/// The failover, with two checks before it.
fn checked() -> String {
    FAILOVER.replace(
        "## Steps\n",
        "## Before you start\n\n### It does not answer\n\n```sh\nask \"$REPLICA\"\n```\n\n### The replica answers\n\n```sh\nask\n```\n\n## Steps\n",
    )
}

fn diagnosing() -> Desk {
    let mut desk = Desk::with(midwatch::domain::settings::Settings { diagnose: true, ..screen::settings() });
    desk.playbook(&checked());
    desk.fires(&[alert("PostgresDown", "critical", "postgres", "db-1:5432", 3)]).draw();
    desk
}

#[test]
fn what_a_diagnosis_has_seen_stands_beside_the_suggestion_with_its_age_and_its_output_one_key_away() {
    let mut desk = diagnosing();
    desk.expect("Fail over to the replica       ▶·│").command_writes("no \u{1b}[2Janswer").command_ends(StepState::Succeeded, 0);
    desk.expect("✓▶").command_writes("refused").command_ends(StepState::Failed, 2).expect("✓✗ 0s");
    desk.wait(125).expect("✓✗ 2m05s");
    desk.press("p o").expect("Diagnosis: Fail over to the replica").expect("✓ It does not answer").expect("│ no ␛[2Janswer");
    desk.expect("✗ The replica answers").expect("exit 2").expect("│ refused").expect("2m05s ago");
    desk.press("o").expect("Output of The replica answers");
    desk.reads("refused, all of it").expect("refused, all of it").press("esc esc");
    desk.press("enter").expect("✓ It does not answer, ✗ The replica answers, 2m05s ago").press("o").expect("│ refused");
    desk.expect_not("has changed since").press("esc esc").expect("✓✗ 2m05s");
    desk.playbook(&checked().replace("ask\n", "ask it\n")).press("p o").expect("the playbook has changed since");
}

#[test]
fn a_run_does_not_trust_what_a_diagnosis_has_seen() {
    let mut desk = diagnosing();
    desk.command_ends(StepState::Succeeded, 0).command_ends(StepState::Succeeded, 0);
    desk.press("p r").expect("✓ It does not answer, ✓ The replica answers").expect("are looked at again").press("enter");
    desk.expect("step 1 of 5").expect("▌▶ 1  It does not answer").expect_not("✓ 1");
}

#[test]
fn what_waits_to_be_looked_at_is_told() {
    let mut desk = diagnosing();
    let more: Vec<_> =
        (2..9).map(|number| alert("PostgresDown", "critical", "postgres", &format!("db-{number}:5432"), 2)).collect();
    desk.press("esc").fires(&more).press("G").expect("checks wait");
}

#[test]
fn a_small_screen_shows_what_was_seen_too() {
    let mut desk = diagnosing();
    desk.command_ends(StepState::Succeeded, 0).command_ends(StepState::Failed, 1);
    desk.resize(40, 12).press("p").expect("Fail over to the replica").expect("✓✗").press("o");
    desk.expect("✓ It does not answer").press("G").expect("✗ The replica answers").press("esc enter").expect("suggested");
    desk.press("esc").resize(80, 24).expect("✓✗");
}

#[test]
fn a_diagnosis_is_no_run_of_anybody() {
    let mut desk = diagnosing();
    desk.press("p").expect_not("▶ Fail over").expect("▌Fail over to the replica       ▶·");
    desk.press("q");
    assert!(desk.quits(), "nobody has to stay for it");
}

#[test]
fn a_suggestion_that_comes_while_somebody_reads_the_library_moves_nothing_in_it() {
    let mut desk = Desk::new();
    let other = FAILOVER.replace("postgres-failover", "another").replace("alerts: [{alertname: PostgresDown}]", "alerts: []");
    desk.playbooks(&[&other.replace("Fail over to the replica", "Another one"), FAILOVER]).press("p").expect("▌Another one");
    let places = |desk: &Desk| ["Library", "▌Another one", "Fail over"].map(|text| desk.find(text));
    let before = places(&desk);
    desk.fires(&[alert("PostgresDown", "critical", "postgres", "db-1:5432", 3)]).wait(1).expect("fits this alert");
    let now = places(&desk);
    assert_eq!(now[..2], before[..2], "{}", desk.text());
    desk.press("k").expect("▌Fail over").press("k").expect("▌Fail over").press("j").expect("▌Another one");
    desk.press("G").expect_not("▌Another one").press("gg").expect_not("▌Another one").expect("▌Fail over");
}

#[test]
fn a_dialog_shows_first_what_it_does_and_how_to_leave_it() {
    let mut desk = outage();
    desk.press("j a").expect("Acknowledge");
    let last = desk.text().lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with(" enter do it  esc back"), "{last}");
}

/// Two playbooks for the dead primary, of which the second names it more closely; one for any alert of the shop.
fn three() -> [String; 3] {
    let of = |id: &str, title: &str, alerts: &str| {
        let text = FAILOVER.replace("id: postgres-failover", &format!("id: {id}")).replace("Fail over to the replica", title);
        text.replace("[{alertname: PostgresDown}]", alerts).replace("default: db-2", "from: label.instance")
    };
    [
        of("a-broad", "Broad one", "[{alertname: PostgresDown}]"),
        of("b-close", "Close one", "[{alertname: PostgresDown, service: postgres}]"),
        of("c-shop", "Shop one", "[{alertname: CheckoutErrors}]"),
    ]
}

#[test]
fn what_fits_the_incident_is_ranked_and_comes_after_what_fits_the_selected_alert() {
    let mut desk = outage();
    let books = three();
    desk.playbooks(&books.each_ref().map(String::as_str)).press("j").expect("▌CRIT PostgresDown").press("D enter").press("gg");
    desk.expect("▌CRIT CheckoutErro").expect("3 fit");
    let place = |text: &str| desk.find(text).expect(text).1;
    assert!(desk.line("Shop one").contains("fits this alert"));
    assert!(desk.line("Close one").contains("fits the incident"));
    assert!(place("Shop one") < place("Close one") && place("Close one") < place("Broad one"), "{}", desk.text());
}

#[test]
fn a_run_takes_its_parameters_from_the_alert_that_the_playbook_is_suggested_for() {
    let mut desk = outage();
    let books = three();
    desk.playbooks(&books.each_ref().map(String::as_str)).press("j D enter gg").expect("▌CRIT CheckoutErro");
    desk.press("p j enter")
        .expect("Close one")
        .expect("match PostgresDown db-1:5432 of the incident")
        .press("r")
        .expect("db-1:5432");
    desk.press("enter");
    let run = desk.world.runs.iter().next().expect("a run").1;
    assert_eq!(run.alert, Some(alert("PostgresDown", "", "", "db-1:5432", 0).id.clone()));
    assert_eq!(run.params["REPLICA"], "db-1:5432");
}

#[test]
fn a_changed_file_and_a_long_run_are_marked() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter").expect("RTO 15:00").expect_not("≠");
    desk.playbook(&FAILOVER.replace("Look at the machine itself.", "Look twice.")).expect("≠ the file has changed");
    desk.expect("Look at the machine itself.").wait(1_000).expect("131 % over");
}

/// With a secret, and a command that is longer than a small screen.
fn long_and_secret() -> String {
    let lines: String = (1..=20).map(|line| format!("echo {line}\n")).collect();
    let params = "  TOKEN: {type: secret}\n  REPLICA:";
    FAILOVER.replace("fence \"$REPLICA\"\n", &format!("fence \"$REPLICA\"\n{lines}")).replacen("  REPLICA:", params, 1)
}

#[test]
fn a_secret_is_never_on_the_screen_and_is_asked_for_again() {
    let mut desk = outage();
    desk.playbook(&long_and_secret()).press("j p r").expect("TOKEN").press("enter").expect("parameter TOKEN");
    desk.type_text("hunter2").expect("•••••••").expect_not("hunter2").press("enter").expect("step 1 of 3");
    let run = desk.world.runs.open().next().expect("a run").0;
    desk.asks(Command::Run(midwatch::model::runs::RunCommand::Leave { run })).expect("take the run up");
    desk.press("r").expect("Take up Fail over").expect("TOKEN").type_text("hunter2").expect_not("hunter2").press("enter");
    let Some(Command::Run(midwatch::model::runs::RunCommand::Resume { params, .. })) = desk.commands.last() else {
        panic!("{:?}", desk.commands)
    };
    assert_eq!(params.0.get("TOKEN").map(String::as_str), Some("hunter2"));
}

#[test]
fn nothing_is_confirmed_before_all_of_it_was_on_the_screen() {
    let mut desk = outage();
    desk.playbook(&long_and_secret()).press("j p r").type_text("x").press("enter r enter").expect("step 2 of 3");
    desk.resize(40, 12).press("r").expect("$ fence").expect("enter read on").expect("PROD").press("enter").expect_not("$ fence");
    let started = |desk: &Desk| format!("{:?}", desk.commands.last()).contains("fence");
    assert!(!started(&desk), "the rest of the command was not read");
    while desk.shows("read on") {
        desk.press("enter");
    }
    desk.expect("risk: change").expect("enter run it").press("pageup").expect("read on").press("enter enter");
    assert!(started(&desk), "{:?}", desk.commands.last());
}

#[test]
fn a_small_screen_cuts_nothing_that_is_read() {
    let mut desk = outage();
    desk.resize(40, 12).press("?").expect("Acknowledge the marked alerts, or").expect("the selected one.");
    desk.press("esc enter").expect("2026-11-23 02:56:00 UTC").press("G").expect("UTC");
    desk.press("esc").feed("stripe-api", FeedState::Failing, "a message that is longer than the screen is wide", 1);
    desk.press("1 G enter").expect("a message that is longer").expect("than the screen is wide");
}

#[test]
fn a_feed_without_a_service_is_in_the_strip_too() {
    let mut settings = screen::settings();
    settings.feeds[0].service = None;
    let mut desk = Desk::with(settings);
    desk.resize(80, 24).feed("checkout-pay", FeedState::Failing, "503", 1).expect("▲ checkout-pay");
}

#[test]
fn what_has_no_room_in_a_note_is_told() {
    let mut desk = outage();
    desk.press("n")
        .paste(&"x".repeat(4_100))
        .expect("Only 4000 bytes fit here")
        .type_text("y")
        .paste("short")
        .expect("Only 4000");
    desk.press("ctrl-u").expect_not("Only 4000");
}

/// Every way in which a step can ask for a person.
const ASKING: &str = r#"---
playbook: 1
id: asking
title: Asking
alerts: [{alertname: PostgresDown}]
roles: [commander]
---

# Asking

## Steps

### Look around

- **kind:** manual

- [ ] the first thing
- [ ] the second thing

### Where to

- **ask:** Which way?
  - Onward: [Calm down](#calm-down)
  - Back: [Rollback](#rollback)

### Calm down

- **wait:** 10m

### May we

- **approve:** 1 of commander
- **timeout:** 10m

### Change it

- **risk:** change
- **timeout:** 10s

```sh
change it
```

To undo:

```sh undo
change it back
```

Is it?

```sh status
is it
```

### What was seen

- **record:** what the graph shows

## Rollback

### Tell the others

- **kind:** manual
"#;

#[test]
fn every_kind_of_step_is_answered_on_the_smallest_screen() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.resize(width, height).playbook(ASKING).press("j p r enter").expect("tick…");
        desk.press("r").expect("a ○ the first thing").expect("PROD").press("a r").expect("✓ the first thing").press("b");
        desk.expect("decide…").press("r").expect("Which way?").expect("a Onward").expect("b Back").press("a");
        desk.expect("left").expect("end it early…").press("r").expect("10m are left").press("enter").expect("A reason is needed");
        desk.type_text("calm").press("enter").expect("approve…").expect("approved 0/1");
        desk.press("r").expect("ana asks; wanted: 1 of").press("a").expect("approve it").press("r b").expect("Who approves?");
        desk.type_text("bo").press("tab").type_text("commander").press("enter").expect("confirm");
        desk.press("r").expect("$ change it").press("enter").command_ends(StepState::Succeeded, 0).expect("write down…");
        desk.press("r").expect("what the graph shows").type_text("all green").press("enter").expect("completed");
        let all = desk.world.log.entries().map(|entry| entry.text.clone()).collect::<Vec<_>>().join("\n");
        assert!(all.contains("approved “May we”") && all.contains("all green"), "{all}");
    }
}

#[test]
fn the_way_back_is_shown_before_it_is_taken() {
    let mut desk = outage();
    desk.resize(40, 12).playbook(ASKING).press("j p r enter r a r b r a r").type_text("x").press("enter r");
    desk.press("d").type_text("nobody here").press("enter").expect("confirm").press("r enter").expect("cancel…");
    desk.command_ends(StepState::Failed, 2).expect("what now?").press("r").expect("exit 2").expect("a try again");
    desk.press("d").expect("Roll back").expect("1. Undo: Change it").expect("$ change it back").expect("Type roll back to go on");
    desk.expect("when you start it:").expect("on this machine as").press("pagedown").expect("risk: change");
    // All of it is read first.
    desk.type_text("roll back")
        .press("enter enter")
        .expect("rolling-back")
        .expect("Undo: Change it")
        .press("r")
        .expect("$ change it back");
    desk.press("enter").command_ends(StepState::Succeeded, 0).expect("Tell the others").press("r enter").expect("rolled-back");
}

#[test]
fn what_nobody_knows_is_asked_or_said_and_never_repeated_by_itself() {
    let mut desk = outage();
    desk.resize(40, 12).playbook(ASKING).press("j p r enter r a r b r a r").type_text("x").press("enter r");
    desk.press("d").type_text("nobody here").press("enter r enter").command_ends(StepState::Unknown, 0);
    desk.expect("unknown").press("r").expect("Nobody knows what became of it").expect("a ask it").press("b").type_text("saw it");
    desk.press("enter").expect("write down…");
}

#[test]
fn a_part_is_entered_left_and_come_back_from() {
    let part =
        "---\nplaybook: 1\nid: part\ntitle: The part\n---\n\n# The part\n\n## Steps\n\n### Only this\n\n- **kind:** manual\n";
    let whole = "---\nplaybook: 1\nid: whole\ntitle: The whole\nalerts: [{alertname: PostgresDown}]\n---\n\n# The whole\n\n\
                 ## Steps\n\n### Do the part\n\n- **playbook:** [The part](part.md)\n\n### Go on\n\n- **kind:** manual\n";
    let mut desk = outage();
    desk.playbooks(&[whole, part]).press("j p r enter r");
    desk.expect("The whole › The part").expect("Only this").press("esc").expect("▌▶ 1  Do the part").expect("show it");
    desk.press("enter").expect("The whole › The part").press("r enter").expect("Playbook ─ The whole").expect("▌▶ 2  Go on");
}

#[test]
fn a_run_is_paused_left_taken_up_and_abandoned() {
    let mut desk = outage();
    desk.resize(40, 12).playbook(ASKING).press("j p r enter r a b").expect("abort the run").expect("pause the run");
    desk.press("a").type_text("lunch").press("enter").expect("Paused.").press("r enter").expect_not("Paused.");
    desk.press("b b")
        .expect("take the run up")
        .press("b")
        .expect("a abandon the run")
        .press("a")
        .type_text("too old")
        .press("enter");
    desk.expect("abandoned");
}

#[test]
fn closing_an_incident_says_that_its_playbook_is_not_through() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j i enter p r enter i").type_text("close").press("enter");
    desk.expect("INC-1 is closed").expect("“Fail over to the replica” is not through yet");
}

#[test]
fn a_newcomers_guide_is_read_whole_on_a_narrow_screen() {
    let mut desk = outage();
    let guide = "Critical! gg goes to the top, j or k to PostgresDown (here you are); a and enter: now it is yours.";
    desk.screen.guide(Some(midwatch::tui::Hint::of(guide.to_owned())));
    desk.resize(80, 24).expect("Critical! gg").expect("now it is yours.");
    desk.resize(40, 12).expect("Critical! gg").expect("yours.");
}

#[test]
fn a_source_that_fails_is_seen_from_every_pane() {
    let mut desk = outage();
    desk.press("gg a enter").resize(80, 24).source_fails("connection refused").expect("? ✓ ana").expect("? stale");
    desk.resize(40, 12).press("4").expect("Log").expect("? prod failed");
}

#[test]
fn what_a_command_wrote_stays_at_hand_when_it_has_ended() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter r enter r enter").command_writes("no route to db-1");
    desk.command_ends(StepState::Failed, 3).expect("│ no route to db-1");
    desk.press("enter").expect("Attempt 1").expect("Output").press("esc");
    desk.press("4 G enter")
        .expect("Entry step-ended")
        .expect("no route to db-1")
        .press("o")
        .expect("Output of")
        .press("esc esc 3");
    desk.press("t enter").expect_not("no route to db-1").command_ends(StepState::Succeeded, 0);
}

#[test]
fn a_command_that_writes_nothing_for_long_is_pointed_out_and_goes_on() {
    let mut desk = outage();
    let text = FAILOVER.replace("- **Risk:** change\n", "- **Risk:** change\n- **Timeout:** 10m\n- **Quiet:** 90s\n");
    desk.playbook(&text).press("j p r enter r enter r enter").command_writes("fencing");
    desk.wait(80).expect_not("no output").wait(20).expect("▲ no output for 1m4").expect("running");
    desk.command_writes("still fencing").expect_not("no output");
    desk.wait(100).expect("▲ no output for 1m4").command_ends(StepState::Succeeded, 0);
    desk.expect_not("no output").expect("step 3 of 3");
}

#[test]
fn escape_and_a_key_that_come_together_both_count() {
    let mut desk = outage();
    desk.press("?").expect("Keys: Alerts").press("alt-q").expect_not("Keys: Alerts");
    assert!(desk.quits(), "a terminal multiplexer sends escape and q as alt and q");
    let mut typing = outage();
    typing.press("n").type_text("saw 5xx drop").press("alt-b alt-f").expect("saw 5xx drop").press("alt-j").expect_not("Note");
    assert!(!typing.quits());
}

#[test]
fn leaving_asks_while_a_command_is_running() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter r enter r enter").command_writes("fencing");
    desk.press("q").expect("Leave the console?").expect("“Fence the old primary” is running").expect_not("esc leave");
    assert!(!desk.quits());
    desk.press("esc").command_ends(StepState::Succeeded, 0).press("q");
    assert!(desk.quits(), "nothing is running any more");
}

#[test]
fn a_step_is_skipped_with_a_reason_only() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter s").expect("skip it").press("enter").expect("A reason is needed");
    desk.type_text("seen it").press("enter").expect("step 2 of 3").expect("skipped");
}

#[test]
fn every_size_has_a_screen_and_prompts_stay_inside() {
    let mut desk = outage();
    desk.resize(40, 12).expect("CRIT CheckoutErr").expect("PROD");
    desk.press("tab").expect("Playbook").press("tab").expect("Log").press("tab").expect("Health").press("tab");
    desk.press("s").expect("enter").expect("It hides 1 alert").expect("PROD");
    desk.press("esc").resize(29, 7).expect("needs 30×8");
    desk.resize(80, 24).expect("▲ checkout").expect("╭─Alerts").expect("╭─Log");
}

#[test]
fn ascii_and_no_colour_say_the_same() {
    let mut desk = outage();
    desk.theme = Theme::default().at_depth(Depth::None).in_ascii(true);
    desk.draw();
    assert!(desk.text().is_ascii(), "{}", desk.text());
    desk.expect("DOWN").expect("CRIT").expect("2 failing").expect(">CRIT");
    let plain = |cell: &ratatui::buffer::Cell| (cell.fg, cell.bg) == Default::default();
    assert!(desk.frame.content.iter().all(plain));
}

#[test]
fn the_selection_moves_for_few_bytes() {
    let mut desk = outage();
    let before = desk.frame.clone();
    desk.press("j");
    let changed = before.content.iter().zip(&desk.frame.content).filter(|(a, b)| a != b).count();
    assert!(changed < 80, "{changed} cells");
}

#[test]
fn the_picture_is_the_screen() {
    let desk = outage();
    let picture = picture::svg(&desk.frame, &desk.theme);
    assert!(picture.starts_with("<svg") && picture.contains("CheckoutErrors"));
}

/// Time passes while everything goes on answering.
fn later(desk: &mut Desk, seconds: u64) -> &mut Desk {
    for _ in 0..seconds {
        desk.wait(1).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
        desk.feed("checkout-pay", FeedState::Failing, "503 Service Unavailable", 900);
        desk.feed("pg-primary", FeedState::Failing, "connection refused", 1);
        desk.feed("stripe-api", FeedState::Healthy, "operational", 80 + seconds);
    }
    desk
}

/// The picture of the README. `MIDWATCH_BLESS=1 cargo test --test screen picture` draws it again.
#[test]
fn the_picture_shows_what_the_console_shows() {
    let mut desk = outage();
    desk.resize(150, 32).playbook(FAILOVER);
    later(&mut desk, 44).press("j a").type_text("on it").press("enter");
    later(&mut desk, 20).press("D").press("enter");
    later(&mut desk, 31).press("p r enter r enter");
    later(&mut desk, 72).press("r enter").command_writes("fencing db-1: powered off").wait(2);
    desk.command_ends(StepState::Succeeded, 0).press("n").type_text("?the disk of db-1 was full").press("enter");
    later(&mut desk, 8);
    desk.draw();
    let (drawn, path) = (picture::svg(&desk.frame, &desk.theme), concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screen.svg"));
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(path, &drawn).expect("written");
    }
    assert!(
        std::fs::read_to_string(path).expect("docs/screen.svg") == drawn,
        "the screen has changed: draw docs/screen.svg again"
    );
}

#[test]
fn playbooks_that_are_behind_their_upstream_are_told_in_the_status_line() {
    use midwatch::domain::playbook::Behind;
    let behind = |folder: &str| Behind { folder: folder.into(), commits: 1 };
    let mut desk = Desk::new();
    desk.resize(160, 40).expect_not("upstream");
    desk.fact(midwatch::model::Fact::PlaybooksBehind(vec![behind("/books")]))
        .wait(1)
        .expect("/books is 1 commit behind its upstream");
    desk.fact(midwatch::model::Fact::PlaybooksBehind(vec![behind("/a"), behind("/b")]))
        .wait(1)
        .expect("2 playbook folders are behind");
    desk.fact(midwatch::model::Fact::PlaybooksBehind(Vec::new())).wait(1).expect_not("upstream");
}
