//! What an incident takes in of the hour before it, and who suffers with it.

use super::*;
use midwatch::domain::alert::{Alert, Labels};
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::Actor;
use midwatch::domain::ids::EntryId;
use midwatch::domain::incident::Incident;
use midwatch::domain::matcher::{LabelSet, Matcher};

fn service(name: &str, depends_on: &[&str]) -> Service {
    Service {
        depends_on: depends_on.iter().map(|name| (*name).into()).collect(),
        alerts: LabelSet(vec![("service".into(), Matcher::Equal(name.into()))]),
        ..Service::new(name)
    }
}

/// Somebody has recorded this of a service.
fn seen(story: &mut Story, service: &str, kind: Kind, text: &str) -> EntryId {
    let draft = Draft { service: Some(service.into()), ..Draft::new(kind, story.now.wall, Actor::system("test"), text) };
    story.append(draft).id
}

fn declare<'a>(story: &'a mut Story, name: &str, at: Option<DateTime<Utc>>) -> &'a Incident {
    story.ask(Command::Declare { title: name.into(), severity: Sev::ALL[1], alerts: vec![id(name)], at });
    story.world.incidents.open().next().expect("open")
}

#[test]
fn one_that_only_has_something_to_say_is_not_affected() {
    let mut settings = settings(false);
    settings.services = [service("postgres", &[]), service("docs", &["postgres"]), service("cart", &["postgres"])].into();
    let mut story = Story::with(settings);
    let pairs =
        [("alertname", "Told"), ("service", "docs"), ("severity", "info")].map(|(name, value)| (name.into(), value.into()));
    let told = Arc::new(Alert { labels: Labels::new(pairs.to_vec()), ..(*alert("Told", "docs", began())).clone() });
    story.poll(&[alert("Down", "postgres", began()), alert("Full", "cart", began()), told]);
    let incident = declare(&mut story, "Down", None);
    assert_eq!(incident.services, ["cart".into(), "postgres".into()].into());
}

#[test]
fn who_only_suffers_brings_nothing_of_what_else_it_needs() {
    let mut settings = settings(false);
    let services = [("postgres", vec!["disk"]), ("search", vec!["postgres", "redis"]), ("disk", vec![]), ("redis", vec![])];
    settings.services = services.map(|(name, needs)| service(name, &needs)).into();
    let mut story = Story::with(settings);
    let firing = [("Down", "postgres"), ("Slow", "search"), ("Full", "disk"), ("Evicts", "redis")];
    story.poll(&firing.map(|(name, service)| alert(name, service, began())));
    let fired = |entry: &&Arc<Entry>| entry.kind == Kind::AlertFired && entry.service != Some("redis".into());
    let wanted: Vec<EntryId> = story.journal.iter().filter(fired).map(|entry| entry.id).collect();
    let incident = declare(&mut story, "Down", None);
    assert_eq!((incident.linked.iter().copied().collect::<Vec<_>>(), wanted.len()), (wanted, 3));
}

#[test]
fn what_somebody_has_corrected_is_shown_as_it_was_corrected() {
    let mut story = Story::new();
    let note = seen(&mut story, "postgres", Kind::Note, "the password is swordfish");
    let draft = Draft { corrects: Some(note), ..Draft::new(Kind::Correction, story.now.wall, Actor::system("test"), "better") };
    story.append(draft.with("text", "the password is in the vault"));
    // Neither is among what this process began with.
    story.poll(&[alert("Down", "postgres", began())]);
    let incident = declare(&mut story, "Down", None).clone();
    let world = &story.world;
    let lines = world.log.lines_of_incidents(&world.corrections).filter(|line| incident.has_entry(line));
    let texts: Vec<_> = lines.filter(|line| line.kind == Kind::Note).map(|line| line.text.clone()).collect();
    assert_eq!(texts, ["the password is in the vault"]);
}

