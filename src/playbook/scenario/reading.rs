//! What the YAML of a scenario says.

use super::Around;
use crate::domain::alert::Severity;
use crate::domain::health::FeedState;
use crate::domain::ids::{PlaybookId, ServiceName};
use crate::domain::node::{Fields, Key, Node, Problems, Span, nearest};
use crate::domain::playbook::Playbook;
use crate::domain::scenario::{Beat, Fires, Kind, LATEST, MOST, NAME, Scenario, Turn, What, severity};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The version of the format.
const VERSION: &str = "1";

const KEYS: [&str; 10] = ["scenario", "id", "title", "kind", "playbook", "services", "beats", "expects", "abort", "ending"];

const FIRES: [&str; 6] = ["name", "severity", "service", "summary", "labels", "annotations"];

const TURN: [&str; 4] = ["name", "service", "state", "text"];

/// What a beat may be.
const BEATS: [&str; 4] = ["fires", "resolves", "feed", "note"];

#[derive(Default)]
pub struct Found {
    pub id: Option<String>,
    pub scenario: Option<Scenario>,
}

pub fn read(node: &Node, around: Around<'_>, problems: &mut Problems) -> Found {
    let Some(fields) = problems.coded("S002", |problems| node.fields(&KEYS, problems)) else { return Found::default() };
    version(&fields, problems);
    let id = fields.get("id").and_then(|node| problems.coded("S008", |problems| slug(node, problems)));
    let mut reader = Reader { around, problems, fired: BTreeSet::new(), firing: BTreeSet::new() };
    let title = reader.need(&fields, "title", Reader::line);
    let kind = reader.need(&fields, "kind", |reader, node| reader.word(node, "kind of drill", Kind::WORDS, Kind::parse));
    let book = fields.get("playbook").and_then(|node| reader.book(node));
    let services = fields.get("services").map(|node| reader.services(node)).unwrap_or_default();
    let beats = reader.need(&fields, "beats", Reader::beats).unwrap_or_default();
    let expects = fields.get("expects").map(|node| reader.expects(node, book)).unwrap_or_default();
    let abort = fields.get("abort").map(|node| reader.abort(node)).unwrap_or_default();
    let ending = fields.get("ending").and_then(|node| reader.typed(|problems| node.text(problems))).map(str::to_owned);
    let playbook = fields.get("playbook").and_then(|node| node.text(&mut Problems::default())).map(PlaybookId::from);
    lacks(node.span, kind, expects.is_empty(), abort.is_empty(), problems);
    let made = |(title, kind): (String, Kind)| Scenario {
        id: String::new(),
        title,
        kind,
        playbook,
        services,
        beats,
        expects,
        abort,
        ending,
    };
    Found { id, scenario: title.zip(kind).map(made) }
}

fn version(fields: &Fields<'_>, problems: &mut Problems) {
    let Some(node) = problems.coded("S009", |problems| fields.need("scenario", problems)) else { return };
    let read = |text: &str| (text == VERSION).then_some(());
    problems.coded("S009", |problems| node.read("`1`, the version of the format that this program knows", problems, read));
}

fn slug(node: &Node, problems: &mut Problems) -> Option<String> {
    let fits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let fits = |text: &str| Some(text).filter(|text| !text.is_empty() && text.len() <= 100).filter(fits).map(str::to_owned);
    node.read("an id of lower case letters, digits and `-`", problems, fits)
}

fn lacks(span: Span, kind: Option<Kind>, nothing_expected: bool, nothing_aborts: bool, problems: &mut Problems) {
    if nothing_expected {
        let help = "say what people should do, and in what time, under `expects`: without it nothing is scored";
        problems.coded("S010", |problems| problems.warning(span, "nothing is expected of anybody", help));
    }
    if kind == Some(Kind::GameDay) && nothing_aborts {
        let help = "name the feeds of your users under `abort`: real services are broken, and somebody may need them";
        problems.coded("S010", |problems| problems.warning(span, "nothing calls this game day off", help));
    }
}

/// What has been read so far.
pub(super) struct Reader<'a, 'p> {
    pub(super) around: Around<'a>,
    pub(super) problems: &'p mut Problems,
    /// Every alert that fires at some time.
    pub(super) fired: BTreeSet<String>,
    /// Those that fire where the reading has come to.
    firing: BTreeSet<String>,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn need<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<T> {
        let node = self.typed(|problems| fields.need(key, problems))?;
        read(self, node)
    }

    pub(super) fn typed<T>(&mut self, read: impl FnOnce(&mut Problems) -> T) -> T {
        self.problems.coded("S003", read)
    }

