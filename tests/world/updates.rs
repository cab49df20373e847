//! Updates: recorded before anybody is told, told once, kept while nobody answers, and never out of the house unasked.

use super::unsent::{acts, answer};
use super::*;
use midwatch::domain::act::{ActKind, What};
use midwatch::domain::entry::Visibility;
use midwatch::domain::ids::{IncidentId, SourceName};
use midwatch::domain::settings::Settings;
use midwatch::domain::update::{Destination, Every, LONGEST, Next, Updates};
use std::collections::BTreeSet;

/// A channel, a page, and notes beside the alerts of `prod`, whose system takes comments.
fn told() -> Settings {
    let mut told = settings(false);
    told.sources[0].acts.push(ActKind::Comment);
    let to = |name: &str, kind: &str| Destination { name: name.into(), kind: kind.into(), beside: None };
    let notes = Destination { beside: Some("prod".into()), ..to("notes", "comment") };
    Settings { updates: Updates { to: vec![to("ops", "slack"), to("page", "webhook"), notes], ..Updates::default() }, ..told }
}

fn open(story: &mut Story, alerts: &[&str]) -> IncidentId {
    let alerts = alerts.iter().map(|name| id(name)).collect();
    story.ask(Command::Declare { title: "shop\u{1b}[2J down".into(), severity: Sev::ALL[1], alerts, at: None });
    story.taken();
    story.world.incidents.open().next().expect("open").id
}

fn update(incident: IncidentId, text: &str, to: &[&str]) -> Command {
    let to = (!to.is_empty()).then(|| to.iter().map(|name| SourceName::from(*name)).collect());
    Command::Update { incident, text: text.into(), to, next: Next::Usual, confirmed: None }
}

