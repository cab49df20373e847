//! `http` bodies: a request line, headers, a blank line, a body. No shell. `$NAME` and `${NAME}` stand for parameters
//! and outputs; a value can never become more than the place that it stands in.

use crate::domain::playbook::{Values, expand_with};
use crate::domain::secret::Secret;
use crate::ports::Request;
use bytes::Bytes;
use url::Url;

const METHODS: &[&str] = &["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];
/// Answers longer than this are refused.
const LONGEST: usize = 1 << 20;

/// A request as it stands in the playbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Call {
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.trim_start_matches('\n').split_once("\n\n").unwrap_or((text.trim_start_matches('\n'), ""));
        let mut lines = head.lines();
        let (method, url) = request_line(lines.next().unwrap_or(""))?;
        let headers = lines.filter(|line| !line.trim().is_empty()).map(header).collect::<Result<_, _>>()?;
        let body = body.strip_suffix('\n').unwrap_or(body);
        Ok(Self { method, url, headers, body: (!body.is_empty()).then(|| body.to_owned()) })
    }

    pub fn only_reads(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS")
    }

    /// Fills the values in. A value is refused where it can't stand; `hidden` has the secrets too, and only headers,
    /// which are never printed, get those.
    pub fn request(&self, values: Values<'_>, hidden: Values<'_>) -> Result<Request, String> {
        let mut request = Request::get(self.address(values)?);
        request.method = self.method;
        request.longest = LONGEST;
        for (name, value) in &self.headers {
            let value = expand_with(value, &|name| line(name, hidden), |value| value)?;
            request.headers.push((name.clone(), Secret::new(value)));
        }
        request.body = self.body.as_deref().map(|body| self.fill(body, values)).transpose()?.map(Bytes::from);
        Ok(request)
    }

    /// A value at the very beginning is a whole address; one before the path must be a host or a port; after that it is
    /// percent-encoded.
    fn address(&self, values: Values<'_>) -> Result<Url, String> {
        let (base, rest) = match self.url.strip_prefix('$') {
            Some(_) => leading(&self.url, values)?,
            None => authority(&self.url, values)?,
        };
        // A value of dots would climb out of the path, encoded or not.
        let still = |name: &str| values(name).filter(|value| !matches!(value.as_str(), "." | ".."));
        let whole = base + &expand_with(rest, &still, |value| percent(&value))?;
        let url = Url::parse(&whole).map_err(|error| format!("`{}` is not a URL: {error}", inert(&whole)))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            other => Err(format!("`{other}` is not http or https")),
        }
    }

    /// In JSON a value is escaped, so that it can't end the string that it stands in.
    fn fill(&self, body: &str, values: Values<'_>) -> Result<String, String> {
        let json = self.headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("content-type") && value.contains("json"));
        expand_with(body, &|name| line(name, values), |value| if json { escaped(&value) } else { value })
    }
}

fn request_line(line: &str) -> Result<(&'static str, String), String> {
    let mut words = line.split_whitespace();
    let word = words.next().ok_or("the request line is missing")?;
    let method = METHODS.iter().find(|method| **method == word);
    let method = method.ok_or_else(|| format!("`{}` is not one of {}", inert(word), METHODS.join(", ")))?;
    let url = words.next().ok_or("the request line has no URL")?;
    match words.next() {
        Some(version) if !version.starts_with("HTTP/") => Err(format!("`{}` after the URL", inert(version))),
        _ if !(url.starts_with('$') || url.starts_with("http://") || url.starts_with("https://")) => {
            Err(format!("`{}` is neither an http(s) URL nor begins with a parameter", inert(url)))
        }
        // A parser of addresses takes what follows more slashes for the host: a value would be one.
        _ if url.split_once("://").is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(['/', '\\', '?', '#'])) => {
            Err(format!("`{}` has no host", inert(url)))
        }
        _ => Ok((method, url.to_owned())),
    }
}

fn header(line: &str) -> Result<(String, String), String> {
    let token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match line.split_once(':') {
        Some((name, value)) if !name.is_empty() && name.chars().all(token) && !value.trim().contains(char::is_control) => {
            Ok((name.to_owned(), value.trim().to_owned()))
        }
        _ => Err(format!("`{}` is not a header", inert(line))),
    }
}

