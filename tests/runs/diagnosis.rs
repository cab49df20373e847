//! Diagnoses: which begin, how many, what they run, and that nobody is ever said to have run the playbook.

use crate::support::story::{SOURCE, Story, alert, id, settings};
use midwatch::domain::alert::{Alert, Labels, Upstream};
use midwatch::domain::entry::{ActorKind, Entry, Kind};
use midwatch::domain::ids::{RunId, StepId};
use midwatch::domain::playbook::{Place, Playbook};
use midwatch::domain::run::{Run, RunState, StepEnd, StepState};
use midwatch::domain::settings::{Environment, Settings};
use midwatch::model::diagnosis::{AT_ONCE, Diagnosis, MOST};
use midwatch::model::fold::{Corrections, Folded};
use midwatch::model::progress::Stage;
use midwatch::model::runs::{Finding, Given, Launch, RunCommand, RunEffect, RunFact, Typed};
use midwatch::model::{Command, Effect, Fact};
use midwatch::{playbook, steps};
use std::sync::Arc;

const CHECKS: &str = "## Before you start\n\n### It is down\n\n```sh\nfirst \"$HOST\"\n```\n\n### The other answers\n\n\
    - **on fail:** stop\n\n```sh\nsecond\n```\n\n## Steps\n\n### Change\n\n```sh\nthird\n```\n";

const FRONT: &str = "alerts: [{alertname: Down}]\nparams:\n  HOST: {type: host, from: label.instance}\n";

fn book(name: &'static str, front: &str, text: &str) -> Arc<Playbook> {
    let whole =
        format!("---\nplaybook: 1\nid: {}\ntitle: Mend it\n{front}---\n\n# Mend it\n\n{text}", name.trim_end_matches(".md"));
    let book = playbook::read(&whole, Place::Bundled(name), steps::KINDS);
    assert_eq!(book.unfit(), None, "{:#?}", book.problems);
    Arc::new(book)
}

fn library(books: Vec<Arc<Playbook>>) -> Fact {
    Fact::Run(RunFact::Playbooks { books: Arc::new(books), given: Arc::new(Given::default()) })
}

fn story_of(books: Vec<Arc<Playbook>>) -> Story {
    let mut story = Story::with(Settings { diagnose: true, ..settings(false) });
    story.fact(library(books));
    story
}

fn story() -> Story {
    story_of(vec![book("mend.md", FRONT, CHECKS)])
}

/// An alert `Down` of this instance that began so many seconds ago.
fn down(story: &Story, instance: &str, seconds: i64) -> Arc<Alert> {
    labelled(story, instance, seconds, &[("alertname", "Down"), ("service", "postgres"), ("instance", instance)])
}

fn labelled(story: &Story, name: &str, seconds: i64, labels: &[(&str, &str)]) -> Arc<Alert> {
    let labels = Labels::new(labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
    let starts_at = story.now.wall - chrono::Duration::seconds(seconds);
    Arc::new(Alert { id: id(name), labels, starts_at, ..(*alert(name, "postgres", starts_at)).clone() })
}

fn launched(story: &mut Story) -> Vec<Launch> {
    let launches = story.taken().into_iter().filter_map(|effect| match effect {
        Effect::Run(RunEffect::Launch(launch)) => Some(*launch),
        _ => None,
    });
    launches.collect()
}

fn ends(story: &mut Story, launch: &Launch, state: StepState) {
    let end = StepEnd::without_process(state, story.now.wall, "said so");
    story.fact(Fact::Run(RunFact::Ended { run: launch.setup.run, step: launch.step.clone(), attempt: launch.attempt, end }));
}

/// Whatever is launched ends at once, and well; the instances that were looked at, in order.
fn looked_at(story: &mut Story) -> Vec<String> {
    let mut instances = Vec::new();
    loop {
        let launches = launched(story);
        if launches.is_empty() {
            return instances;
        }
        for launch in launches {
            if launch.step.as_str() == "it-is-down" {
                instances.push(launch.setup.params.plain("HOST").expect("a host").to_owned());
            }
            ends(story, &launch, StepState::Succeeded);
        }
    }
}

fn diagnosis<'a>(story: &'a Story, name: &str) -> Option<(RunId, &'a Run)> {
    let episode = story.world.alerts.get(&id(name))?.episode;
    story.world.runs.diagnosis(&id(name), episode, &"mend".into())
}

