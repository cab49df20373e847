//! Several incidents at once: which one a key acts on is seen, is chosen, and never changes under the operator.

use crate::screen::{Desk, FAILOVER, alert, outage, start};
use midwatch::domain::entry::{Actor, Draft, Entry, Evidence, Kind};
use midwatch::domain::ids::IncidentId;
use midwatch::domain::incident::Incident;
use midwatch::model::{Body, Command, Effect, Fact};
use midwatch::tui::keymap::Keymap;
use midwatch::tui::{Layouts, Screen, Setup};
use std::path::PathBuf;
use std::sync::Arc;

/// `shop` of ana, who sits here, and `mail` that bo declares meanwhile.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("D ctrl-u").type_text("shop").press("enter");
    declared(&mut desk, "mail");
    desk.commands.clear();
    desk
}

fn by_bo(kind: Kind, text: &str) -> Draft {
    Draft::new(kind, start(), Actor::person("bo", None), text)
}

/// It is of an incident.
fn of(incident: IncidentId, mut draft: Draft) -> Draft {
    draft.incident = Some(incident);
    draft
}

fn declared(desk: &mut Desk, title: &str) {
    let number = desk.world.incidents.iter().count() + 1;
    let draft = by_bo(Kind::Declare, title).with("title", title).with("severity", "SEV1").with("number", number);
    desk.elsewhere(draft.with("lead", "bo")).draw();
}

fn incident(desk: &Desk, title: &str) -> Incident {
    desk.world.incidents.iter().find(|one| one.title == title).expect("known").clone()
}

fn last(desk: &Desk) -> Command {
    desk.commands.last().expect("a command").clone()
}

fn note_of(desk: &Desk, text: &str) -> Arc<Entry> {
    desk.world.log.lines(&desk.world.corrections).find(|entry| entry.text == text).expect("recorded")
}

