//! Parameters: what a playbook asks for, and the rules by which a value is accepted. Values from alerts are hostile:
//! whatever is accepted here reaches commands only as an environment variable, never as program text.

use crate::domain::node::{Span, nearest};
use crate::domain::secret::Secret;
use std::collections::BTreeMap;
use std::fmt;

super::words! {
    /// What a value must look like.
    ParamType {
        String = "string",
        Int = "int",
        Bool = "bool",
        Enum = "enum",
        Host = "host",
        Port = "port",
        Url = "url",
        Duration = "duration",
        Path = "path",
        Regex = "regex",
        /// Never shown, never written; asked again on resume.
        Secret = "secret",
    }
}

/// One parameter as the front matter declares it. Its name is the name of the environment variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: String,
    pub kind: ParamType,
    pub default: Option<String>,
    pub from: Option<ParamSource>,
    /// An expression that the whole value must match.
    pub pattern: Option<String>,
    /// For numbers and ports.
    pub min: Option<i64>,
    pub max: Option<i64>,
    /// For `enum`, and for any other type that shall be limited.
    pub choices: Vec<String>,
    pub required: bool,
    pub help: Option<String>,
    pub span: Span,
}

/// Where a value may come from by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParamSource {
    /// A label of the alert that the run was started for.
    Label(String),
    Annotation(String),
    /// An environment variable of the console.
    Env(String),
    /// The first line of a file.
    File(String),
    /// A field of the service in the console's catalogue.
    Service(String),
    /// A fact of the run: `id`, `operator`, `incident`, `environment`.
    Run(String),
}

impl ParamSource {
    pub const WORDS: &[&'static str] = &["label.", "annotation.", "env.", "file.", "service.", "run."];

    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('.')?;
        let name = (!name.is_empty()).then(|| name.to_owned())?;
        Some(match kind {
            "label" => Self::Label(name),
            "annotation" => Self::Annotation(name),
            "env" => Self::Env(name),
            "file" => Self::File(name),
            "service" => Self::Service(name),
            "run" => Self::Run(name),
            _ => return None,
        })
    }
}

impl fmt::Display for ParamSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(name) => write!(f, "label.{name}"),
            Self::Annotation(name) => write!(f, "annotation.{name}"),
            Self::Env(name) => write!(f, "env.{name}"),
            Self::File(name) => write!(f, "file.{name}"),
            Self::Service(name) => write!(f, "service.{name}"),
            Self::Run(name) => write!(f, "run.{name}"),
        }
    }
}

/// Where a value came from; shown beside it before the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Operator,
    Source(ParamSource),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Source(source) => source.fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

#[derive(Debug, Clone)]
pub enum ParamValue {
    Plain(String),
    Hidden(Secret),
}

impl ParamValue {
    /// The value itself, secret or not: for the environment of a command only.
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Hidden(secret) => secret.expose(),
        }
    }

    /// What may be written and shown.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Hidden(_) => None,
        }
    }
}

impl PartialEq for ParamValue {
    fn eq(&self, other: &Self) -> bool {
        self.plain() == other.plain() && self.expose() == other.expose()
    }
}

/// All parameters after resolution: frozen when a run starts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// In the order of the front matter; a parameter that has no value and needs none is absent.
    pub values: Vec<(String, ParamValue, Origin)>,
    /// What stands in the way of a start.
    pub refused: Vec<Refused>,
}

/// A parameter without an acceptable value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub name: String,
    /// Where the unacceptable value came from; `None` where there is no value.
    pub origin: Option<Origin>,
    /// One sentence; never holds the value of a secret.
    pub why: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "parameter {} (from {origin}): {}", self.name, self.why),
            None => write!(f, "parameter {}: {}", self.name, self.why),
        }
    }
}

impl Resolved {
    pub fn get(&self, name: &str) -> Option<&ParamValue> {
        self.values.iter().find(|(known, ..)| known == name).map(|(_, value, _)| value)
    }

    /// The value of a parameter that isn't secret.
    pub fn plain(&self, name: &str) -> Option<&str> {
        self.get(name)?.plain()
    }

    /// The values that must never stand in an output, a log or an export.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.values.iter().filter_map(|(_, value, _)| match value {
            ParamValue::Hidden(secret) => Some(secret),
            ParamValue::Plain(_) => None,
        })
    }
}

/// Answers what a source has, if anything.
pub type Lookup<'a> = &'a dyn Fn(&ParamSource) -> Option<String>;

/// Gives every parameter its value: typed by the operator, else from its source, else its default. All refusals are
/// collected. A value that is there but unacceptable is refused, and never replaced by the next one in line.
pub fn resolve(params: &[Param], typed: &BTreeMap<String, String>, lookup: Lookup<'_>) -> Resolved {
    let mut resolved = Resolved::default();
    for param in params {
        match value(param, typed, lookup) {
            Ok(Some((value, origin))) => resolved.values.push((param.name.clone(), value, origin)),
            Ok(None) => {}
            Err(refused) => resolved.refused.push(refused),
        }
    }
    resolved.refused.extend(strangers(params, typed));
    resolved
}

