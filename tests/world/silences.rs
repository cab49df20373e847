//! Silences of every source as one list, and what has to be confirmed before it hides too much.

use super::unsent::{acts, answer};
use super::*;
use midwatch::domain::act::{ActKind, What};
use midwatch::domain::alert::{Alert, Held, Hold, Silence, SilenceMatcher, SilenceState};
use midwatch::domain::ids::RequestId;
use midwatch::domain::settings::{Carry, SourceSpec};
use midwatch::model::silences::{Phase, Standing};

pub fn matcher(name: &str, value: &str) -> SilenceMatcher {
    let regex = value.contains(['*', '|']);
    SilenceMatcher { name: name.into(), value: value.into(), regex, equal: true }
}

/// A silence of ana's on one alert, that ends after so many minutes.
pub fn silence(id: &str, name: &str, minutes: i64) -> Silence {
    let now = at("2026-03-01T03:00:00Z");
    Silence {
        id: id.into(),
        matchers: vec![matcher("alertname", name), matcher("service", "postgres")],
        starts_at: now - chrono::Duration::hours(2),
        ends_at: now + chrono::Duration::minutes(minutes),
        created_by: "ana".into(),
        comment: format!("disk swap [mw:{id}]").into(),
        state: if minutes < 0 { SilenceState::Expired } else { SilenceState::Active },
    }
}

pub fn quiet(name: &str, by: &[&str]) -> Arc<Alert> {
    let silenced_by = by.iter().map(|id| (*id).into()).collect();
    Arc::new(Alert { silenced_by, ..(*alert(name, "postgres", began())).clone() })
}

/// Two sources, of which the first lists these.
pub fn told(alerts: &[Arc<Alert>], silences: &[Silence]) -> Story {
    let mut settings = settings(false);
    let second = SourceSpec { name: "west".into(), ..settings.sources[0].clone() };
    settings.sources.push(second);
    let mut story = Story::with(settings);
    list(&mut story, alerts, silences);
    story
}

fn list(story: &mut Story, alerts: &[Arc<Alert>], silences: &[Silence]) {
    story.poll_with(alerts, SourceAnswer { complete: true, silences: Arc::new(silences.to_vec()), ..SourceAnswer::default() });
}

pub fn on_west(story: &mut Story, silences: &[Silence]) {
    let answer = SourceAnswer { complete: true, silences: Arc::new(silences.to_vec()), ..SourceAnswer::default() };
    story.fact(Fact::SourceAnswered { source: "west".into(), answer });
}

/// Each silence as `source/id+source/id alerts>again`.
pub fn shown(story: &Story) -> Vec<String> {
    let names =
        |ids: &[midwatch::domain::ids::AlertId]| ids.iter().map(|id| id.fingerprint.to_string()).collect::<Vec<_>>().join(",");
    let one = |one: &Standing| {
        let on: Vec<String> = one.on.iter().map(|on| format!("{}/{}", on.source, on.id.inert())).collect();
        format!("{} {}>{}", on.join("+"), names(&one.alerts), names(&one.again))
    };
    story.world.silences().iter().map(one).collect()
}

pub fn refusal(story: &Story, request: RequestId) -> Option<String> {
    match &story.world.requests.get(request)?.items[0].stage {
        Stage::Refused(why) => Some(why.clone()),
        _ => None,
    }
}

#[test]
fn the_same_silence_on_two_sources_is_one_and_another_end_or_author_makes_another() {
    let mut story = told(&[quiet("Down", &["a"])], &[silence("a", "Down", 30), silence("c", "Down", 90)]);
    let mut copy = silence("b", "Down", 30);
    copy.ends_at += chrono::Duration::seconds(40);
    copy.matchers.reverse();
    let other = Silence { created_by: "bo".into(), ..silence("d", "Down", 30) };
    on_west(&mut story, &[copy, other]);
    assert_eq!(shown(&story), ["west/d >", "prod/a+west/b Down>Down", "prod/c >"]);
    let all = story.world.silences();
    assert_eq!((all[1].comment.raw(), all[1].by.raw()), ("disk swap", "ana"), "markers tell no silences apart");
    assert_eq!(all[1].ends_at - story.now.wall, chrono::Duration::seconds(30 * 60 + 40), "the last copy ends it");
    assert!(all[1].ends_soon(story.now.wall) && !all[2].ends_soon(story.now.wall));
    assert!(!all[1].matches_nothing() && all[2].matches_nothing());
}

