//! What is remembered of alerts that are over.

use super::*;
use midwatch::domain::alert::{Alert, Firing, Labels};
use midwatch::domain::entry::{Actor, Draft};
use midwatch::model::past::{Episode, Recalled, Recounted, Used, episodes, summary};

/// It fires and is over after so many minutes.
fn fires_for(story: &mut Story, minutes: u64) {
    let down = alert("Down", "postgres", story.now.wall);
    for _ in 0..minutes * 4 {
        story.poll(std::slice::from_ref(&down));
        story.wait(15);
    }
    story.poll(&[]);
    story.wait(15);
    story.poll(&[]);
    story.wait(15);
    story.poll(&[]);
}

fn remembered(story: &Story) -> Vec<Episode> {
    episodes(&story.journal)
}

fn told(story: &Story) -> Option<String> {
    let minutes = |time: Duration| format!("{} min", time.as_secs() / 60);
    summary(&remembered(story), Duration::from_secs(3600), minutes)
}

/// A playbook is run for it, and ends so.
fn runs(story: &mut Story, state: &str) {
    let mut run = None;
    for kind in [Kind::Run, Kind::RunEnded] {
        let mut draft = Draft::new(kind, story.now.wall, Actor::person("ana", None), "a run").with("state", state);
        (draft.alert, draft.playbook, draft.run) = (Some(id("Down")), Some("fail-over".into()), run);
        run = story.append(draft).run;
    }
}

#[test]
fn a_run_that_was_interrupted_does_not_go_on_until_somebody_takes_it_up() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", story.now.wall)]);
    let mut run = None;
    let mut say = |story: &mut Story, kind: Kind, name: &str, value: serde_json::Value| {
        let draft = Draft::new(kind, story.now.wall, Actor::person("ana", None), "a run").with(name, value);
        run = story.append(Draft { alert: Some(id("Down")), playbook: Some("fail-over".into()), run, ..draft }).run;
        remembered(story)[0].playbooks[0].state.clone()
    };
    assert_eq!(say(&mut story, Kind::Run, "title", "Fail over".into()), None);
    assert_eq!(say(&mut story, Kind::RunDriver, "interrupted", false.into()), None);
    assert_eq!(say(&mut story, Kind::RunDriver, "interrupted", true.into()).as_deref(), Some("interrupted"));
    assert_eq!(say(&mut story, Kind::RunResumed, "gap_ms", 7.into()), None);
    assert_eq!(say(&mut story, Kind::RunEnded, "state", "completed".into()).as_deref(), Some("completed"));
}

#[test]
fn an_alert_is_remembered_with_how_often_how_long_and_by_whom() {
    let mut story = Story::new();
    fires_for(&mut story, 4);
    assert_eq!(told(&story), None, "once, and nobody did anything: that is no past");
    story.poll(&[alert("Down", "postgres", story.now.wall)]);
    story.ask(ack(&["Down"]));
    story.ask(ack(&["Down"]));
    runs(&mut story, "failed");
    runs(&mut story, "completed-with-exceptions");
    fires_for(&mut story, 12);
    fires_for(&mut story, 30);
    story.poll(&[alert("Down", "postgres", story.now.wall), alert("Other", "checkout", story.now.wall)]);

    let all = remembered(&story);
    let of_down: Vec<&Episode> = all.iter().filter(|episode| episode.name == "Down").collect();
    let minutes: Vec<Option<u64>> = of_down.iter().map(|it| it.lasted().map(|lasted| lasted.as_secs() / 60)).collect();
    assert_eq!(minutes, [None, Some(30), Some(12), Some(4)], "the newest first, and it fires still");
    assert_eq!(of_down[2].owners, ["ana"]);
    let used: Vec<(bool, &str)> =
        of_down[2].playbooks.iter().map(|used| (used.helped(), used.state.as_deref().unwrap_or(""))).collect();
    assert_eq!(used, [(false, "failed"), (true, "completed-with-exceptions")]);
    let own: Vec<Episode> = of_down.into_iter().cloned().collect();
    let minutes = |time: Duration| format!("{} min", time.as_secs() / 60);
    assert_eq!(
        summary(&own, Duration::from_secs(3600), minutes).as_deref(),
        Some("fired 4 times in 60 min, usually 12 min, last handled by ana with fail-over")
    );
}

