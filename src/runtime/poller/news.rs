//! Sources that tell of changes by themselves: one connection to each, kept open. What is told is never read: it says that
//! there is something to ask for. So a connection that is lost, hangs or talks nonsense costs speed and nothing else: the
//! source is asked in its interval as ever. Only that it refuses to tell us anything is told itself.
//!
//! Invariant: however much is told, a source is asked for it once a second at most, and when that goes on, four times as often
//! as it is asked anyway.

use super::{Asker, Items};
use crate::domain::settings::SourceSpec;
use crate::domain::text::Outside;
use crate::model::Fact;
use crate::ports::Ports;
use crate::sources::Source;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// A connection is opened anew after this long: one that hangs looks like one on which nothing happens.
pub(super) const RENEWED: Duration = Duration::from_secs(300);

/// The pause after a connection that did not hold, doubled each time.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The least time between two questions because of what was told.
const MOMENT: Duration = Duration::from_secs(1);

/// A connection that held so long was a good one.
const STEADY: Duration = Duration::from_secs(30);

/// Follows every source that can be followed, until it is dropped.
pub(super) fn follow(items: &Items, ports: &Ports, asker: &Asker, facts: &UnboundedSender<Fact>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for (spec, source) in &items.sources {
        let (spec, source, ports, asker) = (spec.clone(), source.clone(), ports.clone(), asker.clone());
        let (source_name, facts) = (spec.name.clone(), facts.clone());
        let mut refuses = move |why| drop(facts.send(Fact::NewsRefused { source: source_name.clone(), why }));
        tasks.spawn(async move {
            let news = Notify::new();
            tokio::select! {
                () = listen(&*source, &ports, &news, &mut refuses) => {}
                () = pass_on(&spec, &news, &asker) => {}
            }
        });
    }
    tasks
}

/// Keeps a connection open; ends where there is none to be had.
async fn listen(source: &dyn Source, ports: &Ports, news: &Notify, refuses: &mut (dyn FnMut(Outside) + Send)) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        let began = Instant::now();
        let mut tell = |_: &[u8]| news.notify_one();
        let Some(told) = source.news(ports, RENEWED, &mut tell) else { return };
        if let Err(trouble) = told.await {
            refuses(trouble.text);
        }
        if began.elapsed() >= STEADY {
            pause = SHORTEST_PAUSE;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Asks at the first word, and for all that comes in the next moments once. Those become longer while words keep coming.
async fn pass_on(spec: &SourceSpec, news: &Notify, asker: &Asker) {
    let (least, most) = (MOMENT, MOMENT.max(spec.every / 4));
    let mut moment = least;
    news.notified().await;
    loop {
        asker.hear(spec.name.clone());
        sleep(moment).await;
        if timeout(Duration::ZERO, news.notified()).await.is_ok() {
            moment = (moment * 2).min(most);
        } else {
            moment = least;
            news.notified().await;
        }
    }
}

#[cfg(test)]
mod tests;
