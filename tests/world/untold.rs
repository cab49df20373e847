//! An end that nobody has told of: what its server lists no more because whoever should tell of it is silent.

use super::*;

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
    let since = |name: &str| story.world.alerts.get(&id(name)).expect("shown").untold();
    assert_eq!((since("Down"), since("Slow")), (Some(at("2026-03-01T02:59:30Z")), None));
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
