//! An end that nobody has told of: what its server lists no more because whoever should tell of it is silent.

use super::unsent::{acts, answer};
use super::*;
use midwatch::domain::act::What;
use midwatch::model::alerts::Doubt;
use midwatch::model::past::{End, Episode, episodes};

fn untold(names: &[&str]) -> SourceAnswer {
    let since = at("2026-03-01T02:59:30Z");
    let untold = names.iter().map(|name| ((*name).into(), since)).collect();
    SourceAnswer { complete: true, untold, ..SourceAnswer::default() }
}

fn both() -> [Arc<midwatch::domain::alert::Alert>; 2] {
    [alert("Down", "postgres", began()), alert("Slow", "postgres", began())]
}

#[test]
fn what_nobody_told_of_is_not_told_as_resolved_and_what_somebody_ended_is() {
    let mut story = Story::new();
    story.poll(&both());
    // Only the first answer without it can know why.
    story.poll_with(&[], untold(&["Down"]));
    story.poll(&[]);
    let end = |name: &str| {
        let of = |entry: &&Arc<Entry>| entry.kind == Kind::AlertResolved && entry.alert == Some(id(name));
        let entry = story.journal.iter().find(of).expect("recorded").clone();
        (entry.text.clone(), entry.text_of("why").map(str::to_owned), entry.data_of::<DateTime<Utc>>("untold_since"))
    };
    let text = "Down taken for resolved: nobody has told of it since 02:59 UTC, so its server takes it for over";
    assert_eq!(end("Down"), (text.to_owned(), Some("nobody tells of it".to_owned()), Some(at("2026-03-01T02:59:30Z"))));
    assert_eq!(end("Slow"), ("Slow resolved".to_owned(), None, None));
    let doubt = |name: &str| story.world.alerts.get(&id(name)).expect("shown").presumed();
    assert_eq!((doubt("Down"), doubt("Slow")), (Some(Doubt::Untold(at("2026-03-01T02:59:30Z"))), None));
}

#[test]
fn what_is_told_of_again_ends_as_anything_does() {
    let mut story = Story::new();
    story.poll(&both());
    story.poll_with(&[], untold(&["Down"]));
    story.poll(&both());
    (0..2).for_each(|_| story.poll(&[]));
    assert_eq!(story.journal.iter().filter(|entry| entry.text == "Down resolved").count(), 1, "{:?}", story.kinds());
}

fn counted(story: &Story) -> usize {
    story.world.alerts.untold(story.now.wall)
}

/// `Down`, whose sender has died.
fn left_alone() -> Story {
    let mut story = Story::new();
    story.poll(&both());
    story.poll_with(&[], untold(&["Down"]));
    story.poll(&[]);
    story
}

#[test]
fn what_nobody_has_ended_stays_for_a_day_and_is_counted() {
    let mut story = left_alone();
    assert_eq!(counted(&story), 1);
    story.wait(11 * 60);
    assert_eq!((state(&story, "Down"), state(&story, "Slow")), (Some(State::Resolved), None));
    story.wait(86_400 - 12 * 60);
    assert_eq!((state(&story, "Down"), counted(&story)), (Some(State::Resolved), 1));
    story.wait(120);
    assert_eq!((state(&story, "Down"), counted(&story)), (None, 0));
}

#[test]
fn what_is_told_of_again_or_ended_by_its_source_is_untold_no_more() {
    let mut story = left_alone();
    story.wait(3_600);
    story.poll(&both()[..1]);
    assert_eq!((state(&story, "Down"), counted(&story)), (Some(State::Firing), 0));
    let mut story = left_alone();
    story.wait(3_600);
    let upstream = midwatch::domain::alert::Upstream::Resolved { at: story.now.wall };
    let over = midwatch::domain::alert::Alert { upstream, ..(*both()[0]).clone() };
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![Arc::new(over)], gone: vec![] });
    assert_eq!((state(&story, "Down"), counted(&story)), (Some(State::Resolved), 0));
    story.wait(9 * 60);
    assert_eq!(state(&story, "Down"), Some(State::Resolved), "so long as anything that has resolved");
    story.wait(2 * 60);
    assert_eq!(state(&story, "Down"), None);
}

