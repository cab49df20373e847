//! What an incident's record is made of: roles, what is moved, linked and merged, and who may see it.

use super::*;
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::Visibility;
use midwatch::domain::ids::{EntryId, IncidentId};
use midwatch::domain::matcher::{LabelSet, Matcher};
use midwatch::domain::timeline::{People, Timeline};
use midwatch::model::timeline::{View, timeline};

fn declared(story: &mut Story, title: &str) -> IncidentId {
    story.ask(Command::Declare { title: title.into(), severity: Sev::ALL[1], alerts: vec![], at: None });
    story.world.incidents.open().next().expect("open").id
}

fn noted(story: &mut Story, incident: IncidentId, text: &str) -> EntryId {
    let note = Command::Note { incident: Some(incident), kind: Kind::Note, text: text.into(), at: None, marks: Marks::default() };
    story.ask(note);
    story.last(Kind::Note).id
}

fn refused(story: &mut Story, command: Command) -> String {
    let request = story.ask(command);
    match &story.world.requests.get(request).expect("kept").items[0].stage {
        Stage::Refused(why) => why.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

fn exported(story: &Story, id: IncidentId) -> Timeline {
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    let incident = story.world.incidents.get(id).expect("known");
    let ours = |entry: &&Arc<Entry>| incident.has_entry(entry) || entry.corrects.is_some();
    timeline(&story.journal.iter().filter(ours).cloned().collect::<Vec<_>>(), id, Vec::new(), view).expect("declared")
}

fn texts(story: &Story, id: IncidentId) -> Vec<String> {
    exported(story, id).lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn a_role_is_one_persons_at_a_time_and_a_lead_is_never_missing() {
    let mut story = Story::new();
    let incident = declared(&mut story, "down");
    let has = |story: &Story, role| story.world.incidents.get(incident).expect("there").has(role).map(str::to_owned);
    let set = |role, person: &str| Command::SetRole { incident, role, person: person.into() };
    story.ask(set(Role::Scribe, "bo"));
    story.ask(set(Role::Scribe, "cy"));
    assert_eq!((has(&story, Role::Scribe), story.last(Kind::Role).text.as_str()), (Some("cy".into()), "cy is scribe now"));
    assert_eq!(refused(&mut story, set(Role::Scribe, "cy")), "cy is scribe already");
    story.ask(set(Role::Scribe, ""));
    assert_eq!(has(&story, Role::Scribe), None);
    assert_eq!(refused(&mut story, set(Role::Liaison, " ")), "nobody is liaison already");
    story.ask(set(Role::Lead, "bo"));
    assert_eq!((has(&story, Role::Lead), has(&story, Role::Scribe)), (Some("bo".into()), None));
    assert!(refused(&mut story, set(Role::Lead, "")).contains("never without a lead"));
}

#[test]
fn a_merged_incident_gives_all_that_it_has_and_its_declaration_changes_nothing_there() {
    let mut story = Story::new();
    let first = declared(&mut story, "database");
    noted(&mut story, first, "saw the lag");
    story.wait(60);
    let second = declared(&mut story, "shop");
    noted(&mut story, second, "no payments");
    let opened = story.world.incidents.get(second).expect("there").opened_at;
    story.ask(Command::Merge { incident: first, into: second });
    let merged = story.world.incidents.get(first).expect("there");
    assert_eq!((merged.status, merged.merged_into), (Status::Merged, Some(second)));
    let line = exported(&story, second);
    assert_eq!((line.incident.title.as_str(), line.incident.status, line.times.declared), ("shop", Status::Open, Some(opened)));
    let said = texts(&story, second);
    for wanted in ["declared SEV2: database", "saw the lag", "no payments", "took in INC-0"] {
        assert_eq!(said.iter().filter(|text| *text == wanted).count(), 1, "{wanted}: {said:?}");
    }
    let lag = story.journal.iter().find(|entry| entry.text == "saw the lag").expect("noted").id;
    story.ask(Command::LinkEntries { incident: second, entries: vec![lag], belong: false });
    assert!(!texts(&story, second).contains(&"saw the lag".to_owned()), "what came by the merge is taken out again");
    story.ask(Command::LinkEntries { incident: second, entries: vec![lag], belong: true });
    assert!(texts(&story, second).contains(&"saw the lag".to_owned()));
    assert_eq!(texts(&story, first).last().map(String::as_str), Some("INC-0 merged into INC-0"), "its own record stays whole");
    assert!(refused(&mut story, Command::Merge { incident: first, into: second }).contains("INC-0 is merged"));
    assert!(refused(&mut story, Command::Merge { incident: second, into: first }).contains("INC-0 is merged"));
    assert!(refused(&mut story, Command::Merge { incident: second, into: second }).contains("into itself"));
}

#[test]
fn what_belongs_to_the_other_incident_is_moved_or_linked_and_nothing_is_rewritten() {
    let mut story = Story::new();
    let (first, second) = (declared(&mut story, "one"), declared(&mut story, "two"));
    let (moved, shared) = (noted(&mut story, first, "moved"), noted(&mut story, first, "shared"));
    let before = story.journal.clone();
    story.ask(Command::Correct { entry: moved, change: Amendment { incident: Some(second), ..Amendment::default() } });
    story.ask(Command::LinkEntries { incident: second, entries: vec![shared], belong: true });
    assert_eq!(texts(&story, first), ["declared SEV2: one", "shared"]);
    assert_eq!(texts(&story, second)[..2], ["declared SEV2: two", "shared"]);
    let all: Vec<Arc<Entry>> = story.journal.clone();
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    let whole = timeline(&all, second, Vec::new(), view).expect("declared");
    assert!(whole.lines.iter().any(|line| line.text == "moved" && line.corrected));
    let out = Command::LinkEntries { incident: second, entries: vec![shared], belong: false };
    story.ask(out.clone());
    assert!(!texts(&story, second).contains(&"shared".to_owned()));
    assert!(refused(&mut story, out).contains("is not linked to INC-0"));
    assert_eq!(story.journal[..before.len()], before[..]);
}

#[test]
fn a_correction_says_who_may_see_an_entry_and_what_it_is() {
    let mut story = Story::new();
    let incident = declared(&mut story, "down");
    let note = noted(&mut story, incident, "call the vendor");
    let change = Amendment {
        kind: Some(Kind::Todo),
        important: Some(true),
        visibility: Some(Visibility::Restricted),
        ..Amendment::default()
    };
    story.ask(Command::Correct { entry: note, change });
    let timeline = exported(&story, incident);
    let line = timeline.lines.iter().find(|line| line.entry.id == note).expect("there");
    assert_eq!((&line.kind, line.important, line.visibility), (&Kind::Todo, true, Visibility::Restricted));
    assert!(refused(&mut story, Command::Correct { entry: note, change: Amendment::default() }).contains("something new"));
    let elsewhere = Amendment { incident: Some(IncidentId(note.0)), ..Amendment::default() };
    assert!(refused(&mut story, Command::Correct { entry: note, change: elsewhere }).contains("no incident"));
    assert!(!timeline.incident.private);
    let private = Amendment { visibility: Some(Visibility::Restricted), ..Amendment::default() };
    story.ask(Command::Correct { entry: EntryId(incident.0), change: private });
    assert!(story.world.incidents.get(incident).expect("there").private && exported(&story, incident).incident.private);
}

fn as_person(story: &mut Story, name: &str) {
    story.world.me = midwatch::domain::entry::Actor::person(name, None);
}

fn told(story: &Story) -> Vec<(&'static str, Vec<String>)> {
    let pack = story.world.pack(Duration::from_secs(3_600));
    story.world.told(&pack, |age| format!("{} s", age.as_secs()), |at| at.format("%H:%M").to_string())
}

#[test]
fn the_shift_goes_over_when_both_sides_have_said_so_and_what_is_led_goes_with_it() {
    let mut story = Story::new();
    let (mine, other) = (declared(&mut story, "mine"), declared(&mut story, "other"));
    story.ask(Command::SetRole { incident: other, role: Role::Lead, person: "cy".into() });
    let offer = |to: &str| Command::HandOff { incident: None, to: to.into() };
    assert!(refused(&mut story, Command::TakeOver { incident: None }).contains("nobody has offered the shift"));
    assert!(refused(&mut story, offer("ana")).contains("somebody else"));
    story.ask(offer("dan"));
    story.ask(offer("bo"));
    assert!(refused(&mut story, Command::TakeOver { incident: None }).contains("was offered to bo, and you are ana"));
    let lead = |story: &Story, id| story.world.incidents.get(id).expect("there").lead.clone();
    assert_eq!(lead(&story, mine).as_deref(), Some("ana"), "not before it is accepted");
    as_person(&mut story, "bo");
    story.ask(Command::TakeOver { incident: None });
    assert_eq!((lead(&story, mine).as_deref(), lead(&story, other).as_deref()), (Some("bo"), Some("cy")));
    assert_eq!(story.last(Kind::Handoff).text, "took the shift over from ana");
    let watch = story.world.shift.watch().clone();
    assert_eq!((watch.offer, watch.holder.map(|(person, _)| person)), (None, Some("bo".into())));
    assert!(refused(&mut story, Command::TakeOver { incident: None }).contains("nobody has offered"), "once");
    story.begins_anew();
    assert_eq!(story.world.shift.watch().holder.as_ref().map(|(person, _)| person.as_str()), Some("bo"));
}

#[test]
fn an_incident_is_handed_over_alone() {
    let mut story = Story::new();
    let (one, two) = (declared(&mut story, "one"), declared(&mut story, "two"));
    story.ask(Command::HandOff { incident: Some(one), to: "bo".into() });
    let incident = |story: &Story, id| story.world.incidents.get(id).expect("there").clone();
    assert_eq!(incident(&story, one).offer.map(|offer| (offer.by, offer.to)), Some(("ana".into(), "bo".into())));
    assert!(told(&story)[1].1.iter().any(|line| line.contains("lead ana, offered to bo;")), "{:?}", told(&story));
    as_person(&mut story, "bo");
    story.ask(Command::TakeOver { incident: Some(one) });
    assert_eq!((incident(&story, one).lead, incident(&story, one).offer), (Some("bo".into()), None));
    assert_eq!(incident(&story, two).lead.as_deref(), Some("ana"));
    assert_eq!(story.world.shift.watch().holder, None);
}

#[test]
fn a_pack_tells_what_is_open_owned_and_about_to_end() {
    let mut story = Story::with(settings(true));
    let known = told(&story).into_iter().filter(|(_, lines)| !lines.is_empty()).collect::<Vec<_>>();
    let nobody_knows = |title| (title, vec!["nobody knows: prod does not answer".to_owned()]);
    let unknown = ["Firing and nobody's", "Acknowledged and still firing", "Silences that end"].map(nobody_knows);
    assert_eq!(known[..3], unknown, "none would be a lie");
    let silent = ("Sources that don't answer", vec!["prod: not asked yet".to_owned()]);
    assert_eq!(known[3..], [nobody_knows("Services that are not well"), silent]);
    story.poll(&[alert("Down", "postgres", began()), alert("Lag", "postgres", began())]);
    story.ask(ack(&["Down"]));
    story.wait(60);
    let incident = declared(&mut story, "no \u{202e}pay");
    story.ask(Command::SetRole { incident, role: Role::Scribe, person: "cy".into() });
    story.wait(30);
    story.poll(&[alert("Down", "postgres", began()), alert("Lag", "postgres", began())]);
    let all = told(&story);
    let open = "INC-0 SEV2 no ·pay: open for 30 s; lead ana, scribe cy; next update promised for 03:21";
    assert_eq!(all[1], ("Open incidents", vec![open.to_owned()]));
    assert_eq!(all[2], ("Firing and nobody's", vec!["1 critical: Lag".to_owned()]));
    let acks = &all[3].1;
    assert!(acks.len() == 1 && acks[0].starts_with("Down by ana for 90 s, until ") && acks[0].ends_with(": on it"), "{acks:?}");
    let now = story.now.wall;
    let silence = |id: &str, minutes| midwatch::domain::alert::Silence {
        id: id.into(),
        matchers: Vec::new(),
        starts_at: now - chrono::Duration::minutes(1),
        ends_at: now + chrono::Duration::minutes(minutes),
        created_by: "dan".into(),
        comment: format!("work {id}").as_str().into(),
        state: midwatch::domain::alert::SilenceState::Active,
    };
    let quiet = Arc::new(midwatch::domain::alert::Alert {
        silenced_by: vec!["soon".into()],
        ..(*alert("Lag", "postgres", began())).clone()
    });
    let carried = midwatch::domain::alert::Silence { comment: "ACK! ana: on it".into(), ..silence("carried", 10) };
    let over = midwatch::domain::alert::Silence { state: midwatch::domain::alert::SilenceState::Expired, ..silence("over", -1) };
    let silences = Arc::new(vec![silence("soon", 30), silence("late", 300), carried, over]);
    story.poll_with(
        &[alert("Down", "postgres", began()), quiet],
        SourceAnswer { complete: true, silences, ..SourceAnswer::default() },
    );
    let ends =
        told(&story).into_iter().find(|(title, _)| *title == "Silences that end").map(|(_, lines)| lines).expect("it is a part");
    assert!(
        ends.len() == 1 && ends[0].starts_with("work soon of dan, until ") && ends[0].ends_with("Lag fires again then"),
        "{ends:?}"
    );
    story.ask(Command::SetStatus { incident, by_way: Vec::new(), status: Status::Closed, reason: None, at: None });
    assert!(told(&story)[1].1.is_empty());
}

#[test]
fn a_second_status_is_refused_while_the_first_is_being_recorded_and_judged_by_it_afterwards() {
    let mut story = Story::new();
    let incident = declared(&mut story, "down");
    let set = |status| Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: None };
    story.slow = Some(Vec::new());
    story.ask(set(Status::Mitigated));
    let why = refused(&mut story, set(Status::Mitigated));
    assert!(why.contains("is being recorded: ask again"), "{why}");
    story.answer();
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::Status).count(), 1);
    story.ask(set(Status::Resolved));
    assert_eq!(story.world.incidents.get(incident).expect("there").status, Status::Resolved);
    // What could not be recorded keeps nobody from asking again.
    story.broken = Some("the disk is full".into());
    story.ask(set(Status::Closed));
    story.broken = None;
    story.ask(set(Status::Closed));
    assert_eq!(story.world.incidents.get(incident).expect("there").status, Status::Closed);
}

