//! Nothing real becomes a part of a drill, nor the other way round, however old it is.

use super::drills::{begun, elapse};
use super::*;
use midwatch::domain::entry::Entry;
use midwatch::domain::ids::{EntryId, IncidentId};

fn note(story: &mut Story, text: &str, incident: Option<IncidentId>) -> EntryId {
    story.ask(Command::Note { incident, kind: Kind::Note, text: text.into(), at: None, marks: Marks::default() });
    story.last(Kind::Note).id
}

/// A real note and one of a drill, both older than the log that is kept at hand.
struct Old {
    story: Story,
    incident: IncidentId,
    drill: String,
    real: EntryId,
    practised: EntryId,
}

impl Old {
    fn new() -> Self {
        let mut story = Story::new();
        let real = note(&mut story, "the real one", None);
        let (drill, incident) = begun(&mut story);
        let practised = note(&mut story, "practised", Some(incident));
        (0..1_001).for_each(|n| _ = note(&mut story, &format!("{n}"), None));
        elapse(&mut story, 1);
        Self { story, incident, drill, real, practised }
    }

    fn refuses(&mut self, command: Command) -> Option<String> {
        let request = self.story.ask(command);
        let item = self.story.world.requests.get(request).expect("asked").items[0].clone();
        item.stage.failed().then(|| format!("{:?}", item.stage))
    }

    fn moves(&mut self, entry: EntryId, incident: IncidentId) -> Option<String> {
        self.refuses(Command::Correct { entry, change: Amendment { incident: Some(incident), ..Amendment::default() } })
    }

    fn looked_up(&mut self, id: EntryId) {
        let found: Vec<Arc<Entry>> = self.story.journal.iter().filter(|entry| entry.id == id).cloned().collect();
        self.story.fact(Fact::Named(found));
    }
}

#[test]
fn an_old_real_entry_is_moved_into_no_drill() {
    let mut old = Old::new();
    let (real, incident) = (old.real, old.incident);
    assert!(old.moves(real, incident).is_some_and(|why| why.contains("too old to be known")), "nobody knows what it is");
    let link = Command::LinkEntries { incident, entries: vec![real], belong: true };
    assert!(old.refuses(link.clone()).is_some_and(|why| why.contains("too old to be known")));
    old.looked_up(real);
    assert!(old.moves(real, incident).is_some_and(|why| why.contains("not as real")));
    assert!(old.refuses(link).is_some_and(|why| why.contains("not as real")));
}

#[test]
fn an_old_entry_of_a_drill_is_moved_into_nothing_real_and_its_correction_is_of_the_drill() {
    let mut old = Old::new();
    let practised = old.practised;
    old.story.ask(Command::Declare { title: "Real".into(), severity: Sev::ALL[2], alerts: vec![], at: None });
    let real = old.story.world.incidents.open().next().expect("declared").id;
    assert!(old.moves(practised, real).is_some_and(|why| why.contains("not as real")));
    let change = Amendment { text: Some("as it was".into()), ..Amendment::default() };
    assert_eq!(old.refuses(Command::Correct { entry: practised, change }), None);
    assert_eq!(old.story.last(Kind::Correction).drill.as_ref(), Some(&old.drill));
}

#[test]
fn an_old_real_entry_is_still_made_part_of_what_is_real() {
    let mut old = Old::new();
    let noted = old.real;
    old.story.ask(Command::Declare { title: "Real".into(), severity: Sev::ALL[2], alerts: vec![], at: None });
    let real = old.story.world.incidents.open().next().expect("declared").id;
    assert_eq!(old.moves(noted, real), None);
}