#[test]
fn what_fires_again_is_what_nothing_else_keeps_quiet() {
    let mut story = told(
        &[quiet("Down", &["a"]), quiet("Slow", &["a", "b"]), quiet("Full", &["a", "unlisted"]), quiet("Mine", &["a"])],
        &[silence("a", "x", 30), silence("b", "y", 50)],
    );
    assert_eq!(shown(&story), ["prod/a Down,Full,Mine,Slow>Down,Mine", "prod/b Slow>Slow"]);
    // Whose acknowledgement lasts longer than the silence pages nobody.
    story.ask(Command::Acknowledge {
        alerts: vec![id("Mine")],
        hold: Some(Duration::from_secs(3600)),
        reason: String::new(),
        ticket: None,
        confirmed: None,
    });
    let first = &story.world.silences()[0];
    assert_eq!((first.alerts.len(), &first.again[..]), (4, &[id("Down")][..]));
    // Its time is over, and the source has not been asked since.
    story.pass(31 * 60);
    story.event(midwatch::model::Body::Tick);
    assert_eq!(story.world.silences().iter().map(|one| one.phase).collect::<Vec<_>>(), [Phase::Active, Phase::Ended]);
}

#[test]
fn what_fires_at_once_is_what_no_other_silence_and_nobody_keeps_quiet_now() {
    let mut story = told(
        &[quiet("Down", &["a"]), quiet("Slow", &["a", "b"]), quiet("Full", &["a", "unlisted"]), quiet("Mine", &["b"])],
        &[silence("a", "x", 30), silence("b", "y", 50)],
    );
    let at_once = |story: &Story, place: usize| {
        let one = &story.world.silences()[place];
        story.world.at_once(&one.on, &one.alerts).iter().map(|id| id.fingerprint.to_string()).collect::<Vec<_>>().join(",")
    };
    assert_eq!((at_once(&story, 0), at_once(&story, 1)), ("Down".into(), "Mine".into()), "Slow is under both of them");
    // It fires again when the silence runs out, for the acknowledgement does not last so long; and not when it is ended now.
    let hold = Some(Duration::from_secs(60));
    story.ask(Command::Acknowledge { alerts: vec![id("Mine")], hold, reason: String::new(), ticket: None, confirmed: None });
    assert_eq!((at_once(&story, 1), &story.world.silences()[1].again), (String::new(), &vec![id("Mine"), id("Slow")]));
    // One of them has ended, and its source has not been asked since.
    story.wait(31 * 60);
    assert_eq!(story.world.silences()[0].phase, Phase::Active);
    assert_eq!(at_once(&story, 0), "Mine,Slow");
}

#[test]
fn a_silence_that_changes_is_seen_wherever_it_stands_in_the_list() {
    let alerts = [quiet("Down", &["a"]), quiet("Slow", &["b"])];
    let lists = |story: &mut Story, silences: &[Silence]| {
        list(story, &alerts, silences);
        ["Down", "Slow"].map(|name| state(story, name).expect("tracked"))
    };
    let mut story = told(&alerts, &[silence("a", "x", 30), silence("b", "y", 30)]);
    use State::{Acknowledged, Firing, Silenced};
    let ack = Silence { comment: "ACK! on it".into(), ..silence("b", "y", 30) };
    assert_eq!(lists(&mut story, &[silence("a", "x", 30), ack.clone()]), [Silenced, Acknowledged]);
    assert_eq!(lists(&mut story, &[ack.clone(), silence("a", "x", 30)]), [Silenced, Acknowledged], "only their order is another");
    assert_eq!(lists(&mut story, &[ack.clone(), silence("a", "x", -5)]), [Firing, Acknowledged]);
    assert_eq!(
        lists(&mut story, &[silence("c", "z", 30), silence("a", "x", 30)]),
        [Silenced, Silenced],
        "nobody knows b any more"
    );
    assert_eq!(lists(&mut story, &[silence("b", "y", -5)]), [Silenced, Firing]);
}

