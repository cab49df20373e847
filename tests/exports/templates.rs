//! Documents by a team's own template: text stays text, and what is wrong with a template is said with its place.

use super::*;
use midwatch::domain::entry::Evidence;
use midwatch::exports::template::{Flaw, NAMED, filled};

const TEMPLATE: &str = "# {{ incident.label }} {{ incident.title }}\n\n{% for line in lines %}| {{ line.at }} | {{ line.who }} | {{ line.what }} |\n{% endfor %}";

fn flaw(source: &str) -> Flaw {
    filled(&incident("ana", "down", &["x".to_owned()]), source).expect_err("a flaw")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_stays_text_in_any_template(title in hostile(), notes in prop::collection::vec(hostile(), 1..5)) {
        let text = filled(&incident("ana", &title, &notes), TEMPLATE).expect("it is sound");
        let rows: Vec<&str> = text.lines().skip(2).collect();
        prop_assert_eq!(rows.len(), notes.len() + 1, "one line an entry: {}", text);
        prop_assert!(rows.iter().all(|row| row.matches('|').count() == 4), "{}", text);
        prop_assert!(!text.contains(['<', '>', '`', '\u{1b}', '\u{202e}']), "{}", text);
    }
}

#[test]
fn a_mistake_in_a_template_has_a_line_and_a_column() {
    let open = flaw("# {{ incident.title }}\n\n{% for line in lines %}\n- {{ line.what }");
    assert_eq!(open.line, Some(4), "{open:?}");
    let unknown = flaw("one\ntwo {{ incident.titel }}\n");
    assert_eq!((unknown.line, unknown.column), (Some(2), Some(8)), "{unknown:?}");
    assert!(unknown.why.contains("undefined"), "{unknown:?}");
    let word = flaw("{% fro line in lines %}");
    assert!(word.line == Some(1) && word.why.contains("fro"), "{word:?}");
    assert!(flaw("{% include '/etc/passwd' %}").why.contains("include"));
}

#[test]
fn the_brief_one_has_what_is_important_and_what_is_left_to_do() {
    let mut timeline = incident("ana", "no | payments", &["failed over".to_owned(), "tidy up".to_owned(), "mend it".to_owned()]);
    timeline.lines[1].important = true;
    timeline.lines[3].kind = Kind::Todo;
    let (_, source) = NAMED.iter().find(|(name, _)| *name == "brief").expect("there");
    let text = filled(&timeline, source).expect("sound");
    assert_eq!(
        text,
        "# INC-1 SEV2: no &#124; payments\n\nopen · no service named · times in UTC\n\n- 2026-11-29 02:59:00 failed over\n\n## Still to be done\n\n- [ ] mend it\n"
    );
}

#[test]
fn a_template_names_nobody_and_tells_no_secret_that_our_own_document_would_not() {
    let notes = ["ana reads token=abc123", "ask ana for token=abc123"].map(str::to_owned);
    let mut timeline = incident("ana", "down", &notes);
    timeline.people = People::Roles;
    timeline.lines[2].kind = Kind::Todo;
    let source =
        "{% for line in lines %}{{ line.who }}: {{ line.what }}\n{% endfor %}{{ todos }} {{ gaps }} {{ incident.mitigated_at }}.";
    let text = filled(&timeline, source).expect("sound");
    assert!(!text.contains("ana") && !text.contains("abc123"), "{text}");
    assert!(text.contains("responder: responder reads token=•••"), "{text}");
    assert!(text.contains("2 spots of secrets were masked") && text.ends_with(" ."), "what is unknown is nothing: {text}");
    let evidence = Evidence { name: Some("lag.png".into()), sha256: None, size: None, url: None };
    let mut entry = (*timeline.lines[1].entry).clone();
    entry.draft.evidence.push(evidence);
    timeline.lines[1].entry = Arc::new(entry);
    let text = filled(&timeline, "{% for file in evidence %}{{ file.name }}{% endfor %}").expect("sound");
    assert_eq!(text, "lag.png");
}
