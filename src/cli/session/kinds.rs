//! The kinds of everything that the configuration may name, as it is handed them.

use crate::config::{self, Kinds};
use crate::feeds::{self, Feed};
use crate::model::filter::Filter;
use crate::sources::{self, Source};
use crate::tellers::{self, Teller};
use crate::tui::action::Action;
use crate::tui::keymap::{Keymap, Sequence};
use crate::tui::panes::PANES;
use crate::tui::theme::EMBEDDED;
use std::sync::Arc;

/// The kinds of everything that the configuration may name.
pub fn kinds() -> Kinds<Arc<dyn Source>, Arc<dyn Feed>, Arc<dyn Teller>> {
    Kinds {
        sources: sources::KINDS.iter().map(source_kind).collect(),
        feeds: feeds::KINDS.iter().map(feed_kind).collect(),
        tellers: tellers::KINDS.iter().map(teller_kind).collect(),
        actions: Action::ALL.iter().map(|action| action.name()).collect(),
        key: |text| Sequence::parse(text).map(|_| ()),
        keys: |wishes| Keymap::rebound(wishes).err().unwrap_or_default(),
        filter: |text| Filter::parse(text).map(|_| ()).map_err(|mistake| mistake.to_string()),
        panes: PANES.iter().map(|spec| spec.id.word()).collect(),
        themes: EMBEDDED.iter().map(|(name, _)| *name).collect(),
    }
}

fn source_kind(kind: &'static sources::Kind) -> config::SourceKind<Arc<dyn Source>> {
    let parse = move |name: &_, node: &_, problems: &mut _| {
        let source: Arc<dyn Source> = (kind.parse)(name, node, problems)?.into();
        let (acts, carry, queries) = (source.acts().to_vec(), source.carry(), source.queries());
        let alone = source.alone().map(Arc::from);
        Some(config::ParsedSource { source, acts, carry, queries, alone })
    };
    config::SourceKind { name: kind.name, parse: Box::new(parse) }
}

fn feed_kind(kind: &'static feeds::Kind) -> config::FeedKind<Arc<dyn Feed>> {
    let parse = move |name: &str, node: &_, sources: &_, problems: &mut _| {
        Some((kind.parse)(node, &feeds::Known { feed: name, sources }, problems)?.into())
    };
    config::FeedKind { name: kind.name, parse: Box::new(parse) }
}

fn teller_kind(kind: &'static tellers::Kind) -> config::TellerKind<Arc<dyn Teller>> {
    config::TellerKind { name: kind.name, parse: Box::new(move |node, problems| Some((kind.parse)(node, problems)?.into())) }
}
