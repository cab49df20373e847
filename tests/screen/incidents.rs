//! What can be done with an incident from its menu: who does what in it, who may see it, and where it goes on.

use crate::screen::{Desk, alert, outage, start};
use midwatch::domain::entry::Kind;
use midwatch::domain::incident::{Role, Status};
use midwatch::model::Command;

fn desk(incidents: &[&str]) -> Desk {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    for title in incidents {
        desk.press("D ctrl-u").type_text(title).press("enter");
    }
    desk.commands.clear();
    desk
}

#[test]
fn roles_are_set_in_one_dialog_and_only_what_was_changed_is_recorded() {
    let mut desk = desk(&["shop"]);
    desk.press("i").type_text("roles").press("enter").expect("Roles in INC-1").expect("Known: ana.");
    desk.press("tab").type_text("bo").press("tab tab").type_text("cy").press("enter").expect_not("Roles in");
    let incident = desk.world.incidents.open().next().expect("open");
    let roles = Role::ALL.map(|role| incident.has(role));
    assert_eq!(roles, [Some("ana"), Some("bo"), None, Some("cy")]);
    assert_eq!(desk.commands.len(), 2, "{:?}", desk.commands);
    desk.press("i").type_text("roles").press("enter").expect("Known: ana, bo, cy.");
    desk.press("ctrl-u enter").expect("✗ An incident is never without a lead").type_text("bo").press("tab ctrl-u enter");
    let incident = desk.world.incidents.open().next().expect("open");
    assert_eq!(Role::ALL.map(|role| incident.has(role)), [Some("bo"), None, None, Some("cy")]);
}

#[test]
fn an_incident_is_kept_in_the_house_and_let_out_again() {
    let mut desk = desk(&["a break-in"]);
    let private = |desk: &Desk| desk.world.incidents.open().next().expect("open").private;
    desk.press("i").type_text("private").press("enter").expect("Who may see INC-1?").expect("as it is now").press("enter");
    assert!(private(&desk));
    desk.press("u");
    assert!(!private(&desk), "that is undone by one key");
    desk.press("i").type_text("private").press("enter").type_text("not").press("enter");
    assert!(desk.commands.len() == 2, "it is so already: {:?}", desk.commands);
}

#[test]
fn a_merge_is_typed_and_the_other_one_is_shown_then() {
    let mut alone = desk(&["one"]);
    alone.press("i").expect_not("merge");
    let mut desk = desk(&["one", "two"]);
    desk.press("n").type_text("the disk hums").press("enter");
    desk.commands.clear();
    desk.expect("INC-2").press("i").type_text("merge").press("enter").expect("Merge INC-2 into which one?").press("enter");
    desk.expect("Merge INC-2 into INC-1?").press("enter").expect("is not INC-2");
    assert!(desk.commands.is_empty(), "{:?}", desk.commands);
    desk.type_text("INC-2").press("enter").expect("INC-1 SEV");
    assert!(matches!(desk.commands[..], [Command::Merge { .. }]), "{:?}", desk.commands);
    let merged: Vec<_> = desk.world.incidents.iter().map(|one| (one.number, one.status)).collect();
    assert_eq!(merged, [(2, Status::Merged), (1, Status::Open)]);
    // What came by the merge is a part as any other.
    let note = desk.world.log.entries().find(|entry| entry.text == "the disk hums").expect("noted").id;
    desk.click("the disk hums").press("enter").expect("also in").press("L").expect("take it out").type_text("take it out");
    desk.press("enter").press("esc esc");
    let taken = desk
        .commands
        .iter()
        .any(|command| matches!(command, Command::LinkEntries { entries, belong: false, .. } if entries == &[note]));
    assert!(taken, "{:?}", desk.commands);
    desk.expect_not("the disk hums");
}

#[test]
fn the_menu_offers_what_may_come_next_and_what_was_set_is_undone_to_what_it_was() {
    let mut desk = desk(&["shop"]);
    let status = |desk: &Desk| desk.world.incidents.iter().next().expect("known").status;
    let severity = |desk: &Desk| desk.world.incidents.iter().next().expect("known").severity.to_string();
    desk.press("i").type_text("severity").press("enter").type_text("SEV1").press("enter");
    assert_eq!(severity(&desk), "SEV1");
    desk.press("u");
    assert_eq!(severity(&desk), "SEV2", "as it was");
    desk.press("i")
        .expect("mitigate")
        .expect("resolve ")
        .expect("hand-over")
        .expect_not("reopen")
        .type_text("resolve")
        .press("enter enter");
    assert_eq!(status(&desk), Status::Resolved);
    desk.expect("INC-1 SEV2  resolved");
    desk.press("i").expect("reopen").expect_not("resolve ").press("esc u");
    assert_eq!(status(&desk), Status::Open, "undone");
    desk.press("u").expect("There is nothing to undo.");
    desk.expect_not("SEV2  open")
        .press("i")
        .type_text("close")
        .press("enter enter")
        .press("I enter")
        .expect("INC-1 SEV2  closed");
    desk.resize(40, 12).expect("closed").resize(120, 40).press("i").expect("reopen");
    desk.expect_not("hand-over").expect_not("close-incident").expect_not("mitigate").type_text("reopen").press("enter enter");
    assert_eq!(status(&desk), Status::Open);
    // What was reopened is not undone by the same again: the key takes back what came before it.
    desk.commands.clear();
    desk.press("u");
    assert!(
        matches!(desk.commands[..], [Command::SetStatus { status: Status::Open, .. }]),
        "of the closing: {:?}",
        desk.commands
    );
    desk.press("u").expect("There is nothing to undo.");
}