fn refused(story: &mut Story, command: Command) -> String {
    let (before, request) = (story.journal.len(), story.ask(command));
    assert!(acts(story).is_empty() && story.journal.len() == before, "nothing is recorded and nobody is told");
    match story.world.requests.get(request).expect("kept").items[0].stage.clone() {
        Stage::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

fn ends(story: &Story) -> Vec<(String, String)> {
    let ends = story.journal.iter().filter(|entry| entry.kind == Kind::ActEnded);
    let text = |entry: &Entry, name| entry.text_of(name).unwrap_or_default().to_owned();
    ends.map(|entry| (text(entry, "outcome"), text(entry, "detail"))).collect()
}

#[test]
fn an_update_and_its_destinations_are_recorded_together_before_anybody_is_told() {
    let mut story = Story::with(told());
    story.poll(&super::unsent::down());
    let incident = open(&mut story, &["Down"]);
    story.slow = Some(Vec::new());
    let request = story.ask(update(incident, " we fail\u{202e} over\nnow ", &[]));
    assert!(acts(&mut story).is_empty(), "the journal has not answered yet");
    let asked = story.slow.as_ref().expect("slow");
    assert_eq!((asked.len(), asked[0].1.len()), (1, 4), "one transaction: the update and three acts");
    story.answer();
    let said = story.last(Kind::Comms).clone();
    assert_eq!((said.text.as_str(), said.visibility, said.important), ("we fail\u{202e} over\nnow", Visibility::Public, true));
    assert_eq!(said.data_of::<Vec<String>>("to"), Some(vec!["ops".into(), "page".into(), "notes".into()]));
    assert_eq!(said.data_of("next_update_at"), Some(story.now.wall + chrono::Duration::minutes(20)));
    let sent = acts(&mut story);
    let [(_, Act::Tell(one)), (_, Act::Tell(two)), (_, Act::On { alert, what, comment, .. })] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!((one.text.as_str(), one.title.as_str(), one == two), ("we fail· over\nnow", "shop␛[2J down", true));
    let whole = "INC-0 is open: we fail· over\nnow\nNext update at 03:20 UTC";
    assert_eq!((alert.as_str(), what, comment.as_str()), ("Down", &What::Comment, whole));
    for (intent, outcome) in sent.iter().map(|(intent, _)| *intent).zip([Outcome::Done, Outcome::Failed, Outcome::Done]) {
        story.fact(Fact::ActEnded { intent, end: ActEnd::new(outcome, "so") });
    }
    let progress = story.world.requests.get(request).expect("kept");
    let items: Vec<_> = progress.items.iter().map(|item| (item.to.as_ref().map(|to| to.as_str()), item.stage.failed())).collect();
    assert_eq!(items, [(None, false), (Some("ops"), false), (Some("page"), true), (None, false)]);
    assert_eq!(story.last(Kind::ActEnded).incident, Some(incident));
    assert!(!story.taken().iter().any(|effect| matches!(effect, Effect::Ask { sources, .. } if sources[0].as_str() == "ops")));
}

#[test]
fn where_nothing_is_configured_an_update_is_recorded_and_goes_nowhere() {
    let mut story = Story::new();
    let incident = open(&mut story, &[]);
    story.ask(update(incident, "told by phone", &[]));
    assert!(acts(&mut story).is_empty());
    assert_eq!(story.last(Kind::Comms).data_of::<Vec<String>>("to"), Some(vec![]));
    assert!(refused(&mut story, update(incident, "x", &["ops"])).starts_with("updates go nowhere yet: `updates`"));
}

#[test]
fn what_can_not_be_told_is_refused_in_words() {
    let mut story = Story::with(told());
    let (first, second) = (open(&mut story, &[]), open(&mut story, &[]));
    assert!(refused(&mut story, update(first, " \n ", &[])).starts_with("an update needs a text"));
    let long = "é".repeat(LONGEST + 1);
    assert_eq!(refused(&mut story, update(first, &long, &[])), "an update may have at most 2000 characters; this one has 2001");
    assert_eq!(refused(&mut story, update(first, "x", &["bo"])), "no destination is named bo; there are ops, page, notes");
    assert!(refused(&mut story, update(first, "x", &["notes"])).contains("no alert of INC-0 is of prod"));
    story.ask(update(first, &"é".repeat(LONGEST), &["ops", "ops"]));
    assert_eq!(acts(&mut story).len(), 1, "as long as it may be, and once however often it is named");
    story.ask(Command::Merge { incident: first, into: second });
    assert!(refused(&mut story, update(first, "x", &[])).contains("is merged"));
    let mut read_only = Story::with(Settings { read_only: true, ..told() });
    assert_eq!(refused(&mut read_only, update(first, "x", &[])), "this console is read-only");
}

#[test]
fn a_private_incident_leaves_the_house_only_when_its_label_is_typed() {
    let mut story = Story::with(told());
    let incident = open(&mut story, &[]);
    let private = Amendment { visibility: Some(Visibility::Restricted), ..Amendment::default() };
    story.ask(Command::Correct { entry: midwatch::domain::ids::EntryId(incident.0), change: private });
    let with = |confirmed: Option<&str>, to: Option<Vec<SourceName>>| Command::Update {
        incident,
        text: "x".into(),
        to,
        next: Next::Usual,
        confirmed: confirmed.map(str::to_owned),
    };
    assert!(refused(&mut story, with(None, None)).contains("INC-0 is private"));
    assert!(refused(&mut story, with(Some("yes"), None)).contains("INC-0 is private"));
    story.ask(with(None, Some(Vec::new())));
    assert!(acts(&mut story).is_empty(), "it is recorded: that tells nobody");
    story.ask(with(Some("INC-0"), None));
    assert_eq!(acts(&mut story).len(), 2);
}

#[test]
fn what_waits_is_not_told_once_its_incident_is_private_unless_that_was_confirmed() {
    let mut story = Story::with(told());
    let incident = open(&mut story, &[]);
    story.ask(update(incident, "x", &["ops"]));
    answer(&mut story, Outcome::Unsent, None);
    let private = Amendment { visibility: Some(Visibility::Restricted), ..Amendment::default() };
    story.ask(Command::Correct { entry: midwatch::domain::ids::EntryId(incident.0), change: private });
    story.wait(31);
    assert!(acts(&mut story).is_empty());
    assert_eq!(ends(&story).pop().expect("an end").1, "never sent: the incident has become private");
    let confirmed = Some("INC-0".to_owned());
    story.ask(Command::Update { incident, text: "y".into(), to: Some(vec!["ops".into()]), next: Next::Usual, confirmed });
    answer(&mut story, Outcome::Unsent, None);
    for _ in 0..2 {
        story.wait(100);
        assert!(matches!(answer(&mut story, Outcome::Unsent, None), Act::Tell(_)), "also the second time");
    }
}

#[test]
fn who_can_not_be_reached_is_told_later_with_longer_and_longer_pauses_and_not_after_an_hour() {
    let mut story = Story::with(told());
    let incident = open(&mut story, &[]);
    story.ask(update(incident, "x", &["ops"]));
    answer(&mut story, Outcome::Unsent, None);
    let mut tried = Vec::new();
    for second in 1..=4_000 {
        story.wait(1);
        for (intent, act) in acts(&mut story) {
            assert!(matches!(act, Act::Tell(update) if update.text == "x"));
            tried.push(second);
            story.fact(Fact::ActEnded { intent, end: ActEnd::new(Outcome::Unsent, "not sent: nobody listens") });
        }
    }
    assert_eq!(tried[0], 30, "{tried:?}");
    assert!((6..=12).contains(&tried.len()) && tried.iter().all(|second| *second < 3_600), "{tried:?}");
    assert!(tried.windows(3).all(|three| three[2] - three[1] >= three[1] - three[0]), "{tried:?}");
    let last = ends(&story).pop().expect("an end");
    assert_eq!(last, ("expired".to_owned(), "never sent: the source did not answer in time".to_owned()));
}

#[test]
fn what_was_kept_is_told_once_when_somebody_answers_and_is_over_when_a_newer_one_was_said() {
    let mut story = Story::with(told());
    let incident = open(&mut story, &[]);
    story.ask(update(incident, "old", &["ops"]));
    answer(&mut story, Outcome::Unsent, None);
    story.wait(10);
    story.ask(update(incident, "new", &["ops", "page"]));
    for (intent, act) in acts(&mut story) {
        let Act::Tell(_) = act else { panic!("{act:?}") };
        story.fact(Fact::ActEnded { intent, end: ActEnd::new(Outcome::Unsent, "not sent: nobody listens") });
    }
    story.wait(31);
    let said = acts(&mut story);
    let texts: Vec<&str> =
        said.iter().filter_map(|(_, act)| if let Act::Tell(update) = act { Some(update.text.as_str()) } else { None }).collect();
    assert_eq!(texts, ["new", "new"], "to both, and the old one to nobody");
    assert!(ends(&story).contains(&("expired".into(), "never sent: a newer update has taken its place".into())));
    for (intent, _) in said {
        story.fact(Fact::ActEnded { intent, end: ActEnd::new(Outcome::Done, "taken") });
    }
    story.wait(3_700);
    assert!(acts(&mut story).is_empty(), "said is said");
}

#[test]
fn beside_an_alert_the_newer_update_takes_the_place_of_the_one_that_waits_and_of_no_other() {
    let mut story = Story::with(told());
    let two = [alert("Down", "postgres", began()), alert("Slow", "postgres", began())];
    story.poll(&two);
    let (first, second) = (open(&mut story, &["Down"]), open(&mut story, &["Slow"]));
    story.ask(update(first, "old", &["notes"]));
    story.ask(update(second, "of the other", &["notes"]));
    let unsent = |story: &mut Story| {
        for (intent, _) in acts(story) {
            story.fact(Fact::ActEnded { intent, end: ActEnd::new(Outcome::Unsent, "not sent: nobody listens") });
        }
    };
    unsent(&mut story);
    story.wait(10);
    story.ask(update(first, "new", &["notes"]));
    unsent(&mut story);
    story.poll(&two);
    let said: BTreeSet<String> = acts(&mut story)
        .into_iter()
        .map(|(_, act)| {
            if let Act::On { comment, .. } = act {
                comment.lines().next().unwrap_or_default().to_owned()
            } else {
                panic!("{act:?}")
            }
        })
        .collect();
    let said: Vec<&str> = said.iter().map(|line| line.rsplit(": ").next().unwrap_or_default()).collect();
    assert_eq!(said, ["new", "of the other"]);
    assert!(ends(&story).contains(&("expired".into(), "never sent: a newer update has taken its place".into())));
}

#[test]
fn what_may_have_been_said_before_a_crash_is_unknown_and_is_not_said_again() {
    let mut story = Story::with(told());
    story.poll(&super::unsent::down());
    let incident = open(&mut story, &["Down"]);
    story.ask(update(incident, "x", &["ops", "notes"]));
    assert_eq!(acts(&mut story).len(), 2);
    story.begins_anew();
    story.wait(21);
    let effects = story.taken();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Act { .. })), "{effects:?}");
    let finds: Vec<_> = effects.iter().filter(|effect| matches!(effect, Effect::Find { .. })).collect();
    assert!(matches!(finds[..], [Effect::Find { act: Act::On { .. }, .. }]), "a note can be looked for: {finds:?}");
    let (outcome, detail) = ends(&story).pop().expect("an end");
    assert_eq!((outcome.as_str(), detail.contains("may have arrived before a crash")), ("unknown", true));
    story.wait(3_700);
    assert!(!story.taken().iter().any(|effect| matches!(effect, Effect::Act { act: Act::Tell(_), .. })));
}