fn waits(story: &Story, name: &str) -> bool {
    story.world.diagnosis(&id(name), &"mend".into()) == Some(Diagnosis::Waits)
}

#[test]
fn nothing_is_run_unless_the_configuration_says_so() {
    let mut story = Story::with(settings(false));
    story.fact(library(vec![book("mend.md", FRONT, CHECKS)]));
    story.poll(&[down(&story, "db-1", 60)]);
    assert!(launched(&mut story).is_empty() && story.kinds() == [Kind::AlertFired]);
    let on = Settings { diagnose: true, ..settings(false) };
    story.fact(Fact::Configured(Arc::new(on.clone())));
    assert_eq!(launched(&mut story).len(), 1, "what fires already is looked at from then on");
    let mut story = Story::with(Settings { read_only: true, ..on });
    story.fact(library(vec![book("mend.md", FRONT, CHECKS)]));
    story.poll(&[down(&story, "db-1", 60)]);
    assert!(launched(&mut story).is_empty() && story.journal.is_empty());
}

#[test]
fn the_checks_of_what_fits_are_looked_at_one_after_the_other_and_none_is_a_gate() {
    let mut story = story();
    story.poll(&[down(&story, "db-1", 60)]);
    let first = launched(&mut story);
    assert_eq!(first.iter().map(|launch| launch.step.as_str()).collect::<Vec<_>>(), ["it-is-down"]);
    assert_eq!(first[0].setup.params.plain("HOST"), Some("db-1"));
    ends(&mut story, &first[0], StepState::Failed);
    let second = launched(&mut story);
    assert_eq!(second.iter().map(|launch| launch.step.as_str()).collect::<Vec<_>>(), ["the-other-answers"]);
    ends(&mut story, &second[0], StepState::Unknown);
    assert!(launched(&mut story).is_empty(), "steps that change something are never run");
    let (run, state) = diagnosis(&story, "db-1").expect("a diagnosis");
    assert_eq!(state.ended.as_ref().map(|(state, ..)| *state), Some(RunState::Completed));
    let step = |step: &str| story.world.runs.state_of(run, &step.into());
    assert_eq!(step("it-is-down"), Some(StepState::Failed), "it is shown as it was");
    assert_eq!(step("the-other-answers"), Some(StepState::Unknown));
}

#[test]
fn it_is_recorded_before_it_is_run_and_nobody_is_said_to_have_run_it() {
    let mut story = story();
    story.slow = Some(Vec::new());
    story.poll(&[down(&story, "db-1", 60)]);
    assert!(launched(&mut story).is_empty(), "the journal does not hold it yet");
    story.answer();
    assert_eq!(looked_at(&mut story), ["db-1"]);
    let (run, folded) = diagnosis(&story, "db-1").map(|(run, state)| (run, state.clone())).expect("a diagnosis");
    let own = |entry: &&Arc<Entry>| entry.run == Some(run);
    let entries: Vec<&Arc<Entry>> = story.journal.iter().filter(own).collect();
    let kinds: Vec<Kind> = entries.iter().map(|entry| entry.kind.clone()).collect();
    use Kind::{RunEnded, StepEnded, StepIntent};
    assert_eq!(kinds, [Kind::Run, StepIntent, StepEnded, StepIntent, StepEnded, RunEnded]);
    for entry in &entries {
        assert_eq!((entry.actor.kind, entry.actor.name.as_str()), (ActorKind::System, "diagnosis"), "{entry:?}");
        assert!(entry.text.starts_with("diagnosis: ") && !entry.important, "{}", entry.text);
        assert_eq!((entry.data_of("diagnosis"), entry.alert.clone()), (Some(true), Some(id("db-1"))));
    }
    assert_eq!(entries[0].text_of("mode"), Some("diagnosis"));
    assert_eq!(story.world.runs.open().count() + story.world.runs.iter().count(), 0, "it is none of people's runs");
    let mut again: Folded<Run> = Folded::default();
    entries.iter().for_each(|entry| again.insert((*entry).clone(), &Corrections::default()));
    assert_eq!(*again.state(), folded);
}

