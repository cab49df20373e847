//! What is put off: told as that and by whom, whatever carries it, and back when its time is over.

use super::silences::matcher;
use super::*;
use midwatch::domain::alert::{Alert, Held, Hold, Silence, SilenceMatcher, SilenceState};
use midwatch::model::{Body, Event};

fn silence(id: &str, comment: &str, matchers: Vec<SilenceMatcher>, minutes: i64) -> Silence {
    let ends_at = began() + chrono::Duration::minutes(minutes);
    let (id, comment, created_by) = (id.into(), comment.into(), "bo".into());
    Silence { id, matchers, starts_at: began(), ends_at, created_by, comment, state: SilenceState::Active }
}

/// `Down`, which these keep quiet.
fn quiet(story: &mut Story, silences: Vec<Silence>) {
    let silenced_by = silences.iter().map(|silence| silence.id.clone()).collect();
    let down = Arc::new(Alert { silenced_by, ..Alert::clone(&alert("Down", "postgres", began())) });
    story.poll_with(&[down], SourceAnswer { complete: true, silences: Arc::new(silences), ..SourceAnswer::default() });
}

fn states(story: &Story) -> Vec<State> {
    let tracked = story.world.alerts.get(&id("Down")).expect("tracked");
    story.world.alerts.states_of(tracked, story.now.wall)
}

#[test]
fn a_silence_that_stands_for_a_snooze_is_one_and_no_other_is() {
    let exactly = alert("Down", "postgres", began()).labels.exactly();
    let of_name = vec![matcher("alertname", "Down")];
    let mut story = Story::new();
    for comment in ["snoozed [mw:1]", "snoozed: at night [mw:1]"] {
        quiet(&mut story, vec![silence("a", comment, exactly.clone(), 60)]);
        assert_eq!(states(&story), [State::Snoozed, State::Firing], "{comment}");
        let tracked = story.world.alerts.get(&id("Down")).expect("tracked");
        let hold = story.world.alerts.snooze(tracked, story.now.wall).expect("somebody has put it off");
        assert_eq!((hold.by.raw(), hold.until), ("bo", Some(began() + chrono::Duration::minutes(60))));
    }
    for (comment, matchers) in [("disk swap", &exactly), ("snoozed by mistake", &exactly), ("snoozed: all of it", &of_name)] {
        quiet(&mut story, vec![silence("a", comment, matchers.clone(), 60)]);
        assert_eq!(states(&story), [State::Silenced, State::Firing], "{comment}");
    }
    let both = [silence("a", "snoozed: at night", exactly, 60), silence("b", "disk swap", of_name, 60)];
    quiet(&mut story, both.to_vec());
    assert_eq!(states(&story), [State::Snoozed, State::Silenced, State::Firing]);
}

fn put_off(until: DateTime<Utc>) -> Arc<Alert> {
    let held = Held { snoozed: Some(Hold { by: "bo".into(), until: Some(until), ..Hold::default() }), ..Held::default() };
    Arc::new(Alert { held: Some(Box::new(held)), ..Alert::clone(&alert("Down", "postgres", began())) })
}

/// A source that is asked so seldom that nothing else has a time before it.
fn seldom() -> Story {
    let mut settings = settings(false);
    settings.sources[0].every = Duration::from_secs(36_000);
    Story::with(settings)
}

#[test]
fn what_is_put_off_is_back_when_its_time_is_over_though_its_source_has_not_answered_since() {
    for carried in [false, true] {
        let mut story = seldom();
        let until = story.now.wall + chrono::Duration::minutes(60);
        let exactly = alert("Down", "postgres", began()).labels.exactly();
        match carried {
            false => story.poll(&[put_off(until)]),
            true => quiet(&mut story, vec![silence("a", "snoozed", exactly, (until - began()).num_minutes())]),
        }
        assert_eq!(state(&story, "Down"), Some(State::Snoozed));
        story.wait(3_599);
        assert_eq!(state(&story, "Down"), Some(State::Snoozed));
        story.wait(1);
        let back = story.world.alerts.get(&id("Down")).expect("tracked");
        assert_eq!((back.state, back.arrived, story.world.alerts.urgent()), (State::Firing, Some(story.now), 1));
    }
}

#[test]
fn its_end_is_asked_for_in_time() {
    let mut story = seldom();
    let upserts = vec![put_off(story.now.wall + chrono::Duration::minutes(60))];
    let body = Body::Fact(Fact::AlertsChanged { source: "prod".into(), upserts, gone: vec![] });
    let effects = story.world.update(Event { seq: 10_000, stamp: story.now, body });
    assert!(effects.contains(&Effect::WakeAt(story.now.mono + Duration::from_secs(3_600))), "{effects:?}");
}
