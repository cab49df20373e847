//! A team's own document: Markdown from a template in Jinja's language. Whatever the text of the incident holds stays text in it, as in
//! our own; what the template itself says is the team's business.

use super::masks::Masks;
use super::words::{clock, marks, span, times};
use super::{honesty, json, markdown};
use crate::domain::entry::{Evidence, Kind as What};
use crate::domain::timeline::{Line, Timeline};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::{Value, json};

/// Templates that come with the program, by name.
pub const NAMED: &[(&str, &str)] = &[("brief", include_str!("template/brief.md"))];

/// Where a template is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// From 1; `None` where the fault has no place.
    pub line: Option<usize>,
    pub column: Option<usize>,
    pub why: String,
}

/// What a template can name: `incident`, `zone`, `times`, `durations`, `lines`, `todos`, `gaps`, `evidence`, `heads`.
fn told(timeline: &Timeline, masks: &Masks) -> Value {
    let about = json::about(timeline, masks);
    let mut incident = about["incident"].clone();
    incident["label"] = timeline.incident.label().into();
    let at = |at| clock(timeline, at);
    let times = times(timeline).map(|(name, time)| json!({"name": name, "at": time.map(at)}));
    let durations = timeline
        .times
        .metrics()
        .map(|metric| json!({"name": metric.name, "formula": metric.formula, "value": metric.ms.map(span)}));
    let line = |line: &Line| {
        json!({
            "at": at(line.at),
            "who": masks.text(masks.called(&line.entry.actor)),
            "what": masks.text(&line.text),
            "kind": line.kind,
            "service": line.entry.service.as_ref().map(|name| masks.text(name.as_str())),
            "alert": line.entry.alert.as_ref().map(|id| masks.alert(id)),
            "important": line.important,
            "corrected": line.corrected,
            "marks": marks(line),
        })
    };
    let hidden = |text: &Option<String>| text.as_deref().map(|text| masks.text(text).into_owned());
    let evidence = |one: &Evidence| Evidence { name: hidden(&one.name), url: hidden(&one.url), ..one.clone() };
    let todos = timeline.lines.iter().filter(|line| line.kind == What::Todo).map(|line| masks.text(&line.text));
    json!({
        "incident": incident,
        "zone": timeline.zone.name(),
        "times": times,
        "durations": durations,
        "lines": timeline.lines.iter().map(line).collect::<Vec<_>>(),
        "todos": todos.collect::<Vec<_>>(),
        "gaps": honesty::gaps(timeline, masks),
        "evidence": timeline.lines.iter().flat_map(|line| &line.entry.evidence).map(evidence).collect::<Vec<_>>(),
        "heads": timeline.heads,
    })
}

/// The whole document.
///
/// # Errors
/// The first thing in the template that can't be understood, or names what there is not.
pub fn filled(timeline: &Timeline, source: &str) -> Result<String, Flaw> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(|out, _, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        match (value.is_none(), value.is_safe()) {
            (true, _) => {}
            (_, true) => out.write_str(&value.to_string())?,
            (_, false) => out.write_str(&markdown::text(&value.to_string()))?,
        }
        Ok(())
    });
    let template = environment.template_from_named_str("template", source).map_err(|error| flaw(&error, source))?;
    let masks = Masks::of(timeline);
    template.render(Serde(told(timeline, &masks))).map_err(|error| flaw(&error, source))
}

fn flaw(error: &Error, source: &str) -> Flaw {
    let before = error.range().and_then(|range| source.get(..range.start));
    let column = before.map(|text| text.rsplit('\n').next().unwrap_or(text).chars().count() + 1);
    let why = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    Flaw { line: error.line(), column: error.line().and(column), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_that_come_with_the_program_can_be_read() {
        for (name, source) in NAMED {
            let environment = Environment::new();
            environment.template_from_named_str(name, source).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