#[test]
fn an_episode_is_looked_at_once_and_the_next_one_again() {
    let mut story = story();
    let first = down(&story, "db-1", 60);
    story.poll(std::slice::from_ref(&first));
    assert_eq!(looked_at(&mut story), ["db-1"]);
    story.poll(&[Arc::new(Alert { url: Some("http://changed".into()), ..(*first).clone() })]);
    story.fact(Fact::Configured(Arc::new(settings(false))));
    story.fact(Fact::Configured(Arc::new(Settings { diagnose: true, ..settings(false) })));
    assert_eq!(looked_at(&mut story), Vec::<String>::new());
    story.poll(&[]);
    story.poll(&[]);
    story.wait(60);
    story.poll(&[down(&story, "db-1", 5)]);
    assert_eq!(looked_at(&mut story), ["db-1"]);
}

#[test]
fn another_text_of_the_playbook_looks_once_more_and_its_evidence_is_the_one_shown() {
    let mut story = story();
    let alert = down(&story, "db-1", 60);
    story.poll(std::slice::from_ref(&alert));
    assert_eq!(looked_at(&mut story), ["db-1"]);
    let before = diagnosis(&story, "db-1").expect("a diagnosis").0;
    story.wait(60);
    story.fact(library(vec![book("mend.md", FRONT, &CHECKS.replace("second", "another"))]));
    for url in ["http://one", "http://two"] {
        story.poll(&[Arc::new(Alert { url: Some(url.into()), ..(*alert).clone() })]);
        let expected: &[&str] = if url == "http://one" { &["db-1"] } else { &[] };
        assert_eq!(looked_at(&mut story), expected, "{url}");
    }
    assert!(diagnosis(&story, "db-1").expect("a diagnosis").0 > before);
}

#[test]
fn another_console_that_asks_for_the_same_runs_nothing() {
    let mut story = story();
    let alert = down(&story, "db-1", 60);
    story.poll(std::slice::from_ref(&alert));
    let begun = story.last(Kind::Run).clone();
    // The journal holds the entry of the other one, and gives it for ours.
    let mut second = story_of(vec![book("mend.md", FRONT, CHECKS)]);
    second.now = story.now;
    second.pass(1);
    second.journal.push(begun);
    second.poll(&[alert]);
    assert!(launched(&mut second).is_empty());
    assert_eq!(second.journal.iter().filter(|entry| entry.kind == Kind::Run).count(), 1);
}

#[test]
fn a_storm_begins_few_the_oldest_first_and_shows_what_waits() {
    let mut story = story();
    let storm: Vec<Arc<Alert>> = (0..500).map(|number| down(&story, &format!("db-{number}"), 100 + number)).collect();
    story.poll(&storm);
    let begun = launched(&mut story);
    let hosts: Vec<&str> = begun.iter().filter_map(|launch| launch.setup.params.plain("HOST")).collect();
    assert_eq!(hosts, ["db-499", "db-498"], "two at a time, of the oldest episodes");
    assert_eq!(begun.len(), AT_ONCE);
    assert!(waits(&story, "db-497") && waits(&story, "db-0") && !waits(&story, "db-499"));
    let mut instances: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    begun.iter().for_each(|launch| ends(&mut story, launch, StepState::Succeeded));
    instances.extend(looked_at(&mut story));
    assert_eq!(instances, ["db-499", "db-498", "db-497", "db-496", "db-495", "db-494"]);
    assert_eq!(instances.len(), MOST);
    // Every poll and every minute, for as long as that lasts.
    for _ in 0..9 {
        story.wait(60);
        story.poll(&storm);
        assert!(looked_at(&mut story).is_empty());
    }
    story.wait(61);
    assert_eq!(looked_at(&mut story).len(), MOST, "ten minutes later as many again");
    for _ in 0..60 {
        story.wait(60);
    }
    looked_at(&mut story);
    assert!(!waits(&story, "db-0"), "what began more than an hour ago is no news");
    story.wait(601);
    assert!(looked_at(&mut story).is_empty());
}