#[test]
fn an_end_that_was_presumed_and_is_told_later_is_on_record_as_told() {
    let mut story = left_alone();
    story.wait(3_600);
    let upstream = midwatch::domain::alert::Upstream::Resolved { at: at("2026-03-01T03:10:00Z") };
    let over = Arc::new(midwatch::domain::alert::Alert { upstream, ..(*both()[0]).clone() });
    let tells = |story: &mut Story| {
        story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![over.clone()], gone: vec![] });
    };
    tells(&mut story);
    let entry = story.last(Kind::AlertResolved).clone();
    assert_eq!((entry.text.as_str(), entry.at), ("Down resolved, as its source says now", at("2026-03-01T03:10:00Z")));
    tells(&mut story);
    let ends = story.journal.iter().filter(|entry| entry.kind == Kind::AlertResolved && entry.alert == Some(id("Down"))).count();
    assert_eq!(ends, 2, "as it was presumed, and as it was told");
    let [slow, down] = &episodes(&story.journal)[..] else { panic!("two episodes") };
    let down = if down.alert == id("Down") { down } else { slow };
    assert_eq!((down.end, down.to), (End::Told, Some(entry.at)));
    story.begins_anew();
    assert_eq!(counted(&story), 0, "whoever begins then knows");
}

#[test]
fn what_ended_untold_before_a_process_began_is_counted_by_it_until_it_is_told_of_or_a_day_is_over() {
    let mut story = left_alone();
    story.begins_anew();
    story.poll(&[]);
    assert_eq!(counted(&story), 1);
    story.poll(&both()[..1]);
    assert_eq!(counted(&story), 0);
    let mut story = left_alone();
    story.begins_anew();
    story.pass(86_400 - 60);
    assert_eq!(counted(&story), 1);
    story.pass(120);
    assert_eq!(counted(&story), 0);
}

fn of(started_at: DateTime<Utc>) -> SourceAnswer {
    SourceAnswer { complete: true, started_at: Some(started_at), ..SourceAnswer::default() }
}

/// Both of them fire, `Slow` ends, and `prod` is restarted and never lists `Down` again.
fn restarted() -> Story {
    let mut story = Story::new();
    (0..2).for_each(|_| story.poll_with(&both(), of(began())));
    (0..3).for_each(|_| story.poll_with(&both()[..1], of(began())));
    never_lists_it(&mut story);
    story
}

fn never_lists_it(story: &mut Story) {
    let started = story.now.wall;
    (0..3).for_each(|_| story.poll_with(&[], of(started)));
    story.pass(310);
    story.poll_with(&[], of(started));
}

fn presumed(story: &Story, name: &str) -> Option<Doubt> {
    story.world.alerts.get(&id(name)).expect("shown").presumed()
}

#[test]
fn what_a_restarted_source_never_listed_again_is_only_taken_for_over_and_counts_as_untold() {
    let mut story = restarted();
    assert_eq!((presumed(&story, "Down"), presumed(&story, "Slow")), (Some(Doubt::Forgotten), None));
    assert_eq!(counted(&story), 1);
    // Another restart changes nothing of what had ended before it.
    let started = story.now.wall;
    (0..3).for_each(|_| story.poll_with(&[], of(started)));
    assert_eq!((presumed(&story, "Down"), presumed(&story, "Slow")), (Some(Doubt::Forgotten), None));
    story.wait(11 * 60);
    assert_eq!((state(&story, "Down"), state(&story, "Slow")), (Some(State::Resolved), None));
    story.begins_anew();
    story.poll_with(&[], of(started));
    assert_eq!(counted(&story), 1, "the next console says the same");
    story.poll_with(&both()[..1], of(started));
    assert_eq!((state(&story, "Down"), counted(&story)), (Some(State::Firing), 0));
    let mut story = restarted();
    let upstream = midwatch::domain::alert::Upstream::Resolved { at: story.now.wall };
    let over = midwatch::domain::alert::Alert { upstream, ..(*both()[0]).clone() };
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![Arc::new(over)], gone: vec![] });
    assert_eq!((presumed(&story, "Down"), counted(&story)), (None, 0), "now its source has said so");
}

