//! An HTTP server as the configuration names it: its address, and who we are there.

use super::{Request, Tls};
use crate::domain::node::{Fields, Problems};
use url::Url;

/// Where to ask. Its keys stand among the other keys of the item that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    pub url: Url,
    pub tls: Tls,
}

impl Endpoint {
    /// The keys that `parse` reads.
    pub const KEYS: [&str; 2] = ["url", "tls"];

    pub fn parse(fields: &Fields, problems: &mut Problems) -> Option<Self> {
        let url = fields.need("url", problems)?.read("an address such as https://host/path", problems, address)?;
        Some(Self { url, tls: Tls::default() })
    }

    /// A GET of `path` below the address.
    pub fn get(&self, path: &str) -> Request {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{}", url.path().trim_end_matches('/'), path));
        Request { tls: self.tls.clone(), ..Request::get(url) }
    }
}

fn address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
}