#[test]
fn an_acknowledgement_that_the_silence_carries_keeps_nothing_quiet_without_it() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("a"));
    list(&mut story, &[quiet("Down", &["a"])], &[silence("a", "Down", 15)]);
    let one = &story.world.silences()[0];
    assert_eq!(story.world.at_once(&one.on, &one.alerts), [id("Down")]);
}

#[test]
fn what_something_else_holds_back_does_not_fire_again_and_the_last_of_several_silences_is_the_last_to_end() {
    let now = at("2026-03-01T03:00:00Z");
    let with = |name: &str, change: &dyn Fn(&mut Alert)| {
        let mut alert = Alert::clone(&quiet(name, &["a"]));
        change(&mut alert);
        Arc::new(alert)
    };
    let snoozed = |minutes| {
        let until = Some(now + chrono::Duration::minutes(minutes));
        let hold = Hold { by: "bo".into(), until, comment: "".into() };
        move |alert: &mut Alert| alert.held = Some(Box::new(Held { snoozed: Some(hold.clone()), ..Held::default() }))
    };
    let acknowledged = |minutes: Option<i64>| {
        let until = minutes.map(|minutes| now + chrono::Duration::minutes(minutes));
        let hold = Hold { by: "bo".into(), until, comment: "".into() };
        move |alert: &mut Alert| alert.held = Some(Box::new(Held { acknowledged: Some(hold.clone()), ..Held::default() }))
    };
    let alerts = [
        with("Hushed", &|alert| alert.inhibited_by = vec!["Other".into()]),
        with("Muted", &|alert| alert.muted_by = vec!["weekend".into()]),
        // By their own system.
        with("Owned", &acknowledged(None)),
        with("Longer", &acknowledged(Some(60))),
        with("Shorter", &acknowledged(Some(10))),
        with("Snoozed", &snoozed(60)),
        with("Woken", &snoozed(10)),
        quiet("Given", &["a"]),
        quiet("Twice", &["a", "b"]),
    ];
    // Whatever they are called.
    let mut story = told(&alerts, &[silence("a", "z", 30), silence("b", "y", 50)]);
    let (alerts, hold) = (vec![id("Given")], Some(Duration::from_secs(600)));
    story.ask(Command::Acknowledge { alerts, hold, reason: String::new(), ticket: None, confirmed: None });
    let again = |place: usize| {
        let mut ids = story.world.silences()[place].again.clone();
        ids.sort();
        ids
    };
    assert_eq!((again(0), again(1)), (vec![id("Given"), id("Shorter"), id("Woken")], vec![id("Twice")]));
}

#[test]
fn what_has_resolved_is_kept_quiet_by_nothing_and_hidden_by_nothing() {
    let mut story = told(&[quiet("Down", &["a"])], &[silence("a", "Down", 30)]);
    let names = ["One", "Two", "Three", "Four"];
    let others = || names.map(|name| alert(name, "postgres", began()));
    (0..2).for_each(|_| list(&mut story, &others(), &[silence("a", "Down", 30)]));
    assert_eq!((state(&story, "Down"), shown(&story)), (Some(State::Resolved), vec!["prod/a >".to_owned()]));
    let broad = story.world.broad(&"prod".into(), &[matcher("alertname", "Down|One|Two|Three|Four")]).expect("all that fires");
    assert_eq!(broad.alerts, 4, "{}", broad.why);
    let each =
        Command::SilenceEach { alerts: vec![id("Down")], hold: Duration::from_secs(60), reason: "work".into(), confirmed: None };
    let request = story.ask(each);
    assert_eq!(refusal(&story, request).as_deref(), Some("Down has resolved already"));
    assert!(acts(&mut story).is_empty());
}