#[test]
fn stages_that_are_set_at_once_are_recorded_each_in_its_turn_or_none_of_them() {
    let mut story = Story::new();
    let incident = declared(&mut story, "down");
    let set = |by_way: &[Status], status| Command::SetStatus {
        incident,
        by_way: by_way.to_vec(),
        status,
        reason: Some("promoted".to_owned()),
        at: None,
    };
    let told = |story: &Story| -> Vec<String> {
        let stages = story.journal.iter().filter(|entry| entry.kind == Kind::Status);
        stages.map(|entry| entry.text.clone()).collect()
    };
    let why = refused(&mut story, set(&[Status::Mitigated, Status::Closed], Status::Resolved));
    assert!(why.contains("INC-0 is closed: it can't become resolved"), "{why}");
    assert_eq!(told(&story), [""; 0], "none of them");
    let all = set(&[Status::Mitigated, Status::Resolved], Status::Closed);
    story.slow = Some(Vec::new());
    story.ask(all.clone());
    assert!(refused(&mut story, all.clone()).contains("is being recorded: ask again"));
    story.answer();
    assert_eq!(told(&story), ["INC-0 mitigated: promoted", "INC-0 resolved", "INC-0 closed"]);
    let now = story.world.incidents.get(incident).expect("there");
    assert_eq!((now.status, now.mitigated_at, now.resolved_at), (Status::Closed, Some(story.now.wall), Some(story.now.wall)));
    let why = refused(&mut story, all.clone());
    assert!(why.contains("INC-0 is closed: it can't become mitigated"), "{why}");
    assert_eq!(told(&story).len(), 3);
    // Whoever asks while some of them are in the journal and some are still to be heard of waits for all of them.
    story.ask(set(&[], Status::Open));
    story.slow = Some(Vec::new());
    story.ask(all);
    for (request, drafts) in story.slow.take().expect("slow") {
        for draft in drafts {
            assert!(refused(&mut story, set(&[], Status::Closed)).contains("is being recorded: ask again"));
            let entry = story.append(draft);
            story.fact(Fact::Recorded { entry, request: Some(request) });
        }
    }
    assert!(refused(&mut story, set(&[], Status::Closed)).contains("INC-0 is closed"));
}