#[test]
fn what_was_listed_once_only_before_a_restart_is_taken_for_over_too() {
    let mut story = Story::new();
    story.poll_with(&both()[..1], of(began()));
    story.pass(15);
    never_lists_it(&mut story);
    assert_eq!(presumed(&story, "Down"), Some(Doubt::Forgotten));
}

/// A console that begins with what the last one kept at 03:00.
fn kept(unlisted: &[(&str, DateTime<Utc>)], started: DateTime<Utc>) -> Story {
    let mut story = Story::new();
    let unlisted = unlisted.iter().map(|(name, since)| ((*name).into(), *since)).collect();
    let (alerts, read_at) = (both().to_vec(), story.now.wall);
    story.fact(Fact::AlertsCached { source: "prod".into(), alerts, read_at, unlisted, more: false });
    story.pass(3_600);
    (0..4).for_each(|_| story.poll_with(&[], of(started)));
    story
}

#[test]
fn a_console_that_begins_after_the_restart_knows_what_was_listed_before_it() {
    let (before, after) = (began(), at("2026-03-01T03:10:00Z"));
    let story = kept(&[], after);
    assert_eq!((presumed(&story, "Down"), presumed(&story, "Slow")), (Some(Doubt::Forgotten), Some(Doubt::Forgotten)));
    let story = kept(&[], before);
    assert_eq!((presumed(&story, "Down"), presumed(&story, "Slow")), (None, None), "its own instance lists it no more");
    // It was restarted at 02:59 already, and the console before knew `Down` from earlier than that.
    let story = kept(&[("Down", before)], at("2026-03-01T02:59:00Z"));
    assert_eq!((presumed(&story, "Down"), presumed(&story, "Slow")), (Some(Doubt::Forgotten), None));
}

#[test]
fn of_what_nobody_saw_end_no_exact_time_is_remembered() {
    let told = |story: &Story| {
        let minutes = |time: Duration| format!("{}m", time.as_secs() / 60);
        let of = |episode: Episode| (episode.name.clone(), episode.end, episode.lasted(), episode.duration(minutes));
        episodes(&story.journal).into_iter().map(of).collect::<Vec<_>>()
    };
    let all = told(&restarted());
    let down = all.iter().find(|(name, ..)| name == "Down").expect("it fired");
    assert_eq!((down.1, down.2, down.3.as_str()), (End::Presumed, None, "?"));
    assert!(all.iter().any(|(name, end, lasted, _)| name == "Slow" && *end == End::Told && lasted.is_some()), "{all:?}");
    let all = told(&left_alone());
    assert!(all.iter().any(|(name, _, _, text)| name == "Down" && text == "?"), "{all:?}");
    // Nobody watched, and nothing was kept but the journal.
    let gone = |started| {
        let mut story = Story::new();
        (0..2).for_each(|_| story.poll_with(&both()[..1], of(began())));
        story.begins_anew();
        story.pass(28 * 60);
        (0..4).for_each(|_| story.poll_with(&[], of(started)));
        (told(&story).remove(0), counted(&story))
    };
    let ((_, end, lasted, text), count) = gone(began());
    assert_eq!((end, lasted, text.as_str(), count), (End::Unseen, None, "≤ 30m", 0));
    let ((_, end, lasted, text), count) = gone(at("2026-03-01T03:10:00Z"));
    assert_eq!((end, lasted, text.as_str(), count), (End::Presumed, None, "?", 1));
}

fn known_over(name: &str) -> Command {
    let (alerts, what, reason) = (vec![id(name)], What::Resolve, "the host is scrapped".to_owned());
    Command::Act { alerts, what, reason, confirmed: None }
}