#[test]
fn the_clock_begins_a_silence_and_of_those_that_ended_the_newest_stands_first() {
    let now = at("2026-03-01T03:00:00Z");
    let pending = |id: &str, minutes| Silence {
        state: SilenceState::Pending,
        starts_at: now + chrono::Duration::minutes(minutes),
        ..silence(id, "Down", 40)
    };
    let listed = [pending("later", 20), pending("by now", -1), silence("older", "Down", -30), silence("newer", "Down", -5)];
    let story = told(&[], &listed);
    let all = story.world.silences();
    let order: Vec<_> = all.iter().map(|one| (one.on[0].id.raw(), one.phase, one.ends_soon(now))).collect();
    let expected = [("by now", Phase::Active, true), ("later", Phase::Pending, false), ("newer", Phase::Ended, false)];
    assert_eq!((&order[..3], order[3].0), (&expected[..], "older"));
}

#[test]
fn one_without_a_reason_and_one_without_an_end_are_refused_and_a_broad_one_is_extended_by_its_number() {
    let names = ["Down", "Slow", "Full", "Late", "Lag", "Hot", "Cold", "Odd", "Even"];
    let four = Silence { matchers: vec![matcher("alertname", "Down|Slow|Full|Late")], ..silence("a", "x", 30) };
    let five = Silence { matchers: vec![matcher("alertname", "Down|Slow|Full|Late|Lag")], ..silence("b", "x", 30) };
    let mut story = told(&names.map(|name| alert(name, "postgres", began())), &[four, five]);
    let mut ask = |command| {
        let request = story.ask(command);
        (refusal(&story, request).unwrap_or_default(), acts(&mut story).len())
    };
    let make = |reason: &str| Command::Silence {
        source: "prod".into(),
        matchers: vec![matcher("alertname", "Down")],
        hold: Duration::from_secs(60),
        reason: reason.into(),
        covers: 1,
        confirmed: None,
    };
    let (why, sent) = ask(make(" "));
    assert!(why.starts_with("a silence needs a reason") && sent == 0, "{why}");
    let extend = |id: &str, seconds, confirmed| Command::Extend {
        source: "prod".into(),
        id: id.into(),
        by: Duration::from_secs(seconds),
        confirmed,
    };
    assert_eq!(ask(extend("a", 60, None)), (String::new(), 1), "four are not most of nine");
    let (why, sent) = ask(extend("b", 60, None));
    assert!(why.starts_with("it hides 5 of the 9 alerts that fire") && sent == 0, "{why}");
    assert_eq!(ask(extend("b", 60, Some(5))), (String::new(), 1));
    let (why, sent) = ask(extend("a", 366 * 24 * 3600, None));
    assert!(why.starts_with("longer than a year") && sent == 0, "{why}");
}

#[test]
fn one_that_is_to_begin_and_one_that_has_ended_stand_behind_and_keep_nothing_quiet() {
    let now = at("2026-03-01T03:00:00Z");
    let pending =
        Silence { state: SilenceState::Pending, starts_at: now + chrono::Duration::hours(1), ..silence("p", "Down", 120) };
    let story = told(
        &[quiet("Down", &["a", "p", "e"])],
        &[silence("old", "Down", -2 * 24 * 60), silence("e", "Down", -5), pending, silence("a", "Down", 600)],
    );
    let phases: Vec<_> = story.world.silences().iter().map(|one| (one.on[0].id.raw().to_owned(), one.phase)).collect();
    let expected = [("a", Phase::Active), ("p", Phase::Pending), ("e", Phase::Ended)];
    assert_eq!(phases, expected.map(|(id, phase)| (id.to_owned(), phase)), "what ended days ago is forgotten");
}

