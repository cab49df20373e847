//! Servers as other tools' configurations know them, and as they are written into ours.

pub mod amtool;
pub mod karma;

use super::init::quoted;
use crate::domain::node::{Node, Problems, Value};
use crate::domain::secret::Secret;
use crate::ports::{ADDRESS, address};
use std::path::PathBuf;
use url::Url;

/// A server that a configuration may name.
#[derive(Debug, Clone)]
pub struct Server {
    pub what: What,
    /// What somebody called it.
    pub name: Option<String>,
    /// The peers of one cluster.
    pub urls: Vec<Url>,
    pub access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Alertmanager,
    Prometheus,
}

/// Who we are to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Access {
    pub headers: Vec<(String, Hidden)>,
    pub basic: Option<(String, Hidden)>,
    pub bearer: Option<Hidden>,
    pub tls: Tls,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tls {
    pub ca: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub insecure: bool,
}

/// A secret where the other tool has it.
#[derive(Debug, Clone)]
pub enum Hidden {
    Here(Secret),
    File(PathBuf),
}

impl PartialEq for Hidden {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Here(one), Self::Here(other)) => one.expose() == other.expose(),
            (Self::File(one), Self::File(other)) => one == other,
            _ => false,
        }
    }
}

impl Server {
    /// At an address that may hold a login, which becomes `basic`.
    ///
    /// # Errors
    /// It is no address of HTTP.
    pub fn at(what: What, text: &str) -> Result<Self, String> {
        let mut url = address(text).ok_or_else(|| format!("`{}` is not {ADDRESS}", hushed(text)))?;
        let mut access = Access::default();
        if let (user, Some(password)) = (decoded(url.username()), url.password().map(decoded)) {
            access.basic = Some((user, Hidden::Here(Secret::new(password))));
        }
        // An address of HTTP takes both.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(path.trim_end_matches("/api/v2"));
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self { what, name: None, urls: vec![url], access })
    }

    /// The value of its kind in a source. `hide` says for each secret what stands in its place; it is given what the secret is for.
    pub fn source(&self, hide: &mut dyn FnMut(&str, &Secret) -> String) -> String {
        let urls: Vec<String> = self.urls.iter().map(|url| quoted(url.as_str().trim_end_matches('/'))).collect();
        let place = match self.what {
            What::Alertmanager => format!("urls: [{}]", urls.join(", ")),
            What::Prometheus => format!("url: {}", urls.join("")),
        };
        format!("{{{place}{}}}", self.access.keys(hide))
    }
}

/// `%40` is `@`.
fn decoded(text: &str) -> String {
    let form = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(form.as_bytes()).map(|(text, _)| text.into_owned()).collect()
}

/// Nothing of it may be a password.
fn hushed(text: &str) -> &str {
    if text.contains('@') { "an address with a login" } else { text }
}

impl What {
    /// The name of its kind of source.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Prometheus => "prometheus",
        }
    }

    /// Its own name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Alertmanager => "Alertmanager",
            Self::Prometheus => "Prometheus",
        }
    }
}

impl Access {
    /// As the keys of a source, each after a comma.
    fn keys(&self, hide: &mut dyn FnMut(&str, &Secret) -> String) -> String {
        let mut keys = String::new();
        let mut secret = |what: &str, hidden: &Hidden| match hidden {
            Hidden::Here(secret) => hide(what, secret),
            Hidden::File(path) => format!("{{file: {}}}", quoted(&path.display().to_string())),
        };
        if !self.headers.is_empty() {
            let headers = self.headers.iter().map(|(name, value)| format!("{}: {}", quoted(name), secret(name, value)));
            keys += &format!(", headers: {{{}}}", headers.collect::<Vec<_>>().join(", "));
        }
        if let Some((user, password)) = &self.basic {
            keys += &format!(", basic: {{user: {}, password: {}}}", quoted(user), secret("password", password));
        }
        if let Some(token) = &self.bearer {
            keys += &format!(", bearer: {}", secret("token", token));
        }
        let files = [("ca", &self.tls.ca), ("cert", &self.tls.cert), ("key", &self.tls.key)];
        let files = files.iter().filter_map(|(name, path)| Some((name, path.as_ref()?)));
        let mut tls: Vec<String> = files.map(|(name, path)| format!("{name}: {}", quoted(&path.display().to_string()))).collect();
        tls.extend(self.tls.insecure.then(|| "insecure: true".to_owned()));
        if !tls.is_empty() {
            keys += &format!(", tls: {{{}}}", tls.join(", "));
        }
        keys
    }
}

/// The value of a key of another tool's map, whatever else stands there.
fn among<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Value::Map(pairs) = &node.value else { return None };
    pairs.iter().find(|(key, _)| key.text == name).map(|(_, value)| value).filter(|value| value.value != Value::Null)
}

fn text(node: &Node, name: &str, problems: &mut Problems) -> Option<String> {
    among(node, name)?.text(problems).map(str::to_owned).filter(|text| !text.is_empty())
}

fn path(node: &Node, name: &str, problems: &mut Problems) -> Option<PathBuf> {
    among(node, name)?.path(problems)
}

fn truth(node: &Node, name: &str, problems: &mut Problems) -> bool {
    among(node, name).and_then(|node| node.bool(problems)).unwrap_or(false)
}

/// The text itself, or the file of the key that ends so; excerpts show nothing of it.
fn hidden(node: &Node, name: &str, problems: &mut Problems) -> Option<Hidden> {
    if let Some(value) = among(node, name) {
        problems.secrets.push(value.span);
    }
    let here = text(node, name, problems).map(|text| Hidden::Here(Secret::new(text)));
    here.or_else(|| path(node, &format!("{name}_file"), problems).map(Hidden::File))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source with its secrets to be seen.
    pub fn shown(server: &Server) -> String {
        server.source(&mut |what, secret| format!("<{what}: {}>", secret.expose()))
    }

    #[test]
    fn an_address_is_a_base_and_its_login_stands_beside_it() {
        for (text, wanted) in [
            ("http://am:9093/", "{urls: [\"http://am:9093\"]}"),
            ("http://am/x/api/v2/", "{urls: [\"http://am/x\"]}"),
            ("http://am/?a=b#c", "{urls: [\"http://am\"]}"),
            ("http://u%40x:p%2Fw@am", "{urls: [\"http://am\"], basic: {user: \"u@x\", password: <password: p/w>}}"),
        ] {
            assert_eq!(shown(&Server::at(What::Alertmanager, text).expect("an address")), wanted);
        }
        for wrong in ["", "am:9093", "ftp://am"] {
            assert!(Server::at(What::Prometheus, wrong).is_err(), "{wrong}");
        }
        assert!(!Server::at(What::Prometheus, "u:hunter2@am").expect_err("no address").contains("hunter2"));
        assert_eq!(shown(&Server::at(What::Prometheus, "http://p:9090").expect("an address")), "{url: \"http://p:9090\"}");
    }
}