#[test]
fn whoever_knows_that_it_is_over_says_so_and_then_nobody_has_to_look_at_it() {
    let mut story = left_alone();
    story.ask(known_over("Slow"));
    assert!(!story.kinds().contains(&Kind::KnownOver), "its source has said so");
    story.ask(known_over("Down"));
    assert_eq!((state(&story, "Down"), counted(&story)), (None, 0));
    let entry = story.last(Kind::KnownOver);
    assert_eq!((entry.text.as_str(), entry.actor.name.as_str()), ("Down is known to be over: the host is scrapped", "ana"));
    assert_eq!(entry.text_of("reason"), Some("the host is scrapped"));
    story.ask(known_over("Down"));
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::KnownOver).count(), 1, "once");
    story.begins_anew();
    assert_eq!(counted(&story), 0);
    // Whatever was known of the one time says nothing of the next.
    story.wait(60);
    story.poll(&both()[..1]);
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    story.poll_with(&[], untold(&["Down"]));
    story.poll(&[]);
    assert_eq!((state(&story, "Down"), counted(&story)), (Some(State::Resolved), 1));
}

#[test]
fn what_only_the_journal_knows_is_known_to_be_over_by_the_same_act_in_whatever_order_that_is_read() {
    let mut story = left_alone();
    story.begins_anew();
    assert_eq!((state(&story, "Down"), counted(&story)), (None, 1));
    story.ask(known_over("Down"));
    assert_eq!(counted(&story), 0);
    let mut entries = story.journal.clone();
    entries.rotate_right(1);
    for entries in [story.journal.clone(), entries] {
        let mut other = Story::new();
        entries.into_iter().for_each(|entry| other.fact(Fact::Recorded { entry, request: None }));
        assert_eq!(counted(&other), 0);
    }
}

#[test]
fn another_console_that_shows_it_shows_it_no_more() {
    let (mut story, mut other) = (left_alone(), left_alone());
    story.ask(known_over("Down"));
    let entry = story.last(Kind::KnownOver).clone();
    assert_eq!(counted(&other), 1);
    other.fact(Fact::Recorded { entry, request: None });
    assert_eq!((state(&other, "Down"), counted(&other)), (None, 0));
}

fn told_late(story: &mut Story) {
    let upstream = midwatch::domain::alert::Upstream::Resolved { at: at("2026-03-01T03:10:00Z") };
    let over = Arc::new(midwatch::domain::alert::Alert { upstream, ..(*both()[0]).clone() });
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![over], gone: vec![] });
}

fn ends(story: &Story) -> usize {
    story.journal.iter().filter(|entry| entry.kind == Kind::AlertResolved && entry.alert == Some(id("Down"))).count()
}

#[test]
fn what_is_told_late_while_the_journal_can_not_be_written_is_on_record_once_it_can() {
    let mut story = left_alone();
    story.wait(3_600);
    story.broken = Some("the disk is full".into());
    told_late(&mut story);
    story.broken = None;
    story.wait(60);
    (0..3).for_each(|_| {
        told_late(&mut story);
        story.poll(&[]);
        story.wait(30);
    });
    let n = ends(&story);
    story.begins_anew();
    assert_eq!((n, counted(&story)), (2, 0));
}

#[test]
fn what_is_told_late_to_who_does_not_watch_yet_is_on_record_once_it_does() {
    let mut story = left_alone();
    story.wait(3_600);
    story.fact(Fact::Watching(false));
    told_late(&mut story);
    story.fact(Fact::Watching(true));
    (0..3).for_each(|_| story.poll(&[]));
    let n = ends(&story);
    story.begins_anew();
    assert_eq!((n, counted(&story)), (2, 0));
}

#[test]
fn what_is_told_late_to_a_console_that_began_since_is_on_record_and_its_service_is_untold_until_then() {
    let mut story = left_alone();
    story.begins_anew();
    story.poll(&[]);
    let service = "postgres".into();
    assert_eq!(story.world.alerts.bad_in(&service).untold, 1, "by the journal alone");
    told_late(&mut story);
    assert_eq!((ends(&story), counted(&story), story.world.alerts.bad_in(&service).untold), (2, 0, 0));
    assert_eq!(story.last(Kind::AlertResolved).text, "Down resolved, as its source says now");
    told_late(&mut story);
    (0..3).for_each(|_| story.poll(&[]));
    assert_eq!(ends(&story), 2);
    story.begins_anew();
    assert_eq!(counted(&story), 0);
    // It fired again and ended again while nobody looked: of the one before that says nothing.
    let mut story = left_alone();
    story.wait(3_600);
    story.begins_anew();
    let now = story.now.wall;
    let upstream = midwatch::domain::alert::Upstream::Resolved { at: now };
    let again = Arc::new(midwatch::domain::alert::Alert {
        upstream,
        starts_at: now - chrono::Duration::minutes(5),
        ..(*both()[0]).clone()
    });
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![again], gone: vec![] });
    assert_eq!((ends(&story), counted(&story)), (1, 0));
    // It is remembered for a day.
    let mut story = left_alone();
    story.begins_anew();
    story.wait(86_400);
    assert_eq!(story.world.alerts.bad_in(&service).untold, 0);
}