#[test]
fn a_silence_lasts_longer_as_whose_it_was_and_is_sent_as_an_act() {
    let mut story = told(&[quiet("Down", &["a"])], &[silence("a", "Down", 30)]);
    let extend =
        |id: &str| Command::Extend { source: "prod".into(), id: id.into(), by: Duration::from_secs(3600), confirmed: None };
    let request = story.ask(extend("a"));
    assert!(story.last(Kind::Act).text.contains("last until 2026-03-01T04:30:00Z"), "{}", story.last(Kind::Act).text);
    let Act::Silence { id, ends_at, by, comment, .. } = answer(&mut story, Outcome::Failed, None) else { panic!("a silence") };
    assert_eq!((id, ends_at), (Some("a".into()), at("2026-03-01T04:30:00Z")));
    assert_eq!((by.as_str(), comment.as_str()), ("ana", "disk swap"), "the marker of the act before is not carried along");
    let again = story.ask(Command::Retry { request });
    assert_eq!(refusal(&story, again), None);
    answer(&mut story, Outcome::Done, Some("a"));
    let unknown = story.ask(extend("z"));
    assert_eq!(refusal(&story, unknown).as_deref(), Some("no silence z is on prod"));
    story.pass(3600);
    let late = story.ask(extend("a"));
    assert_eq!(refusal(&story, late).as_deref(), Some("silence a has ended: make it again"));
    assert!(acts(&mut story).is_empty());
}

#[test]
fn what_hides_a_watchdog_or_most_of_what_fires_is_confirmed_by_its_number() {
    let names = ["Down", "Slow", "Full", "Late", "Lag", "Hot", "Watchdog"];
    let mut story = told(&names.map(|name| alert(name, "postgres", began())), &[]);
    let mut ask = |matchers: &[SilenceMatcher], confirmed| {
        let (hold, reason) = (Duration::from_secs(60), "work".to_owned());
        let request = story.ask(Command::Silence {
            source: "prod".into(),
            matchers: matchers.to_vec(),
            hold,
            reason,
            covers: 1,
            confirmed,
        });
        let sent = acts(&mut story).len();
        (refusal(&story, request), sent)
    };
    let most = [matcher("alertname", "Down|Slow|Full|Late")];
    let (why, sent) = ask(&most, None);
    let expected = "it hides 4 of the 7 alerts that fire: confirm it with the number of alerts that it keeps quiet now, which is 4 \
                    (`--confirm 4`)";
    assert_eq!((why.as_deref(), sent), (Some(expected), 0));
    assert!(ask(&most, Some(3)).0.is_some(), "another number confirms nothing");
    assert_eq!(ask(&most, Some(4)), (None, 1));
    assert_eq!(ask(&[matcher("alertname", "Down|Slow|Full")], None), (None, 1), "three are not most of seven");
    let (why, _) = ask(&[matcher("alertname", "W.*")], None);
    assert!(why.as_deref().is_some_and(|why| why.starts_with("it hides Watchdog, which says that alerting works")), "{why:?}");
    let (why, _) = ask(&[matcher("alertname", "DeadMansSwitch")], None);
    assert!(why.as_deref().is_some_and(|why| why.contains("which is 0 ")), "one that isn't listed here: {why:?}");
    assert_eq!(ask(&[matcher("alertname", "W.*")], Some(1)), (None, 1));
}