#[test]
fn a_storm_is_not_matched_in_one_go_and_still_to_its_end() {
    let mut story = Story::with(settings(false));
    story.fact(library(vec![book("mend.md", FRONT, CHECKS)]));
    let mut storm: Vec<Arc<Alert>> =
        (0..2_000).map(|number| labelled(&story, &format!("x-{number}"), 1000, &[("alertname", "Other")])).collect();
    storm.push(down(&story, "db-1", 60));
    story.poll(&storm);
    story.fact(Fact::Configured(Arc::new(Settings { diagnose: true, ..settings(false) })));
    let mut ticks = 0;
    while diagnosis(&story, "db-1").is_none() {
        ticks += 1;
        assert!(ticks < 100, "each look at the clock goes on where the last one stopped");
        story.wait(0);
    }
    assert!(ticks > 10, "not all at once: {ticks}");
}

#[test]
fn only_what_reads_and_needs_nobody_is_run() {
    let text = "## Before you start\n\n### Reads\n\n- **outputs:** `GAP?`\n\n```sh\ntrue\n```\n\n\
        ### Uses\n\n```sh\necho \"$GAP\"\n```\n\n### Changes\n\n- **risk:** change\n- **timeout:** 5s\n- **outputs:** `MADE`\n\n```sh\ntrue\n```\n\n\
        ### Needs\n\n```sh\necho \"$MADE\"\n```\n\n### Confirmed\n\n- **confirm:** yes\n\n```sh\ntrue\n```\n\n\
        ### Ticked\n\n- [ ] looked\n\n```sh\ntrue\n```\n\n### Written\n\n- **record:** what you see\n\n```sh\ntrue\n```\n\n\
        ### By hand\n\nLook.\n\n### After\n\n- **when:** step `changes` succeeded\n\n```sh\ntrue\n```\n\n\
        ### Wanted\n\n- **when:** `HOST` = `db-1`\n\n```sh\ntrue\n```\n\n### Unwanted\n\n- **when:** `HOST` = `db-2`\n\n```sh\ntrue\n```\n\n\
        ### Rest\n\n- **wait:** 1h\n\n## Verify\n\n### Later\n\n```sh\ntrue\n```\n";
    let mut story = story_of(vec![book("mend.md", FRONT, text)]);
    story.poll(&[down(&story, "db-1", 60)]);
    let mut steps: Vec<StepId> = Vec::new();
    while let Some(launch) = launched(&mut story).pop() {
        steps.push(launch.step.clone());
        ends(&mut story, &launch, StepState::Succeeded);
    }
    assert_eq!(steps, ["reads", "uses", "wanted"].map(StepId::from));
    let (_, run) = diagnosis(&story, "db-1").expect("a diagnosis");
    let planned: Vec<&str> = run.steps.iter().map(|record| record.plan.id.as_str()).collect();
    assert_eq!(planned, ["reads", "uses", "wanted", "unwanted"]);
    assert!(run.ended.is_some());
}

#[test]
fn a_hostile_label_reaches_a_check_as_a_value_or_not_at_all() {
    let with = |front: &str, label: &str| {
        let front = format!("alerts: [{{alertname: Down}}]\nparams:\n  HOST: {front}\n");
        let mut story = story_of(vec![book("mend.md", &front, CHECKS)]);
        story.poll(&[down(&story, label, 60)]);
        let params: Vec<String> =
            launched(&mut story).iter().filter_map(|launch| launch.setup.params.plain("HOST").map(str::to_owned)).collect();
        (params, waits(&story, label))
    };
    let huge = "x".repeat(100_000);
    for hostile in ["$(reboot)", "; rm -rf ~", "-oProxyCommand=reboot", "a\nb", "", "\u{1b}[2J", "db-1 ", huge.as_str()] {
        let (params, waits) = with("{type: host, from: label.instance}", hostile);
        let whole = hostile == huge;
        assert_eq!(params.len(), usize::from(whole), "{hostile:?}: {params:?}");
        assert!(!waits, "what can't be looked at doesn't wait for it");
    }
    for hostile in ["$(reboot)", "; rm -rf ~"] {
        assert_eq!(with("{type: string, from: label.instance}", hostile).0, [hostile], "a value of a variable, and no more");
    }
    assert!(with("{type: string, from: label.instance}", "a\nb").0.is_empty());
}

