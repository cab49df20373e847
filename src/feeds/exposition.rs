//! Metrics as programs show them: Prometheus text and OpenMetrics. Only lines of the metric that is wanted are read whole.

use crate::domain::secret::Secret;
use crate::ports::{Fault, Request, Response};
use std::collections::BTreeMap;

/// What a server is asked for: OpenMetrics says where it ends, so that one cut short is noticed.
const ACCEPT: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// More than that no program shows in one piece.
const LONGEST: usize = 20 << 20;

pub fn asking(mut request: Request) -> Request {
    request.headers.push(("accept".into(), Secret::new(ACCEPT.into())));
    Request { longest: LONGEST, ..request }
}

/// What was found of one metric.
#[derive(Debug, Default)]
pub struct Found {
    /// The labels, among them `__name__`, and the value.
    pub samples: Vec<(BTreeMap<String, String>, f64)>,
    /// What its `# TYPE` line says.
    pub kind: Option<String>,
}

pub fn read(response: &Response, metric: &str) -> Result<Found, Fault> {
    let text = std::str::from_utf8(&response.body).map_err(|_| Fault::NotText)?;
    let open = response.headers.get("content-type").is_some_and(|kind| kind.contains("openmetrics"));
    // Whatever is cut short ends in the middle of a line; OpenMetrics has a last one besides.
    if !text.is_empty() && !text.ends_with('\n') && !text.ends_with("# EOF") || open && !text.trim_end().ends_with("# EOF") {
        return Err(Fault::Cut(text.len()));
    }
    let mut found = Found::default();
    for (index, line) in text.lines().enumerate() {
        line_of(line.trim_start(), metric, &mut found).map_err(|why| Fault::Other(format!("{why} at line {}", index + 1)))?;
    }
    Ok(found)
}

fn line_of(line: &str, metric: &str, found: &mut Found) -> Result<(), String> {
    if let Some(comment) = line.strip_prefix('#') {
        let mut words = comment.split_whitespace();
        if words.next() == Some("TYPE") && words.next() == Some(metric) {
            found.kind = words.next().map(str::to_owned);
        }
        return Ok(());
    }
    let end = line.find(|c: char| c == '{' || c.is_whitespace()).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if line.is_empty() || !name.is_empty() && name != metric && is_name(name) {
        return Ok(());
    }
    if !name.is_empty() && !is_name(name) {
        return Err(format!("{name:?} is no name of a metric"));
    }
    let (labels, rest) = labels(name, rest)?;
    if labels.get("__name__").is_some_and(|name| name == metric) {
        found.samples.push((labels, value(rest)?));
    }
    Ok(())
}

/// A name without quotes.
fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// The labels in braces, and what follows; a name in quotes stands among them.
fn labels<'a>(name: &str, text: &'a str) -> Result<(BTreeMap<String, String>, &'a str), String> {
    let mut labels = BTreeMap::new();
    if !name.is_empty() {
        labels.insert("__name__".to_owned(), name.to_owned());
    }
    let Some(mut rest) = text.trim_start().strip_prefix('{') else { return Ok((labels, text)) };
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (key, after) = match rest.strip_prefix('"') {
            Some(inner) => quoted(inner)?,
            None => {
                let (key, after) = rest.split_at(rest.find('=').ok_or("a label without a value")?);
                (key.to_owned(), after)
            }
        };
        rest = match after.trim_start().strip_prefix('=') {
            Some(after) => {
                let inner = after.trim_start().strip_prefix('"').ok_or("the value of a label without quotes")?;
                let (value, after) = quoted(inner)?;
                labels.insert(key.trim().to_owned(), value);
                after
            }
            None => {
                labels.insert("__name__".to_owned(), key);
                after
            }
        };
    }
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[place + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                _ => return Err("an escape that does not exist".to_owned()),
            },
            c => value.push(c),
        }
    }
    Err("a quote that is not closed".to_owned())
}

/// The value; the timestamp and the exemplar behind it are of no interest.
fn value(text: &str) -> Result<f64, String> {
    let word = text.split_whitespace().next().unwrap_or("");
    word.parse().map_err(|_| format!("`{word}` is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn read_as(kind: &str, text: &str, metric: &str) -> Result<Vec<(String, f64)>, Fault> {
        let headers = [("content-type".to_owned(), kind.to_owned())].into();
        let body = bytes::Bytes::copy_from_slice(text.as_bytes());
        let found = read(&Response { status: 200, headers, body, took: Duration::ZERO, date: None }, metric)?;
        Ok(found.samples.iter().map(|(labels, value)| (super::super::gauge::series(labels), *value)).collect())
    }

    fn plain(text: &str, metric: &str) -> Vec<(String, f64)> {
        read_as("text/plain", text, metric).expect("reads")
    }

    #[test]
    fn samples_are_read_with_escapes_timestamps_and_exemplars() {
        let text = "# HELP m Some { text \"\n# TYPE m gauge\nm 1.5\nm{a=\"x\",} 2 1712000000000\n  m { a=\"b\\\"}\\n\" , c = \"\\\\\" } +Inf\n\n\
            m_total{a=\"1\"} 7 # {trace_id=\"x\"} 0.5 1712000000\nmm 9\n";
        let wanted = [("m", 1.5), ("m{a=\"x\"}", 2.0), ("m{a=\"b\\\"}\\n\", c=\"\\\\\"}", f64::INFINITY)];
        assert_eq!(plain(text, "m"), wanted.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(plain(text, "m_total"), [("m_total{a=\"1\"}".to_owned(), 7.0)]);
        assert!(plain("m NaN\n", "m")[0].1.is_nan());
        assert_eq!(plain("{\"my.metric\",\"a.b\"=\"x\"} 1\n", "my.metric"), [("my.metric{a.b=\"x\"}".to_owned(), 1.0)]);
        assert_eq!(plain("", "m"), []);
    }

    #[test]
    fn what_is_cut_short_is_noticed() {
        assert_eq!(read_as("text/plain", "m 1\nm{a=\"b\"} 12", "m"), Err(Fault::Cut(15)));
        let open = "application/openmetrics-text; version=1.0.0";
        assert_eq!(read_as(open, "m 1\n", "m"), Err(Fault::Cut(4)));
        assert_eq!(read_as(open, "m 1\n# EOF\n", "m").expect("whole").len(), 1);
    }

    #[test]
    fn what_is_no_exposition_is_told_with_its_line() {
        let why = |text: &str| match read_as("text/plain", text, "m") {
            Err(Fault::Other(why)) => why,
            other => panic!("{text:?} is {other:?}"),
        };
        assert_eq!(why("x 1\nm one\n"), "`one` is not a number at line 2");
        assert_eq!(why("hello, world\n"), "\"hello,\" is no name of a metric at line 1");
        for broken in ["m{a=\"b} 1\n", "m{a=b} 1\n", "m{a} 1\n", "m{a=\"\\x\"} 1\n", "m\n", "m{\n", "m{=} 1\n", "[1, 2]\n"] {
            assert!(why(broken).ends_with("at line 1"), "{broken}");
        }
    }
}
