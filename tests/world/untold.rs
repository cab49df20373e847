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