#[test]
fn what_would_have_to_be_asked_for_is_left_to_people() {
    for (params, begins) in [
        ("{type: string}", false),
        ("{type: secret}", false),
        ("{type: secret, required: false}", true),
        ("{type: string, default: x}", true),
        ("{type: string, from: label.gone}", false),
        ("{type: string, from: label.service}", true),
    ] {
        let front =
            format!("alerts: [{{alertname: Down}}]\nparams:\n  HOST: {{type: host, from: label.instance}}\n  MORE: {params}\n");
        let mut story = story_of(vec![book("mend.md", &front, CHECKS)]);
        story.poll(&[down(&story, "db-1", 60)]);
        assert_eq!(launched(&mut story).len(), usize::from(begins), "{params}");
    }
}

#[test]
fn what_nobody_is_called_by_is_not_looked_at() {
    let mut story = story();
    let silenced = Arc::new(Alert { silenced_by: vec!["s".into()], ..(*down(&story, "db-1", 60)).clone() });
    let pending = Arc::new(Alert { upstream: Upstream::Pending, ..(*down(&story, "db-2", 60)).clone() });
    let old = down(&story, "db-3", 3700);
    story.poll(&[silenced, pending, old]);
    assert!(launched(&mut story).is_empty());
    story.poll(&[down(&story, "db-1", 60)]);
    assert_eq!(looked_at(&mut story), ["db-1"], "it is, once it is not silenced any more");
}

#[test]
fn a_playbook_that_can_not_be_run_here_is_not_looked_at() {
    let text = "## Before you start\n\n### Well\n\n```feed\nname = nobody and state = healthy\n```\n";
    let mut story = story_of(vec![book("mend.md", FRONT, text)]);
    story.poll(&[down(&story, "db-1", 60)]);
    assert!(launched(&mut story).is_empty() && story.kinds() == [Kind::AlertFired]);
}

#[test]
fn a_diagnosis_is_in_nobody_s_hands() {
    let mut story = story();
    story.poll(&[down(&story, "db-1", 60)]);
    launched(&mut story);
    let (run, _) = diagnosis(&story, "db-1").expect("a diagnosis");
    let reason = || "because".to_owned();
    for command in [
        RunCommand::Cancel { run },
        RunCommand::Resume { run, params: Typed::default() },
        RunCommand::Abort { run, reason: reason() },
        RunCommand::Skip { run, step: "it-is-down".into(), reason: reason() },
        RunCommand::Pause { run, reason: reason() },
    ] {
        let request = story.ask(Command::Run(command.clone()));
        let refused = story.world.requests.get(request).expect("known").items.iter();
        assert!(refused.map(|item| &item.stage).all(|stage| matches!(stage, Stage::Refused(_))), "{command:?}");
    }
}

/// The world of a console that starts on what another one has recorded.
fn next_console(story: &Story) -> Story {
    let mut next = story_of(Vec::new());
    next.now = story.now;
    for entry in &story.journal {
        next.append_known(entry.clone());
    }
    next.fact(library(vec![book("mend.md", FRONT, CHECKS)]));
    next.taken();
    next
}

fn adopted(story: &mut Story, run: RunId, found: Vec<Finding>) {
    let playbook = Ok(book("mend.md", FRONT, CHECKS));
    story.fact(Fact::Run(RunFact::Adopted { run, playbook, found }));
}

