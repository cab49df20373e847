//! `decision`: a person picks where the run goes on.

use super::manual::no_body;
use crate::domain::playbook::{Choice, Field, FieldSpec, How, KindSpec, Picked, Piece, Reading, Step};

pub const KIND: KindSpec = KindSpec {
    name: "decision",
    about: "a person picks where the run goes on: complete when one of the options under `ask` is picked",
    fields: &[FieldSpec::new(
        "ask",
        "a question, with options nested under it: `- Label: [title](#step)`",
        "the step is of another kind",
    )],
    infer: |step| super::states(step, "ask"),
    how,
    check: no_body,
};

const OPTIONS: &str = "options nested under it, each `- Label: [title](#step)`";

fn how(step: &Step, reading: &mut Reading<'_>) -> How {
    let Some(field) = reading.needs(step, "ask", "a question, with options nested under it") else { return How::Unsupported };
    let options = field.items.iter().filter_map(|item| option(field, item, reading)).collect::<Vec<_>>();
    if field.items.is_empty() {
        reading.problems.lint("E011", field.span, "a question without options", format!("expected {OPTIONS}"));
    }
    match twice(&options) {
        Some(label) => reading.problems.lint("E011", field.span, format!("the option `{label}` stands twice"), None),
        None if !options.is_empty() => return How::Choice(Choice { question: field.text(), options }),
        None => {}
    }
    How::Unsupported
}

fn option(field: &Field, item: &[Piece], reading: &mut Reading<'_>) -> Option<Picked> {
    let link = item.iter().find_map(|piece| match piece {
        Piece::Link { text, to } => Some((text, to)),
        _ => None,
    });
    let Some((text, to)) = link.filter(|(_, to)| to.starts_with('#')) else {
        reading.problems.lint(
            "E011",
            field.span,
            "an option that leads to no step of this document",
            format!("expected {OPTIONS}"),
        );
        return None;
    };
    let label = label(item);
    let to = reading.follow(field.span, to)?;
    Some(Picked { label: if label.is_empty() { text.clone() } else { label }, to })
}

/// What stands before the link.
fn label(item: &[Piece]) -> String {
    let before = item.iter().take_while(|piece| !matches!(piece, Piece::Link { .. }));
    let text = before.map(|piece| match piece {
        Piece::Text(text) | Piece::Code(text) | Piece::Link { text, .. } => text.as_str(),
    });
    text.collect::<String>().trim().trim_end_matches(':').trim_end().to_owned()
}

fn twice(options: &[Picked]) -> Option<&str> {
    let again = |(index, option): &(usize, &Picked)| options[..*index].iter().any(|other| other.label == option.label);
    options.iter().enumerate().find(again).map(|(_, option)| option.label.as_str())
}
