//! `feed` bodies: a selector on what the console knows of its feeds. `name`, `service` and `kind` say which feeds are meant,
//! `state` says what shall be so of them. The grammar is closed, and it is read before any value is filled in: a value
//! stays one word of it, whatever it holds.

use super::{Values, expand, names};
use crate::domain::health::{FeedSpec, FeedState};
use crate::domain::ids::ServiceName;
use crate::domain::node::nearest;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

super::words! {
    /// What tells feeds apart; the words are those of the configuration.
    Key {
        Name = "name",
        Service = "service",
        Kind = "kind",
    }
}

/// A body that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// Which feeds are meant: all of these hold for them.
    pub which: Vec<Clause>,
    /// What their state is, or is not.
    pub states: Vec<(bool, FeedState)>,
    /// For how long it has been so.
    pub lasting: Option<Duration>,
}

/// `service = orders-db`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    pub key: Key,
    pub equal: bool,
    /// `$NAME` in it stands for a parameter or an output.
    pub value: String,
    /// Where the value stands in the block.
    pub at: Range<usize>,
}

/// What is wrong with a selector, and where in the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    pub at: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl Slip {
    fn new(at: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self { at, message: message.into(), help: help.into() }
    }
}

/// What a selector looks like, for messages.
pub const SELECTOR: &str =
    "`service = orders-db and state = healthy for 30s`: name, service, kind and state, each with `=` or `!=`";

const KEYS: [&str; 4] = ["name", "service", "kind", "state"];

impl Selector {
    /// Reads a body; the first slip is told.
    pub fn parse(text: &str) -> Result<Self, Slip> {
        let mut reader = Reader { text, at: 0 };
        let mut selector = Self { which: Vec::new(), states: Vec::new(), lasting: None };
        loop {
            reader.clause(&mut selector)?;
            match reader.word() {
                ("", _) => return Ok(selector),
                ("and", _) => {}
                ("or", at) => {
                    let help = "what is meant by two selectors is two steps; `!=` leaves something out".to_owned();
                    return Err(Slip::new(at, "there is no `or`", help));
                }
                ("for", at) => {
                    let help = "only what is so can last: `state = healthy for 30s`".to_owned();
                    return Err(Slip::new(at, "`for` stands after `state = …`, once", help));
                }
                (word, at) => return Err(Slip::new(at, format!("`{word}` where `and` is expected"), expected())),
            }
        }
    }

    /// With its values filled in.
    pub fn filled(mut self, values: Values<'_>) -> Result<Self, String> {
        for clause in &mut self.which {
            clause.value = expand(&clause.value, values)?;
        }
        Ok(self)
    }

    /// Whether a feed is meant.
    pub fn means(&self, feed: &FeedSpec) -> bool {
        self.which.iter().all(|clause| {
            let own = match clause.key {
                Key::Name => Some(feed.name.as_str()),
                Key::Service => feed.service.as_ref().map(ServiceName::as_str),
                Key::Kind => Some(feed.kind.as_str()),
            };
            (own == Some(clause.value.as_str())) == clause.equal
        })
    }

    /// Whether a feed in this state is as it shall be. Of a state that nobody knows that can't be told, unless not knowing is
    /// what is asked about.
    pub fn holds(&self, state: FeedState) -> Option<bool> {
        let asked = self.states.iter().any(|(_, named)| !named.is_known());
        (state.is_known() || asked).then(|| self.states.iter().all(|(equal, named)| (*named == state) == *equal))
    }

    /// The first name in it that the configuration doesn't have; or that nothing of the configuration is meant at all. What is
    /// filled in later isn't judged.
    pub fn stranger(&self, feeds: &[FeedSpec], services: &[&str]) -> Option<Slip> {
        let known = |key: Key| -> Vec<&str> {
            match key {
                Key::Name => feeds.iter().map(|feed| feed.name.as_str()).collect(),
                Key::Service => services.to_vec(),
                Key::Kind => feeds.iter().map(|feed| feed.kind.as_str()).collect(),
            }
        };
        let open = |clause: &Clause| names(&clause.value).next().is_some();
        for clause in self.which.iter().filter(|clause| !open(clause)) {
            let known = known(clause.key);
            if !known.contains(&clause.value.as_str()) {
                let (what, value) = (clause.key.noun(), &clause.value);
                let help = nearest(value, &known).map(|near| format!("did you mean `{near}`?"));
                return Some(Slip::new(clause.at.clone(), format!("the configuration has no {what} `{value}`"), help));
            }
        }
        let none = !self.which.iter().any(open) && !feeds.iter().any(|feed| self.means(feed));
        let all = self.which.first().map_or(0, |first| first.at.start)..self.which.last().map_or(0, |last| last.at.end);
        none.then(|| Slip::new(all, "no feed of the configuration is meant by this", None))
    }
}

impl Key {
    fn noun(self) -> &'static str {
        match self {
            Self::Name => "feed",
            Self::Service => "service",
            Self::Kind => "feed of kind",
        }
    }
}