#[test]
fn a_promise_is_what_the_configuration_says_unless_somebody_says_otherwise() {
    let every = Every::always(None).but(Sev::ALL[0], Some(Duration::from_secs(900)));
    let mut story = Story::with(Settings { updates: Updates { every, ..Updates::default() }, ..settings(false) });
    let incident = open(&mut story, &[]);
    let mut promised = |severity: Option<Sev>, next| {
        if let Some(severity) = severity {
            story.ask(Command::SetSeverity { incident, severity });
        }
        story.ask(Command::Update { incident, text: "x".into(), to: None, next, confirmed: None });
        let at = story.last(Kind::Comms).data_of::<DateTime<Utc>>("next_update_at");
        at.map(|at| (at - story.now.wall).num_minutes())
    };
    assert_eq!(promised(None, Next::Usual), None, "SEV2 is off");
    assert_eq!(promised(None, Next::In(Duration::from_secs(1_800))), Some(30));
    assert_eq!(promised(Some(Sev::ALL[0]), Next::Usual), Some(15));
    assert_eq!(promised(None, Next::Never), None);
    for (text, next) in [
        ("30m", Some(Next::In(Duration::from_secs(1_800)))),
        ("none", Some(Next::Never)),
        ("30s", None),
        ("8days", None),
        ("x", None),
    ] {
        assert_eq!(text.parse().ok(), next, "{text}");
    }
}

