//! A configuration that is taken over while the shell goes on.

use super::{Caller, Shell, called};
use crate::domain::health::FeedSpec;
use crate::domain::ids::SourceName;
use crate::domain::settings::{Settings, SourceSpec};
use crate::feeds::Feed;
use crate::model::{Body, Fact};
use crate::runtime::poller;
use crate::sources::Source;
use crate::tellers::Teller;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// A configuration that was read again, or why it can't be.
pub type Reload = Result<Box<Configured>, String>;

/// What of a configuration a running shell takes over.
pub struct Configured {
    pub settings: Settings,
    pub sources: Vec<(SourceSpec, Arc<dyn Source>)>,
    pub feeds: Vec<(FeedSpec, Arc<dyn Feed>)>,
    pub tellers: Vec<(SourceName, Arc<dyn Teller>)>,
    pub caller: Option<Caller>,
    /// What of it holds now and what does not yet, for whoever looks.
    pub said: String,
}

impl Shell {
    /// Where a configuration that was read again may be sent.
    pub fn reloads(&self) -> UnboundedSender<Reload> {
        self.reloads.0.clone()
    }

    /// What whoever looks is to be told; what is wrong with it the world tells itself.
    pub(super) fn reload(&mut self, reload: Reload) -> Option<String> {
        let configured = match reload {
            Ok(configured) => *configured,
            Err(why) => {
                self.event(Body::Fact(Fact::Misconfigured(why)));
                return None;
            }
        };
        self.sources = configured.sources.iter().map(|(spec, source)| (spec.name.clone(), source.clone())).collect();
        self.caller = configured.caller;
        self.tellers = configured.tellers.into_iter().collect();
        self.hand_over(called(&configured.feeds));
        self.event(Body::Fact(Fact::Configured(Arc::new(configured.settings))));
        if let Some(poller) = &self.poller {
            poller.replace(poller::Items { feeds: configured.feeds, sources: configured.sources });
        }
        self.open_sockets();
        Some(configured.said)
    }
}
