//! Slack, and what takes its incoming webhooks too (Mattermost, Rocket.Chat): a message in the channel that the webhook belongs to.

use super::post::{Door, Place};
use super::{Kind, Teller};
use crate::domain::act::ActEnd;
use crate::domain::entry::Intent;
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::secret::SecretRef;
use crate::domain::update::Update;
use crate::ports::{Access, Answer, Ports};
use serde_json::json;

pub const KIND: Kind =
    Kind { name: "slack", about: "a message by an incoming webhook of Slack, Mattermost or Rocket.Chat", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "its incoming webhook, a secret", "needed"),
    ],
    Access::KEYS,
];

struct Slack(Door);

fn parse(node: &Node, problems: &mut Problems) -> Option<Box<dyn Teller>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let url = fields.need("url", problems).and_then(|node| SecretRef::parse(node, problems));
    let access = Access::parse(&fields, problems);
    Some(Box::new(Slack(Door::new(Place::Secret(url?), access?))))
}

impl Teller for Slack {
    fn tell<'a>(&'a self, update: &'a Update, intent: Intent, ports: &'a Ports) -> Answer<'a, ActEnd> {
        Box::pin(async move { self.0.send(&json!({"text": text(update)}), intent, ports).await })
    }
}

fn text(update: &Update) -> String {
    let Update { severity, number, .. } = update;
    let (title, text, status) = (escaped(&update.title), escaped(&update.text), update.status.word());
    let next = update
        .next
        .map_or_else(|| "No next update is promised".to_owned(), |at| format!("Next update at {}", at.format("%H:%M UTC")));
    format!("*{severity} INC-{number}: {title}* ({status})\n{text}\n_{next}_")
}

/// Nothing in it is a link, a mention or a channel.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Mattermost and Rocket.Chat read Markdown and plain `@all`: what nobody sees between keeps them from it.
    text.replace('@', "@\u{200b}").replace("](", "]\u{200b}(")
}