fn expected() -> String {
    format!("expected {SELECTOR}, joined by `and`")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// What follows up to a character that ends it; empty at the end of the text, and then the place is that of the last word.
    fn take(&mut self, ends: impl Fn(char) -> bool) -> (&'a str, Range<usize>) {
        let rest = self.text[self.at..].trim_start();
        let start = self.text.len() - rest.len();
        let word = &rest[..rest.find(|c: char| c.is_whitespace() || ends(c)).unwrap_or(rest.len())];
        if rest.is_empty() {
            let end = self.text.trim_end().len();
            return ("", self.text[..end].rfind(char::is_whitespace).map_or(0, |before| before + 1)..end);
        }
        self.at = start + word.len();
        (word, start..self.at)
    }

    fn word(&mut self) -> (&'a str, Range<usize>) {
        self.take(|_| false)
    }

    fn clause(&mut self, selector: &mut Selector) -> Result<(), Slip> {
        let (key, place) = self.take(|c| c == '=' || c == '!');
        if !KEYS.contains(&key) {
            return Err(strange(key, place));
        }
        let equal = self.sign(key, &place)?;
        let (value, at) = self.word();
        if matches!(value, "" | "and" | "for") {
            return Err(Slip::new(at, format!("`{key}` is compared with nothing"), expected()));
        }
        match Key::parse(key) {
            None => self.state(equal, value, at, selector),
            Some(key) if equal && selector.which.iter().any(|clause| clause.key == key && clause.equal) => {
                let message = format!("`{} =` stands twice, and nothing is both", key.word());
                Err(Slip::new(place, message, "make a step of each, or leave `service` or `name` out".to_owned()))
            }
            Some(key) => {
                selector.which.push(Clause { key, equal, value: value.to_owned(), at });
                Ok(())
            }
        }
    }

    fn sign(&mut self, key: &str, place: &Range<usize>) -> Result<bool, Slip> {
        let rest = self.text[self.at..].trim_start();
        let start = self.text.len() - rest.len();
        let (sign, equal) = match rest {
            _ if rest.starts_with("==") => return Err(Slip::new(start..start + 2, "`==` is no sign", expected())),
            _ if rest.starts_with('=') => ("=", true),
            _ if rest.starts_with("!=") => ("!=", false),
            _ => return Err(Slip::new(place.clone(), format!("neither `=` nor `!=` after `{key}`"), expected())),
        };
        self.at = start + sign.len();
        Ok(equal)
    }

    /// A state, and for how long.
    fn state(&mut self, equal: bool, value: &str, at: Range<usize>, selector: &mut Selector) -> Result<(), Slip> {
        let Some(state) = FeedState::parse(value) else {
            let known = FeedState::ALL.map(FeedState::word);
            let help = nearest(value, &known).map_or_else(|| known.join(", "), |near| format!("did you mean `{near}`?"));
            return Err(Slip::new(at, format!("`{value}` is no state of a feed"), help));
        };
        if equal && selector.states.iter().any(|(equal, _)| *equal) {
            return Err(Slip::new(at, "`state =` stands twice, and nothing is both", expected()));
        }
        selector.states.push((equal, state));
        let before = self.at;
        if !equal || self.word().0 != "for" {
            self.at = before;
            return Ok(());
        }
        let (time, at) = self.word();
        let time = humantime::parse_duration(time).ok().filter(|time| !time.is_zero());
        selector.lasting =
            Some(time.ok_or_else(|| Slip::new(at, "no time after `for`", "a duration such as 30s or 5m".to_owned()))?);
        Ok(())
    }
}