/// `Down` of ana's, which nobody tells of any more.
fn left_acked() -> Story {
    let mut story = Story::with(settings(true));
    story.poll(&both());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("s-1"));
    story.poll_with(&[], untold(&["Down"]));
    story.poll(&[]);
    assert!(presumed(&story, "Down").is_some() && acts(&mut story).is_empty(), "nobody knows that it needs no silence any more");
    story
}

fn holder(story: &Story) -> Option<String> {
    let tracked = story.world.alerts.get(&id("Down")).expect("listed");
    story.world.alerts.ack(tracked, story.now.wall).map(|ack| ack.by)
}

#[test]
fn whoever_had_what_was_only_taken_for_over_has_it_still_when_it_is_told_of_again() {
    for (seconds, anew) in [(60, false), (20 * 60, true)] {
        let mut story = left_acked();
        story.wait(seconds);
        // Before and after the journal knows that it fires again.
        story.slow = Some(Vec::new());
        story.poll(&both());
        assert_eq!((state(&story, "Down"), holder(&story).as_deref()), (Some(State::Acknowledged), Some("ana")));
        story.answer();
        assert_eq!((state(&story, "Down"), holder(&story).as_deref()), (Some(State::Acknowledged), Some("ana")));
        story.wait(1);
        assert_eq!(acts(&mut story).len(), usize::from(anew), "the silence that carries it may have run out");
        story.begins_anew();
        story.poll(&both());
        assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
        // To its own end, and not beyond.
        story.wait(3_600);
        assert_eq!((state(&story, "Down"), holder(&story)), (Some(State::Firing), None));
    }
}

#[test]
fn what_somebody_has_ended_begins_as_nobodys() {
    let told = |story: &mut Story| told_late(story);
    let known = |story: &mut Story| _ = story.ask(known_over("Down"));
    for end in [&told as &dyn Fn(&mut Story), &known] {
        let mut story = left_acked();
        end(&mut story);
        assert!(matches!(acts(&mut story)[..], [(_, Act::Expire { .. })]), "its silence is not needed any more");
        story.wait(60);
        story.poll(&both());
        assert_eq!((state(&story, "Down"), holder(&story)), (Some(State::Firing), None));
    }
}

#[test]
fn what_is_told_while_its_presumed_end_is_being_recorded_is_on_record_as_told() {
    let mut story = Story::new();
    story.poll(&both());
    story.poll_with(&[], untold(&["Down"]));
    story.slow = Some(Vec::new());
    story.poll(&[]);
    told_late(&mut story);
    story.answer();
    story.slow = None;
    (0..3).for_each(|_| story.poll(&[]));
    story.wait(60);
    let n = ends(&story);
    story.begins_anew();
    assert_eq!((n, counted(&story)), (2, 0));
}

#[test]
fn what_fired_again_while_its_end_was_being_recorded_leaves_nothing_that_fires() {
    let mut story = Story::new();
    story.poll(&both());
    story.slow = Some(Vec::new());
    (0..2).for_each(|_| story.poll(&[]));
    story.poll(&both());
    story.answer();
    story.slow = None;
    story.poll(&both());
    (0..3).for_each(|_| story.poll(&[]));
    story.wait(60);
    let services: Vec<_> = story.world.alerts.in_trouble().cloned().collect();
    assert_eq!((state(&story, "Down"), services), (Some(State::Resolved), vec![]));
}