#[test]
fn an_incident_began_with_its_own_alert_and_not_with_a_warning_of_the_hour_before() {
    let mut story = Story::new();
    let early = story.now.wall - chrono::Duration::minutes(40);
    story.poll(&[alert("DiskFilling", "postgres", early), alert("Down", "postgres", began())]);
    let alerts = vec![id("Down")];
    story.ask(Command::Declare { title: "Down".into(), severity: Sev::ALL[1], alerts, at: None });
    let incident = story.world.incidents.open().next().expect("open").id;
    story.wait(60);
    story.ask(ack(&["DiskFilling"]));
    story.wait(60);
    story.ask(ack(&["Down"]));
    let times = exported(&story, incident).times;
    assert_eq!((times.impact, times.alerted), (Some(began()), Some(began())));
    assert_eq!(times.acknowledged, Some(story.now.wall), "of what it is about");
}

#[test]
fn a_note_stays_in_an_incidents_log_whatever_comes_in_after_it() {
    let mut story = Story::new();
    let incident = declared(&mut story, "shop down");
    noted(&mut story, incident, "rolled back");
    let storm: Vec<_> = (0..1_100).map(|number| alert(&format!("Storm{number}"), "postgres", began())).collect();
    story.poll(&storm);
    let (log, corrections) = (&story.world.log, &story.world.corrections);
    let is_it = |line: Arc<Entry>| line.text == "rolled back";
    assert!(!log.lines(corrections).any(is_it), "of everything only the newest is kept");
    assert!(log.lines_of_incidents(corrections).any(is_it));
}