#[test]
fn what_stands_on_several_sources_is_broad_as_a_whole_and_confirmed_by_its_own_number_alone() {
    let names = ["Down", "Slow", "Full", "Late", "Lag", "Hot"];
    let [prod, west] = [&names[..4], &names[4..]].map(|names| names.iter().map(|name| alert(name, "postgres", began())));
    let all = Silence { matchers: vec![matcher("alertname", "Down|Slow|Full|Late|Lag|Hot")], ..silence("a", "x", 30) };
    let mut story = told(&prod.collect::<Vec<_>>(), std::slice::from_ref(&all));
    let west = west.map(|alert| {
        let id = midwatch::domain::ids::AlertId { source: "west".into(), ..alert.id.clone() };
        Arc::new(Alert { id, ..Alert::clone(&alert) })
    });
    story.fact(Fact::AlertsChanged { source: "west".into(), upserts: west.collect(), gone: Vec::new() });
    on_west(&mut story, &[Silence { id: "b".into(), ..all }]);
    let one = &story.world.silences()[0];
    assert_eq!(one.on.len(), 2);
    let hour = Duration::from_secs(3600);
    // Four of them are on the first source, which would take that number, and two are not many for the other.
    for confirmed in [None, Some(4), Some(2), Some(7)] {
        let why = story.world.longer(one, hour, confirmed).expect_err("not confirmed");
        assert!(why.starts_with("it hides 6 of the 6 alerts that fire") && why.contains("which is 6 "), "{why}");
        assert!(story.world.anew(one, hour, confirmed).is_err());
    }
    let commands = story.world.anew(one, hour, Some(6)).expect("confirmed");
    let commands: Vec<_> = commands.into_iter().chain(story.world.longer(one, hour, Some(6)).expect("confirmed")).collect();
    for command in commands {
        let request = story.ask(command);
        assert_eq!((refusal(&story, request), acts(&mut story).len()), (None, 1));
    }
}

#[test]
fn half_of_what_fires_is_not_most_of_it_and_neither_are_three() {
    let names = ["Down", "Slow", "Full", "Late", "Lag", "Hot", "Cold", "Odd"];
    let broad = |count: usize, matchers: &str| {
        let story = told(&names.map(|name| alert(name, "postgres", began()))[..count], &[]);
        story.world.broad(&"prod".into(), &[matcher("alertname", matchers)]).map(|broad| broad.alerts)
    };
    assert_eq!([8, 7].map(|count| broad(count, "Down|Slow|Full|Late")), [None, Some(4)]);
    assert_eq!([3, 4].map(|count| broad(count, ".*wn|Slow|Full|Late")), [None, Some(4)]);
}

#[test]
fn a_silence_that_carries_an_acknowledgement_is_no_silence_besides_and_another_one_is() {
    let carrier = Silence { comment: "ACK! bo: on it".into(), ..silence("a", "Down", 30) };
    let states = |by: &[&str]| {
        let story = told(&[quiet("Down", by)], &[carrier.clone(), silence("b", "Down", 30)]);
        story.world.alerts.states_of(story.world.alerts.get(&id("Down")).expect("listed"), story.now.wall)
    };
    assert_eq!(states(&["a"]), [State::Acknowledged, State::Firing]);
    assert_eq!(states(&["a", "b"]), [State::Acknowledged, State::Silenced, State::Firing]);
    assert_eq!(states(&["b"]), [State::Silenced, State::Firing]);
}

#[test]
fn silences_of_many_alerts_are_as_broad_as_one_of_all_of_them_and_each_has_its_own_end() {
    let names = ["Down", "Slow", "Full", "Late", "Lag"];
    let mut story = told(&names.map(|name| alert(name, "postgres", began())), &[]);
    let each = |names: &[&str], confirmed| Command::SilenceEach {
        alerts: names.iter().map(|name| id(name)).collect(),
        hold: Duration::from_secs(60),
        reason: "work".into(),
        confirmed,
    };
    let request = story.ask(each(&names[..4], None));
    assert!(refusal(&story, request).is_some_and(|why| why.starts_with("it hides 4 of the 5")));
    let request = story.ask(each(&["Down", "Gone", "Slow"], None));
    let sent = acts(&mut story);
    assert_eq!(sent.len(), 2);
    for ((intent, act), outcome) in sent.into_iter().zip([Outcome::Done, Outcome::Failed]) {
        assert!(matches!(act, Act::Silence { matchers, .. } if matchers.len() == 3), "exactly its labels");
        let end = ActEnd { outcome, detail: "said".into(), made: Some("s".into()) };
        story.fact(Fact::ActEnded { intent, end });
    }
    let stages: Vec<_> = story.world.requests.get(request).expect("told").items.iter().map(|item| item.stage.failed()).collect();
    assert_eq!(stages, [false, true, true]);
    // Those alone that failed; the one that is gone was refused.
    story.ask(Command::Retry { request });
    assert_eq!(acts(&mut story).len(), 1);
}

