//! How the console looks and behaves.

use super::{Kinds, list, service};
use crate::domain::alert::Severity;
use crate::domain::attention::{Attention, Hours, Rule, Way};
use crate::domain::catalogue::Service;
use crate::domain::node::{Key, Node, Problems, Value};
use crate::domain::settings::AckFor;
use chrono_tz::Tz;
use std::ops::RangeInclusive;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Console {
    /// A theme of the program by its name, or the whole path of a file; `None`: the terminal's background decides.
    pub theme: Option<String>,
    /// The zone that times are shown in.
    pub zone: Tz,
    pub mouse: bool,
    /// Nothing moves by itself that need not.
    pub still: bool,
    /// Addresses are links for the terminal to open.
    pub hyperlinks: bool,
    /// What calls an operator who looks elsewhere.
    pub attention: Attention,
    /// The operator's own program that does.
    pub call: Option<Call>,
    pub keys: Vec<Binding>,
    /// How long an acknowledgement lasts unless told otherwise.
    pub ack_for: AckFor,
    /// Filters of the queue, each with a name.
    pub views: Vec<(String, String)>,
    /// Ways to divide the screen.
    pub layouts: Vec<Layout>,
}

/// How much of the screen each pane has, in hundredths, and which are hidden; nothing: as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pub name: String,
    pub health: Option<u16>,
    pub playbook: Option<u16>,
    pub log: Option<u16>,
    pub hide: Vec<String>,
}

/// A program with its arguments, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub command: Vec<String>,
    pub within: Duration,
}

/// An acknowledgement lasts at least and at most so long.
const LEAST: Duration = Duration::from_secs(60);
const MOST: Duration = Duration::from_secs(7 * 86_400);

/// Keys that an action is bound to, in place of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub action: Key,
    pub keys: Vec<String>,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            theme: None,
            zone: local(),
            mouse: true,
            still: false,
            hyperlinks: true,
            attention: Attention::default(),
            call: None,
            keys: Vec::new(),
            ack_for: AckFor::default(),
            views: Vec::new(),
            layouts: Vec::new(),
        }
    }
}

pub fn read<S, F, T>(node: Option<&Node>, kinds: &Kinds<S, F, T>, services: &[Service], problems: &mut Problems) -> Console {
    let plain = Console::default();
    let known = ["theme", "time_zone", "mouse", "motion", "hyperlinks", "attention", "call", "ack", "keys", "views", "layouts"];
    let Some(fields) = node.and_then(|node| node.fields(&known, problems)) else {
        return plain;
    };
    let zone = fields.get("time_zone").and_then(|node| zone(node, problems)).unwrap_or(plain.zone);
    let call = fields.get("call").and_then(|node| call(node, problems));
    let rules = fields.get("attention").map_or(plain.attention.rules, |node| attention(node, services, problems));
    if let Some(node) = fields.get("attention").filter(|_| call.is_none() && fields.get("call").is_none())
        && rules.iter().any(|rule| rule.by.contains(&Way::Command))
    {
        problems.error_with_help(
            node.span,
            "`command` calls by a program of yours, and none is named",
            "add `call: {command: [PROGRAM, ARGUMENT]}` to `console`",
        );
    }
    Console {
        theme: fields.get("theme").and_then(|node| theme(node, &kinds.themes, problems)),
        zone,
        mouse: fields.get("mouse").and_then(|node| node.bool(problems)).unwrap_or(plain.mouse),
        still: fields.get("motion").and_then(|node| list::one_of(node, "motion", &MOTION, problems)).unwrap_or(plain.still),
        hyperlinks: fields.get("hyperlinks").and_then(|node| node.bool(problems)).unwrap_or(plain.hyperlinks),
        attention: Attention { rules, zone: Some(zone) },
        call,
        ack_for: fields.get("ack").and_then(|node| ack(node, problems)).unwrap_or(plain.ack_for),
        views: fields.get("views").map(|node| views(node, kinds, problems)).unwrap_or_default(),
        layouts: fields.get("layouts").map(|node| layouts(node, kinds, problems)).unwrap_or_default(),
        keys: fields.get("keys").map(|node| keys(node, kinds, problems)).unwrap_or_default(),
    }
}

