//! HTTP with one deadline for everything: name, connection, headers and the last byte of the body. Redirects are
//! followed here and not by the client, because secrets must not follow them to another host.

mod clients;
mod failure;

use super::names::Names;
use clients::Clients;
pub(super) use failure::handshake;

use crate::domain::entry::Intent;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Auth, Http, Piece, Request, Response};
use bytes::Bytes;
use chrono::DateTime;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, RequestBuilder};
use std::collections::BTreeMap;
use std::time::Instant;
use tokio::time::timeout;

pub struct Web {
    clients: Clients,
}

impl Http for Web {
    fn observe(&self, request: Request) -> Answer<'_, Result<Response, Trouble>> {
        Box::pin(self.look(request, None))
    }

    fn stream<'a>(&'a self, request: Request, piece: Piece<'a>) -> Answer<'a, Result<Response, Trouble>> {
        Box::pin(self.look(request, Some(piece)))
    }

    fn act(&self, request: Request, _intent: Intent) -> Answer<'_, Result<Response, Trouble>> {
        Box::pin(self.ask(request, None))
    }
}

impl Web {
    pub fn new(names: Names) -> Self {
        Self { clients: Clients::new(names) }
    }

    async fn look(&self, request: Request, piece: Option<Piece<'_>>) -> Result<Response, Trouble> {
        match request.method {
            "GET" | "HEAD" | "POST" => self.ask(request, piece).await,
            other => Err(Trouble::new(Reason::Local, format!("{other} may change something and needs a recorded intent"))),
        }
    }

    async fn ask(&self, request: Request, piece: Option<Piece<'_>>) -> Result<Response, Trouble> {
        let (told, limit) = (request.told(), request.timeout);
        match timeout(limit, self.follow(request, piece)).await {
            Ok(answer) => answer,
            Err(_) => Err(failure::late(&told, limit)),
        }
    }

    /// Sends the request, and again to where it is redirected.
    async fn follow(&self, mut request: Request, mut piece: Option<Piece<'_>>) -> Result<Response, Trouble> {
        let allowed = if matches!(request.method, "GET" | "HEAD") { request.redirects } else { 0 };
        for _ in 0..allowed {
            let response = self.once(&request, &mut piece).await?;
            match next(&request, &response) {
                Some(url) => request = onward(request, url),
                None => return Ok(response),
            }
        }
        let last = self.once(&request, &mut piece).await?;
        match next(&request, &last) {
            Some(url) if allowed > 0 => Err(too_many(&request, allowed, &url)),
            _ => Ok(last),
        }
    }

    async fn once(&self, request: &Request, piece: &mut Option<Piece<'_>>) -> Result<Response, Trouble> {
        let began = Instant::now();
        let client = self.clients.of(request).await?;
        let answer = match build(&client, request)?.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let trouble = failure::of(request, &error);
                if trouble.reason == Reason::Tls {
                    // Certificates are renewed on disk: the next attempt reads them again.
                    self.clients.forget(request);
                }
                return Err(trouble);
            }
        };
        let (status, headers) = (answer.status().as_u16(), texts(answer.headers()));
        let body = read(request, answer, piece.as_mut().filter(|_| (200..300).contains(&status))).await?;
        let date = headers.get("date").and_then(|text| DateTime::parse_from_rfc2822(text).ok()).map(|date| date.to_utc());
        Ok(Response { status, headers, body, took: began.elapsed(), date })
    }
}

fn build(client: &reqwest::Client, request: &Request) -> Result<RequestBuilder, Trouble> {
    let local = |text: String| Trouble::new(Reason::Local, format!("{}: {text}", request.told()));
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| local("no such method".into()))?;
    let mut builder = client.request(method, request.url.clone());
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| local(format!("the value of the header `{name}` has characters that a header can't hold")))?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    builder = match &request.auth {
        Some(Auth::Basic(user, password)) => builder.basic_auth(user, Some(password.expose())),
        Some(Auth::Bearer(token)) => builder.bearer_auth(token.expose()),
        None => builder,
    };
    Ok(match &request.body {
        Some(body) => builder.body(body.clone()),
        None => builder,
    })
}

/// How much of a body that is handed on is kept.
const BEGINNING: usize = 64 << 10;

