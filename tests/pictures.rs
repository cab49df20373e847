//! The pictures of the book and the recording of a night, drawn from the frames that the console draws. `MIDWATCH_BLESS=1 cargo test
//! --test pictures` draws them again: look at them.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "reads and writes the pictures, and asks whether to")]

#[path = "support/screen.rs"]
mod screen;

use midwatch::domain::alert::Alert;
use midwatch::domain::health::FeedState;
use midwatch::domain::practice::Practised;
use midwatch::domain::run::StepState;
use midwatch::domain::settings::{Gale, Settings};
use midwatch::model::Fact;
use midwatch::model::event::SourceAnswer;
use midwatch::model::practice::Record;
use midwatch::playbook::BUNDLED;
use midwatch::tui::picture;
use ratatui::buffer::Buffer;
use screen::{Desk, FAILOVER, alert, outage};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The largest recording that a page should have to load.
const LARGEST: usize = 400 << 10;

fn kept(file: &str, drawn: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, drawn).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == drawn, "the screen has changed: MIDWATCH_BLESS=1 draws {} again", path.display());
}

fn shot(desk: &mut Desk, name: &str) {
    desk.draw();
    kept(&format!("pictures/{name}.svg"), &picture::svg(&desk.frame, &desk.theme));
}

/// Time passes while everything goes on answering.
fn later(desk: &mut Desk, seconds: u64) -> &mut Desk {
    for _ in 0..seconds {
        desk.wait(1).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
        desk.feed("checkout-pay", FeedState::Failing, "503 Service Unavailable", 900);
        desk.feed("pg-primary", FeedState::Failing, "connection refused", 1);
        desk.feed("stripe-api", FeedState::Healthy, "operational", 80);
    }
    desk
}

#[test]
fn the_queue_folds_what_another_service_explains() {
    let mut desk = outage();
    desk.resize(120, 30).playbook(FAILOVER);
    later(&mut desk, 20).press("j").expect("↳ postgres");
    shot(&mut desk, "queue");
}

#[test]
fn a_silence_of_a_storm_shows_what_it_hides() {
    let gale = Gale { above: 20, within: Duration::from_secs(60) };
    let mut desk = Desk::with(Settings { storm: gale, ..screen::settings() });
    desk.resize(120, 30).answers(SourceAnswer { complete: true, ..SourceAnswer::default() }).wait(2);
    let storm: Vec<Arc<Alert>> =
        (0..36).map(|number| alert("CheckoutErrors", "warning", "checkout", &format!("shop-{number}"), 0)).collect();
    desk.fires(&[alert("PostgresDown", "critical", "postgres", "db-1", 0)]).fires(&storm).wait(2);
    desk.press("gg j").expect("×36").press("s").type_text("the vendor is down").expect("It hides 36 alerts now");
    shot(&mut desk, "silence");
}

/// From the outage to the step that can't be undone.
fn night(desk: &mut Desk, mut frame: impl FnMut(&mut Desk, u64)) {
    desk.playbook(FAILOVER);
    later(desk, 44);
    frame(desk, 3_000);
    desk.press("j");
    frame(desk, 1_200);
    desk.press("a");
    frame(desk, 1_500);
    desk.type_text("on it");
    frame(desk, 1_000);
    desk.press("enter");
    later(desk, 4);
    frame(desk, 2_000);
    desk.press("D");
    frame(desk, 2_000);
    desk.press("enter");
    later(desk, 6);
    frame(desk, 2_000);
    desk.press("p");
    frame(desk, 1_500);
    desk.press("r");
    frame(desk, 2_000);
    desk.press("enter");
    frame(desk, 2_000);
    desk.press("r enter r");
    frame(desk, 2_500);
    desk.press("enter").command_writes("fencing db-1: powered off");
    frame(desk, 1_500);
    desk.wait(2).command_ends(StepState::Succeeded, 0);
    frame(desk, 1_500);
    desk.press("r");
    frame(desk, 1_500);
    desk.type_text("db-2");
    frame(desk, 1_500);
    desk.press("enter").command_writes("server promoted").wait(1).command_ends(StepState::Succeeded, 0);
    frame(desk, 2_000);
    desk.press("n").type_text("!failed over to db-2, the disk of db-1 was full").press("enter");
    frame(desk, 4_000);
}