/// The value that the address begins with, and what follows it.
fn leading<'a>(url: &'a str, values: Values<'_>) -> Result<(String, &'a str), String> {
    let end = url.find(['/', '?', '#']).unwrap_or(url.len());
    let base = expand_with(&url[..end], values, |value| value)?;
    let parsed = Url::parse(&base).map_err(|error| format!("`{}` is not a URL: {error}", inert(&base)))?;
    if parsed.query().is_some() || parsed.fragment().is_some() || base.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("`{}` can't begin an address: it has a query, a fragment or spaces", inert(&base)));
    }
    Ok((base.trim_end_matches('/').to_owned(), &url[end..]))
}

/// Scheme, host and port, and what follows them.
fn authority<'a>(url: &'a str, values: Values<'_>) -> Result<(String, &'a str), String> {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    let safe = |name: &str| values(name).filter(|value| value.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:".contains(c)));
    let base = expand_with(&url[..end], &safe, |value| value).map_err(|why| format!("{why} that can stand in a host or port"))?;
    Ok((base, &url[end..]))
}

fn line(name: &str, values: Values<'_>) -> Option<String> {
    values(name).filter(|value| !value.contains(['\r', '\n']))
}

fn percent(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}

fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn inert(text: &str) -> std::borrow::Cow<'_, str> {
    crate::domain::text::inert(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> Call {
        Call::parse(text).expect(text)
    }

    fn request(text: &str, values: &[(&str, &str)]) -> Result<Request, String> {
        let get = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        call(text).request(&get, &get)
    }

    #[test]
    fn a_request_is_read_as_it_stands() {
        let call = call("POST http://h:1/a?b=c HTTP/1.1\nContent-Type: application/json\nX-A:  b\n\n{\"a\":\n\n1}\n");
        assert_eq!((call.method, call.body.as_deref()), ("POST", Some("{\"a\":\n\n1}")));
        assert_eq!(call.headers[1], ("X-A".into(), "b".into()));
        for bad in [
            "",
            "FETCH http://h/",
            "GET",
            "GET /path",
            "GET ftp://h/",
            "GET http://h/ nonsense",
            "GET http://h/\nno header\n",
            "GET http://h/\nX-A: b\rX-B: c\n",
            "GET http://",
            "GET http:///$HOST/x",
            "GET https://\\$HOST/x",
        ] {
            assert!(Call::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_value_can_not_become_more_than_its_place() {
        let url = |text: &str, value: &str| request(text, &[("V", value)]).map(|request| request.url.to_string());
        assert_eq!(url("GET $V/health", "http://127.0.0.1:80/base/").as_deref(), Ok("http://127.0.0.1/base/health"));
        assert_eq!(url("GET http://h/${V}/x", "../a?b#c").as_deref(), Ok("http://h/..%2Fa%3Fb%23c/x"));
        assert_eq!(url("GET http://h/?q=$V", "a&b=c d").as_deref(), Ok("http://h/?q=a%26b%3Dc%20d"));
        assert_eq!(url("GET http://$V:80/x", "db-1").as_deref(), Ok("http://db-1/x"));
        for (text, value) in [
            ("GET $V/health", "file:///etc"),
            ("GET $V/health", "http://h/?x="),
            ("GET $V/health", "nonsense"),
            ("GET http://$V/x", "evil/@h"),
            ("GET http://$V/x", "user@evil"),
            ("GET http://h/a/$V/b", ".."),
            ("GET http://h/$MISSING", ""),
        ] {
            assert!(url(text, value).is_err(), "{text} with {value}");
        }
    }

    #[test]
    fn headers_take_one_line_and_json_keeps_its_strings() {
        let text = "POST http://h/\nX-Who: $V\nContent-Type: application/json\n\n{\"who\":\"$V\"}";
        let sent = request(text, &[("V", "a\",\"admin\":\"b")]).expect("a request");
        assert_eq!(sent.body.as_deref(), Some(&br#"{"who":"a\",\"admin\":\"b"}"#[..]));
        assert_eq!(sent.headers[0].1.expose(), "a\",\"admin\":\"b");
        assert!(request(text, &[("V", "a\r\nX-Evil: 1")]).is_err());
    }

    #[test]
    fn a_secret_reaches_headers_only() {
        let hidden = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
        let header = call("GET http://h/\nAuthorization: Bearer $TOKEN\n").request(&|_| None, &hidden).expect("a request");
        assert_eq!(header.headers[0].1.expose(), "Bearer s3cret");
        assert!(call("GET http://h/$TOKEN").request(&|_| None, &hidden).is_err());
    }
}
