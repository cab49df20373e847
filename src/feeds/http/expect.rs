//! What an answer must be: `status`, `body`, `json` make it failing, `within` only degraded.

use crate::domain::matcher::Matcher;
use crate::domain::node::{FieldSpec, Key, Node, Problems, Value};
use crate::domain::text::inert;
use crate::ports::Response;
use regex::Regex;
use serde_json::Value as Json;
use std::time::Duration;

/// Statuses that count as health unless others are named: 2xx.
const GOOD: Status = Status::Class(2);

#[rustfmt::skip]
pub const KEYS: &[FieldSpec] = &[
    FieldSpec::new("status", "`200`, `2xx`, or a list of such", "`2xx`"),
    FieldSpec::new("body", "text that the body has, or `~` and an expression", "none"),
    FieldSpec::new("json", "JSON pointers and the values there, as label matchers; `null` is null or nothing", "none"),
    FieldSpec::new("within", "slower is degraded", "none"),
];

#[derive(Debug, Default)]
pub struct Expect {
    /// Empty means `GOOD`.
    status: Vec<Status>,
    body: Option<Body>,
    /// JSON pointers and what stands there.
    json: Vec<(String, Wanted)>,
    pub within: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Status {
    Exactly(u16),
    /// `2xx`
    Class(u16),
}

/// What the body's text must hold somewhere.
#[derive(Debug)]
enum Body {
    Text(String),
    Like(Regex),
}

#[derive(Debug)]
enum Wanted {
    /// Null, or nothing at all.
    Null,
    Like(Matcher),
}

impl Expect {
    pub fn parse(node: &Node, problems: &mut Problems) -> Option<Self> {
        let fields = node.fields(&FieldSpec::keys(KEYS), problems)?;
        let status = fields.get("status").map_or(Some(Vec::new()), |node| statuses(node, problems));
        let body = fields.get("body").map_or(Some(None), |node| body(node, problems).map(Some));
        let json = fields.get("json").map_or(Some(Vec::new()), |node| json(node, problems));
        let within = fields.get("within").map_or(Some(None), |node| node.duration(problems).map(Some));
        Some(Self { status: status?, body: body?, json: json?, within: within? })
    }

    pub fn reads_body(&self) -> bool {
        self.body.is_some() || !self.json.is_empty()
    }

    /// The first expectation that the answer doesn't meet, as a message.
    pub fn unmet(&self, response: &Response) -> Option<String> {
        if !self.welcomes(response.status) {
            return Some(unwelcome(response));
        }
        let why = self.unlike(response).or_else(|| self.json_unmet(response))?;
        Some(format!("{}, but {why}", response.status_line()))
    }

    fn welcomes(&self, status: u16) -> bool {
        let holds = |wanted: &Status| match wanted {
            Status::Exactly(code) => *code == status,
            Status::Class(class) => *class == status / 100,
        };
        if self.status.is_empty() { holds(&GOOD) } else { self.status.iter().any(holds) }
    }

    fn unlike(&self, response: &Response) -> Option<String> {
        let text = String::from_utf8_lossy(&response.body);
        match self.body.as_ref()? {
            Body::Text(wanted) if !text.contains(wanted.as_str()) => Some(format!("the body lacks `{wanted}`")),
            Body::Like(regex) if !regex.is_match(&text) => Some(format!("the body is not like `~{regex}`")),
            _ => None,
        }
    }