fn value(param: &Param, typed: &BTreeMap<String, String>, lookup: Lookup<'_>) -> Result<Option<(ParamValue, Origin)>, Refused> {
    let refused = |origin, why| Refused { name: param.name.clone(), origin, why };
    let Some((text, origin)) = candidate(param, typed, lookup) else {
        return if param.required { Err(refused(None, missing(param))) } else { Ok(None) };
    };
    match param.accept(&text) {
        Ok(text) if param.kind == ParamType::Secret => Ok(Some((ParamValue::Hidden(Secret::new(text)), origin))),
        Ok(text) => Ok(Some((ParamValue::Plain(text), origin))),
        Err(why) => Err(refused(Some(origin), why)),
    }
}

fn candidate(param: &Param, typed: &BTreeMap<String, String>, lookup: Lookup<'_>) -> Option<(String, Origin)> {
    // What was typed empty is meant empty, where a value may be missing at all.
    if let Some(text) = typed.get(&param.name).filter(|text| !(param.required && text.is_empty())) {
        return Some((text.clone(), Origin::Operator));
    }
    let sourced = param.from.as_ref().and_then(|source| Some((lookup(source)?, Origin::Source(source.clone()))));
    let sourced = sourced.filter(|(text, _)| !text.is_empty()).map(|(text, origin)| (param.split_host(text), origin));
    sourced.or_else(|| Some((param.default.clone()?, Origin::Default)))
}

fn missing(param: &Param) -> String {
    let from = param.from.as_ref().map(|source| format!(", and {source} has none")).unwrap_or_default();
    format!("has no value{from}; give it with --param {}=…", param.name)
}

fn strangers<'a>(params: &'a [Param], typed: &'a BTreeMap<String, String>) -> impl Iterator<Item = Refused> + 'a {
    let known: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
    let strange = typed.keys().filter(|name| !params.iter().any(|param| param.name == **name));
    strange.map(move |name| {
        let why = match nearest(name, &known) {
            Some(near) => format!("the playbook has no such parameter; did you mean {near}?"),
            None => "the playbook has no such parameter".to_owned(),
        };
        Refused { name: name.clone(), origin: Some(Origin::Operator), why }
    })
}

impl Param {
    /// `db-1:9187` gives `db-1` where a host is wanted: `label.instance` names the exporter's port too.
    fn split_host(&self, text: String) -> String {
        if self.kind != ParamType::Host {
            return text;
        }
        match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() && (!host.contains(':') || host.starts_with('[')) => {
                host.trim_start_matches('[').trim_end_matches(']').to_owned()
            }
            _ => text,
        }
    }

    /// The value, if it is acceptable; else why it isn't. The sentence never holds a secret.
    pub fn accept(&self, text: &str) -> Result<String, String> {
        let text = text.to_owned();
        if self.kind == ParamType::Secret {
            return if text.contains('\0') { Err("holds a NUL character".into()) } else { Ok(text) };
        }
        if text.chars().any(char::is_control) {
            return Err(format!("`{}` holds control characters", crate::domain::text::inert(&text)));
        }
        self.typed(&text)?;
        self.limited(&text)?;
        Ok(text)
    }

    fn typed(&self, text: &str) -> Result<(), String> {
        let expected = |what: &str| Err(format!("expected {what}, found `{}`", crate::domain::text::inert(text)));
        if text.starts_with('-') && matches!(self.kind, ParamType::Host | ParamType::Path | ParamType::Url) {
            return Err(format!("`{}` starts with `-` and would be taken for an option", crate::domain::text::inert(text)));
        }
        match self.kind {
            ParamType::Int if text.parse::<i64>().is_err() => expected("a whole number"),
            ParamType::Bool if !matches!(text, "true" | "false") => expected("true or false"),
            ParamType::Port if !text.parse::<u16>().is_ok_and(|port| port > 0) => expected("a port, 1 to 65535"),
            ParamType::Duration if humantime::parse_duration(text).is_err() => expected("a duration such as 10s or 1h30m"),
            ParamType::Host if !is_host(text) => expected("a host name or address"),
            ParamType::Url if !url::Url::parse(text).is_ok_and(|url| url.has_host()) => {
                expected("a URL such as http://host:port")
            }
            ParamType::Regex => super::compile(text).map(drop),
            _ => Ok(()),
        }
    }

    fn limited(&self, text: &str) -> Result<(), String> {
        let shown = crate::domain::text::inert(text);
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == text) {
            return Err(format!("`{shown}` is not one of {}", self.choices.join(", ")));
        }
        if let Some(pattern) = &self.pattern {
            let whole = super::compile(&format!("^(?:{pattern})$"))?;
            if !whole.is_match(text) {
                return Err(format!("`{shown}` does not match `{pattern}`"));
            }
        }
        match text.parse::<i64>() {
            Ok(number) if self.min.is_some_and(|min| number < min) => Err(format!("{number} is below {}", self.min.unwrap_or(0))),
            Ok(number) if self.max.is_some_and(|max| number > max) => Err(format!("{number} is above {}", self.max.unwrap_or(0))),
            _ => Ok(()),
        }
    }
}

fn is_host(text: &str) -> bool {
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !text.is_empty() && (text.chars().all(named) || text.parse::<std::net::Ipv6Addr>().is_ok())
}
