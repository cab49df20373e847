//! The front matter: where it stands, and what it says.

use super::params;
use crate::domain::matcher::{LabelSet, Matcher};
use crate::domain::node::{Fields, Key, Node, Problems, Span, Value};
use crate::domain::playbook::{Cadence, FieldSpec, Meta, Mode, Param, Practice, Purpose};
use chrono::NaiveDate;

/// The newest version of the format that is understood.
const VERSION: u32 = 1;

const WARNED: &str = "warned of";

/// All keys that it may have, besides those that begin with `x-`.
pub const KEYS: &[FieldSpec] = &[
    FieldSpec::new("playbook", "`1`: the version of the format", "nothing of the document runs"),
    FieldSpec::new("id", "lower case letters, digits and `-`; no other playbook of the library has it", WARNED),
    FieldSpec::new("title", "the words of the first `#` heading", WARNED),
    FieldSpec::new(
        "practice",
        "`deployment`, `redundancy`, `backup`, `recovery`, `load-balancing`, `isolation`, `failover`, `monitoring`, `versioning` or `testing`",
        WARNED,
    ),
    FieldSpec::new("purpose", "`deployment`, `recovery`, `rollback`, `diagnosis` or `drill`", WARNED),
    FieldSpec::new("services", "names of services: their alerts find it", WARNED),
    FieldSpec::new("severity", "the severities that it is meant for", "all"),
    FieldSpec::new("owner", "the team that keeps it true", WARNED),
    FieldSpec::new("reviewed", "the day of the last review, such as `2026-11-01`", WARNED),
    FieldSpec::new("review-every", "a duration", WARNED),
    FieldSpec::new("drill-every", "a duration; or `never`, with the reason under `x-reason`", WARNED),
    FieldSpec::new("rto", "a duration: how long the recovery may take", "warned of in a recovery or rollback"),
    FieldSpec::new("rpo", "a duration: how much of the newest data may be lost", "warned of in a recovery or rollback"),
    FieldSpec::new("mode", "`read-do`, or `do-confirm`: Steps are done from memory and ticked afterwards", "`read-do`"),
    FieldSpec::new("alerts", "maps of labels: an alert fits that has all of one map; `~re` is an anchored expression", "none"),
    FieldSpec::new("roles", "the roles that `role` and `approve` may name", "none"),
    FieldSpec::new("params", "a map of parameters by name", "none"),
    FieldSpec::new("max-age", "a duration: an older run starts nothing but its rollback", "no limit"),
];

/// Missing ones are warned of.
fn wanted() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter(|field| field.otherwise == WARNED).map(|field| field.key)
}

/// What the front matter says, as far as it could be read.
#[derive(Default)]
pub struct Front {
    /// It says `playbook: 1`.
    pub executable: bool,
    pub id: Option<String>,
    pub title: Option<(String, Span)>,
    pub meta: Meta,
    pub params: Vec<Param>,
    /// Where the Markdown begins.
    pub body: usize,
}

/// Reads the front matter of a text, if it has one.
pub fn read(text: &str, problems: &mut Problems) -> Front {
    let Some((yaml, origin, body)) = split(text) else {
        unclosed(text, problems);
        return Front::default();
    };
    let mut front = Front { body, ..Front::default() };
    let mut found = Problems::default();
    let node = found.coded("E002", |found| Node::parse_at(origin, yaml, found));
    if found.failed() && !yaml.lines().any(|line| line.trim_start_matches(['{', '"', '\'']).starts_with("playbook")) {
        // Another tool's: a template, or a format of its own. It is no business of ours.
        return front;
    }
    problems.list.append(&mut found.list);
    let Some(node) = node else { return front };
    let version = match &node.value {
        Value::Map(pairs) => pairs.iter().find(|(key, _)| key.text == "playbook").map(|(_, node)| node),
        _ => None,
    };
    front.executable = version.is_some_and(|version| is_ours(version, problems));
    if front.executable {
        fill(&mut front, &node, problems);
    }
    front
}

/// The keys of the front matter, if a text has one.
pub fn keys(text: &str) -> Option<Vec<String>> {
    let (yaml, origin, _) = split(text)?;
    let node = Node::parse_at(origin, yaml, &mut Problems::default());
    Some(match node.map(|node| node.value) {
        Some(Value::Map(pairs)) => pairs.into_iter().map(|(key, _)| key.text).collect(),
        _ => Vec::new(),
    })
}