    fn json_unmet(&self, response: &Response) -> Option<String> {
        if self.json.is_empty() {
            return None;
        }
        let Ok(document) = serde_json::from_slice::<Json>(&response.body) else {
            let words = response.words().unwrap_or_default();
            return Some(format!("the body is not JSON: {words}"));
        };
        self.json.iter().find_map(|(pointer, wanted)| wanted.unmet(pointer, document.pointer(pointer)))
    }
}

/// The status, where a redirect leads, and the server's own words.
fn unwelcome(response: &Response) -> String {
    let line = response.status_line();
    let location = response.headers.get("location").filter(|_| response.status / 100 == 3);
    match (location, response.words()) {
        (Some(location), _) => format!("{line}: leads to {location}; follow with `redirects`, or name that address"),
        (None, Some(words)) => format!("{line}: {words}"),
        (None, None) => line,
    }
}

impl Wanted {
    fn unmet(&self, pointer: &str, found: Option<&Json>) -> Option<String> {
        let wanted = match self {
            Self::Null if matches!(found, None | Some(Json::Null)) => return None,
            Self::Like(matcher) if found.is_some_and(|found| like(matcher, found)) => return None,
            Self::Null => "nothing".to_owned(),
            Self::Like(matcher) => matcher.to_string(),
        };
        let found = found.map_or("missing".to_owned(), |found| format!("{}", inert(&found.to_string())));
        Some(format!("{pointer} is {found}, expected {wanted}"))
    }
}

/// Numbers are compared as numbers: `1.0` is `1`.
fn like(matcher: &Matcher, found: &Json) -> bool {
    match (matcher, found) {
        (_, Json::String(text)) => matcher.matches(text),
        (_, Json::Bool(bool)) => matcher.matches(if *bool { "true" } else { "false" }),
        (Matcher::Equal(wanted), Json::Number(number)) => wanted.parse().ok() == number.as_f64(),
        (_, Json::Number(number)) => matcher.matches(&number.to_string()),
        _ => false,
    }
}

fn statuses(node: &Node, problems: &mut Problems) -> Option<Vec<Status>> {
    let one = |node: &Node, problems: &mut Problems| node.read("a status such as 200 or 2xx", problems, status);
    match &node.value {
        Value::Seq(items) => items.iter().map(|item| one(item, problems)).collect(),
        _ => one(node, problems).map(|status| vec![status]),
    }
}

fn status(text: &str) -> Option<Status> {
    let class = text.strip_suffix("xx").or(text.strip_suffix("XX"));
    match class {
        Some(class) => class.parse().ok().filter(|class| (1..=5).contains(class)).map(Status::Class),
        None => text.parse().ok().filter(|code| (100..=599).contains(code)).map(Status::Exactly),
    }
}

fn body(node: &Node, problems: &mut Problems) -> Option<Body> {
    let text = node.text(problems)?;
    let Some(expression) = text.strip_prefix('~') else { return Some(Body::Text(text.to_owned())) };
    match Regex::new(expression) {
        Ok(regex) => Some(Body::Like(regex)),
        Err(error) => bad_expression(node, &error.to_string(), problems),
    }
}

fn json(node: &Node, problems: &mut Problems) -> Option<Vec<(String, Wanted)>> {
    let pairs = node.map(problems)?;
    pairs.iter().map(|(key, node)| Some((pointer(key, problems)?, wanted(node, problems)?))).collect()
}

fn pointer(key: &Key, problems: &mut Problems) -> Option<String> {
    if key.text.starts_with('/') {
        return Some(key.text.clone());
    }
    let path = key.text.trim_start_matches(['$', '.']).replace('.', "/");
    problems.error_with_help(key.span, "a JSON pointer begins with `/`", format!("write \"/{path}\""));
    None
}

fn wanted(node: &Node, problems: &mut Problems) -> Option<Wanted> {
    match &node.value {
        Value::Null => Some(Wanted::Null),
        Value::Scalar { text, quoted: false } if text == "null" => Some(Wanted::Null),
        _ => match Matcher::parse(node.text(problems)?) {
            Ok(matcher) => Some(Wanted::Like(matcher)),
            Err(error) => bad_expression(node, &error, problems),
        },
    }
}

fn bad_expression<T>(node: &Node, error: &str, problems: &mut Problems) -> Option<T> {
    let last = error.lines().last().unwrap_or("").trim_start_matches("error: ");
    problems.error(node.span, format!("this is no regular expression: {last}"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(text: &str) -> Result<Expect, Vec<String>> {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).expect("is YAML");
        let expect = Expect::parse(&node, &mut problems);
        expect.ok_or(problems.list.into_iter().map(|problem| problem.message).collect())
    }

    fn unmet(yaml: &str, status: u16, body: &str) -> Option<String> {
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        let response = Response { status, headers: Default::default(), body, took: Duration::ZERO, date: None };
        expect(yaml).expect("parses").unmet(&response)
    }

    #[test]
    fn any_2xx_is_welcome_unless_others_are_named() {
        assert_eq!(unmet("{}", 204, ""), None);
        assert_eq!(unmet("{}", 503, "database is down\n").as_deref(), Some("503 Service Unavailable: database is down"));
        assert_eq!(unmet("status: 200", 204, "").as_deref(), Some("204 No Content"));
        assert_eq!(unmet("status: [200, 3xx]", 302, ""), None);
        assert_eq!(unmet("status: 401", 401, ""), None);
    }

    #[test]
    fn the_body_holds_a_text_or_is_like_an_expression() {
        assert_eq!(unmet("body: all good", 200, "<p>all good</p>"), None);
        assert_eq!(unmet("body: all good", 200, "down").as_deref(), Some("200 OK, but the body lacks `all good`"));
        assert_eq!(unmet("body: '~v[0-9]+$'", 200, "running v12"), None);
        assert!(unmet("body: '~v[0-9]+$'", 200, "running vX").is_some());
    }

    #[test]
    fn json_is_compared_by_meaning() {
        let health = r#"{"status":"ok","db":{"up":true,"lag":1.0},"queue":["a"],"error":null}"#;
        for good in ["/status: ok", "/db/up: true", "/db/lag: 1", "/queue/0: ~a|b", "/error: null", "/warning: null"] {
            assert_eq!(unmet(&format!("json: {{\"{}", good.replacen(':', "\":", 1) + "}"), 200, health), None, "{good}");
        }
        let bad = unmet(r#"json: {"/db/lag": 2}"#, 200, health);
        assert_eq!(bad.as_deref(), Some("200 OK, but /db/lag is 1.0, expected 2"));
        let missing = unmet(r#"json: {"/db/role": primary}"#, 200, health);
        assert_eq!(missing.as_deref(), Some("200 OK, but /db/role is missing, expected primary"));
        let page = unmet(r#"json: {"/status": ok}"#, 200, "<html><title>Login</title></html>");
        assert_eq!(page.as_deref(), Some("200 OK, but the body is not JSON: a page titled \"Login\""));
        assert!(unmet(r#"json: {"/error": null}"#, 200, r#"{"error":"x"}"#).is_some());
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        assert_eq!(expect("status: 20").expect_err("bad"), ["expected a status such as 200 or 2xx, found `20`"]);
        assert_eq!(expect("json: {status: ok}").expect_err("bad"), ["a JSON pointer begins with `/`"]);
        assert_eq!(expect("body: ~a(").expect_err("bad"), ["this is no regular expression: unclosed group"]);
        let all = expect("{status: x, within: soon}").expect_err("bad");
        assert_eq!(all.len(), 2, "all at once: {all:?}");
    }
}
