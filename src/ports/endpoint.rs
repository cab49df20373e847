//! An HTTP server as the configuration names it: its address, and who we are there.

use super::{Access, Ports, Request};
use crate::domain::node::{FieldSpec, Fields, Problems};
use crate::domain::trouble::Trouble;
use url::Url;

/// Where to ask. Its keys stand among the other keys of the item that it belongs to.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub url: Url,
    pub access: Access,
}

impl Endpoint {
    pub const URL: FieldSpec = FieldSpec::new("url", "its address", "needed");

    /// Reads `url` and what `Access` reads.
    pub fn parse(fields: &Fields, problems: &mut Problems) -> Option<Self> {
        let url = fields.need("url", problems).and_then(|node| node.read(ADDRESS, problems, address));
        let access = Access::parse(fields, problems);
        Some(Self { url: url?, access: access? })
    }

    /// A GET of `path` below the address. Fails when a secret can't be had.
    pub async fn get(&self, path: &str, ports: &Ports) -> Result<Request, Trouble> {
        self.access.onto(Request::get(below(&self.url, path)), ports).await
    }
}

/// What `address` reads, for messages.
pub const ADDRESS: &str = "an address such as https://host/path";

/// An address of HTTP.
pub fn address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
}

/// `path` under a base address that may have a path of its own.
pub fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}