#[test]
fn what_tells_it_from_others_of_its_name_is_remembered_too() {
    let mut story = Story::new();
    let of = |node: &str| {
        let labels = [("alertname", "Down"), ("instance", node), ("severity", "critical")];
        let labels = Labels::new(labels.map(|(name, value)| (name.into(), value.into())).to_vec());
        Arc::new(Alert { id: id(&node[..4]), labels, ..Alert::clone(&alert("Down", "postgres", began())) })
    };
    story.poll(&[of("db-1"), of(&"x".repeat(10_000))]);
    (0..3).for_each(|_| story.poll(&[of(&"x".repeat(10_000))]));
    let targets = |entries: &[Arc<Entry>]| {
        episodes(entries).into_iter().map(|episode| episode.target.chars().take(4).collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(targets(&story.journal), ["db-1", "xxxx"]);
    assert!(remembered(&story).iter().all(|episode| episode.target.len() <= 200));
    let end = story.last(Kind::AlertResolved).clone();
    assert_eq!(targets(&[end]), ["db-1"], "its beginning lies too far back");
}

#[test]
fn an_end_whose_beginning_is_too_long_ago_is_an_episode_and_a_drill_is_none() {
    let mut story = Story::new();
    fires_for(&mut story, 4);
    let fired = story.last(Kind::AlertFired).clone();
    let rest: Vec<_> = story.journal.iter().filter(|entry| entry.id != fired.id).cloned().collect();
    let [episode] = &episodes(&rest)[..] else { panic!("one episode") };
    assert_eq!((episode.from, episode.name.as_str()), (fired.at, "Down"));
    let mut drill = Draft::new(Kind::AlertFired, story.now.wall, Actor::system("alerts"), "Drill firing");
    (drill.alert, drill.drill) = (Some(id("Drill")), Some("d-1".into()));
    story.append(drill);
    assert_eq!(remembered(&story).len(), 1);
}

#[test]
fn a_read_only_console_may_look_and_keeps_the_newest_answer_for_each_alert() {
    let mut settings = settings(false);
    (settings.read_only, settings.memory) = (true, Duration::from_secs(7 * 86_400));
    let mut story = Story::with(settings);
    story.ask(Command::Recall { alert: Some(id("Down")) });
    story.ask(Command::Recall { alert: None });
    let (week, night) = (chrono::Duration::days(7), chrono::Duration::days(1));
    let wanted = [(Some(id("Down")), week), (None, night)];
    assert_eq!(story.taken(), wanted.map(|(alert, back)| Effect::Recall { alert, since: story.now.wall - back }));
    let answer = |alert: Option<AlertId>, episodes: Result<_, String>| {
        Fact::Recalled(Recalled { alert, since: began(), cut: false, episodes })
    };
    story.fact(answer(None, Ok(Arc::from([]))));
    story.fact(answer(Some(id("Down")), Err("it is gone".into())));
    story.fact(answer(Some(id("Down")), Ok(Arc::from([]))));
    assert!(story.world.past.of(Some(&id("Down"))).is_some_and(|known| known.episodes.is_ok()));
    assert!(story.world.past.of(None).is_some() && story.world.past.of(Some(&id("Other"))).is_none());
}

#[test]
fn the_records_of_sources_are_asked_for_an_alert_that_is_listed_and_stand_apart_from_the_journal() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", story.now.wall)]);
    story.ask(Command::Recall { alert: Some(id("Gone")) });
    let asks = |effect: &Effect| matches!(effect, Effect::Recount { .. } | Effect::Look { .. });
    assert!(!story.taken().iter().any(asks), "its labels are not known");
    story.ask(Command::Recall { alert: Some(id("Down")) });
    let since = story.now.wall - chrono::Duration::days(1);
    let asked =
        |effect: &Effect| matches!(effect, Effect::Recount { alert, since: from } if alert.id == id("Down") && *from == since);
    let effects = story.taken();
    assert!(effects.iter().any(asked));
    let whom = |effect: &Effect| matches!(effect, Effect::Look { alert } if alert.id == id("Down"));
    assert_eq!(effects.iter().filter(|effect| whom(effect)).count(), 1, "whom its own source tells");

    let told = |alert: &str, source: &str, firings| {
        let (alert, source) = (id(alert), source.into());
        Fact::Recounted(Recounted { alert, source, since, firings })
    };
    let firing = Firing { from: since, to: None };
    story.fact(told("Down", "prom-a", Err("it is gone".into())));
    story.fact(told("Down", "prom-b", Ok(Arc::from([]))));
    story.fact(told("Other", "prom-a", Ok(Arc::from([]))));
    story.fact(told("Down", "prom-a", Ok(Arc::from([firing]))));
    let (down, past) = (id("Down"), &story.world.past);
    let known: Vec<_> =
        past.recounted(&down).map(|told| (told.source.as_str(), told.firings.as_ref().map(|it| it.len()))).collect();
    assert_eq!(known, [("prom-a", Ok(1)), ("prom-b", Ok(0))], "the newest answer of each");
    assert!(past.of(Some(&down)).is_none(), "that is no word of the journal's");
    assert_eq!(story.world.alerts.queue().count(), 1);
}

/// It lasted so many minutes, was handled by these, with these runs.
fn episode(minutes: i64, owners: &[&str], runs: &[(&str, &str)]) -> Episode {
    let used = |(name, state): &(&str, &str)| Used { playbook: (*name).into(), state: Some((*state).to_owned()) };
    Episode {
        alert: id("Down"),
        name: "Down".into(),
        target: String::new(),
        service: None,
        severity: None,
        from: began(),
        to: Some(began() + chrono::Duration::minutes(minutes)),
        end: midwatch::model::past::End::Told,
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
        playbooks: runs.iter().map(used).collect(),
        incident: None,
    }
}

#[test]
fn who_handled_it_last_is_told_with_the_last_that_helped_and_not_who_only_tried() {
    let (failed, done) = ("failed", "completed");
    let told = |episodes: &[Episode]| {
        let minutes = |time: Duration| format!("{} min", time.as_secs() / 60);
        summary(episodes, Duration::from_secs(3600), minutes).unwrap_or_default()
    };
    let tried = episode(4, &[], &[("reboot", failed)]);
    assert_eq!(told(std::slice::from_ref(&tried)), "", "once, and nobody helped");
    let handled = episode(30, &["ana", "bo"], &[("first", done), ("last", done), ("more", failed)]);
    let all = [tried, handled, episode(12, &["cy"], &[])];
    assert_eq!(told(&all), "fired 3 times in 60 min, usually 12 min, last handled by bo with last");
    assert_eq!(told(&all[2..]), "fired once in 60 min, usually 12 min, last handled by cy");
    assert_eq!(told(&[episode(5, &[], &[("last", done)])]), "fired once in 60 min, usually 5 min, last handled with last");
}

#[test]
fn what_was_said_of_an_episode_is_of_that_one_as_it_was_corrected_and_no_end_is_before_its_beginning() {
    let mut story = Story::new();
    let at = |minutes| began() + chrono::Duration::minutes(minutes);
    let mut tell = |kind: Kind, minutes: i64, with: &[(&str, serde_json::Value)]| {
        let mut draft = Draft::new(kind, at(minutes), Actor::person("ana", None), "it is so");
        (draft.alert, draft.playbook) = (Some(id("Down")), Some("look".into()));
        story.append(with.iter().fold(draft, |draft, (name, value)| draft.with(name, value)))
    };
    let time = |minutes| serde_json::to_value(at(minutes)).expect("a time");
    tell(Kind::AlertFired, 0, &[("starts_at", time(0))]);
    let over = tell(Kind::AlertResolved, 10, &[("starts_at", time(0))]);
    tell(Kind::AlertFired, 20, &[("starts_at", time(20))]);
    tell(Kind::Ack, 21, &[("episode", time(0))]);
    tell(Kind::Run, 22, &[("diagnosis", true.into())]);
    // The clock was set back.
    tell(Kind::AlertResolved, 15, &[("starts_at", time(20))]);
    let correction = Draft::new(Kind::Correction, at(30), Actor::person("ana", None), "it was over sooner");
    story.append(Draft { corrects: Some(over.id), ..correction.with("at", at(4)) });
    let all = remembered(&story);
    let minutes: Vec<Option<u64>> = all.iter().map(|it| it.lasted().map(|lasted| lasted.as_secs() / 60)).collect();
    assert_eq!(minutes, [Some(0), Some(4)]);
    assert_eq!(all[0].to, Some(at(20)));
    assert_eq!((all[0].owners.len(), all[1].owners.clone()), (0, vec!["ana".to_owned()]));
    assert_eq!(all[0].playbooks, [], "a check that nobody began is nobody's help");
}

#[test]
fn who_only_tried_to_acknowledge_it_has_not_handled_it() {
    let told = |outcomes: &[&str]| {
        let mut story = Story::new();
        let mut tell = |kind: Kind, with: &[(&str, serde_json::Value)]| {
            let mut draft = Draft::new(kind, story.now.wall, Actor::person("ana", None), "it is so");
            draft.alert = Some(id("Down"));
            story.append(with.iter().fold(draft, |draft, (name, value)| draft.with(name, value)))
        };
        tell(Kind::AlertFired, &[("starts_at", serde_json::to_value(began()).expect("a time"))]);
        let ack = tell(Kind::Ack, &[("episode", serde_json::to_value(began()).expect("a time"))]);
        for outcome in outcomes {
            let act = tell(Kind::Act, &[("for", serde_json::to_value(ack.id).expect("an id"))]);
            tell(Kind::ActEnded, &[("intent", serde_json::to_value(act.id).expect("an id")), ("outcome", (*outcome).into())]);
        }
        remembered(&story).remove(0).owners
    };
    assert_eq!([told(&[]), told(&["unsent", "done"]), told(&["done", "failed"])], [["ana"]; 3], "also where nothing is sent");
    assert_eq!([told(&["contradicted"]), told(&["failed"]), told(&["unknown"])], [[""; 0]; 3]);
}
