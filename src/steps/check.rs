//! `check`: a block that only looks, and what every step with a body must keep to.

use super::http::Call;
use crate::domain::node::Problems;
use crate::domain::playbook::{Claim, Condition, Field, How, KindSpec, Language, Risk, Step, Stream};

pub const KIND: KindSpec = KindSpec {
    name: "check",
    about: "a block that only looks: complete when `expect` holds within `retry` and `timeout`",
    fields: &[],
    infer: |step| if is_check(step) { Claim::Strong } else { Claim::No },
    how: |step, _| launchable(step),
    check: check_body,
};

/// A body under Before you start or Verify, one that is said only to read, or a query.
pub(super) fn is_check(step: &Step) -> bool {
    step.body.as_ref().is_some_and(|body| step.section.reads() || step.fields.risk == Risk::Read || body.lang.asks())
}

/// Shell blocks, here or on a host, requests, queries and selectors are launched; what wants a terminal is only shown.
pub(super) fn launchable(step: &Step) -> How {
    let shell = |lang| matches!(lang, Language::Sh | Language::Bash);
    match &step.body {
        Some(body) if (step.fields.host.is_some() || step.fields.tty) && !shell(body.lang) => How::Unsupported,
        Some(_) => How::Launch,
        None => How::Unsupported,
    }
}

pub(super) fn check_body(step: &Step, problems: &mut Problems) {
    let Some(body) = &step.body else {
        let message = format!("a {} step needs a body: an `sh`, `bash` or `http` block", step.kind);
        return problems.lint("E012", step.span, message, "add the block, or leave `kind` out".to_owned());
    };
    if body.lang == Language::Http {
        check_http(step, problems);
    }
    check_conditions(step, body.lang, problems);
    check_reach(step, problems);
    check_terminal(step, problems);
}

fn check_http(step: &Step, problems: &mut Problems) {
    let Some(body) = &step.body else { return };
    match Call::parse(&body.text) {
        Err(why) => problems.lint("E011", body.span, format!("this is not an HTTP request: {why}"), None),
        Ok(call) if step.fields.risk == Risk::Read && !call.only_reads() => {
            let message = format!("a step of risk `read` can't {}: it would change something", call.method);
            problems.lint("E011", body.span, message, "state `**risk:** change`, or use GET".to_owned());
        }
        Ok(_) => {}
    }
}

/// A condition on something that this body never has could never be evaluated.
fn check_conditions(step: &Step, lang: Language, problems: &mut Problems) {
    let span = step.field("expect").map_or(step.span, |field: &Field| field.span);
    for condition in step.fields.expect.iter().filter(|condition| !fits(condition, lang)) {
        let message = format!("{} can't be judged by the result of `{}`", name(condition), lang.word());
        problems.lint("E011", span, message, Some(offer(lang).to_owned()));
    }
}

fn fits(condition: &Condition, lang: Language) -> bool {
    let shell = matches!(lang, Language::Sh | Language::Bash);
    let http = lang == Language::Http;
    match condition {
        Condition::Exit(_) | Condition::Text(Stream::Stdout | Stream::Stderr, _) => shell,
        Condition::Text(Stream::Body, _) | Condition::Status { .. } => http,
        Condition::LinesBelow(_) | Condition::Json { .. } => shell || http,
        Condition::Within(_) => true,
        Condition::Value(_) | Condition::Empty(_) => lang.asks(),
        Condition::All => lang == Language::Feed,
    }
}

fn name(condition: &Condition) -> &'static str {
    match condition {
        Condition::Exit(_) => "`exit`",
        Condition::Text(Stream::Stdout, _) => "`stdout`",
        Condition::Text(Stream::Stderr, _) => "`stderr`",
        Condition::Text(Stream::Body, _) => "`body`",
        Condition::LinesBelow(_) => "`lines`",
        Condition::Status { .. } => "`status`",
        Condition::Json { .. } => "`json`",
        Condition::Within(_) => "`within`",
        Condition::Value(_) => "`value`",
        Condition::Empty(_) => "`empty`",
        Condition::All => "`all`",
    }
}

fn offer(lang: Language) -> &'static str {
    match lang {
        Language::Sh | Language::Bash => "a shell block has `exit`, `stdout`, `stderr`, `lines` and `within`",
        Language::Http => "a request has `status`, `body`, `json`, `lines` and `within`",
        Language::Promql => "a query has `value`, `empty`, `not empty` and `within`",
        Language::Feed => "a selector has `all`, `empty`, `not empty`, `value` and `within`",
    }
}

/// Rules of `host`.
fn check_reach(step: &Step, problems: &mut Problems) {
    if let (Some(field), true) = (step.field("host"), step.field("outputs").is_some()) {
        problems.lint("E011", field.span, "`outputs` don't go with `host`: the remote side can't write them", None);
    }
    let shell = step.body.as_ref().is_none_or(|body| matches!(body.lang, Language::Sh | Language::Bash));
    if let (Some(field), false) = (step.field("host"), shell) {
        problems.lint("E011", field.span, "`host` is for blocks of shell: a request or a query is sent from this machine", None);
    }
}

/// Rules of `tty`: one person sits before one block, on this machine, once.
fn check_terminal(step: &Step, problems: &mut Problems) {
    let (Some(field), true) = (step.field("tty"), step.fields.tty) else { return };
    let mut wrong = |message: &str, help: Option<&str>| problems.lint("E011", field.span, message, help.map(str::to_owned));
    if step.body.as_ref().is_some_and(|body| !matches!(body.lang, Language::Sh | Language::Bash)) {
        return wrong("`tty` is for blocks of shell: a request or a query has no use for a terminal", None);
    }
    let captured = |condition: &Condition| !matches!(condition, Condition::Exit(_));
    if step.fields.expect.iter().any(captured) {
        wrong("`tty` gives the terminal away, so there is no output for `expect` to judge", None);
    }
    if step.field("host").is_some() {
        let help = "leave `host` out, and let the block say `ssh -t` where it should run";
        wrong("`tty` doesn't go with `host`: the block travels on the standard input that the terminal would be", Some(help));
    }
    if step.field("retry").is_some() || step.field("repeat").is_some() {
        wrong("`retry` and `repeat` don't go with `tty`: a person tries again", None);
    }
}