/// The YAML between the two `---` lines, its place, and where the body begins.
fn split(text: &str) -> Option<(&str, Span, usize)> {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let opening = text[bom..].split_inclusive('\n').next().filter(|line| line.trim_end() == "---" && line.ends_with('\n'))?;
    let start = bom + opening.len();
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            return Some((&text[start..at], Span { line: 2, col: 1, start, end: start }, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// Front matter of ours that no second line of dashes ends: without a word, the whole document would be one for people.
fn unclosed(text: &str, problems: &mut Problems) {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let opens = lines.next().is_some_and(|line| line.trim_end() == "---");
    if opens && lines.take_while(|line| !line.trim().is_empty()).any(|line| line.starts_with("playbook:")) {
        let place = Span { line: 1, col: 1, start: 0, end: 3 };
        problems.lint("E002", place, "the front matter is never closed", "end it with a line `---`".to_owned());
    }
}

/// Whether the version is one that is understood; a newer or senseless one is an error, and then nothing runs.
fn is_ours(node: &Node, problems: &mut Problems) -> bool {
    match problems.coded("E004", |problems| node.number::<u32>(problems)) {
        Some(VERSION) => true,
        Some(other) => {
            let message = format!("format version {other} is not one that this program understands");
            problems.lint("E008", node.span, message, format!("the newest is {VERSION}; a newer midwatch may read it"));
            false
        }
        None => false,
    }
}

fn fill(front: &mut Front, node: &Node, problems: &mut Problems) {
    let Some(fields) = problems.coded("E003", |problems| node.fields(&FieldSpec::keys(KEYS), problems)) else { return };
    warn_of_missing(&fields, problems);
    front.id = fields.get("id").and_then(|node| id(node, problems));
    front.title = text(&fields, "title", problems).zip(fields.get("title").map(|node| node.span));
    front.meta = meta(&fields, problems);
    if let Some(node) = fields.get("params") {
        front.params = params::read(node, problems);
    }
}

fn warn_of_missing(fields: &Fields<'_>, problems: &mut Problems) {
    let recovers = |node: &Node| matches!(&node.value, Value::Scalar { text, .. } if text == "recovery" || text == "rollback");
    let targets: &[&str] = if fields.get("purpose").is_some_and(recovers) { &["rto", "rpo"] } else { &[] };
    for name in wanted().chain(targets.iter().copied()).filter(|name| fields.get(name).is_none()) {
        let place = Span { line: 1, col: 1, start: 0, end: 3 };
        problems.lint("W100", place, format!("`{name}` is missing"), help(name).map(str::to_owned));
    }
    if let (Some(node), false) = (fields.get("drill-every").filter(|node| is_never(node)), fields.get("x-reason").is_some()) {
        problems.lint("W100", node.span, "`drill-every: never` needs a reason", "add `x-reason: ...`".to_owned());
    }
}

fn help(name: &str) -> Option<&'static str> {
    Some(match name {
        "practice" => "the one of the ten practices that it belongs to",
        "services" => "the services that it is for: alerts of theirs find it",
        "owner" => "the team that keeps it true",
        "reviewed" => "the day that somebody last read it through, such as 2026-11-01",
        "review-every" | "drill-every" => "a duration such as 90d",
        "rto" => "how long the recovery may take",
        "rpo" => "how much of the newest data may be lost, as a duration",
        _ => return None,
    })
}

fn is_never(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar { text, .. } if text == "never")
}

fn id(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = problems.coded("E004", |problems| node.text(problems))?;
    if is_id(text) {
        return Some(text.to_owned());
    }
    problems.lint("E005", node.span, format!("`{text}` is not an id"), "lower case letters, digits and `-` only".to_owned());
    None
}

fn is_id(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= 100 && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed)
}

fn meta(fields: &Fields<'_>, problems: &mut Problems) -> Meta {
    let duration = |name: &str, problems: &mut Problems| {
        fields.get(name).and_then(|node| problems.coded("E004", |problems| node.duration(problems)))
    };
    Meta {
        practice: word(fields, "practice", "E007", Practice::WORDS, Practice::parse, problems),
        purpose: word(fields, "purpose", "E004", Purpose::WORDS, Purpose::parse, problems),
        mode: word(fields, "mode", "E004", Mode::WORDS, Mode::parse, problems),
        services: texts(fields, "services", problems),
        severity: texts(fields, "severity", problems),
        roles: texts(fields, "roles", problems),
        owner: text(fields, "owner", problems),
        reviewed: fields.get("reviewed").and_then(|node| problems.coded("E004", |problems| date(node, problems))),
        review_every: duration("review-every", problems),
        drill_every: match fields.get("drill-every") {
            Some(node) if is_never(node) => Some(Cadence::Never),
            _ => duration("drill-every", problems).map(Cadence::Every),
        },
        rto: duration("rto", problems),
        rpo: duration("rpo", problems),
        max_age: duration("max-age", problems),
        alerts: fields.get("alerts").map(|node| alerts(node, problems)).unwrap_or_default(),
    }
}

fn text(fields: &Fields<'_>, name: &str, problems: &mut Problems) -> Option<String> {
    let node = fields.get(name)?;
    problems.coded("E004", |problems| node.text(problems).map(str::to_owned))
}

fn texts(fields: &Fields<'_>, name: &str, problems: &mut Problems) -> Vec<String> {
    let found = fields.get(name).and_then(|node| problems.coded("E004", |problems| node.texts(problems)));
    found.unwrap_or_default()
}

fn date(node: &Node, problems: &mut Problems) -> Option<NaiveDate> {
    node.read("a date such as 2026-11-01", problems, |text| text.parse().ok())
}

fn word<T>(
    fields: &Fields<'_>,
    name: &str,
    code: &'static str,
    known: &[&str],
    parse: fn(&str) -> Option<T>,
    problems: &mut Problems,
) -> Option<T> {
    let node = fields.get(name)?;
    let text = problems.coded("E004", |problems| node.text(problems))?;
    let found = parse(text);
    if found.is_none() {
        problems.coded(code, |problems| problems.unknown(node.span, name, text, known));
    }
    found
}

fn alerts(node: &Node, problems: &mut Problems) -> Vec<LabelSet> {
    let items = problems.coded("E004", |problems| node.seq(problems)).unwrap_or_default();
    items.iter().filter_map(|item| problems.coded("E004", |problems| label_set(item, problems))).collect()
}

fn label_set(node: &Node, problems: &mut Problems) -> Option<LabelSet> {
    let pairs = node.map(problems)?;
    if pairs.is_empty() {
        problems.error(node.span, "an empty map would match no alert");
    }
    pairs.iter().map(|pair| label(pair, problems)).collect::<Option<_>>().map(LabelSet)
}

fn label((key, node): &(Key, Node), problems: &mut Problems) -> Option<(String, Matcher)> {
    match Matcher::parse(node.text(problems)?) {
        Ok(matcher) => Some((key.text.clone(), matcher)),
        Err(why) => {
            problems.error(node.span, format!("this is not a regular expression: {why}"));
            None
        }
    }
}