#[test]
fn a_run_shows_what_it_will_do_and_the_incident_what_was_done() {
    let mut desk = outage();
    desk.resize(120, 30);
    let mut at = 0;
    night(&mut desk, |desk, _| {
        at += 1;
        if at == 11 {
            desk.expect("fence").expect("enter run it");
            shot(desk, "run");
        }
    });
    desk.press("2").expect("! failed over to db-2").expect("completed").expect("INC-1");
    shot(&mut desk, "incident");
}

#[test]
fn the_board_says_what_was_practised() {
    let mut desk = outage();
    desk.resize(120, 34);
    let books: Vec<&str> = BUNDLED.iter().map(|(_, text)| *text).filter(|text| !text.contains("services: [demo]")).collect();
    desk.playbooks(&books);
    let now = desk.world.now.wall;
    let done = |playbook: &str, days: i64, minutes: u64| Practised {
        by: "bo".into(),
        took: Some(Duration::from_secs(minutes * 60)),
        ..Practised::as_if(playbook.into(), "".into(), now - chrono::Duration::days(days))
    };
    let practised = vec![done("pg-primary-failover", 9, 4), done("disk-filling", 40, 11), done("config-rollback", 400, 6)];
    desk.press("B").fact(Fact::Practised(Ok(Record { practised, ..Record::default() }))).wait(1).expect("never practised");
    shot(&mut desk, "readiness");
}

#[test]
fn the_recording_is_the_night_frame_by_frame() {
    let mut desk = outage();
    desk.resize(120, 30);
    let mut frames: Vec<(Buffer, Duration)> = Vec::new();
    night(&mut desk, |desk, millis| {
        desk.draw();
        frames.push((desk.frame.clone(), Duration::from_millis(millis)));
    });
    let film = picture::film(&frames, &desk.theme);
    assert!(film.len() < LARGEST, "{} bytes", film.len());
    assert!(frames.len() > 15, "{}", frames.len());
    let whole: f64 = frames.iter().map(|(_, stands)| stands.as_secs_f64()).sum();
    let mut begins = 0.0;
    for (number, (frame, stands)) in frames.iter().enumerate() {
        let middle = (begins + stands.as_secs_f64() / 2.0) / whole;
        let picture = picture::svg(frame, &desk.theme);
        let alone: Vec<&str> = picture.lines().filter(|line| line.starts_with("<text")).collect();
        assert_eq!(shown(&film, middle), alone, "frame {number}");
        begins += stands.as_secs_f64();
    }
    kept("night.svg", &film);
}

/// The texts that are to be seen at this part of the recording's time, by the animations in it.
fn shown(film: &str, at: f64) -> Vec<&str> {
    let groups = film.split("<g visibility=\"").skip(1).filter_map(|group| group.split_once("\">\n"));
    let visible = groups.filter(|(still, body)| {
        let Some(animate) = body.strip_prefix("<animate ") else { return *still == "visible" };
        let list = |name: &str| -> Vec<&str> {
            let list = animate.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
            list.expect("it says so").split(';').collect()
        };
        let mut states = list("keyTimes").into_iter().zip(list("values"));
        let now = states.rfind(|(from, _)| from.parse::<f64>().expect("a number") <= at);
        now.is_some_and(|(_, state)| state == "visible")
    });
    visible
        .flat_map(|(_, body)| body.split("</g>").next().unwrap_or_default().lines())
        .filter(|line| line.starts_with("<text"))
        .collect()
}
