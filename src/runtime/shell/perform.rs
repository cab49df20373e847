//! What the world asks for, done. Every result comes back as a fact.

use super::Shell;
use crate::domain::act::{Act, ActEnd};
use crate::domain::alert::Alert;
use crate::domain::entry::Intent;
use crate::domain::ids::{FeedName, SourceName};
use crate::domain::trouble::{Reason, Trouble};
use crate::domain::update::Update;
use crate::model::exported::Exported;
use crate::model::looked::Looked;
use crate::model::past::{Recalled, Recounted};
use crate::model::{Body, Effect, Fact};
use crate::ports::Ports;
use crate::runtime::poller;
use crate::runtime::ports::telling;
use crate::runtime::watcher::Turn;
use crate::sources::Source;
use chrono::{DateTime, Utc};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a source may take while somebody looks at an alert.
const LOOKED: Duration = Duration::from_secs(10);

impl Shell {
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Record { request, drafts } => match &self.scribe {
                Some(scribe) => {
                    self.recording.insert(request, drafts.len());
                    let secrets = self.ports.secrets.known();
                    let duty = self.turn.as_ref().filter(|_| request.is_duty()).map(Turn::duty);
                    scribe.append(request, drafts.into_iter().map(|draft| draft.without(&secrets)).collect(), duty);
                }
                None => self.event(Body::Fact(Fact::RecordFailed { request, why: "nothing is recorded here".into() })),
            },
            Effect::Act { intent, source, act: Act::Tell(update) } => self.tell(intent, &source, update),
            Effect::Act { intent, source, act } => {
                let nobody = |trouble| Fact::ActEnded { intent: intent.id(), end: ActEnd::unsent(&[trouble]) };
                self.act(source, nobody, move |source, ports| {
                    Box::pin(async move { Fact::ActEnded { intent: intent.id(), end: source.act(&act, intent, &ports).await } })
                });
            }
            Effect::Call { intent, way, said } => self.call(intent, way, said),
            Effect::Find { intent, source, act } => {
                let nobody = |trouble| Fact::ActFound { intent: intent.id(), found: Err(trouble) };
                self.act(source, nobody, move |source, ports| {
                    Box::pin(
                        async move { Fact::ActFound { intent: intent.id(), found: source.find(&act, intent, &ports).await } },
                    )
                });
            }
            Effect::Ask { sources, feeds } => {
                if let Some(poller) = &self.poller {
                    poller.ask(sources, feeds);
                }
            }
            Effect::Recall { alert, since } => match &self.scribe {
                Some(scribe) => scribe.recall(alert, since),
                None => {
                    let episodes = Err("nothing is recorded here".to_owned());
                    self.event(Body::Fact(Fact::Recalled(Recalled { alert, since, cut: false, episodes })));
                }
            },
            Effect::LookBack { incident, since, alerts, services } => match &self.scribe {
                Some(scribe) => scribe.look_back(incident, since, alerts, services),
                None => {
                    let found = Err("nothing is recorded here".to_owned());
                    self.event(Body::Fact(Fact::LookedBack { incident, found }));
                }
            },
            Effect::Keep { request, file } => match &self.scribe {
                Some(scribe) => scribe.keep(request, file),
                None => self.event(Body::Fact(Fact::Kept { request, kept: Err("nothing is recorded here".into()) })),
            },
            Effect::StopKeeping { request } => {
                if let Some(scribe) = &self.scribe {
                    scribe.stop_keeping(request);
                }
            }
            Effect::RecallPractice { since } => match &self.scribe {
                Some(scribe) => scribe.practice(since),
                None => self.event(Body::Fact(Fact::Practised(Err("nothing is recorded here".to_owned())))),
            },
            Effect::Export { incident, file } => match &self.scribe {
                Some(scribe) => scribe.export(incident, file, self.world.settings.redact.clone()),
                None => {
                    let outcome = Err("nothing is recorded here".to_owned());
                    self.event(Body::Fact(Fact::Exported(Exported { incident, file, outcome })));
                }
            },
            Effect::Recount { alert, since } => self.recount(&alert, since),
            Effect::Look { alert } => self.look(&alert),
            Effect::Follow { feeds } => self.follow(feeds),
            Effect::Answer { question, found } => {
                if let Some(driver) = &self.driver {
                    driver.answer(question, found);
                }
            }
            Effect::WakeAt(mono) => self.wake_at = Some(mono),
            Effect::Run(effect) => {
                if let Some(driver) = &mut self.driver {
                    driver.perform(effect);
                }
            }
        }
    }

    /// Asks feeds now; those that were idle are asked again and again from here on.
    fn follow(&mut self, names: Vec<FeedName>) {
        let (new, idle) = std::mem::take(&mut self.idle).into_iter().partition(|(spec, _)| names.contains(&spec.name));
        self.idle = idle;
        let nothing = || poller::start(poller::Items::default(), self.ports.clone(), self.sender.clone(), poller::nothing());
        let poller = self.poller.get_or_insert_with(nothing);
        poller.add(new);
        poller.ask(Vec::new(), names);
    }

    /// Asks every source that has a record of its own, in the background.
    fn recount(&self, alert: &Arc<Alert>, since: DateTime<Utc>) {
        let until = self.world.now.wall;
        for (name, source) in self.sources.clone() {
            let (alert, ports, facts) = (alert.clone(), self.ports.clone(), self.sender.clone());
            tokio::spawn(async move {
                let Some(told) = source.fired(&alert.labels, (since, until), &ports, LOOKED) else { return };
                let firings = told.await.map(Arc::from).map_err(|trouble| trouble.text);
                let _ = facts.send(Fact::Recounted(Recounted { alert: alert.id.clone(), source: name, since, firings }));
            });
        }
    }

    /// Asks the alert's own source what it says only when asked, in the background: one answer does not wait for another.
    fn look(&self, alert: &Arc<Alert>) {
        let Some(source) = self.sources.get(&alert.id.source) else { return };
        let asks = || (source.clone(), alert.clone(), self.ports.clone(), self.sender.clone());
        let (source, alert, ports, facts) = asks();
        tokio::spawn(async move {
            let Some(told) = source.routes(&alert, &ports, LOOKED) else { return };
            let told = told.await.map(Arc::new).map_err(|trouble| trouble.text);
            let _ = facts.send(Fact::Routed(Looked { alert: alert.id.clone(), told }));
        });
        let (source, alert, ports, facts) = asks();
        tokio::spawn(async move {
            let Some(told) = source.inside(&alert, &ports, LOOKED) else { return };
            let told = told.await.map(Arc::new).map_err(|trouble| trouble.text);
            let _ = facts.send(Fact::Opened(Looked { alert: alert.id.clone(), told }));
        });
    }

    /// Tells somebody of an incident, in the background.
    fn tell(&mut self, intent: Intent, name: &SourceName, update: Update) {
        self.flying += 1;
        let facts = self.sender.clone();
        let Some(teller) = self.tellers.get(name).cloned() else {
            let why = format!("no destination is named {name} in the configuration any more");
            let end = ActEnd::unsent(&[Trouble::new(Reason::Local, why)]);
            let _ = facts.send(Fact::ActEnded { intent: intent.id(), end });
            return;
        };
        let ports = self.ports.clone();
        tokio::spawn(async move {
            let end = teller.tell(&update, intent, &ports).await;
            let _ = facts.send(Fact::ActEnded { intent: intent.id(), end });
        });
    }

    /// Does something with a source in the background; its result comes back as a fact. A source that the configuration has lost
    /// since the act was recorded is one too: what is recorded gets an end.
    fn act(
        &mut self,
        name: SourceName,
        nobody: impl FnOnce(Trouble) -> Fact,
        work: impl FnOnce(Arc<dyn Source>, Ports) -> Pin<Box<dyn Future<Output = Fact> + Send>>,
    ) {
        self.flying += 1;
        let Some(source) = self.sources.get(&name) else {
            let why = format!("no source is named {name} in the configuration any more");
            let _ = self.sender.send(nobody(Trouble::new(Reason::Local, why)));
            return;
        };
        let facts = self.sender.clone();
        let ports = telling(&self.ports, {
            let facts = facts.clone();
            move |intent| drop(facts.send(Fact::ActAccepted { intent }))
        });
        let future = work(source.clone(), ports);
        tokio::spawn(async move {
            let _ = facts.send(future.await);
        });
    }
}