/// How long a program that calls somebody may take.
const CALLS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);

fn call(node: &Node, problems: &mut Problems) -> Option<Call> {
    let fields = node.fields(&["command", "within"], problems)?;
    let command = fields.need("command", problems)?;
    let words = command.texts(problems)?;
    match words.first().map(String::as_str) {
        None | Some("") => problems.error(command.span, "the command names no program"),
        // Nothing splits it.
        Some(program) if words.len() == 1 && program.contains(' ') => {
            let words = program.split_whitespace().collect::<Vec<_>>().join(", ");
            problems.error_with_help(command.span, "a command is a list, there is no shell", format!("write [{words}]"));
        }
        Some(_) => {}
    }
    let within = list::time(fields.get("within"), CALLS, problems).unwrap_or(Duration::from_secs(10));
    Some(Call { command: words, within })
}

fn attention(node: &Node, known: &[Service], problems: &mut Problems) -> Vec<Rule> {
    list::each(Some(node), problems, |node, problems| {
        let fields = node.fields(&["severity", "services", "hours", "by"], problems)?;
        let words = Severity::ALL.map(|severity| (severity.word(), severity));
        let severity =
            fields.get("severity").map_or(Some(Severity::Critical), |node| list::one_of(node, "severity", &words, problems));
        let services = fields.get("services").map(list::items).unwrap_or_default();
        let services = services.iter().filter_map(|node| service::named(node, known, problems)).collect();
        let hours = fields.get("hours").map_or(Some(None), |node| {
            node.read("hours such as 22:00-07:00, with a zone or without", problems, |text| Hours::parse(text).map(Some))
        });
        let ways: Vec<_> = Way::ALL.iter().map(|way| (way.word(), *way)).collect();
        let by = list::items(fields.need("by", problems)?);
        let by = by.iter().filter_map(|node| list::one_of(node, "way to call", &ways, problems)).collect();
        Some(Rule { severity: severity?, services, hours: hours?, by })
    })
}

/// One time for all, or one for each severity that is named.
fn ack(node: &Node, problems: &mut Problems) -> Option<AckFor> {
    let fields = node.fields(&["for"], problems)?;
    let hold = fields.get("for")?;
    if !matches!(hold.value, Value::Map(_)) {
        return list::time(Some(hold), LEAST..=MOST, problems).map(AckFor::always);
    }
    let fields = hold.fields(&Severity::ALL.map(Severity::word), problems)?;
    let each = |severity: Severity| Some((severity, list::time(fields.get(severity.word()), LEAST..=MOST, problems)?));
    Some(Severity::ALL.into_iter().filter_map(each).fold(AckFor::default(), |all, (severity, hold)| all.but(severity, hold)))
}