#[test]
fn what_is_not_well_yet_is_said_to_whoever_says_that_it_is_over() {
    let mut desk = outage();
    desk.press("D enter E").expect("Not well yet: ").expect("still fire").expect("checkout is failing");
    desk.type_text("by hand").press("enter").expect("mitigated");
}

/// There is room for little else there, and nobody would guess those keys.
#[test]
fn on_the_smallest_screen_the_keys_that_go_further_stand_in_view() {
    let mut desk = outage();
    desk.press("D enter").resize(40, 12).press("E").expect("down: and resolved as well").expect("Not well yet: ");
    desk.press("down").expect("down: and closed as well · up:").expect("without resolved").expect("Not well yet: ");
}

#[test]
fn several_stages_are_gone_through_in_one_dialog_and_each_is_recorded() {
    let mut desk = desk(&["shop"]);
    desk.press("E").expect("INC-1 is mitigated ─").expect("down: and resolved as well").type_text("Everything is back");
    desk.press("down").expect("INC-1 is mitigated, resolved ─").expect("Each is recorded").expect("enter record all 2");
    desk.press("down").expect("INC-1 is mitigated, resolved, closed ─").expect("Everything is back").expect_not("as well");
    assert!(desk.commands.is_empty(), "nothing before enter: {:?}", desk.commands);
    // There is nothing further, however long it is held.
    desk.press("down down").expect("INC-1 is mitigated, resolved, closed ─").press("tab").type_text("-5m").press("enter");
    let stages = desk.world.log.entries().filter(|entry| entry.kind == Kind::Status);
    let stages: Vec<_> = stages.map(|entry| (entry.text.as_str(), entry.at)).collect();
    let then = start() - chrono::Duration::minutes(5);
    let texts = ["INC-1 mitigated: Everything is back", "INC-1 resolved", "INC-1 closed"];
    assert_eq!(stages, texts.map(|text| (text, then)));
    // After that comes its export; in another night that is nobody's next step.
    desk.press("E").expect("INC-1 as `midwatch export").press("esc").sleep(13 * 3600).press("E").expect("No incident is open");
    desk.press("u");
    let status = desk.world.incidents.iter().next().expect("known").status;
    assert_eq!(status, Status::Open, "one key takes all of it back");
}

#[test]
fn a_stage_too_many_is_taken_off_again_and_the_fields_are_gone_through_by_tab() {
    let mut desk = desk(&["shop"]);
    desk.press("E").expect_not("up: without").type_text("promoted db-2").press("up").expect("INC-1 is mitigated ─");
    desk.press("down down").expect("INC-1 is mitigated, resolved, closed ─").expect("up: without closed");
    desk.press("up").expect("down: and closed as well · up: without resolved").expect("enter record all 2");
    desk.press("up").expect("INC-1 is mitigated ─").expect_not("up: without").expect("enter set mitigated");
    desk.press("tab")
        .type_text("23:59")
        .expect("set at 2026-11-22 23:59")
        .press("ctrl-u")
        .type_text("-7m")
        .press("shift-tab")
        .type_text(" by hand")
        .press("enter");
    let stages = desk.world.log.entries().filter(|entry| entry.kind == Kind::Status);
    let stages: Vec<_> = stages.map(|entry| (entry.text.as_str(), entry.at)).collect();
    assert_eq!(stages, [("INC-1 mitigated: promoted db-2 by hand", start() - chrono::Duration::minutes(7))]);
    // Where there is but one, its keys go to the next field as everywhere.
    desk.press(",c down").type_text("-1m").press("up").type_text("over").press("enter");
    let closed = start() - chrono::Duration::minutes(1);
    let told: Vec<_> = desk.world.log.entries().map(|entry| (entry.text.as_str(), entry.at)).collect();
    assert!(told.contains(&("INC-1 closed: over", closed)), "{told:?}");
}

#[test]
fn what_was_cancelled_since_does_not_hide_what_was_closed() {
    let mut desk = desk(&["shop"]);
    desk.press("E down down enter").sleep(60).press("D ctrl-u").type_text("nothing").press("enter").expect("INC-2");
    let other = desk.world.incidents.open().next().expect("open").id;
    let cancel = Command::SetStatus { incident: other, by_way: Vec::new(), status: Status::Cancelled, reason: None, at: None };
    desk.asks(cancel).press("E").expect("INC-1 as `midwatch export").press("esc ,e").expect("INC-1 as `midwatch export");
}

#[test]
fn what_was_closed_straight_after_it_was_opened_is_exported_next() {
    let mut desk = desk(&["shop"]);
    desk.press(",c enter E").expect("INC-1 as `midwatch export").press("esc");
    desk.sleep(13 * 3600).press("E").expect("No incident is open");
    // One that was reopened has not ended.
    desk.press("u E").expect("INC-1 is mitigated ─");
}

#[test]
fn keys_that_are_typed_ahead_of_the_journal_are_told_so() {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    for keys in ["E", ",c", "L", "i"] {
        desk.slow = Some(Vec::new());
        desk.press("D enter").press(keys).expect("The incident is being recorded: once it is, press that again.");
        desk.slow = None;
    }
    let mut desk = self::desk(&["shop"]);
    desk.slow = Some(Vec::new());
    desk.press(",m enter E").expect("What INC-1 has become is being recorded: once it is, press that again.");
    desk.answer().press("E").expect("INC-1 is resolved ─").press("esc");
    assert_eq!(desk.commands.len(), 1, "{:?}", desk.commands);
}
