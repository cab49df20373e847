//! HTTP bodies: observed where they only read, else sent with the recorded intent. A request has no supervisor: one that was on
//! its way when the console died is unknown, unless it only read.

use super::Which;
use super::attempt::{Try, cancelled};
use super::block::say_started;
use crate::domain::entry::Intent;
use crate::domain::playbook::{Found, Seen};
use crate::domain::run::{StepEnd, StepState};
use crate::domain::secret::redacted;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::model::runs::RunFact;
use crate::ports::{Request, Response};
use crate::steps;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Says that a request was about to be sent, and in it whether it only read.
const MARK: &str = "request";

/// Of an answer at most this much is shown, in bytes and in lines.
const SHOWN: usize = 8 * 1024;
const LINES: usize = 40;

pub(super) fn run(this: &Try<'_>, intent: Option<Intent>, mut request: Request, reads: bool) -> StepEnd {
    request.timeout = request.timeout.min(this.left);
    if let Err(error) = mark(&this.folder, reads) {
        return this.end(StepState::Failed, format!("nothing was sent: {}: {error}", this.folder.display()));
    }
    say_started(this, None);
    match send(this, intent, request, reads) {
        Sent::Answered(Ok(response)) => answered(this, &response),
        Sent::Answered(Err(trouble)) => failed(this, &trouble, reads),
        Sent::Cancelled(who) => {
            let (state, detail) = match reads {
                true => (StepState::Cancelled, "nothing was changed"),
                false => (StepState::Unknown, "it was cancelled on its way: it may have been received"),
            };
            StepEnd { cancelled_by: Some(who), ..this.end(state, detail) }
        }
    }
}

/// A query only looks, and is judged by its values.
pub(super) fn query(this: &Try<'_>, query: &str) -> StepEnd {
    let Some(endpoint) = &this.setup.queries else {
        return this.end(StepState::Failed, "nothing was asked: no source of the configuration answers Prometheus queries");
    };
    let request = match this.setup.runtime.block_on(endpoint.get("api/v1/query", &this.setup.ports)) {
        Ok(request) => request,
        Err(trouble) => return this.end(StepState::Failed, format!("nothing was asked: {}", trouble.text.inert())),
    };
    if let Err(error) = mark(&this.folder, true) {
        return this.end(StepState::Failed, format!("nothing was asked: {}: {error}", this.folder.display()));
    }
    say_started(this, None);
    let mut request = Request { timeout: this.left.min(this.step.fields.timeout), ..request };
    request.url.query_pairs_mut().append_pair("query", query);
    match send(this, None, request, true) {
        Sent::Answered(Ok(response)) => valued(this, &response),
        Sent::Answered(Err(trouble)) => failed(this, &trouble, true),
        Sent::Cancelled(who) => StepEnd { cancelled_by: Some(who), ..this.end(StepState::Cancelled, "nothing was changed") },
    }
}

fn valued(this: &Try<'_>, response: &Response) -> StepEnd {
    let _ = write(&this.folder.join("out"), &response.body);
    say_answer(this, response);
    match steps::values(&response.body) {
        Ok(values) => {
            let seen = Seen { found: Some(Found::values_of(values)), took: Some(response.took), ..Seen::default() };
            let (state, detail) = this.judge(&seen);
            this.end(state, detail)
        }
        Err(why) => this.end(StepState::Failed, why),
    }
}

enum Sent {
    Answered(Result<Response, Trouble>),
    Cancelled(String),
}

fn send(this: &Try<'_>, intent: Option<Intent>, request: Request, reads: bool) -> Sent {
    let http = this.setup.ports.http.clone();
    this.setup.runtime.block_on(async {
        let answer = match intent.filter(|_| !reads) {
            Some(intent) => http.act(request, intent),
            // Without an intent nothing may be changed: the port refuses whatever is no mere look.
            None => http.observe(request),
        };
        tokio::select! {
            answer = answer => Sent::Answered(answer),
            who = cancelled(this.wish.clone()) => Sent::Cancelled(who),
        }
    })
}

fn answered(this: &Try<'_>, response: &Response) -> StepEnd {
    // The answer is evidence, not needed to go on: it is judged from memory.
    let _ = write(&this.folder.join("out"), &response.body);
    say_answer(this, response);
    let seen = Seen {
        status: Some(response.status),
        body: Some(String::from_utf8_lossy(&response.body).into_owned()),
        took: Some(response.took),
        ..Seen::default()
    };
    let (state, detail) = this.judge(&seen);
    this.end(state, detail)
}

/// The answer's beginning, for the person who has to judge it.
fn say_answer(this: &Try<'_>, response: &Response) {
    let text = String::from_utf8_lossy(&response.body[..response.body.len().min(SHOWN)]).into_owned();
    let text = redacted(&text, this.shared.params.secrets());
    let tail = text.lines().take(LINES).map(Outside::from).collect();
    let Which { run, step, attempt } = this.which.clone();
    this.setup.say(RunFact::Output { run, step, attempt, tail, bytes: response.body.len() as u64 });
}

fn failed(this: &Try<'_>, trouble: &Trouble, reads: bool) -> StepEnd {
    let state = if trouble.sent && !reads { StepState::Unknown } else { StepState::Failed };
    this.end(state, trouble.text.inert())
}

/// What a request of a dead console means: `None` when there was none.
pub(super) fn left(this: &Try<'_>) -> Option<StepEnd> {
    let mark = std::fs::read_to_string(this.folder.join(MARK)).ok()?;
    Some(match mark.trim() {
        "reads" => this.end(StepState::Failed, "its console died before the answer came; nothing was changed"),
        _ => this.end(StepState::Unknown, "its console died while the request was on its way: it may have been received"),
    })
}

pub(super) fn mark(folder: &Path, reads: bool) -> std::io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).recursive(true).create(folder)?;
    write(&folder.join(MARK), if reads { b"reads\n" } else { b"changes\n" })
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