#[test]
fn it_is_said_that_more_was_left_out_and_of_what_time_it_is() {
    let took_in = |more: usize, ago: Option<chrono::Duration>| {
        let mut story = Story::new();
        story.poll(&[alert("Down", "postgres", began())]);
        for number in 0..1_997 + more {
            seen(&mut story, "postgres", Kind::Change, &number.to_string());
        }
        // They are found, and do not belong: their own time was another one.
        for _ in 0..2 {
            let early = seen(&mut story, "postgres", Kind::Note, "early");
            let draft =
                Draft { corrects: Some(early), ..Draft::new(Kind::Correction, story.now.wall, Actor::system("test"), "at") };
            story.append(draft.with("at", began() - chrono::Duration::days(9)));
        }
        let at = ago.map(|ago| story.now.wall - ago);
        declare(&mut story, "Down", at);
        story.last(Kind::Link).text.clone()
    };
    assert_eq!(took_in(0, None), "took in 1998 earlier entries of the last hour");
    let more = "took in 1998 earlier entries of the last hour, and left out 1 entry of 2026-03-01T02:58:00Z";
    assert_eq!(took_in(1, None), more);
    let ago = |hours| Some(chrono::Duration::hours(hours));
    assert_eq!(took_in(0, ago(3)), "took in 1998 entries of the hour before it and since");
}

#[test]
fn where_the_journal_can_not_be_read_only_storms_of_its_own_time_are_taken_in() {
    use midwatch::domain::settings::{Gale, Settings};
    let gale = Gale { above: 4, within: Duration::from_secs(60) };
    let mut story = Story::with(Settings { storm: gale, ..settings(false) });
    story.poll(&[]);
    let storm = |story: &mut Story, name: &str| {
        let all: Vec<_> = (0..5).map(|number| alert(&format!("{name}{number}"), "search", story.now.wall)).collect();
        story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: all, gone: Vec::new() });
        (0..4).for_each(|_| story.wait(20));
    };
    storm(&mut story, "Early");
    story.wait(2 * 3_600);
    storm(&mut story, "Late");
    story.fact(Fact::AlertsChanged {
        source: "prod".into(),
        upserts: vec![alert("Down", "postgres", story.now.wall)],
        gone: Vec::new(),
    });
    story.slow = Some(Vec::new());
    story.ask(Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
    let (request, drafts) = story.slow.take().expect("asked").remove(0);
    let declared = story.append(drafts.into_iter().next().expect("one"));
    story.broken = Some("it can't be read".into());
    story.fact(Fact::Recorded { entry: declared, request: Some(request) });
    story.broken = None;
    let found = Err("it can't be read".to_owned());
    let incident = story.world.incidents.open().next().expect("open").id;
    story.fact(Fact::LookedBack { incident, found });
    let linked = story.world.incidents.get(incident).expect("known").linked.clone();
    let texts = story.journal.iter().filter(|entry| entry.kind == Kind::Console && linked.contains(&entry.id));
    let late = |text: &str| text.ends_with("within 1m") || text.contains("; Late0 ×1");
    assert_eq!(
        (texts.clone().count(), texts.clone().all(|entry| late(&entry.text) && entry.at > began() + chrono::Duration::hours(2))),
        (2, true)
    );
}

#[test]
fn of_an_incident_that_began_days_ago_a_day_is_taken_in() {
    let mut story = Story::new();
    let [within, after] = [23, 2].map(|hours| {
        story.wait(hours * 3_600);
        seen(&mut story, "postgres", Kind::Change, "a change")
    });
    story.poll(&[alert("Down", "postgres", began())]);
    let linked = declare(&mut story, "Down", Some(began())).linked.clone();
    assert_eq!((linked.contains(&within), linked.contains(&after)), (true, false));
    assert_eq!(story.last(Kind::Link).text, format!("took in {} entries of the hour before it and the day after", linked.len()));
}

#[test]
fn what_it_took_in_stays_in_its_log_whoever_recorded_it() {
    for storm_before in [false, true] {
        let mut story = Story::new();
        let feed = seen(&mut story, "postgres", Kind::FeedChanged, "postgres is failing");
        let storm: Vec<_> = (0..1_100).map(|number| alert(&format!("Storm{number}"), "search", began())).collect();
        let down = [alert("Down", "postgres", began())];
        if storm_before {
            story.poll(&[down.as_slice(), storm.as_slice()].concat());
        } else {
            story.poll(&down);
        }
        declare(&mut story, "Down", None);
        let more: Vec<_> = (0..1_100).map(|number| alert(&format!("More{number}"), "search", began())).collect();
        story.poll(&[down.as_slice(), storm.as_slice(), more.as_slice()].concat());
        let held = |story: &Story| story.world.log.of_incidents().any(|entry| entry.id == feed);
        assert!(held(&story), "a storm before it: {storm_before}");
        if !storm_before {
            story.begins_anew();
            assert!(held(&story), "after a restart");
        }
    }
}