fn into(desk: &Desk) -> Option<IncidentId> {
    match last(desk) {
        Command::Note { incident, .. } => incident,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_somebody_else_declares_takes_nobodys_notes() {
    let mut desk = desk();
    desk.expect("INC-1 SEV").expect("+1 open: I").expect("Log ─ INC-1");
    desk.press("n").expect("Note into INC-1 shop").type_text("ours").press("enter");
    assert_eq!(into(&desk), Some(incident(&desk, "shop").id));
    desk.press("I").expect("shown now").type_text("mail").press("enter").expect("INC-2 SEV1").expect("Log ─ INC-2");
    desk.press("n").expect("Note into INC-2 mail").type_text("theirs").press("enter");
    assert_eq!(into(&desk), Some(incident(&desk, "mail").id));
    for (action, title) in [("roles", "Roles in INC-2 mail"), ("update", "Update of INC-2"), ("export", "INC-2 as `midwatch")] {
        desk.press("i").type_text(action).press("enter").expect(title).press("esc");
    }
}

#[test]
fn a_note_goes_where_its_dialog_said_whatever_happens_while_it_is_typed() {
    let mut desk = desk();
    let shop = incident(&desk, "shop").id;
    desk.press("n").type_text("half");
    desk.elsewhere(of(shop, by_bo(Kind::Status, "closed").with("status", "closed"))).draw();
    desk.expect("Note into INC-1 shop, which is closed").press("enter");
    assert_eq!(into(&desk), Some(shop));
    // Nobody works on it any more: the next one goes into what is open.
    desk.expect("INC-2 SEV1").expect_not("open: I").press("n").expect("Note into INC-2 mail");
    desk.press("esc I").expect("open since 02:58").expect("closed, opened 02:58");
}

#[test]
fn what_is_chosen_is_done_to_the_incident_that_the_menu_names() {
    for action in ["accept", "link"] {
        let mut desk = desk();
        let (shop, mail) = (incident(&desk, "shop").id, incident(&desk, "mail").id);
        for id in [shop, mail] {
            desk.elsewhere(of(id, by_bo(Kind::Handoff, "offered").with("step", "offered").with("person", "ana"))).draw();
        }
        desk.commands.clear();
        desk.press("i").expect("INC-1 SEV2 shop").expect("accept").type_text(action);
        desk.elsewhere(of(shop, by_bo(Kind::Status, "closed").with("status", "closed"))).draw();
        desk.press("enter");
        let other = desk.commands.iter().filter(|command| match command {
            Command::LinkAlerts { incident, .. } => *incident == mail,
            Command::TakeOver { incident } => *incident == Some(mail),
            _ => false,
        });
        assert_eq!(other.count(), 0, "{action}: {:?}", desk.commands);
        // Then it goes on in what is open.
        desk.press("esc").expect("INC-2 SEV1").expect("Log ─ INC-2");
    }
}

#[test]
fn whoever_declares_an_incident_goes_on_in_it() {
    let mut desk = desk();
    desk.press("I").type_text("shop").press("enter").expect("INC-1 SEV");
    desk.press("D ctrl-u").type_text("queue").press("enter").expect("INC-3 SEV").expect("+2 open: I");
    desk.press("I").type_text("everything").press("enter").expect("Log ─ everything").expect("+3 open: I");
    desk.press("D ctrl-u").type_text("disk").press("enter").expect("INC-4 SEV");
    desk.resize(80, 24).expect("+3 open: I").resize(40, 12).expect("INC-4").expect("+3 open: I");
}

#[test]
fn an_entry_is_made_part_of_another_incident_and_taken_out_again() {
    let mut desk = desk();
    desk.press("n").type_text("dns is slow").press("enter").press("4");
    let (entry, mail) = (note_of(&desk, "dns is slow").id, incident(&desk, "mail").id);
    desk.press("L").expect("The entry belongs to").expect("it was recorded there").type_text("recorded there").press("enter");
    desk.expect("leaves that one by being moved");
    desk.press("L").type_text("part of").press("enter");
    assert_eq!(last(&desk), Command::LinkEntries { incident: mail, entries: vec![entry], belong: true });
    assert!(incident(&desk, "mail").linked.contains(&entry));
    desk.press("enter").expect("also in").expect("INC-2").press("L").type_text("take it out").press("enter");
    assert!(!incident(&desk, "mail").linked.contains(&entry));
    desk.press("esc u");
    assert!(incident(&desk, "mail").linked.contains(&entry), "that is undone by one key");
}

#[test]
fn a_note_in_the_wrong_incident_is_moved_and_what_happened_is_not() {
    let mut desk = desk();
    desk.press("n").type_text("smtp is down").press("enter").press("4 L").type_text("move").press("enter");
    let mail = incident(&desk, "mail").id;
    assert_eq!(note_of(&desk, "smtp is down").incident, Some(mail));
    desk.press("u");
    assert_eq!(note_of(&desk, "smtp is down").incident, Some(incident(&desk, "shop").id));
    desk.press("gg").expect("▌").press("L").expect("The entry belongs to").expect_not("move it there").press("esc");
    let mut alone = Desk::new();
    alone.press("n").type_text("x").press("enter").press("4 L").expect("No incident is open");
}

#[test]
fn an_entry_that_was_moved_from_its_own_page_is_shown_as_it_is_now() {
    let mut desk = desk();
    desk.press("n").type_text("smtp is down").press("enter").press("4 enter").expect("incident      INC-1");
    desk.press("L").type_text("move").press("enter").expect("incident      INC-2");
    desk.press("a").expect("Attach a file to INC-2 mail");
}

#[test]
fn a_file_is_kept_before_the_entry_that_names_it_is_recorded() {
    let mut desk = desk();
    desk.press("n")
        .type_text("lag jumps")
        .press("enter")
        .press("4 a")
        .expect("Attach a file to INC-1 shop")
        .expect("To “lag jumps”.");
    desk.press("enter").expect("✗ Which file?").type_text("/tmp/lag.png").press("tab").type_text("the lag").press("enter");
    let asked = desk.effects.iter().find_map(|effect| match effect {
        Effect::Keep { request, file } => Some((*request, file.clone())),
        _ => None,
    });
    let (request, file) = asked.expect("the copy is asked for");
    assert_eq!(file, PathBuf::from("/tmp/lag.png"));
    assert!(desk.world.log.entries().all(|entry| entry.kind != Kind::Evidence), "nothing names it before it is kept");
    assert!(desk.world.unsettled() == 1, "somebody who leaves has not seen it recorded");
    let kept = Evidence { name: Some("lag.png".into()), sha256: Some("ab".repeat(32)), size: Some(9), url: None };
    desk.fact(Fact::Kept { request, kept: Ok(kept.clone()) }).draw();
    let (entry, about) = (note_of(&desk, "the lag"), note_of(&desk, "lag jumps"));
    assert_eq!((&entry.kind, &entry.evidence, entry.incident), (&Kind::Evidence, &vec![kept], about.incident));
    assert_eq!(entry.text_of("about"), Some(about.id.to_string().as_str()));
    assert_eq!(desk.world.unsettled(), 0);
    desk.press("enter").expect("evidence").expect("lag.png, 9 bytes, SHA-256").press("esc");
    // From the menu it is the incident's, whatever the cursor is on; a file that can't be kept is recorded nowhere.
    desk.press("i")
        .type_text("attach")
        .press("enter")
        .expect("Attach a file to INC-1")
        .expect_not("To “")
        .type_text("/none")
        .press("enter");
    let request = desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::Keep { request, .. } => Some(*request),
        _ => None,
    });
    let request = request.expect("asked for");
    desk.fact(Fact::Kept { request, kept: Err("/none: No such file".into()) }).draw();
    desk.expect("attach none ✗ not done: /none: No such file");
    assert_eq!(desk.world.log.entries().filter(|entry| entry.kind == Kind::Evidence).count(), 1);
}