#[test]
fn a_note_that_an_incident_only_took_in_or_was_given_stays_in_its_log_too() {
    let mut story = Story::new();
    let [linked, moved] = ["saw 5xx", "rolled back"].map(|text| {
        let (text, at, marks) = (text.to_owned(), None, Marks::default());
        story.ask(Command::Note { incident: None, kind: Kind::Note, text, at, marks });
        story.last(Kind::Note).id
    });
    let incident = declared(&mut story, "shop down");
    story.ask(Command::LinkEntries { incident, entries: vec![linked], belong: true });
    let change = Amendment { incident: Some(incident), ..Amendment::default() };
    story.ask(Command::Correct { entry: moved, change });
    let storm: Vec<_> = (0..1_100).map(|number| alert(&format!("Storm{number}"), "postgres", began())).collect();
    story.poll(&storm);
    for _ in 0..2 {
        let (world, of) = (&story.world, story.world.incidents.get(incident).expect("open"));
        let lines = world.log.lines_of_incidents(&world.corrections).filter(|line| of.has_entry(line));
        let texts: Vec<_> = lines.map(|line| line.text.clone()).collect();
        assert!(["saw 5xx", "rolled back"].iter().all(|text| texts.iter().any(|line| line == text)), "{texts:?}");
        story.begins_anew();
    }
}