/// An incident was declared, and whoever did that died before its past was a part of it. With the entry that makes it so.
fn left() -> (Story, Arc<Entry>) {
    let mut story = Story::new();
    seen(&mut story, "postgres", Kind::Change, "a change");
    story.poll(&[alert("Down", "postgres", began())]);
    declare(&mut story, "Down", None);
    let link = story.last(Kind::Link).clone();
    story.journal.retain(|entry| entry.id != link.id);
    (story, link)
}

fn links(story: &Story) -> usize {
    story.journal.iter().filter(|entry| entry.kind == Kind::Link).count()
}

#[test]
fn what_whoever_declared_it_did_not_live_to_take_in_the_watcher_takes_in_once() {
    let (mut story, whole) = left();
    story.begins_anew();
    story.wait(19);
    assert_eq!(links(&story), 0, "whoever declared it may be about to");
    seen(&mut story, "postgres", Kind::Change, "a later change");
    // Of two that watch one after the other each may see that it is left.
    let mut other = Story::new();
    other.now = story.now;
    story.journal.iter().for_each(|entry| other.append_known(entry.clone()));
    for story in [&mut story, &mut other] {
        story.wait(60);
        let link = story.last(Kind::Link);
        assert_eq!((&link.key, link.data.get("entries")), (&whole.key, whole.data.get("entries")));
        assert_eq!(link.text, "took in 2 entries of the hour before it");
    }
    story.begins_anew();
    story.wait(60);
    assert_eq!((links(&story), story.looked_back), (1, 2), "at its declaration, and when it was left");
}

#[test]
fn who_does_not_watch_takes_nothing_in_and_of_what_an_older_version_declared_nobody_does() {
    let (mut story, _) = left();
    story.begins_anew();
    story.fact(Fact::Watching(false));
    story.wait(60);
    assert_eq!(links(&story), 0);
    story.fact(Fact::Watching(true));
    story.wait(1);
    assert_eq!(links(&story), 1);
    let (mut old, _) = left();
    for entry in &mut old.journal {
        let mut older = Entry::clone(entry);
        older.draft.data.remove("reach");
        *entry = Arc::new(older);
    }
    old.begins_anew();
    old.wait(60);
    assert_eq!((links(&old), old.looked_back), (0, 1));
}

#[test]
fn where_nothing_came_before_it_the_journal_is_asked_once_and_what_it_could_not_hold_is_taken_in_later() {
    let mut story = Story::new();
    story.broken = Some("the disk is full".into());
    story.poll(&[alert("Down", "postgres", began())]);
    story.broken = None;
    story.ask(Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
    (0..10).for_each(|_| story.wait(60));
    assert_eq!((links(&story), story.looked_back), (0, 1));
    // The disk was full when its past was to be recorded.
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.slow = Some(Vec::new());
    story.ask(Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
    let (request, drafts) = story.slow.take().expect("asked").remove(0);
    let declared = story.append(drafts.into_iter().next().expect("one"));
    story.broken = Some("the disk is full".into());
    story.fact(Fact::Recorded { entry: declared, request: Some(request) });
    story.wait(60);
    assert_eq!(links(&story), 0);
    story.broken = None;
    story.wait(60);
    assert_eq!(links(&story), 1);
}

#[test]
fn what_it_took_in_of_what_it_depends_on_ends_in_it_too() {
    let mut story = Story::with(settings(true));
    let both = [alert("PgDown", "postgres", began()), alert("Full", "checkout", began())];
    story.poll(&both);
    story.ask(ack(&["PgDown"]));
    let [(intent, _)] = &super::unsent::acts(&mut story)[..] else { panic!("its silence") };
    let incident = declare(&mut story, "Full", None).id;
    story.fact(Fact::ActEnded { intent: *intent, end: super::unsent::end(Outcome::Done, Some("silence-1")) });
    // Whoever watches from now on knows it by what is on record.
    story.begins_anew();
    story.poll(&both);
    (0..3).for_each(|_| story.poll(&[]));
    let of = |kind: Kind| {
        let of = |entry: &&Arc<Entry>| entry.kind == kind && entry.alert == Some(id("PgDown"));
        story.journal.iter().filter(of).map(|entry| entry.incident).collect::<Vec<_>>()
    };
    assert_eq!((of(Kind::ActEnded), of(Kind::AlertResolved)), (vec![Some(incident)], vec![Some(incident)]));
    assert_eq!(of(Kind::Act), [None, Some(incident)], "its silence is ended in it");
    let other = alert("Else", "postgres", story.now.wall);
    story.poll(&[other]);
    assert_eq!(story.last(Kind::AlertFired).incident, None, "what it took nothing of is none of it");
}