#[test]
fn an_incident_is_offered_and_taken_over_from_its_menu() {
    let mut desk = desk();
    desk.press("i").expect_not("accept").type_text("hand-over").press("enter").expect("Hand INC-1 shop over");
    desk.press("enter").expect("✗ Name who is to take over").type_text("b").press("tab").expect("to bo").press("enter");
    let (shop, mail) = (incident(&desk, "shop"), incident(&desk, "mail").id);
    assert_eq!(last(&desk), Command::HandOff { incident: Some(shop.id), to: "bo".into() });
    assert_eq!(shop.lead.as_deref(), Some("ana"), "it is theirs once they take it over");
    desk.expect_not("is offered to you");
    let offer = by_bo(Kind::Handoff, "offered INC-2 to ana").with("step", "offered").with("person", "ana");
    desk.elsewhere(of(mail, offer)).draw();
    desk.resize(80, 24).expect("INC-2 is offered to you").resize(120, 40);
    desk.press("I").type_text("mail").press("enter");
    desk.press("i").type_text("accept").press("enter").expect_not("is offered to you");
    assert_eq!(last(&desk), Command::TakeOver { incident: Some(mail) });
    assert_eq!(incident(&desk, "mail").lead.as_deref(), Some("ana"));
    desk.press(":").type_text("accept").press("enter").expect("Nobody has offered you the incident");
}

#[test]
fn a_role_is_completed_where_somebody_is_known_and_else_the_key_goes_on() {
    let mut desk = desk();
    desk.elsewhere(by_bo(Kind::Note, "hello"));
    desk.elsewhere(Draft::new(Kind::Note, start(), Actor::person("bob", None), "hello"));
    desk.press("i").type_text("roles").press("enter").expect("tab completes a name");
    // `ana` is complete: the key goes on to the scribe.
    desk.press("tab").type_text("b").press("tab").expect("scribe  bo").press("tab").expect("scribe  bob").press("tab down");
    desk.type_text("zz").press("tab").type_text("bob").press("tab").expect("expert  zz").expect("liaison bob").press("enter");
    let shop = incident(&desk, "shop");
    let roles: Vec<_> = shop.roles.values().map(String::as_str).collect();
    assert_eq!((shop.lead.as_deref(), roles.as_slice()), (Some("ana"), ["bo", "zz", "bob"].as_slice()));
    desk.press("i").type_text("lead").press("enter").press("ctrl-u").type_text("b").press("tab tab").expect("lead bob");
    // A whole name is complete, whoever else begins so: one that is known, and one that stood there before.
    desk.press("ctrl-u").type_text("bo").press("tab").expect("lead bo ").press("esc");
    desk.press("i").type_text("roles").press("enter").press("tab tab").type_text("zoe").expect("scribe  bo ");
    desk.expect("expert  zzzoe");
}

#[test]
fn a_replay_shows_the_newest_for_nobody_works_in_it() {
    let mut desk = Desk::new();
    let zone = chrono_tz::Tz::UTC;
    desk.screen = Screen::new(Setup {
        keymap: Keymap::default(),
        zone,
        draft: String::new(),
        replay: Some((start(), start())),
        layouts: Layouts::default(),
        links: true,
    });
    declared(&mut desk, "shop");
    desk.expect("INC-1 SEV1");
    declared(&mut desk, "mail");
    desk.expect("INC-2 SEV1").expect("+1 open: I");
}

#[test]
fn the_list_of_incidents_has_room_for_their_titles() {
    let mut desk = outage();
    let title = "customers can't pay with cards in Europe";
    desk.press("D ctrl-u").type_text(title).press("enter I");
    assert!(desk.line(&format!("INC-1 SEV2 {title}")).contains("open since 02:58"), "{}", desk.text());
    desk.resize(40, 12).expect("▌ INC-1 SEV2 customers can't pay w");
    desk.expect("╰─ shown now, open since 02:58 ").press("down").expect("╰─ outside any incident too ");
}

#[test]
fn what_somebody_else_starts_leaves_the_run_that_is_driven_here_on_the_screen() {
    let mut desk = outage();
    desk.resize(200, 50).playbook(FAILOVER).press("j p r enter").expect("step 1 of 3").expect_not("more run");
    let run = |body: &Body| match body {
        Body::Fact(Fact::Recorded { entry, .. }) if entry.kind == Kind::Run => Some(entry.draft.clone()),
        _ => None,
    };
    let mut other = desk.events.iter().rev().find_map(|event| run(&event.body)).expect("the run");
    (other.run, other.actor.name, other.data["params"]["REPLICA"]) = (None, "bo".into(), "w8".into());
    desk.elsewhere(other).draw();
    desk.expect("Playbook ─ Fail over to the replica REPLICA=db-2").expect("1 more run: esc");
    desk.press("esc").expect("▶ REPLICA=w8 Fail over").expect("▶ REPLICA=db-2 Fail over").expect("· bo");
}