#[test]
fn a_silence_that_changes_comes_or_goes_changes_what_it_is_on_and_nothing_else() {
    let ours = |comment: &str| Silence { comment: comment.into(), ..silence("a", "Down", 30) };
    let other = silence("b", "Slow", 30);
    let alerts = [quiet("Down", &["a"]), quiet("Slow", &["b"])];
    let mut story = told(&alerts, &[ours("work"), other.clone()]);
    let mut states = |silences: &[Silence]| {
        let before = story.world.alerts.change_count();
        list(&mut story, &alerts, silences);
        let mut touched: Vec<_> = story.world.alerts.changes_since(before).expect("kept").cloned().collect();
        touched.dedup();
        let state = |name: &str| story.world.alerts.get(&id(name)).expect("listed").state;
        (state("Down"), state("Slow"), touched)
    };
    let down = vec![id("Down")];
    assert_eq!(states(&[ours("ACK! bo: on it"), other.clone()]), (State::Acknowledged, State::Silenced, down.clone()));
    // Whose it is goes on record with the second answer.
    states(&[ours("ACK! bo: on it"), other.clone()]);
    assert_eq!(states(&[other.clone(), ours("ACK! bo: on it")]), (State::Acknowledged, State::Silenced, vec![]), "another order");
    let over = Silence { ends_at: at("2026-03-01T02:59:00Z"), ..ours("work") };
    assert_eq!(states(&[other.clone(), over]), (State::Firing, State::Silenced, down.clone()));
    assert_eq!(states(&[other]), (State::Silenced, State::Silenced, down), "nobody knows when it ends");
}

#[test]
fn a_snooze_is_as_broad_as_a_silence_and_nothing_else_is() {
    let names = ["Down", "Slow", "Full", "Late", "Watchdog"];
    let mut story = told(&names.map(|name| alert(name, "postgres", began())), &[]);
    let until = story.now.wall + chrono::Duration::hours(1);
    let snooze = |names: &[&str], confirmed| Command::Act {
        alerts: names.iter().map(|name| id(name)).collect(),
        what: What::Snooze { until },
        reason: "later".into(),
        confirmed,
    };
    let request = story.ask(snooze(&["Watchdog"], None));
    assert!(refusal(&story, request).is_some_and(|why| why.starts_with("it hides Watchdog")));
    let request = story.ask(snooze(&names[..4], Some(5)));
    assert!(refusal(&story, request).is_some_and(|why| why.starts_with("it hides 4 of the 5 alerts that fire")));
    assert!(acts(&mut story).is_empty());
    story.ask(snooze(&names[..4], Some(4)));
    let request = story.ask(snooze(&["Watchdog"], Some(1)));
    assert_eq!(acts(&mut story).len(), 4);
    assert!(refusal(&story, request).is_none(), "the fifth waits for its turn");
    let comment = Command::Act { alerts: vec![id("Watchdog")], what: What::Comment, reason: "seen".into(), confirmed: None };
    let request = story.ask(comment);
    assert!(refusal(&story, request).is_some_and(|why| why.contains("can't comment")), "only its source minds");
}

