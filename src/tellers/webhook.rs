//! Anything that takes JSON: one POST of a documented shape. The address may be a secret, for with many services it is.

use super::post::{Door, Place};
use super::{Kind, Teller};
use crate::domain::act::ActEnd;
use crate::domain::entry::Intent;
use crate::domain::millis;
use crate::domain::node::{FieldSpec, Node, Problems, Value};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::update::Update;
use crate::ports::{ADDRESS, Access, Answer, Ports, address};
use serde_json::json;

pub const KIND: Kind = Kind { name: "webhook", about: "JSON by a POST to any address", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address; it may be a secret", "needed"),
    ],
    Access::KEYS,
];

struct Webhook(Door);

fn parse(node: &Node, problems: &mut Problems) -> Option<Box<dyn Teller>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let url = fields.need("url", problems).and_then(|node| match node.value {
        Value::Scalar { .. } => {
            // One that names somebody is a secret, wherever it stands: tokens are given as names, too.
            let url = node.read(ADDRESS, problems, address)?;
            match url.username().is_empty() && url.password().is_none() {
                true => Some(Place::Plain(url)),
                false => Some(Place::Secret(SecretRef::Here(Secret::new(url.into())))),
            }
        }
        _ => SecretRef::parse(node, problems).map(Place::Secret),
    });
    let access = Access::parse(&fields, problems);
    Some(Box::new(Webhook(Door::new(url?, access?))))
}

impl Teller for Webhook {
    fn tell<'a>(&'a self, update: &'a Update, intent: Intent, ports: &'a Ports) -> Answer<'a, ActEnd> {
        Box::pin(async move { self.0.send(&body(update, intent), intent, ports).await })
    }
}

fn body(update: &Update, intent: Intent) -> serde_json::Value {
    json!({
        "schema": 1,
        "id": intent.id(),
        "incident": {
            "id": update.incident,
            "number": update.number,
            "label": format!("INC-{}", update.number),
            "title": update.title,
            "severity": update.severity,
            "status": update.status,
        },
        "text": update.text,
        "by": update.by,
        "at": millis::text(update.at),
        "next_update_at": update.next.map(millis::text),
    })
}
