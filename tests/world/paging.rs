//! Pages: who is meant, what is refused, what stands in the record, and that nothing is called before it is recorded.

use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::settings::Settings;

fn pagers(pages: &[(&str, &str)]) -> Settings {
    let pages = pages.iter().map(|(source, to)| ((*source).into(), (*to).to_owned())).collect();
    Settings { pages, ..settings(false) }
}

fn page(whom: &str, text: &str) -> Command {
    Command::Page { whom: whom.into(), text: text.into(), about: None, incident: None }
}

fn refused(story: &mut Story, command: Command) -> String {
    let request = story.ask(command);
    assert!(acts(story).is_empty(), "nobody is called");
    match story.world.requests.get(request).expect("remembered").items[0].stage.clone() {
        Stage::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_page_is_recorded_before_anybody_is_called_and_so_is_what_became_of_it() {
    let mut story = Story::with(pagers(&[("prod", "dba")]));
    story.poll(&down());
    story.slow = Some(Vec::new());
    let request =
        story.ask(Command::Page { whom: "dba".into(), text: " db is down ".into(), about: Some(id("Down")), incident: None });
    assert!(acts(&mut story).is_empty(), "the journal has not answered yet");
    story.answer();
    let act = answer(&mut story, Outcome::Done, Some("Q1"));
    assert_eq!(act, Act::Page { to: "dba".into(), text: "db is down".into(), by: "ana".into() });
    let told: Vec<&str> = story.journal.iter().rev().take(2).map(|entry| entry.text.as_str()).collect();
    assert!(told[1] == "paging dba: db is down" && told[0].starts_with("confirmed (Down)"), "{told:?}");
    assert_eq!(story.last(Kind::Act).alert, Some(id("Down")));
    assert!(story.last(Kind::Act).important);
    assert!(story.world.requests.get(request).is_some_and(|progress| progress.went_well() && progress.title == "page dba"));
}

#[test]
fn a_name_that_means_nobody_or_two_calls_nobody_and_says_who_there_is() {
    let mut story = Story::with(pagers(&[("prod", "dba"), ("pager", "dba"), ("pager", "net")]));
    assert_eq!(refused(&mut story, page("dba", "x")), "`dba` may mean prod/dba, pager/dba: name one of them");
    assert_eq!(refused(&mut story, page("bo", "x")), "nobody called `bo` can be paged; there are prod/dba, pager/dba, pager/net");
    assert_eq!(refused(&mut story, page("", "x")), "nobody called `` can be paged; there are prod/dba, pager/dba, pager/net");
    assert!(refused(&mut story, page("net", "  ")).starts_with("a page needs a text"));
    assert_eq!(refused(&mut story, page("net", &"é".repeat(1025))), "a page may have at most 1024 characters; this one has 1025");
    assert!(refused(&mut Story::new(), page("dba", "x")).starts_with("nobody can be paged"));
    story.ask(page("prod/dba", &"é".repeat(1024)));
    assert!(matches!(&acts(&mut story)[..], [(_, Act::Page { to, .. })] if to == "dba"));
}

#[test]
fn a_console_that_is_read_only_calls_nobody() {
    let mut story = Story::with(Settings { read_only: true, ..pagers(&[("prod", "dba")]) });
    assert_eq!(refused(&mut story, page("dba", "x")), "this console is read-only");
    assert!(story.journal.is_empty());
}

#[test]
fn a_page_that_could_not_be_sent_is_sent_when_its_source_answers_and_not_after_ten_minutes() {
    let mut story = Story::with(pagers(&[("prod", "dba")]));
    story.ask(page("dba", "x"));
    answer(&mut story, Outcome::Unsent, None);
    story.wait(300);
    story.poll(&[]);
    assert!(matches!(answer(&mut story, Outcome::Unsent, None), Act::Page { text, .. } if text == "x"));
    story.wait(601);
    story.poll(&[]);
    assert!(acts(&mut story).is_empty(), "who is called so late is called for nothing");
}
