//! The real powers, and the ones that refuse. Owns sockets, child processes, files that adapters read and the clocks;
//! knows no adapter. Nothing is opened before it is asked for: making the ports costs nothing at start-up.

mod clock;
mod datagrams;
mod descriptors;
mod echoes;
mod exec;
mod files;
mod handshake;
mod http;
mod names;
mod net;
mod prepared;
mod secrets;

use crate::domain::entry::Intent;
use crate::domain::ids::EntryId;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Exec, Http, Output, Piece, Ports, Program, Request, Response};
pub use descriptors::most_files;
use std::sync::Arc;

impl Ports {
    /// The real world.
    pub fn real() -> Self {
        let names = names::Names::default();
        Self {
            http: Arc::new(Apart(Arc::new(http::Web::new(names.clone())))),
            exec: Arc::new(exec::Processes),
            net: Arc::new(net::Sockets::new(names)),
            files: Arc::new(files::Disk::default()),
            clock: Arc::new(clock::Machine),
            secrets: Arc::new(secrets::Vault::default()),
        }
    }
}

/// The same ports, able to look but not to act: every act ends as `Reason::Local` with `why`, unsent.
pub fn refusing(ports: &Ports, why: &str) -> Ports {
    let http = Arc::new(Refusing { looks: ports.http.clone(), why: why.to_owned() });
    let exec = Arc::new(Refusing { looks: ports.exec.clone(), why: why.to_owned() });
    Ports { http, exec, ..ports.clone() }
}

/// The same ports, which also tell when the remote has taken an act: what that made of it is read afterwards.
pub fn telling(ports: &Ports, accepted: impl Fn(EntryId) + Send + Sync + 'static) -> Ports {
    Ports { http: Arc::new(Telling { http: ports.http.clone(), accepted: Box::new(accepted) }), ..ports.clone() }
}

struct Telling {
    http: Arc<dyn Http>,
    accepted: Box<dyn Fn(EntryId) + Send + Sync>,
}

impl Http for Telling {
    fn observe(&self, request: Request) -> Answer<'_, Result<Response, Trouble>> {
        self.http.observe(request)
    }

    fn stream<'a>(&'a self, request: Request, piece: Piece<'a>) -> Answer<'a, Result<Response, Trouble>> {
        self.http.stream(request, piece)
    }

    fn act(&self, request: Request, intent: Intent) -> Answer<'_, Result<Response, Trouble>> {
        Box::pin(async move {
            let answer = self.http.act(request, intent).await;
            if answer.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status)) {
                (self.accepted)(intent.id());
            }
            answer
        })
    }
}

/// Reality, which no drill acts on: whatever a playbook or a script says, what a drill has recorded is not sent.
struct Apart(Arc<dyn Http>);

impl Http for Apart {
    fn observe(&self, request: Request) -> Answer<'_, Result<Response, Trouble>> {
        self.0.observe(request)
    }

    fn stream<'a>(&'a self, request: Request, piece: Piece<'a>) -> Answer<'a, Result<Response, Trouble>> {
        self.0.stream(request, piece)
    }

    fn act(&self, request: Request, intent: Intent) -> Answer<'_, Result<Response, Trouble>> {
        if intent.is_drill() {
            let text = format!("{} was not sent: it is of a drill, which acts on nothing real", request.told());
            return Box::pin(async move { Err(Trouble::new(Reason::Local, text)) });
        }
        self.0.act(request, intent)
    }
}

struct Refusing<P: ?Sized> {
    looks: Arc<P>,
    why: String,
}

impl Exec for Refusing<dyn Exec> {
    fn observe(&self, program: Program) -> Answer<'_, Result<Output, Trouble>> {
        self.looks.observe(program)
    }

    fn act(&self, program: Program, _intent: Intent) -> Answer<'_, Result<Output, Trouble>> {
        let text = format!("{} was not run: {}", program.argv.first().map_or("", String::as_str), self.why);
        Box::pin(async move { Err(Trouble::new(Reason::Local, text)) })
    }
}

impl Http for Refusing<dyn Http> {
    fn observe(&self, request: Request) -> Answer<'_, Result<Response, Trouble>> {
        self.looks.observe(request)
    }

    fn stream<'a>(&'a self, request: Request, piece: Piece<'a>) -> Answer<'a, Result<Response, Trouble>> {
        self.looks.stream(request, piece)
    }

    fn act(&self, request: Request, _intent: Intent) -> Answer<'_, Result<Response, Trouble>> {
        let text = format!("{} was not sent: {}", request.told(), self.why);
        Box::pin(async move { Err(Trouble::new(Reason::Local, text)) })
    }
}
