//! Silencing: which alerts, for how long, why, and how many that hides now. And ending a silence.

use super::ack::hold;
use super::choice::{Choice, item};
use super::confirm::{self, Question};
use super::dialog::{Dialog, Form, field};
use crate::domain::alert::{Cover, Labels, Severity, Silence, SilenceMatcher};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::Outside;
use crate::model::Command;
use crate::model::world::Broad;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::time::Duration;

struct Hide {
    source: SourceName,
    covers: Covers,
}

/// What the matchers hide now, and of what it was computed.
#[derive(Default)]
struct Covers {
    of: Option<(String, u64)>,
    alerts: usize,
    critical: usize,
    names: Vec<String>,
}

/// How long a silence lasts unless told otherwise.
const DEFAULT: &str = "1h";

pub fn open(id: &AlertId, view: &View) -> Reply {
    let Some(tracked) = view.world.alerts.get(id) else {
        return Reply::Say("The alert has left the queue.".to_owned());
    };
    let fields = vec![field("reason", ""), field("for", DEFAULT), field("matchers", written(&tracked.alert.labels))];
    let form = Hide { source: id.source.clone(), covers: Covers::default() };
    Reply::Open(Box::new(Dialog::new(form, fields)))
}

fn written(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{}={}", name.inert(), quoted(&value.inert()))).collect();
    pairs.join(" ")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `{job="db", instance=~"db-.*"}`.
pub fn show(matchers: &[SilenceMatcher]) -> String {
    let one = |matcher: &SilenceMatcher| format!("{}{}{}", matcher.name.inert(), matcher.sign(), quoted(&matcher.value.inert()));
    format!("{{{}}}", matchers.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// Reads `job="db" instance=~"db-.*", env!=test`.
pub fn parse(text: &str) -> Result<Vec<SilenceMatcher>, String> {
    let mut matchers = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',', '{', '}']);
    while !rest.is_empty() {
        let (matcher, tail) = one(rest)?;
        matchers.push(matcher);
        rest = tail.trim_start_matches([' ', ',', '}']);
    }
    Ok(matchers)
}

fn one(text: &str) -> Result<(SilenceMatcher, &str), String> {
    let wrong = || format!("`{text}`: write name=\"value\", name=~\"regex\", name!=\"value\" or name!~\"regex\".");
    let at = text.find(['=', '!']).ok_or_else(wrong)?;
    let signs = [("=~", true, true), ("!~", false, true), ("!=", false, false), ("=", true, false)];
    let (sign, equal, regex) = signs.into_iter().find(|(sign, _, _)| text[at..].starts_with(sign)).ok_or_else(wrong)?;
    let (value, tail) = value(&text[at + sign.len()..]).ok_or_else(wrong)?;
    let name = text[..at].trim();
    if name.is_empty() {
        return Err(wrong());
    }
    let matcher = SilenceMatcher { name: name.into(), value: value.into(), regex, equal };
    Cover::of(std::slice::from_ref(&matcher))?;
    Ok((matcher, tail))
}

/// A quoted value, or a word.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([' ', ',', '}']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut chars) = (String::new(), inner.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &inner[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

impl Covers {
    fn compute(&mut self, source: &SourceName, matchers: &[SilenceMatcher], view: &View) {
        let Ok(cover) = Cover::of(matchers) else { return };
        let here =
            view.world.alerts.queue().filter(|tracked| tracked.alert.id.source == *source && tracked.resolved_at.is_none());
        let hidden = here.filter(|tracked| cover.covers(&tracked.alert.labels));
        (self.alerts, self.critical, self.names) = (0, 0, Vec::new());
        for tracked in hidden {
            self.alerts += 1;
            self.critical += usize::from(tracked.severity == Severity::Critical);
            if self.names.len() < 4 {
                let (name, target) = (tracked.alert.name(), tracked.alert.target());
                self.names.push(format!("{} {}", Outside::from(name).inert(), Outside::from(target).inert()));
            }
        }
    }

    fn told(&self) -> Vec<(String, Role)> {
        let role = if self.alerts > 1 { Role::Warning } else { Role::Text };
        let critical = match (self.critical, self.alerts) {
            (0, _) => String::new(),
            (_, 1) => ", a critical one".to_owned(),
            (some, _) => format!(", {some} of them critical"),
        };
        let mut facts =
            vec![(format!("It hides {} now{critical}, and every later one that matches:", counted(self.alerts)), role)];
        facts.extend(self.names.iter().map(|name| (format!("· {name}"), Role::Dim)));
        facts
    }
}

fn counted(alerts: usize) -> String {
    if alerts == 1 { "1 alert".to_owned() } else { format!("{alerts} alerts") }
}

impl Form for Hide {
    fn title(&self, _view: &View) -> String {
        format!("Silence on {}", self.source)
    }

    fn verb(&self) -> String {
        format!("silence {}", counted(self.covers.alerts))
    }

    fn prepare(&mut self, texts: &[&str], view: &View) {
        let of = Some((texts[2].to_owned(), view.world.alerts.revision()));
        if self.covers.of != of {
            let matchers = parse(texts[2]).unwrap_or_default();
            self.covers.compute(&self.source, &matchers, view);
            self.covers.of = of;
        }
    }

    fn facts(&self, texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        match parse(texts[2]) {
            Ok(_) => self.covers.told(),
            Err(why) => vec![(why, Role::Warning)],
        }
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let matchers = parse(texts[2])?;
        let reason = texts[0].trim().to_owned();
        if reason.is_empty() {
            return Err("A silence needs a reason: others will ask why it is quiet.".to_owned());
        }
        // The count that was shown is the one that is recorded; if the queue has changed since, it is shown first.
        if self.covers.of != Some((texts[2].to_owned(), view.world.alerts.revision())) {
            return Err("The queue has just changed: look at the count again.".to_owned());
        }
        let hold = hold(texts[1])?.unwrap_or(Duration::from_secs(3600));
        let (source, covers) = (self.source.clone(), self.covers.alerts);
        let broad = view.world.broad(&source, &matchers);
        let ask = move |confirmed| {
            let (source, matchers, reason) = (source.clone(), matchers.clone(), reason.clone());
            vec![Reply::Ask(Command::Silence { source, matchers, hold, reason, covers, confirmed }), Reply::Unmark]
        };
        Ok(confirmed(broad, self.title(view), "silence them", ask))
    }
}

/// Does it at once, unless it is broad: then the number of alerts has to be typed first.
pub fn confirmed(
    broad: Option<Broad>,
    title: String,
    verb: &'static str,
    ask: impl Fn(Option<usize>) -> Vec<Reply> + 'static,
) -> Vec<Reply> {
    let Some(Broad { alerts, why }) = broad else { return ask(None) };
    let facts = vec![format!("Look again: {why}."), format!("{alerts} is the number of alerts that it keeps quiet now.")];
    let yes = Box::new(move |typed: Option<String>| ask(typed.and_then(|text| text.parse().ok())));
    vec![Reply::Open(confirm::open(Question { title, facts, verb, typed: Some(alerts.to_string()), yes }))]
}

/// Asks which silence on the alert shall end, and whether really.
pub fn expire(id: &AlertId, view: &View) -> Reply {
    let silences = view.world.alerts.get(id).map(|tracked| view.world.alerts.silences_on(tracked).collect::<Vec<_>>());
    match silences.unwrap_or_default().as_slice() {
        [] => Reply::Say("No silence is on it.".to_owned()),
        [one] => Reply::Open(confirm::open(ending(&id.source, one, view))),
        many => {
            let questions =
                many.iter().map(|silence| (silence.comment.inert().into_owned(), told(silence, view), end(&id.source, silence)));
            let items = questions.map(|(comment, about, ask)| item(comment, about, move || vec![Reply::Ask(ask.clone())]));
            Reply::Open(Box::new(Choice::new("End which silence?", items.collect())))
        }
    }
}

fn end(source: &SourceName, silence: &Silence) -> Command {
    Command::Expire { source: source.clone(), id: silence.id.clone() }
}

fn told(silence: &Silence, view: &View) -> String {
    format!("by {} until {}", silence.created_by.inert(), time::until(silence.ends_at, view.now.wall, view.zone))
}

fn ending(source: &SourceName, silence: &Silence, view: &View) -> Question {
    let ask = end(source, silence);
    Question {
        title: format!("End a silence on {source}"),
        facts: vec![show(&silence.matchers), told(silence, view), silence.comment.inert().into_owned()],
        verb: "end the silence",
        typed: None,
        yes: Box::new(move |_| vec![Reply::Ask(ask.clone())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_as_they_are_shown() {
        let matchers = parse(r#"job="db", instance=~"db-[0-9]+" env!=test path!~"/a b/.*\"x\"""#).expect("four");
        assert_eq!(matchers.len(), 4);
        assert_eq!(parse(&show(&matchers)), Ok(matchers));
        for text in ["job", "=x", "job=~\"(\"", "job=\"open"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
