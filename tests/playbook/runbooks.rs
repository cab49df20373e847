//! Runbooks as other teams write them, in nineteen shapes: all of them open as they are, and nothing of them runs.

use crate::problems;
use midwatch::domain::playbook::{How, Playbook};
use midwatch::playbook::{Catalogue, adopt};
use midwatch::steps::KINDS;
use midwatch::tui::markdown;
use std::path::Path;
use std::sync::Arc;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/playbook/runbooks");

/// Each file with its title, how many steps it has, and the first of them.
const RUNBOOKS: &[(&str, &str, usize, &str)] = &[
    ("01-meaning-impact.md", "CacheEvictionStorm", 4, "meaning"),
    ("02-numbered-list.md", "How to restart the mail relay", 4, "stop-new-mail"),
    ("03-bare-readme.md", "payments-worker", 3, "contents"),
    ("04-service-with-marker.md", "Image registry", 2, "high-error-rate"),
    ("05-exported-wiki.md", "05-exported-wiki", 2, "find-the-culprit"),
    ("06-phases.md", "Incident response playbook: leaked access key", 5, "part-1-acquire-preserve-document-evidence"),
    ("07-checklist.md", "Handover at eight", 4, "open-incidents-read-aloud"),
    ("08-symptom-cause-fix.md", "08-symptom-cause-fix", 0, ""),
    ("09-numbered-sections.md", "Run book: ledger", 5, "11-business-overview"),
    ("10-from-windows.md", "Druckserver hängt", 2, "ursache-prüfen"),
    ("11-byte-order-mark.md", "11-byte-order-mark", 2, "look"),
    ("12-template.md", "12-template", 4, "meaning"),
    ("13-decision-table.md", "Which region is sick?", 0, ""),
    ("14-diagrams-and-math.md", "Queue backlog :fire:", 2, "add-consumers"),
    ("15-japanese.md", "認証サーバー障害", 3, "一症状を確認する"),
    ("16-toml-front-matter.md", "Certificate expires", 2, "renew"),
    ("17-rule-at-the-top.md", "Power cut in the office", 2, "switch-the-ups-to-bypass"),
    ("18-one-long-page.md", "Everything about search", 3, "search-is-slow"),
    ("19-ansible-and-playbook-words.md", "Rolling restart with ansible", 2, "run-the-playbook"),
];

fn all() -> Vec<Arc<Playbook>> {
    let catalogue = Catalogue::load(&[Path::new(FOLDER).to_owned()], KINDS);
    catalogue.all().iter().filter(|book| book.place.folder().is_some()).cloned().collect()
}

#[test]
fn runbooks_of_every_shape_open_without_an_error_as_manual_steps() {
    let books = all();
    let found: Vec<_> = books
        .iter()
        .map(|book| {
            let first = book.steps.first().map_or("", |step| step.id.as_str());
            (book.place.file_name(), book.title.as_str(), book.steps.len(), first)
        })
        .collect();
    assert_eq!(found, RUNBOOKS);
    for book in &books {
        assert!(!book.executable && book.errors() == 0, "{}: {:#?}", book.place, book.problems);
        // The folder of a checkout may be its group's: that is another reason.
        let why = book.unfit().unwrap_or_default();
        assert!(book.refused.is_some() || why.is_empty() != book.steps.is_empty(), "{}: {why}", book.place);
        assert!(book.steps.iter().all(|step| step.body.is_none() && step.how == How::Person), "{}", book.place);
        let warned = if book.steps.is_empty() { vec!["0:0 warning".to_owned()] } else { Vec::new() };
        assert_eq!(problems(book), warned, "{}", book.place);
    }
}

#[test]
fn all_of_every_runbook_is_shown() {
    let solid = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    for book in all() {
        let shown: String = markdown::document(&book.text, 80).iter().flatten().map(|(text, _)| text.as_str()).collect();
        // The last words of a document are lost where something is never closed.
        let last = book.text.trim_end().lines().rev().find(|line| line.starts_with(|c: char| c.is_alphabetic()));
        assert!(last.is_none_or(|last| solid(&shown).contains(&solid(last))), "{}: {last:?}\n{shown}", book.place);
    }
}

#[test]
fn every_runbook_is_adopted_or_the_reason_is_told() {
    for book in all() {
        match adopt(&book.text, &book.place, KINDS) {
            Ok(adopted) => assert!(adopted.playbook.executable && adopted.text.ends_with(book.text.trim_start_matches("---\n"))),
            Err(why) => assert!(why.contains("would") || why.contains("first"), "{}: {why}", book.place),
        }
    }
}