#[test]
fn a_diagnosis_whose_console_died_is_given_up_and_not_gone_on_with() {
    let mut story = story();
    story.poll(&[down(&story, "db-1", 60)]);
    let launch = launched(&mut story).pop().expect("a launch");
    let run = launch.setup.run;
    let mut next = next_console(&story);
    next.wait(30);
    let adopts = |effect: &Effect| matches!(effect, Effect::Run(RunEffect::Adopt(adopt)) if adopt.setup.run == run);
    assert!(next.taken().iter().any(adopts), "what it left is looked at");
    let end = StepEnd::without_process(StepState::Succeeded, next.now.wall, "");
    adopted(&mut next, run, vec![Finding { step: launch.step, attempt: 1, end: Some(end) }]);
    let (_, state) = diagnosis_of(&next, run);
    assert_eq!(state.ended.as_ref().map(|(state, ..)| *state), Some(RunState::Aborted));
    let effects = next.taken();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Run(RunEffect::Launch(_)))), "{effects:?}");
    assert!(effects.contains(&Effect::Run(RunEffect::Release { run })));
    assert!(next.journal.iter().filter(|entry| entry.run == Some(run)).all(|entry| entry.text.starts_with("diagnosis: ")));
}

fn diagnosis_of(story: &Story, run: RunId) -> (RunId, &Run) {
    (run, story.world.runs.get(run).expect("the diagnosis"))
}

#[test]
fn a_console_that_is_left_leaves_nothing_open() {
    let mut story = story();
    story.poll(&[down(&story, "db-1", 60)]);
    let launch = launched(&mut story).pop().expect("a launch");
    let run = launch.setup.run;
    story.ask(Command::Run(RunCommand::Leave { run }));
    assert!(diagnosis_of(&story, run).1.ended.is_none(), "its command goes on");
    let mut next = next_console(&story);
    next.wait(30);
    adopted(&mut next, run, vec![Finding { step: launch.step.clone(), attempt: 1, end: None }]);
    ends(&mut next, &launch, StepState::Succeeded);
    assert_eq!(diagnosis_of(&next, run).1.ended.as_ref().map(|(state, ..)| *state), Some(RunState::Aborted));
}

#[test]
fn what_was_seen_before_an_incident_was_declared_belongs_to_it() {
    let mut story = story();
    story.poll(&[down(&story, "db-1", 60)]);
    looked_at(&mut story);
    let severity = "SEV2".parse().expect("a severity");
    story.ask(Command::Declare { title: "Down".into(), severity, alerts: vec![id("db-1")], at: None });
    let linked: Vec<midwatch::domain::ids::EntryId> = story.last(Kind::Link).data_of("entries").expect("entries");
    let texts: Vec<&str> =
        story.journal.iter().filter(|entry| linked.contains(&entry.id)).map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts.len(), 4, "the alert, that it was looked at, and both checks: {texts:?}");
    assert!(texts[2].contains("It is down"), "{texts:?}");
}

#[test]
fn the_kept_runs_of_people_are_not_pushed_out() {
    let mut story = Story::with(Settings { diagnose: true, environment: Environment::Lab, ..settings(false) });
    story.fact(library(vec![book("mend.md", FRONT, CHECKS)]));
    let typed = Typed([("HOST".to_owned(), "db-0".to_owned())].into());
    let (mode, auto) = (midwatch::domain::run::RunMode::Live, midwatch::domain::run::Auto::No);
    story.ask(Command::Run(RunCommand::Prepare {
        playbook: "mend".into(),
        params: typed,
        alert: None,
        incident: None,
        mode,
        auto,
    }));
    let run = RunId(story.last(Kind::Run).id.0);
    story.ask(Command::Run(RunCommand::Abort { run, reason: "no".into() }));
    for number in 0..150 {
        story.poll(&[down(&story, &format!("db-{number}"), 5)]);
        looked_at(&mut story);
        story.wait(120);
    }
    assert!(story.world.runs.get(run).is_some());
    assert!(story.journal.iter().filter(|entry| entry.kind == Kind::Run).count() > 110, "many were looked at");
    assert!(SOURCE == "prod");
}
