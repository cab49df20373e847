//! Having somebody called from the console.

use crate::screen::{Desk, alert, settings};
use midwatch::domain::act::{Act, Outcome};
use midwatch::domain::ids::AlertId;
use midwatch::domain::settings::Settings;
use midwatch::model::{Command, Effect};

fn desk(pages: &[(&str, &str)]) -> Desk {
    let pages = pages.iter().map(|(source, to)| ((*source).into(), (*to).to_owned())).collect();
    let mut desk = Desk::with(Settings { pages, ..settings() });
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk
}

#[test]
fn somebody_is_called_about_the_selected_alert_by_name_and_with_its_words() {
    let mut desk = desk(&[("prod", "dba"), ("prod", "net")]);
    desk.press(":")
        .type_text("page")
        .press("enter")
        .expect("Page somebody")
        .expect("Whom?")
        .expect("There are prod/dba, prod/net.");
    desk.expect("text Down").expect("It is about Down db-1.");
    desk.press("enter").expect("✗ nobody called `` can be paged");
    desk.type_text("dba").expect("dba is called by prod (alertmanager), with exactly this text, as ana.");
    desk.press("tab ctrl-u enter").expect("✗ What is wrong?").expect("Page somebody");
    desk.type_text("come, please").press("enter").expect_not("Page somebody");
    let about = Some(AlertId { source: "prod".into(), fingerprint: "Down-db-1".into() });
    let asked = Command::Page { whom: "prod/dba".into(), text: "come, please".into(), about, incident: None };
    assert_eq!(desk.commands.last(), Some(&asked));
    assert!(matches!(&desk.effects[..], [Effect::Act { act: Act::Page { to, .. }, .. }] if to == "dba"), "{:?}", desk.effects);
    desk.act_ends(Outcome::Done, "incident Q1 is triggered").expect("✓ confirmed: incident Q1 is triggered");
}

#[test]
fn the_only_one_is_meant_and_nobody_is_nobody() {
    desk(&[("prod", "dba")]).press(":").type_text("page").press("enter").expect("whom dba");
    desk(&[]).press(":").type_text("page").press("enter").expect("Nobody can be paged").expect_not("Page somebody");
}