#[test]
fn an_acknowledgement_that_becomes_a_silence_is_as_broad_as_one_and_one_that_is_kept_here_is_not() {
    let names: Vec<String> = (0..20).map(|n| format!("Down{n:02}")).chain(["Watchdog".to_owned()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let alerts: Vec<_> = names.iter().map(|name| alert(name, "postgres", began())).collect();
    let told = |carried| {
        let mut story = Story::with(settings(carried));
        list(&mut story, &alerts, &[]);
        story
    };
    let ack = |names: &[&str], confirmed| Command::Acknowledge {
        alerts: names.iter().map(|name| id(name)).collect(),
        hold: None,
        reason: "mine".into(),
        ticket: None,
        confirmed,
    };
    let mut story = told(true);
    let request = story.ask(ack(&["Down01", "Watchdog"], None));
    assert!(refusal(&story, request).is_some_and(|why| why.starts_with("it hides Watchdog")));
    let request = story.ask(ack(&names[..20], Some(5)));
    assert!(refusal(&story, request).is_some_and(|why| why.starts_with("it hides 20 of the 21 alerts that fire")));
    assert!(acts(&mut story).is_empty() && story.journal.iter().all(|entry| entry.kind != Kind::Ack), "nothing is half done");
    story.ask(ack(&names[..20], Some(20)));
    let request = story.ask(ack(&["Watchdog"], Some(1)));
    assert_eq!(acts(&mut story).len(), 4, "the fifth waits for its turn");
    assert_eq!(story.world.requests.get(request).expect("told").items.len(), 1);
    let mut here = told(false);
    here.ask(ack(&names, None));
    assert_eq!(here.journal.iter().filter(|entry| entry.kind == Kind::Ack).count(), 21, "nobody is kept from notifying");
}

#[test]
fn what_cannot_be_silenced_says_what_its_source_can() {
    let mut settings = settings(false);
    settings.sources[0].acts = vec![ActKind::Expire, ActKind::Downtime];
    let mut story = Story::with(settings);
    list(&mut story, &[quiet("Down", &["a"])], &[silence("a", "Down", 30)]);
    let request =
        story.ask(Command::Extend { source: "prod".into(), id: "a".into(), by: Duration::from_secs(60), confirmed: None });
    let why = refusal(&story, request).expect("refused");
    assert!(why.contains("can't silence; it can end a silence, put in downtime"), "{why}");
}

#[test]
fn a_handful_of_acknowledgements_is_most_of_a_quiet_night_and_wants_no_number() {
    let names: Vec<String> = (0..38).map(|n| format!("Down{n:02}")).collect();
    let guarded = |firing: usize, acked: usize| {
        let mut settings = settings(false);
        settings.sources[0].carry = Some(Carry::Silence { prefix: "ACK!".into() });
        let mut story = Story::with(settings);
        let meant: Vec<_> = names[..acked].iter().map(|name| id(name)).collect();
        list(&mut story, &names[..firing].iter().map(|name| alert(name, "postgres", began())).collect::<Vec<_>>(), &[]);
        let request = story.ask(Command::Acknowledge {
            alerts: meant.clone(),
            hold: None,
            reason: String::new(),
            ticket: None,
            confirmed: None,
        });
        (refusal(&story, request).is_some(), story.world.broad_acks(&meant).map(|broad| broad.alerts))
    };
    assert_eq!([guarded(7, 7), guarded(19, 19)], [(false, None), (false, None)]);
    assert_eq!([guarded(38, 20), guarded(38, 19)], [(true, Some(20)), (false, None)], "half is not most");
}

#[test]
fn of_a_colleagues_acknowledgement_the_reason_is_told_and_not_what_another_console_writes_around_it() {
    let reason = |comment: &str| {
        let story = told(&[quiet("Down", &["a"])], &[Silence { comment: comment.into(), ..silence("a", "Down", 30) }]);
        let tracked = story.world.alerts.get(&id("Down")).expect("listed");
        let ack = story.world.alerts.ack(tracked, story.now.wall).expect("acknowledged");
        (ack.by, ack.reason)
    };
    let by_ana = |reason: &str| ("ana".to_owned(), reason.to_owned());
    assert_eq!(reason("ACK! ana: part: b [mw:01a22e80-5e6d-712d-bb45-7adc4dde27da]"), by_ana("part: b"));
    assert_eq!(reason("ACK! ana:  [mw:01a22e80-5e6d-712d-bb45-7adc4dde27da]"), by_ana(""));
    assert_eq!(reason("ACK! ana [mw:01a22e80-5e6d-712d-bb45-7adc4dde27da]"), by_ana(""));
    assert_eq!(reason("ACK! anatomy of it"), by_ana("anatomy of it"));
    assert_eq!(reason("ACK! bo: on it"), by_ana("bo: on it"), "somebody typed that");
}