#[test]
fn an_incident_takes_in_the_hour_before_it_though_a_storm_has_passed_since() {
    let mut story = Story::new();
    let early = story.now.wall - chrono::Duration::minutes(20);
    story.poll(&[alert("Down", "postgres", early), alert("Slow", "checkout", early)]);
    let wanted: Vec<EntryId> =
        story.journal.iter().filter(|entry| entry.kind == Kind::AlertFired).map(|entry| entry.id).collect();
    story.wait(60);
    let storm: Vec<_> = (0..2_000).map(|number| alert(&format!("Storm{number}"), "search", began())).collect();
    let more = [alert("Down", "postgres", early), alert("Slow", "checkout", early)];
    story.poll(&[more.as_slice(), storm.as_slice()].concat());
    for begins_anew in [true, false] {
        if begins_anew {
            story.begins_anew();
        }
        story.poll(&[more.as_slice(), storm.as_slice()].concat());
        let alerts = vec![id("Down")];
        story.ask(Command::Declare { title: "Down".into(), severity: Sev::ALL[1], alerts, at: None });
        let incident = story.world.incidents.open().next().expect("open");
        let lines: Vec<EntryId> = incident.linked.iter().copied().collect();
        assert_eq!(lines, wanted, "of its services, and no storm of others");
        assert_eq!(story.last(Kind::Link).text, "took in 2 earlier entries of the last hour");
        assert_eq!(story.world.unsettled(), 0);
    }
}

