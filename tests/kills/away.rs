//! A real Alertmanager that is away when somebody acknowledges, and comes back without its alerts.

use super::acting::{ALERT, silences};
use super::*;
use crate::support::servers::Alertmanager;
use crate::support::{until, until_within};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::Duration;

/// After failures a source is asked at longer intervals.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// How often it has looked into its silences, which it does a few times for each poll.
fn looks(am: &Alertmanager) -> u64 {
    let metrics = am.get(0, "/metrics");
    let count = metrics.lines().find_map(|line| line.strip_prefix("alertmanager_silences_queries_total ")?.parse().ok());
    count.expect("it counts them")
}

/// Acknowledged in a console while the Alertmanager is dead: what was kept is an act of which nothing was sent.
fn acknowledged_while_away(am: &mut Alertmanager, home: &Home) -> support::pty::Pty {
    let mut console = home.console(DATA, 120, 40);
    console.wait_for("CRIT DiskFull");
    am.kill(0);
    console.keys("a");
    console.wait_for("Acknowledge DiskFull");
    console.keys("on it\r");
    let ended = || of_kind(&entries(home), "act-ended").first().map(|end| end["data"]["outcome"].clone());
    assert_eq!(until("the end of the act", ended), "unsent");
    console
}

/// Back, and told of its alert again: the acknowledgement is carried by one silence, however often it is asked from then on.
fn carried_once(am: &mut Alertmanager, home: &Home) {
    am.start_again(0);
    am.post(0, ALERT);
    until_within(ASKED_AGAIN, "the silence", || (!silences(am).is_empty()).then_some(()));
    let before = looks(am);
    until_within(ASKED_AGAIN, "more polls", || (looks(am) >= before + 12).then_some(()));
    // The silence is there before its end is recorded.
    until("the end of the second act", || (of_kind(&entries(home), "act-ended").len() == 2).then_some(()));
    let silences = silences(am);
    assert_eq!(silences.len(), 1, "{silences:?}");
    let entries = entries(home);
    let [kept, again] = of_kind(&entries, "act")[..] else { panic!("two intents: {entries:?}") };
    assert_eq!((&again["data"]["again"], &again["data"]["for"]), (&kept["id"], &kept["data"]["for"]));
    let ends: Vec<_> = of_kind(&entries, "act-ended").iter().map(|end| end["data"]["outcome"].clone()).collect();
    assert_eq!(ends, ["unsent", "done"]);
    let comment = format!("ACK! ana: on it [mw:{}]", again["id"].as_str().expect("an id"));
    assert_eq!((&silences[0]["comment"], &silences[0]["status"]["state"]), (&comment.into(), &"active".into()));
    assert_sound(home);
}

#[test]
fn an_acknowledgement_made_while_it_was_away_is_carried_once() {
    if support::missing("prometheus-alertmanager") {
        return;
    }
    let mut am = Alertmanager::start(1);
    am.post(0, ALERT);
    let home = home(&am.url(0), ", ack: {carry: silence}");
    let mut console = acknowledged_while_away(&mut am, &home);
    carried_once(&mut am, &home);
    // Taken back, the silence goes with it.
    console.keys("A");
    until("the end of the silence", || (silences(&am)[0]["status"]["state"] == "expired").then_some(()));
}

#[test]
fn an_acknowledgement_made_while_it_was_away_outlives_its_console() {
    if support::missing("prometheus-alertmanager") {
        return;
    }
    let mut am = Alertmanager::start(1);
    am.post(0, ALERT);
    let home = home(&am.url(0), ", ack: {carry: silence}");
    acknowledged_while_away(&mut am, &home).kill9();
    let mut serve = home.command(&with_data(&["serve"])).spawn().expect("starts");
    carried_once(&mut am, &home);
    kill(Pid::from_raw(serve.id().try_into().expect("an id")), Signal::SIGTERM).expect("it runs");
    assert!(serve.wait().expect("ends").success());
}