/// A word that is no key.
fn strange(word: &str, at: Range<usize>) -> Slip {
    match (word, nearest(word, &KEYS)) {
        ("", _) => Slip::new(at, "a selector is expected here", expected()),
        (_, Some(near)) => Slip::new(at, format!("unknown name `{word}`"), format!("did you mean `{near}`?")),
        _ => Slip::new(at, format!("unknown name `{word}`"), format!("one of: {}", KEYS.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(name: &str, service: Option<&str>, kind: &str) -> FeedSpec {
        let second = Duration::from_secs(1);
        FeedSpec { service: service.map(Into::into), ..FeedSpec::new(name, kind, second, second) }
    }

    fn feeds() -> Vec<FeedSpec> {
        vec![feed("pg-1", Some("db"), "tcp"), feed("pg-lag", Some("db"), "promql"), feed("edge", None, "http")]
    }

    fn meant(text: &str) -> Vec<String> {
        let selector = Selector::parse(text).expect(text);
        feeds().iter().filter(|feed| selector.means(feed)).map(|feed| feed.name.to_string()).collect()
    }

    #[test]
    fn names_say_which_feeds_are_meant() {
        assert_eq!(meant("name = pg-1"), ["pg-1"]);
        assert_eq!(meant("service=db and kind!=tcp\n"), ["pg-lag"]);
        assert_eq!(meant("service != db"), ["edge"], "what belongs to nothing belongs not to it");
        assert_eq!(meant("state = healthy"), ["pg-1", "pg-lag", "edge"]);
        assert_eq!(meant("name != pg-1 and\n  name != edge"), ["pg-lag"]);
        assert_eq!(meant("name = nobody"), Vec::<String>::new());
    }

    #[test]
    fn what_nobody_knows_is_neither_so_nor_not_so() {
        use FeedState::{Degraded, Failing, Healthy, Stale, Unknown};
        let holds = |text: &str, state| Selector::parse(text).expect(text).holds(state);
        for (text, states) in [
            ("state = healthy", [Some(true), Some(false), Some(false), None, None]),
            ("state != healthy", [Some(false), Some(true), Some(true), None, None]),
            ("state != healthy and state != degraded", [Some(false), Some(false), Some(true), None, None]),
            ("state = stale", [Some(false), Some(false), Some(false), Some(true), Some(false)]),
            ("state != unknown", [Some(true), Some(true), Some(true), Some(true), Some(false)]),
            ("name = pg-1", [Some(true), Some(true), Some(true), None, None]),
        ] {
            assert_eq!([Healthy, Degraded, Failing, Stale, Unknown].map(|state| holds(text, state)), states, "{text}");
        }
    }

    #[test]
    fn time_belongs_to_what_is_so() {
        let lasting = |text: &str| Selector::parse(text).map(|selector| selector.lasting);
        assert_eq!(lasting("service = orders-db and state = healthy for 30s"), Ok(Some(Duration::from_secs(30))));
        assert_eq!(lasting("state = failing for 2m and service = db"), Ok(Some(Duration::from_secs(120))));
        assert_eq!(lasting("state = failing"), Ok(None));
    }

    /// The word under the caret and the message.
    fn slip(text: &str) -> (String, String) {
        let slip = Selector::parse(text).expect_err(text);
        (text[slip.at].to_owned(), slip.message)
    }

    #[test]
    fn a_slip_is_told_with_its_word() {
        for (text, word, why) in [
            ("", "", "expected here"),
            ("  \n", "", "expected here"),
            ("state = healthy and", "and", "expected here"),
            ("sate = healthy", "sate", "unknown name"),
            ("= healthy", "", "expected here"),
            ("value < 5", "value", "unknown name"),
            ("service orders-db", "service", "neither `=`"),
            ("service == db", "==", "no sign"),
            ("service =", "=", "with nothing"),
            ("service = and state = healthy", "and", "with nothing"),
            ("state = helthy", "helthy", "no state"),
            ("state = healthy for", "for", "no time"),
            ("state = healthy for ever", "ever", "no time"),
            ("state = healthy for 0s", "0s", "no time"),
            ("state != failing for 30s", "for", "once"),
            ("service = db for 30s", "for", "once"),
            ("state = healthy or state = degraded", "or", "no `or`"),
            ("state = healthy, service = db", "healthy,", "no state"),
            ("name = a and name = b", "name", "stands twice"),
            ("state = healthy and state = failing", "failing", "stands twice"),
            ("state = healthy service = db", "service", "`and` is expected"),
        ] {
            let (at, message) = slip(text);
            assert_eq!(at, word, "{text}: {message}");
            assert!(message.contains(why), "{text}: {message}");
        }
    }

    #[test]
    fn a_value_stays_one_word_whatever_it_holds() {
        let selector = Selector::parse("service = $SERVICE and state = healthy").expect("a selector");
        let filled = selector.clone().filled(&|_| Some("db or state = failing".into())).expect("a value");
        assert_eq!(filled.which[0].value, "db or state = failing");
        assert!(!feeds().iter().any(|feed| filled.means(feed)));
        assert!(selector.filled(&|_| None).is_err_and(|why| why.contains("SERVICE")));
    }

    #[test]
    fn names_that_the_configuration_lacks_are_told_with_the_nearest() {
        let stranger = |text: &str| {
            let slip = Selector::parse(text).expect(text).stranger(&feeds(), &["db", "web"])?;
            Some(format!("{}|{}|{}", &text[slip.at], slip.message, slip.help.unwrap_or_default()))
        };
        assert_eq!(stranger("service = db and name != edge and kind = tcp"), None);
        assert_eq!(stranger("service = $NAME"), None);
        assert_eq!(
            stranger("name = pg-lga").as_deref(),
            Some("pg-lga|the configuration has no feed `pg-lga`|did you mean `pg-lag`?")
        );
        assert_eq!(stranger("service = orders").as_deref(), Some("orders|the configuration has no service `orders`|"));
        assert_eq!(
            stranger("kind = htttp").as_deref(),
            Some("htttp|the configuration has no feed of kind `htttp`|did you mean `http`?")
        );
        assert!(stranger("service = web").is_some_and(|told| told.contains("no feed of the configuration")));
        assert!(stranger("name = edge and kind = tcp").is_some());
    }
}