#[test]
fn who_suffers_from_what_an_incident_is_about_is_affected_and_nobody_else() {
    let mut settings = settings(false);
    let needs = |name: &str, needed: &str| Service {
        depends_on: vec![needed.into()],
        alerts: LabelSet(vec![("service".into(), Matcher::Equal(name.into()))]),
        ..Service::new(name)
    };
    let mut services: Vec<Service> = settings.services.iter().cloned().collect();
    services.extend([needs("cart", "postgres"), needs("search", "postgres"), needs("web", "checkout"), needs("mail", "search")]);
    settings.services = services.into();
    let affected = |denied: bool| {
        let mut story = Story::with(settings.clone());
        let firing = [("Down", "postgres"), ("Errors", "checkout"), ("Full", "cart"), ("Slow", "web"), ("Late", "mail")];
        story.poll(&firing.map(|(name, service)| alert(name, service, began())));
        if denied {
            story.wait(61);
            story.ask(Command::DenyCause { service: "cart".into() });
        }
        story.ask(Command::Declare { title: "Down".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
        let incident = story.world.incidents.open().next().expect("open");
        incident.services.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(affected(false), ["cart", "checkout", "postgres"], "one that is well and one that has its own trouble are not");
    assert_eq!(affected(true), ["postgres"], "somebody has said that it is for another reason");
}

#[test]
fn who_took_the_alert_of_what_it_depends_on_has_answered_first_where_nobody_took_its_own() {
    let mut story = Story::new();
    story.poll(&[alert("PgDown", "postgres", began()), alert("Full", "checkout", began())]);
    story.ask(ack(&["PgDown"]));
    let answered = story.now.wall;
    story.wait(60);
    story.ask(Command::Declare { title: "Full".into(), severity: Sev::ALL[1], alerts: vec![id("Full")], at: None });
    let incident = story.world.incidents.open().next().expect("open").id;
    let times = exported(&story, incident).times;
    assert_eq!((times.alerted, times.acknowledged), (Some(began()), Some(answered)));
    story.wait(60);
    story.ask(ack(&["Full"]));
    assert_eq!(exported(&story, incident).times.acknowledged, Some(story.now.wall), "its own counts first");
}

#[test]
fn nobody_has_acknowledged_an_alert_before_it_fired() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    story.wait(60);
    (0..2).for_each(|_| story.poll(&[]));
    story.wait(600);
    let again = story.now.wall;
    story.poll(&[alert("Down", "postgres", again)]);
    let alerts = vec![id("Down")];
    story.ask(Command::Declare { title: "Down".into(), severity: Sev::ALL[1], alerts, at: None });
    let incident = story.world.incidents.open().next().expect("open").id;
    assert_eq!((exported(&story, incident).times.alerted, exported(&story, incident).times.acknowledged), (Some(again), None));
    story.wait(60);
    story.ask(ack(&["Down"]));
    assert_eq!(exported(&story, incident).times.acknowledged, Some(story.now.wall));
}

#[test]
fn what_ended_before_it_began_took_nobody_knows_how_long() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    let declare = Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None };
    story.ask(declare);
    let incident = story.world.incidents.open().next().expect("open").id;
    let set = |status, at| Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: Some(at) };
    story.ask(set(Status::Mitigated, began() - chrono::Duration::minutes(15)));
    story.wait(60);
    let now = story.now.wall;
    story.ask(set(Status::Resolved, now));
    let view = View { people: People::Roles, zone: chrono_tz::Tz::UTC };
    let made: Timeline = timeline(&story.journal, incident, Vec::new(), view).expect("declared");
    let of = |name: &str| made.times.metrics().into_iter().find(|metric| metric.name == name).expect("known").ms;
    assert_eq!((of("mitigate"), of("resolve").is_some_and(|ms| ms > 0)), (None, true), "{:?}", made.times);
}
