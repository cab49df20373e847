//! What is checked, by name: as Icinga writes it (`web1!http`) and as it stands in the id of an alert (`web1:http`).
//!
//! In an id there is nothing that a shell would read as more than text, and the name can be read out of it again: an act
//! needs nothing else to find its object, whatever has become of the list.

use crate::domain::ids::Fingerprint;
use std::fmt::Write;

/// A host, or one of its services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    pub host: String,
    pub service: Option<String>,
}

impl Object {
    /// Neither half of a name can hold a `!`.
    pub fn named(full: &str) -> Self {
        match full.split_once('!') {
            Some((host, service)) => Self { host: host.to_owned(), service: Some(service.to_owned()) },
            None => Self { host: full.to_owned(), service: None },
        }
    }

    /// `web1` or `web1!http`.
    pub fn full(&self) -> String {
        self.service.as_ref().map_or_else(|| self.host.clone(), |service| format!("{}!{service}", self.host))
    }

    /// `host` or `service`: what the API calls it in a question for one of them.
    pub fn sort(&self) -> &'static str {
        if self.service.is_some() { "service" } else { "host" }
    }

    pub fn fingerprint(&self) -> Fingerprint {
        let service = self.service.as_ref().map(|service| format!(":{}", escaped(service)));
        Fingerprint::new(escaped(&self.host) + &service.unwrap_or_default())
    }

    /// `None` for what `fingerprint` never makes.
    pub fn of(fingerprint: &Fingerprint) -> Option<Self> {
        let (host, service) = match fingerprint.as_str().split_once(':') {
            Some((host, service)) => (host, Some(plain(service)?)),
            None => (fingerprint.as_str(), None),
        };
        Some(Self { host: plain(host)?, service })
            .filter(|object| !object.host.is_empty() && object.service.as_deref() != Some(""))
    }
}

fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'@' | b'+' | b'=' | b',' => text.push(byte.into()),
            // A String takes everything.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

fn plain(text: &str) -> Option<String> {
    let (mut name, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('%') {
        name.extend_from_slice(before.as_bytes());
        name.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
        rest = &after[2..];
    }
    name.extend_from_slice(rest.as_bytes());
    String::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(full: &str) -> String {
        Object::named(full).fingerprint().to_string()
    }

    #[test]
    fn an_id_reads_like_the_name() {
        assert_eq!(id("web1"), "web1");
        assert_eq!(id("db-1.example.org!http"), "db-1.example.org:http");
        assert_eq!(id("web1!disk /var"), "web1:disk%20%2Fvar");
        assert_eq!(id("fe80::1!ping"), "fe80%3A%3A1:ping");
    }

    #[test]
    fn what_is_no_id_names_nothing() {
        for text in ["", ":http", "web1:", "web1%", "web1%zz", "%FF"] {
            assert_eq!(Object::of(&text.into()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_found_again(host in "[^!]+", service in proptest::option::of("[^!]+")) {
            let object = Object { host, service };
            let id = object.fingerprint();
            let plain = |byte: u8| byte.is_ascii_graphic() && !b"/!'\"$`\\&;|<>()*?[]{}#~ ".contains(&byte);
            prop_assert!(id.as_str().bytes().all(plain));
            prop_assert_eq!(Object::of(&id), Some(object.clone()));
            prop_assert_eq!(Object::named(&object.full()), object);
        }
    }
}