#[test]
fn an_update_is_due_from_the_declaration_on_and_again_after_each_until_it_is_resolved() {
    let mut story = Story::with(told());
    let incident = open(&mut story, &[]);
    let due = |story: &Story| {
        let at = story.world.incidents.get(incident).expect("there").next_update();
        at.map(|at| (at - story.now.wall).num_minutes())
    };
    assert_eq!(due(&story), Some(20));
    story.wait(25 * 60);
    assert_eq!(due(&story), Some(-5), "nobody was told");
    story.ask(update(incident, "x", &["ops"]));
    assert_eq!(due(&story), Some(20));
    story.ask(Command::Note {
        incident: Some(incident),
        kind: Kind::Comms,
        text: "told ben".into(),
        at: None,
        marks: Marks::default(),
    });
    story.wait(60);
    assert_eq!(due(&story), Some(19), "a note promises nothing");
    let set = |status| Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: None };
    story.ask(set(Status::Mitigated));
    assert_eq!(due(&story), Some(19));
    story.ask(set(Status::Resolved));
    assert_eq!(due(&story), None, "who waits has heard that it is over");
    story.wait(3_600);
    story.ask(set(Status::Open));
    assert_eq!(due(&story), Some(20), "it is open again, and so is the promise");
    story.begins_anew();
    assert_eq!(due(&story), Some(20), "also for the next console");
}

#[test]
fn what_gets_worse_is_told_of_sooner_and_a_promise_stays_one() {
    let every =
        Every::always(None).but(Sev::ALL[0], Some(Duration::from_secs(600))).but(Sev::ALL[2], Some(Duration::from_secs(3_600)));
    let mut story = Story::with(Settings { updates: Updates { every, ..Updates::default() }, ..settings(false) });
    let incident = open(&mut story, &[]);
    let mut due = |severity| {
        story.ask(Command::SetSeverity { incident, severity });
        let at = story.world.incidents.get(incident).expect("there").next_update();
        at.map(|at| (at - story.now.wall).num_minutes())
    };
    assert_eq!(due(Sev::ALL[3]), None, "off");
    assert_eq!(due(Sev::ALL[2]), Some(60));
    assert_eq!(due(Sev::ALL[0]), Some(10));
    assert_eq!(due(Sev::ALL[2]), Some(10), "better, and the promise stands");
    assert_eq!(due(Sev::ALL[4]), Some(10), "off, and the promise stands");
}