/// Collects the body, or hands it on and keeps its beginning.
async fn read(request: &Request, mut answer: reqwest::Response, mut piece: Option<&mut Piece<'_>>) -> Result<Bytes, Trouble> {
    // The answer to HEAD tells the length of a body that does not come.
    let told = answer.content_length().filter(|_| request.method != "HEAD").unwrap_or(0);
    if told > request.longest as u64 {
        return Err(failure::too_large(request));
    }
    let kept = if piece.is_some() { BEGINNING } else { request.longest };
    let (mut body, mut length) = (Vec::with_capacity(kept.min(told as usize)), 0);
    if let Some(piece) = &mut piece {
        piece(&[]);
    }
    while let Some(chunk) = answer.chunk().await.map_err(|error| failure::cut(request, length, &error))? {
        length += chunk.len();
        if length > request.longest {
            return Err(failure::too_large(request));
        }
        if let Some(piece) = &mut piece {
            piece(&chunk);
        }
        body.extend_from_slice(&chunk[..chunk.len().min(kept - body.len())]);
    }
    Ok(body.into())
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Where the answer sends us, if it does.
fn next(request: &Request, response: &Response) -> Option<url::Url> {
    let redirected = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    let location = response.headers.get(LOCATION.as_str()).filter(|_| redirected)?;
    request.url.join(location).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// The same request to another place. Another scheme, host or port gets no header, no password and no certificate.
fn onward(mut request: Request, url: url::Url) -> Request {
    if request.url.origin() != url.origin() {
        request.headers.clear();
        request.auth = None;
        request.tls.identity = None;
    }
    request.url = url;
    request
}

fn too_many(request: &Request, allowed: usize, url: &url::Url) -> Trouble {
    let further = Request::get(url.clone()).told();
    Trouble::new(Reason::Status, format!("{} leads on to {further} after {allowed} redirects", request.told()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Tls;
    use std::time::Duration;

    #[tokio::test]
    async fn an_authority_on_a_disk_that_hangs_holds_up_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = folder.path().join("ca.pem");
        nix::unistd::mkfifo(&authority, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let (answered, other) = std::sync::mpsc::channel();
        let hanging = authority.clone();
        let disk = std::thread::spawn(move || {
            // Opens once somebody reads it, who then waits.
            let _hangs = std::fs::File::options().write(true).open(hanging).expect("opens");
            other.recv_timeout(std::time::Duration::from_secs(10)).is_ok()
        });
        let web = Web::new(Names::default());
        let mut one = Request::get("https://127.0.0.1:1/".parse().expect("a URL"));
        one.tls.ca = Some(authority);
        let two = async {
            let trouble =
                web.observe(Request::get("http://127.0.0.1:1/".parse().expect("a URL"))).await.expect_err("nobody is there");
            assert_eq!(trouble.reason, Reason::Refused, "{trouble}");
            answered.send(()).expect("is waited for");
        };
        let (one, ()) = tokio::join!(biased; web.observe(one), two);
        assert!(disk.join().expect("ends"), "the other waited for it");
        assert!(one.expect_err("it is empty").to_string().contains("holds no PEM certificate"));
    }

    /// On a disk that never answers each poll would keep another thread of those that all work shares, until there is none.
    #[test]
    fn however_often_it_is_asked_for_one_thread_waits_for_an_authority_and_none_that_others_need() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = folder.path().join("ca.pem");
        nix::unistd::mkfifo(&authority, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let web = Web::new(Names::default());
        let request = || {
            let tls = Tls { ca: Some(authority.clone()), ..Tls::default() };
            Request { tls, timeout: Duration::from_millis(20), ..Request::get("https://127.0.0.1:1/".parse().expect("a URL")) }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
        let runtime = runtime.expect("a runtime");
        let asked = || web.clients.asked(&request()).expect("is begun");
        let (free, mut hangs, joined) = runtime.block_on(async {
            for _ in 0..3 {
                assert_eq!(web.observe(request()).await.expect_err("it hangs").reason, Reason::Timeout);
            }
            let free = timeout(Duration::from_secs(5), tokio::task::spawn_blocking(|| ())).await.is_ok();
            let hangs = asked();
            web.clients.forget(&request());
            let joined = asked().same_channel(&hangs);
            (free, hangs, joined)
        });
        // Opens once somebody reads it, who finds nothing in it; whoever comes later finds no file.
        let disk = std::fs::File::options().write(true).open(&authority).expect("opens");
        std::fs::remove_file(&authority).expect("is there");
        drop(disk);
        assert_eq!((free, joined), (true, true), "what others need waits for it, or another thread does");
        let made = runtime.block_on(hangs.wait_for(Option::is_some)).expect("is told").clone();
        let trouble = made.expect("is there").expect_err("it is empty");
        assert!(trouble.to_string().contains("holds no PEM certificate"), "{trouble}");
        assert!(!asked().same_channel(&hangs), "what failed is made anew");
    }

    #[tokio::test]
    async fn a_name_that_could_not_be_looked_up_is_our_own_lack_and_nothing_was_sent() {
        let web = Web::new(super::super::names::tests::crowded());
        let url = "http://db-1.test/".parse().expect("a URL");
        let trouble = web.observe(Request::get(url)).await.expect_err("too many names");
        assert_eq!((trouble.reason, trouble.sent), (Reason::Local, false), "{trouble}");
        assert!(trouble.to_string().contains("db-1.test: the name could not be looked up: 2048 others"), "{trouble}");
    }
}
