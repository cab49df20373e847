//! Updates from the console: the draft, where it goes, what is asked before a private one leaves, and the clock of the next.

use crate::screen::{Desk, alert, settings};
use midwatch::domain::act::{Act, Outcome};
use midwatch::domain::entry::{Amendment, Visibility};
use midwatch::domain::ids::EntryId;
use midwatch::domain::settings::Settings;
use midwatch::domain::update::{Destination, Next, Updates};
use midwatch::model::{Command, Effect};

fn desk() -> Desk {
    let to = |name: &str, kind: &str| Destination { name: name.into(), kind: kind.into(), beside: None };
    let updates = Updates { to: vec![to("ops", "slack"), to("page", "webhook")], ..Updates::default() };
    let mut desk = Desk::with(Settings { updates, ..settings() });
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("D enter");
    desk.commands.clear();
    desk
}

fn told(desk: &Desk) -> Vec<&str> {
    let told = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Act { source, act: Act::Tell(_), .. } => Some(source.as_str()),
        _ => None,
    });
    told.collect()
}

#[test]
fn the_draft_is_read_changed_and_posted_where_the_dialog_says() {
    let mut desk = desk();
    desk.press("U").expect("Update of INC-").expect("To ops (slack), page (webhook), as ana:");
    desk.expect("“Down on db-1: we are working on it. Still firing: Down.”").expect("The next one is promised for 03:18.");
    desk.press("ctrl-u enter").expect("✗ How does it stand?");
    desk.type_text("we fail over").press("tab ctrl-u").expect("It is only recorded, as told some other way:");
    desk.type_text("opps").press("enter").expect("✗ `opps` can't be told of it; there are ops, page.");
    desk.press("ctrl-u").type_text("ops").press("tab ctrl-u").type_text("5x").expect("`5x` is no time until the next update");
    desk.press("ctrl-u").type_text("30m").expect("promised for 03:28").press("enter").expect_not("Update of INC-");
    let incident = desk.world.incidents.open().next().expect("open").id;
    let to = Some(vec!["ops".into()]);
    let next = Next::In(std::time::Duration::from_secs(1_800));
    let asked = Command::Update { incident, text: "we fail over".into(), to, next, confirmed: None };
    assert_eq!((desk.commands.last(), told(&desk)), (Some(&asked), vec!["ops"]));
    desk.act_ends(Outcome::Done, "taken").expect("update 30m");
}

#[test]
fn a_private_incident_is_posted_only_after_its_label_was_typed() {
    let mut desk = desk();
    let incident = desk.world.incidents.open().next().expect("open");
    let (entry, label) = (EntryId(incident.id.0), incident.label());
    let private = Amendment { visibility: Some(Visibility::Restricted), ..Amendment::default() };
    desk.asks(Command::Correct { entry, change: private }).draw();
    desk.press("U").expect("is private: this leaves the house.").press("enter").expect("Post the private INC-");
    assert!(told(&desk).is_empty());
    desk.press("enter").expect("is not INC-");
    assert!(told(&desk).is_empty());
    desk.type_text(&label).press("enter").expect_not("Post the private");
    assert_eq!(told(&desk), ["ops", "page"]);
}

#[test]
fn the_clock_counts_down_to_what_was_promised_and_what_is_late_is_seen_on_every_screen() {
    let mut desk = desk();
    desk.expect("update 20m").wait(16 * 60);
    desk.expect("update 4m").wait(4 * 60);
    desk.expect("update 0m late").wait(180);
    desk.expect("update 3m late");
    for (width, height) in [(80, 24), (40, 12)] {
        desk.resize(width, height).expect("update 3m late");
    }
    desk.resize(120, 40).press("D").type_text("another").press("enter");
    desk.expect("update 20m").expect("INC-1: update late");
    desk.press("I").expect("update late, open since");
    desk.press("enter").expect("update 3m late");
}

#[test]
fn where_no_incident_is_open_there_is_nobody_to_tell() {
    Desk::new().press("U").expect("No incident is open").expect_not("Update of");
}