#[test]
fn a_draft_says_how_it_stands_what_was_done_since_the_last_one_and_what_fires() {
    let mut story = Story::with(told());
    story.poll(&super::unsent::down());
    let incident = open(&mut story, &["Down"]);
    let clock = |at: DateTime<Utc>| at.format("%H:%M").to_string();
    let draft = |story: &Story| story.world.update_draft(incident, clock).expect("known");
    assert_eq!(draft(&story), "shop␛[2J down: we are working on it. Still firing: Down.");
    let note = |story: &mut Story, kind, text: &str, marks| {
        story.wait(1);
        story.ask(Command::Note { incident: Some(incident), kind, text: text.into(), at: None, marks });
    };
    note(&mut story, Kind::Decision, "fail over\u{1b} now.", Marks::default());
    note(&mut story, Kind::Note, "the password is on the wall", Marks::default());
    let restricted = Marks { visibility: Visibility::Restricted, ..Marks::default() };
    note(&mut story, Kind::Decision, "we tell the police", restricted);
    note(&mut story, Kind::Hypothesis, "it is DNS", Marks::default());
    note(&mut story, Kind::Todo, "write to legal", Marks { important: true, ..Marks::default() });
    note(
        &mut story,
        Kind::Note,
        "a hint from the police",
        Marks { important: true, visibility: Visibility::Restricted, ..Marks::default() },
    );
    note(&mut story, Kind::Note, "payments are back", Marks { visibility: Visibility::Public, ..Marks::default() });
    assert_eq!(
        draft(&story),
        "shop␛[2J down: we are working on it. Since 03:00: fail over␛ now; payments are back. Still firing: Down."
    );
    story.ask(update(incident, "x", &["ops"]));
    story.wait(1);
    assert_eq!(draft(&story), "shop␛[2J down: we are working on it. Still firing: Down.", "they have heard all that");
    story.ask(Command::SetStatus {
        incident,
        by_way: Vec::new(),
        status: Status::Mitigated,
        reason: Some("promoted".into()),
        at: None,
    });
    story.poll(&[]);
    story.poll(&[]);
    let told = "shop␛[2J down: the impact has ended, the cause may remain. Since 03:00: INC-0 mitigated: promoted. None of its alerts fires any more.";
    assert_eq!(draft(&story), told);
    let elsewhere = Marks { visibility: Visibility::Public, ..Marks::default() };
    story.ask(Command::Note { incident: None, kind: Kind::Note, text: "the bank is up".into(), at: None, marks: elsewhere });
    let entry = story.last(Kind::Note).id;
    assert!(!draft(&story).contains("the bank is up"));
    story.ask(Command::LinkEntries { incident, entries: vec![entry], belong: true });
    assert!(draft(&story).contains("; the bank is up."), "it is part of it now: {}", draft(&story));
    for number in 0..9 {
        note(&mut story, Kind::Decision, &format!("step {number} {}", "x".repeat(200)), Marks::default());
    }
    let long = draft(&story);
    assert!(long.contains("Since 03:00: step 5 xxx") && long.contains("…; step 8 xxx") && long.chars().count() < 900, "{long}");
}

#[test]
fn whoever_takes_over_hears_what_was_promised() {
    let mut story = Story::with(told());
    open(&mut story, &[]);
    let line = |story: &Story| {
        let pack = story.world.pack(Duration::from_secs(3_600));
        let parts = story.world.told(&pack, |age| format!("{}s", age.as_secs()), |at| at.format("%H:%M").to_string());
        parts[1].1[0].clone()
    };
    assert!(line(&story).ends_with("lead ana; next update promised for 03:20"), "{}", line(&story));
    story.wait(1_200);
    assert!(line(&story).ends_with("lead ana; an update was promised for 03:20"), "{}", line(&story));
}