#[test]
fn a_gap_after_a_gap_whose_watcher_died_at_once_is_one_of_its_own() {
    use midwatch::domain::watcher::Watcher;
    let mut story = Story::new();
    let last = Watcher { process: 1, seen: story.now.wall };
    story.fact(Fact::Watching(false));
    story.wait(600);
    story.fact(Fact::WatchedBefore { last, hung: false });
    story.fact(Fact::Watching(true));
    story.begins_anew();
    story.fact(Fact::Watching(false));
    story.wait(5 * 3_600);
    story.fact(Fact::WatchedBefore { last, hung: false });
    story.fact(Fact::Watching(true));
    let of = story.journal.iter().filter(|entry| entry.text_of("event") == Some("unwatched"));
    let told: Vec<_> = of.map(|entry| entry.text.clone()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
}

fn handed_over(story: &Story) -> Vec<(&'static str, Vec<String>)> {
    let pack = story.world.pack(Duration::from_secs(60));
    story.world.told(&pack, |_| "1m".to_owned(), |_| String::new())
}

fn part(story: &Story, title: &str) -> String {
    let found = handed_over(story).into_iter().find(|(known, _)| *known == title);
    found.map(|(_, lines)| lines.join("; ")).unwrap_or_default()
}

#[test]
fn whoever_takes_over_is_told_of_what_nobody_knows_to_be_over_and_who_had_it() {
    let mut story = Story::new();
    story.poll(&both());
    story.ask(ack(&["Down"]));
    story.poll_with(&[], untold(&["Down", "Slow"]));
    story.poll(&[]);
    let told = part(&story, "Nobody knows whether they are over");
    let lines: Vec<_> = told.split("; ? ").collect();
    assert!(lines[0].starts_with("? Down") && lines[0].contains(": ana had it; "), "{told}");
    assert!(lines[1].starts_with("Slow") && lines[1].contains(": nobody had it; "), "{told}");
    assert_eq!(part(&story, "Services that are not well"), "postgres: ? 2 untold");
    assert_eq!(part(&story, "Acknowledged and still firing"), "");
    // Whom the journal alone tells of it must know it, too.
    story.begins_anew();
    story.poll(&[]);
    let again = part(&story, "Nobody knows whether they are over");
    assert!(again.contains("? Down") && again.contains(": ana had it; ") && again.contains("? Slow"), "{again}");
}

#[test]
fn of_what_nobody_knows_to_be_over_the_worst_is_told_first() {
    let of = |name: &str, severity: &str| {
        let alert = alert(name, "postgres", began());
        let labels =
            alert.labels.iter().filter(|(name, _)| name.raw() != "severity").map(|(name, value)| (name.clone(), value.clone()));
        let labels = midwatch::domain::alert::Labels::new(labels.chain([("severity".into(), severity.into())]).collect());
        Arc::new(midwatch::domain::alert::Alert { labels, ..(*alert).clone() })
    };
    let mut story = Story::new();
    story.poll(&[of("Apple", "warning"), of("Zebra", "critical")]);
    story.poll_with(&[], untold(&["Apple", "Zebra"]));
    story.poll(&[]);
    let named = |story: &Story| {
        let all = story.world.alerts.all_untold(story.now.wall);
        all.into_iter().map(|(id, ..)| id.fingerprint.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(named(&story), ["Zebra", "Apple"]);
    story.begins_anew();
    assert_eq!(named(&story), ["Zebra", "Apple"], "by the journal alone");
}

#[test]
fn what_nobody_knows_to_be_over_stands_before_what_certainly_is() {
    let mut story = Story::new();
    story.poll(&both());
    story.poll_with(&[], untold(&["Slow"]));
    story.poll(&[]);
    let names: Vec<_> = story.world.alerts.queue().map(|tracked| tracked.alert.name()).collect();
    assert_eq!(names, ["Slow", "Down"]);
    // Its source tells at last: both are over, and stand by their names.
    let upstream = midwatch::domain::alert::Upstream::Resolved { at: story.now.wall };
    let over = Arc::new(midwatch::domain::alert::Alert { upstream, ..(*both()[1]).clone() });
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![over], gone: Vec::new() });
    let names: Vec<_> = story.world.alerts.queue().map(|tracked| tracked.alert.name()).collect();
    assert_eq!(names, ["Down", "Slow"]);
    assert_eq!(part(&story, "Services that are not well"), "");
}
