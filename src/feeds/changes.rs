//! What was changed: commits or tags of a Git repository, or JSON that an address or a program gives. It judges nothing: what it
//! finds becomes entries of the log, each once.

mod git;

use super::parts::Choice;
use super::{Feed, Kind, Known, judged, plugin};
use crate::domain::change::{Told, What, json};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Access, Answer, Endpoint, Fault, Ports, Request};
use chrono::{DateTime, Utc};
use git::Git;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "changes",
    about: "Deploys and other changes, from Git, Grafana's annotations, Kubernetes' events or any program: entries of the log",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("git", "the folder of a clone", "one of `git`, `url`, `command`"),
        FieldSpec::new("branch", "the branch whose commits count", "`HEAD`"),
        FieldSpec::new("paths", "only commits that touch one of these", "all"),
        FieldSpec::new("tags", "a pattern of tags, which count instead of commits", "none"),
        FieldSpec::new("url", "an address that gives JSON", "one of `git`, `url`, `command`"),
        FieldSpec::new("command", "a program and its arguments that print JSON", "one of `git`, `url`, `command`"),
        FieldSpec::new("only", "names, or `~` and an expression: a tag of an annotation, a name or namespace of an event", "all"),
        FieldSpec::new("kind", "`deploy`, `config`, `flag`, `migration` or `other`", "what it says itself, else `deploy`"),
        FieldSpec::new("back", "how old one may be that is told", "`1day`"),
    ],
    Access::KEYS,
];

/// More JSON than this is no list of changes.
const LONGEST: usize = 8 << 20;
/// How far back changes are of interest, unless told otherwise.
const BACK: Duration = Duration::from_secs(86_400);
/// The most that are told of one answer, the newest: whoever connects a repository does not want its whole past.
const MOST: usize = 100;

struct Changes {
    origin: Origin,
    what: Option<What>,
    only: Choice,
    back: Duration,
}

enum Origin {
    Git(Git),
    Http(Endpoint),
    Command(Vec<String>),
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let origin = origin(node, &fields, problems);
    let what = fields
        .get("kind")
        .map_or(Some(None), |node| node.read("deploy, config, flag, migration or other", problems, What::parse).map(Some));
    let only = Choice::parse("only", &fields, problems);
    let back = fields.get("back").map_or(Some(BACK), |node| node.duration(problems));
    Some(Box::new(Changes { origin: origin?, what: what?, only: only?, back: back? }))
}

fn origin(node: &Node, fields: &Fields, problems: &mut Problems) -> Option<Origin> {
    let named = ["git", "url", "command"].iter().filter(|key| fields.get(key).is_some()).count();
    if named != 1 {
        problems.error(node.span, "name where changes are told: one of `git`, `url` and `command`");
        return None;
    }
    if let Some(command) = fields.get("command") {
        return plugin::command(command, problems).map(Origin::Command);
    }
    match fields.get("git") {
        Some(folder) => Git::parse(folder, fields, problems).map(Origin::Git),
        None => Endpoint::parse(fields, problems).map(Origin::Http),
    }
}

impl Feed for Changes {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let now = ports.clock.now().wall;
            let since = chrono::Duration::from_std(self.back).ok().and_then(|back| now.checked_sub_signed(back));
            let since = since.unwrap_or(DateTime::<Utc>::MIN_UTC);
            let found = match &self.origin {
                Origin::Git(git) => git.changes(since, ports, limit).await?,
                Origin::Http(endpoint) => self.chosen(asked(endpoint, ports, limit, now).await?),
                Origin::Command(argv) => self.chosen(printed(argv, ports, limit, now).await?),
            };
            Ok(self.told(found, since))
        })
    }
}

impl Changes {
    fn chosen(&self, items: Vec<json::Item>) -> Vec<Told> {
        let chosen = |item: &json::Item| self.only.is_all() || item.names.iter().any(|name| self.only.has(name));
        items.into_iter().filter(chosen).map(|item| item.told).collect()
    }

    fn told(&self, mut found: Vec<Told>, since: DateTime<Utc>) -> Reading {
        found.retain(|told| told.at > since);
        found.sort_by_key(|told| std::cmp::Reverse(told.at));
        found.truncate(MOST);
        for told in &mut found {
            told.what = self.what.unwrap_or(told.what);
            // What has no name of its own is known by all that is told of it.
            let id = told.id.take().unwrap_or_else(|| format!("{}/{}", told.at.timestamp_millis(), told.words.raw()).into());
            told.id = Some(id);
        }
        let back = humantime::format_duration(self.back);
        let message = match found.first() {
            Some(last) => format!("{} in {back}; the last: {}", found.len(), last.words.raw()),
            None => format!("none in {back}"),
        };
        Reading { changes: found, ..judged(FeedState::Healthy, message, None) }
    }
}

async fn asked(endpoint: &Endpoint, ports: &Ports, limit: Duration, now: DateTime<Utc>) -> Result<Vec<json::Item>, Trouble> {
    let request = endpoint.access.onto(Request::get(endpoint.url.clone()), ports).await?;
    let told = request.told();
    let response = ports.http.observe(Request { timeout: limit, longest: LONGEST, ..request }).await?;
    if !response.good() {
        return Err(response.refusal(&told));
    }
    let text = std::str::from_utf8(&response.body).map_err(|_| Fault::NotText);
    response.judged("changes", &told, text.and_then(|text| json::read(text, now).map_err(Fault::Other)))
}

async fn printed(argv: &[String], ports: &Ports, timeout: Duration, now: DateTime<Utc>) -> Result<Vec<json::Item>, Trouble> {
    let text = plugin::output(argv, Vec::new(), ports, timeout, LONGEST).await?;
    let name = argv.first().map_or("", String::as_str);
    json::read(&text, now)
        .map_err(|why| Trouble::new(Reason::Nonsense, format!("{name} printed something else than changes: {why}")))
}