fn views<S, F, T>(node: &Node, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Vec<(String, String)> {
    let pairs = node.map(problems).unwrap_or_default();
    pairs.iter().filter_map(|(name, node)| Some((name.text.clone(), view(node, kinds, problems)?))).collect()
}

fn view<S, F, T>(node: &Node, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    if text.trim().is_empty() {
        problems.error(node.span, "an empty filter would show everything: `esc` does that");
    } else if let Err(why) = (kinds.filter)(text) {
        problems.error(node.span, format!("the filter is wrong {why}"));
    }
    Some(text.to_owned())
}

fn layouts<S, F, T>(node: &Node, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Vec<Layout> {
    let pairs = node.map(problems).unwrap_or_default();
    pairs.iter().filter_map(|(name, node)| layout(&name.text, node, kinds, problems)).collect()
}

fn layout<S, F, T>(name: &str, node: &Node, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Option<Layout> {
    let fields = node.fields(&["health", "playbook", "log", "hide"], problems)?;
    let mut share = |key: &str, most: u16| {
        let wanted = format!("a share of the screen in percent, 10 to {most}");
        let read = |text: &str| text.parse().ok().filter(|share| (10..=most).contains(share));
        fields.get(key).and_then(|node| node.read(&wanted, problems, read))
    };
    let (health, playbook, log) = (share("health", 60), share("playbook", 60), share("log", 80));
    if health.unwrap_or(0) + playbook.unwrap_or(0) > 80 {
        problems.error(node.span, "health and playbook can have 80 percent together: the queue needs the rest");
    }
    let panes: Vec<_> = kinds.panes.iter().map(|pane| (*pane, *pane)).collect();
    let hide = fields.get("hide").map(list::items).unwrap_or_default();
    let hide: Vec<&str> = hide.iter().filter_map(|node| list::one_of(node, "pane", &panes, problems)).collect();
    if kinds.panes.iter().all(|pane| hide.contains(pane)) {
        problems.error(node.span, "it hides every pane");
    }
    let hide = hide.into_iter().map(str::to_owned).collect();
    Some(Layout { name: name.to_owned(), health, playbook, log, hide })
}

/// How much moves.
const MOTION: [(&str, bool); 2] = [("full", false), ("reduced", true)];

/// Whatever suits the terminal.
const AUTO: &str = "auto";

/// What looks like a path is one.
fn theme(node: &Node, themes: &[&str], problems: &mut Problems) -> Option<String> {
    let name = node.text(problems)?;
    if name.contains('/') || name.ends_with(".yaml") {
        return node.path(problems).map(|path| path.display().to_string());
    }
    if name == AUTO {
        return None;
    }
    if !themes.contains(&name) {
        problems.unknown(node.span, "theme", name, &[themes, &[AUTO]].concat());
    }
    Some(name.to_owned())
}

/// Each by itself, and then those that are right beside each other.
fn keys<S, F, T>(node: &Node, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Vec<Binding> {
    let pairs = node.map(problems).unwrap_or_default();
    let bindings: Vec<Binding> = pairs.iter().filter_map(|(action, node)| binding(action, node, kinds, problems)).collect();
    let wishes: Vec<_> = bindings.iter().map(|binding| (binding.action.text.clone(), binding.keys.clone())).collect();
    for (wish, why) in (kinds.keys)(&wishes) {
        let span = bindings.get(wish).map(|binding| binding.action.span).unwrap_or_default();
        problems.error_with_help(span, format!("console.keys: {why}"), OTHER_KEY);
    }
    bindings
}

const OTHER_KEY: &str = "choose another key; `midwatch keys` lists those that are taken";

fn binding<S, F, T>(action: &Key, node: &Node, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Option<Binding> {
    let known = kinds.actions.contains(&action.text.as_str());
    if !known {
        problems.unknown(action.span, "action", &action.text, &kinds.actions);
    }
    let items = list::items(node);
    let keys: Vec<String> = items.iter().filter_map(|node| key(node, kinds.key, problems)).collect();
    (known && keys.len() == items.len()).then(|| Binding { action: action.clone(), keys })
}

fn key(node: &Node, judge: fn(&str) -> Result<(), String>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    let wrong = judge(text).err();
    let good = wrong.is_none().then(|| text.to_owned());
    wrong.into_iter().for_each(|why| problems.error(node.span, why));
    good
}

fn zone(node: &Node, problems: &mut Problems) -> Option<Tz> {
    node.read("`local`, `UTC` or a zone such as Europe/Berlin", problems, |text| match text {
        "local" => Some(local()),
        name => name.parse().ok(),
    })
}

/// UTC where no known zone is set.
fn local() -> Tz {
    super::file::zone().unwrap_or(Tz::UTC)
}