    /// A text that has something in it, on one line.
    pub(super) fn line(&mut self, node: &Node) -> Option<String> {
        let read = |text: &str| (!text.trim().is_empty() && !text.contains('\n')).then(|| text.trim().to_owned());
        self.typed(|problems| node.read("a line of text", problems, read))
    }

    pub(super) fn word<T>(&mut self, node: &Node, what: &str, words: &[&str], parse: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.typed(|problems| node.text(problems))?;
        let found = parse(text);
        if found.is_none() {
            self.problems.coded("S002", |problems| problems.unknown(node.span, what, text, words));
        }
        found
    }

    /// Something that stands in a list of what there is.
    pub(super) fn known(&mut self, node: &Node, what: &str, names: Option<Vec<&str>>) -> Option<String> {
        let text = self.line(node)?;
        if let Some(names) = names.filter(|names| !names.contains(&text.as_str())) {
            self.missing(node.span, what, &text, &names);
        }
        Some(text)
    }

    fn missing(&mut self, span: Span, what: &str, name: &str, names: &[&str]) {
        let help = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => format!("there is no {what} at all: leave it out"),
            None => format!("name one that is there, or leave it out: {}", some(names)),
        };
        self.problems.coded("S006", |problems| problems.error_with_help(span, format!("there is no {what} `{name}`"), help));
    }

    fn service(&mut self, node: &Node) -> Option<ServiceName> {
        let names = self.around.services.map(|all| all.iter().map(|service| service.name.as_str()).collect());
        self.known(node, "service", names).map(|name| name.as_str().into())
    }

    fn services(&mut self, node: &Node) -> Vec<ServiceName> {
        let Some(items) = self.typed(|problems| node.seq(problems)) else { return Vec::new() };
        items.iter().filter_map(|node| self.service(node)).collect()
    }

    /// The playbook, where the library is known.
    fn book(&mut self, node: &Node) -> Option<&'a Playbook> {
        let books = self.around.playbooks;
        let names = books.map(|books| books.iter().map(|book| book.id.as_str()).collect());
        let name = self.known(node, "playbook", names)?;
        let book = books?.iter().find(|book| book.id.as_str() == name)?;
        if book.starts_drills() {
            let help = "name the playbook that is practised, and not the one that picks it";
            let message = format!("`{name}` starts drills itself: this one would go round in a circle");
            self.problems.coded("S007", |problems| problems.error_with_help(node.span, message, help));
        }
        Some(book)
    }

    pub(super) fn time(&mut self, node: &Node) -> Option<Duration> {
        let text = self.typed(|problems| node.text(problems))?;
        let at = node.span;
        if text.trim_start().starts_with('-') {
            let help = "0s is when the drill begins";
            let message = format!("a time can't be negative: `{text}`");
            self.problems.coded("S004", |problems| problems.error_with_help(at, message, help));
            return None;
        }
        let time = self.typed(|problems| node.duration(problems))?;
        if time > LATEST {
            self.problems.coded("S004", |problems| {
                problems.error_with_help(at, format!("`{text}` is too late"), "a drill lasts seven days at most");
            });
        }
        Some(time)
    }

    fn beats(&mut self, node: &Node) -> Option<Vec<Beat>> {
        let items = self.typed(|problems| node.seq(problems))?;
        if items.is_empty() || items.len() > MOST {
            let message = format!("{} beats: there must be something that happens, and {MOST} are the limit", items.len());
            self.typed(|problems| problems.error(node.span, message));
        }
        let mut beats: Vec<Beat> = Vec::new();
        for node in items.iter().take(MOST) {
            beats.extend(self.beat(node, beats.last().map_or(Duration::ZERO, |last| last.at)));
        }
        Some(beats)
    }

    fn beat(&mut self, node: &Node, before: Duration) -> Option<Beat> {
        let keys: Vec<&str> = ["at"].into_iter().chain(BEATS).collect();
        let fields = self.problems.coded("S002", |problems| node.fields(&keys, problems))?;
        let at = self.typed(|problems| fields.need("at", problems)).and_then(|node| Some((self.time(node)?, node.span)));
        if let Some((at, span)) = at.filter(|(at, _)| *at < before) {
            let at = humantime::format_duration(at);
            let message = format!("{at} is before {}, at which the one above it happens", humantime::format_duration(before));
            let help = "write what happens in the order in which it happens";
            self.problems.coded("S004", |problems| problems.error_with_help(span, message, help));
        }
        let (key, value) = self.one_of(node, &BEATS)?;
        let what = match key {
            "fires" => What::Fires(self.fires(value)?),
            "resolves" => What::Resolves { name: self.resolves(value)? },
            "feed" => What::Feed(self.turn(value)?),
            _ => What::Note { text: self.typed(|problems| value.text(problems))?.trim().to_owned() },
        };
        Some(Beat { at: at?.0, what })
    }

    /// The one key of these that a map has.
    pub(super) fn one_of<'n>(&mut self, node: &'n Node, keys: &[&'static str]) -> Option<(&'static str, &'n Node)> {
        let pairs = self.typed(|problems| node.map(problems))?;
        let name = |key: &Key| keys.iter().copied().find(|known| *known == key.text);
        let found: Vec<_> = pairs.iter().filter_map(|(key, node)| Some((name(key)?, node, key.span))).collect();
        match found.as_slice() {
            [(key, value, _)] => Some((key, value)),
            [] => {
                let message = format!("one of {} is missing", keys.join(", "));
                self.typed(|problems| problems.error(node.span, message));
                None
            }
            [.., (key, _, span)] => {
                let help = "make an item of its own of each";
                let message = format!("`{key}` stands beside `{}`", found[0].0);
                self.typed(|problems| problems.error_with_help(*span, message, help));
                None
            }
        }
    }

    fn fires(&mut self, node: &Node) -> Option<Fires> {
        let fields = self.problems.coded("S002", |problems| node.fields(&FIRES, problems))?;
        let name = self.need(&fields, "name", Self::name);
        if let Some((name, span)) = &name {
            self.fired.insert(name.clone());
            if !self.firing.insert(name.clone()) {
                let help = "give it another name, and the same `alertname` under `labels`; or let it resolve first";
                self.untrue(*span, format!("`{name}` fires already"), help);
            }
        }
        let words = Severity::ALL.map(Severity::word);
        let severity = self.need(&fields, "severity", |reader, node| reader.word(node, "severity", &words, severity));
        let alert = Fires {
            service: fields.get("service").and_then(|node| self.service(node)),
            summary: fields.get("summary").and_then(|node| self.line(node)),
            labels: fields.get("labels").map(|node| self.pairs(node)).unwrap_or_default(),
            annotations: fields.get("annotations").map(|node| self.pairs(node)).unwrap_or_default(),
            name: name?.0,
            severity: severity?,
        };
        Some(alert)
    }

    /// Part of what an alert is known by.
    fn name(&mut self, node: &Node) -> Option<(String, Span)> {
        let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        let read = |text: &str| (!text.is_empty() && text.len() <= NAME && fits(text)).then(|| text.to_owned());
        let what = "the name of an alert: letters, digits, `_`, `.` and `-`";
        Some((self.typed(|problems| node.read(what, problems, read))?, node.span))
    }

    fn pairs(&mut self, node: &Node) -> BTreeMap<String, String> {
        let pairs = self.typed(|problems| node.map(problems)).unwrap_or_default();
        let text = |(key, node): &(Key, Node)| Some((key.text.clone(), self.typed(|problems| node.text(problems))?.to_owned()));
        pairs.iter().filter_map(text).collect()
    }

    fn resolves(&mut self, node: &Node) -> Option<String> {
        let name = self.line(node)?;
        if !self.firing.remove(&name) {
            let help = self.near(&name).unwrap_or_else(|| "an alert has to fire before it is over".to_owned());
            self.untrue(node.span, format!("`{name}` is over before it fires"), &help);
        }
        Some(name)
    }

    pub(super) fn untrue(&mut self, span: Span, message: String, help: &str) {
        self.problems.coded("S005", |problems| problems.error_with_help(span, message, help));
    }

    pub(super) fn near(&self, name: &str) -> Option<String> {
        let names: Vec<&str> = self.fired.iter().map(String::as_str).filter(|known| *known != name).collect();
        nearest(name, &names).map(|near| format!("did you mean `{near}`?"))
    }

    fn turn(&mut self, node: &Node) -> Option<Turn> {
        let fields = self.problems.coded("S002", |problems| node.fields(&TURN, problems))?;
        let feed = self.need(&fields, "name", Self::line);
        let words = FeedState::ALL.map(FeedState::word);
        let state = self.need(&fields, "state", |reader, node| reader.word(node, "state", &words, FeedState::parse));
        let service = fields.get("service").and_then(|node| self.service(node));
        let text = fields.get("text").and_then(|node| self.line(node)).unwrap_or_default();
        Some(Turn { feed: feed?, service, state: state?, text })
    }
}

/// The first names, for a message.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}
