use super::super::alert::Severity;
use super::super::entry::{Actor, Draft};
use super::super::ids::EntryId;
use super::scenario::Beat;
use super::*;
use uuid::Uuid;

fn at(second: u64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::from_secs(second)
}

/// Each in the place of the log that its number says, recorded when its time says.
fn entry(seq: u64, draft: Draft) -> Entry {
    let clock = Clock { ms: 1_000_000, count: u32::try_from(seq).expect("few") };
    Entry::stamped(EntryId(Uuid::from_u128(u128::from(seq))), OriginId(Uuid::nil()), seq, clock, draft.at, draft)
}

fn step(seq: u64, second: u64, step: &str) -> Entry {
    entry(seq, Draft::new(Kind::Drill, at(second), Actor::system("test"), step).with("step", step))
}

fn declared(second: u64, beats: Vec<Beat>) -> Drill {
    let scenario = Scenario {
        id: "s".to_owned(),
        title: "S".to_owned(),
        kind: scenario::Kind::Tabletop,
        playbook: None,
        services: Vec::new(),
        beats,
        expects: Vec::new(),
        abort: Vec::new(),
        ending: None,
    };
    let mut draft = Draft::new(Kind::Declare, at(second), Actor::person("ana", None), "began").with("scenario", scenario);
    draft.drill = Some("s-1".to_owned());
    Drill::declared(&entry(1, draft)).expect("a drill")
}

#[test]
fn what_fires_is_over_when_it_is_said_to_be_and_may_fire_again() {
    let fires = |name: &str| {
        What::Fires(Fires {
            name: name.to_owned(),
            severity: Severity::Warning,
            service: None,
            summary: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        })
    };
    let beat = |at, what| Beat { at: Duration::from_secs(at), what };
    let over = |name: &str| What::Resolves { name: name.to_owned() };
    let beats = vec![beat(0, fires("z")), beat(5, fires("b")), beat(9, over("z")), beat(12, fires("z"))];
    let drill = declared(100, beats);
    let firing = |second: u64| drill.firing(at(100 + second)).iter().map(|(_, alert)| alert.name.clone()).collect::<Vec<_>>();
    assert_eq!([0, 4, 5, 8, 9, 12].map(|at| firing(at).join(" ")), ["z", "z", "z b", "z b", "b", "b z"]);
    assert_eq!(drill.scenario.ends(), Duration::from_secs(12));
}

#[test]
fn its_clock_never_goes_back() {
    let mut drill = declared(1_000, Vec::new());
    drill.apply(&step(2, 1_060, "paused"));
    drill.apply(&step(3, 1_100, "resumed"));
    drill.apply(&entry(4, Draft::new(Kind::Note, at(1_130), Actor::person("ana", None), "so far")));
    // The machine's clock is set back by ten minutes.
    drill.apply(&step(5, 530, "paused"));
    let shown = |drill: &Drill, second| drill.elapsed(drill.time(at(second))).as_secs();
    assert_eq!(shown(&drill, 530), 90, "a minute, and half of one since it was resumed");
    drill.apply(&step(6, 540, "resumed"));
    assert_eq!([shown(&drill, 540), shown(&drill, 1_130), shown(&drill, 1_140)], [90, 90, 100], "it waits for the machine's");
}

#[test]
fn a_time_that_was_corrected_is_none_that_a_clock_went_back_to() {
    let mut drill = declared(1_000, Vec::new());
    drill.apply(&step(2, 1_060, "paused"));
    let mut corrected = step(3, 1_100, "resumed");
    corrected.draft.at = at(1_070);
    drill.apply(&corrected);
    assert_eq!(drill.elapsed(at(1_100)).as_secs(), 90);
}
