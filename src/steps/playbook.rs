//! `playbook`: another playbook is run as a part of this one. It lies in or below the folder of this one: nothing else can
//! be named, and only what `with` names is passed.

use super::manual::no_body;
use crate::domain::playbook::{Child, Field, FieldSpec, How, KindSpec, Piece, Reading, Step};

pub const KIND: KindSpec = KindSpec {
    name: "playbook",
    about: "runs another playbook as a part of this one: complete when that run is",
    fields: &[
        FieldSpec::new("playbook", "a link to a file in or below the folder of this one", "the step is of another kind"),
        FieldSpec::new("with", "code spans: `` `NAME` ``, or `` `THEIRS=OURS` ``: what it gets, and nothing else", "nothing"),
    ],
    infer: |step| super::states(step, "playbook"),
    how,
    check: no_body,
};

fn how(step: &Step, reading: &mut Reading<'_>) -> How {
    let Some(field) = reading.needs(step, "playbook", "[title](other.md)") else { return How::Unsupported };
    let with = step.field("with").map(|field| with(field, reading)).unwrap_or_default();
    match (link(field), with) {
        (Some(link), with) if with.iter().all(Option::is_some) => {
            How::Child(Child { link, with: with.into_iter().flatten().collect() })
        }
        (None, _) => {
            reading.expected(field, "a link to a file in or below this folder, such as [title](other.md)");
            How::Unsupported
        }
        _ => How::Unsupported,
    }
}

/// A relative path without a step upwards.
fn link(field: &Field) -> Option<String> {
    let to = field.value.iter().find_map(|piece| match piece {
        Piece::Link { to, .. } => Some(to.strip_prefix("./").unwrap_or(to)),
        _ => None,
    })?;
    let inside = !to.starts_with(['/', '#', '~']) && !to.contains([':', '\\']);
    let plain = to.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    (inside && plain).then(|| to.to_owned())
}

/// `NAME`, or `THEIRS=OURS`.
fn with(field: &Field, reading: &mut Reading<'_>) -> Vec<Option<(String, String)>> {
    let codes = field.value.iter().filter_map(|piece| match piece {
        Piece::Code(code) => Some(Some(code.trim())),
        Piece::Text(text) if text.chars().all(|c| c.is_whitespace() || c == ',') => None,
        _ => Some(None),
    });
    let pairs: Vec<_> = codes.map(|code| code.and_then(pair)).collect();
    if pairs.contains(&None) || pairs.is_empty() {
        reading.expected(field, "code spans: `NAME`, or `THEIRS=OURS`");
    }
    pairs
}

fn pair(code: &str) -> Option<(String, String)> {
    let (theirs, ours) = code.split_once('=').unwrap_or((code, code));
    let (theirs, ours) = (theirs.trim().trim_start_matches('$'), ours.trim().trim_start_matches('$'));
    let named = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| matches!(c, 'A'..='Z' | '0'..='9' | '_'))
    };
    (named(theirs) && named(ours)).then(|| (theirs.to_owned(), ours.to_owned()))
}
