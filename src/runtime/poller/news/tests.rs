//! What is told, how often, and what becomes of the connection, on a paused clock.

use super::super::{Handle, nothing, start};
use super::*;
use crate::domain::alert::{Alert, Snapshot};
use crate::domain::trouble::{Reason, Trouble};
use crate::model::Fact;
use crate::ports::{Answer, Piece};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const SECOND: Duration = Duration::from_secs(1);

/// How a connection goes.
#[derive(Clone, Copy)]
enum Line {
    Refused,
    /// By whom it may tell, in words.
    Denied(&'static str),
    Ends {
        after: Duration,
    },
    Talks {
        every: Duration,
    },
    Hangs,
}

/// Answers no question, counts them, and has a line of its own.
struct Telling {
    line: Mutex<Line>,
    asked: AtomicUsize,
    opened: Mutex<Vec<Instant>>,
    /// Wants to be left alone for so long each time.
    busy: Option<Duration>,
}

impl Telling {
    fn new(line: Line) -> Arc<Self> {
        Arc::new(Self { line: Mutex::new(line), asked: AtomicUsize::new(0), opened: Mutex::default(), busy: None })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn opened(&self) -> usize {
        self.opened.lock().expect("no panic").len()
    }

    async fn talk(&self, tell: Piece<'_>) -> Result<(), Trouble> {
        self.opened.lock().expect("no panic").push(Instant::now());
        let line = *self.line.lock().expect("no panic");
        if !matches!(line, Line::Refused | Line::Denied(_)) {
            tell(&[]);
        }
        match line {
            Line::Refused => {}
            Line::Denied(why) => return Err(Trouble::new(Reason::Denied, why)),
            Line::Ends { after } => sleep(after).await,
            Line::Talks { every } => loop {
                sleep(every).await;
                tell(b"\xff<html>}{");
            },
            Line::Hangs => std::future::pending().await,
        }
        Ok(())
    }
}

impl Source for Telling {
    fn news<'a>(&'a self, _: &'a Ports, limit: Duration, tell: Piece<'a>) -> Option<Answer<'a, Result<(), Trouble>>> {
        Some(Box::pin(async move { tokio::time::timeout(limit, self.talk(tell)).await.unwrap_or(Ok(())) }))
    }

    fn fetch<'a>(&'a self, _: &'a [Arc<Alert>], _: &'a Ports, _: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let trouble = |wait| Trouble { retry_after: Some(wait), ..Trouble::new(Reason::Limited, "too many requests") };
        let answer = self.busy.map_or(Ok(Snapshot { complete: true, ..Snapshot::default() }), |wait| Err(trouble(wait)));
        Box::pin(async { answer })
    }
}

fn items(source: &Arc<Telling>, every: Duration) -> Items {
    let (kind, timeout) = ("fake".into(), SECOND * 5);
    let spec = SourceSpec { name: "ic".into(), kind, every, timeout, acts: Vec::new(), carry: None };
    Items { feeds: Vec::new(), sources: vec![(spec, source.clone())] }
}

fn begin(source: &Arc<Telling>, every: Duration) -> (Handle, UnboundedReceiver<Fact>) {
    let (facts, inbox) = unbounded_channel();
    let poller = start(items(source, every), Ports::real(), facts, nothing());
    poller.follow();
    (poller, inbox)
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_word_has_the_source_asked_at_once_and_silence_does_not() {
    let source = Telling::new(Line::Talks { every: SECOND * 250 });
    let (_poller, _inbox) = begin(&source, HOUR);
    sleep(SECOND * 249).await;
    assert_eq!(source.asked(), 2, "at the start, and once nothing can be missed any more");
    sleep(SECOND * 2).await;
    assert_eq!(source.asked(), 3, "whatever the word was");
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_words_is_a_bounded_number_of_questions_and_the_last_word_is_heard() {
    let source = Telling::new(Line::Talks { every: Duration::from_millis(1) });
    let (_poller, _inbox) = begin(&source, SECOND * 60);
    sleep(SECOND * 120).await;
    assert!((9..=15).contains(&source.asked()), "{} questions in two minutes", source.asked());
    // The line breaks at once and is there again a second later, within the moment in which nothing is asked.
    let flaky = Telling::new(Line::Ends { after: Duration::ZERO });
    let (_poller, _inbox) = begin(&flaky, HOUR);
    sleep(SECOND / 2).await;
    *flaky.line.lock().expect("no panic") = Line::Hangs;
    let before = flaky.asked();
    sleep(SECOND * 3).await;
    assert_eq!(flaky.asked(), before + 1, "what came within the moment is asked for after it");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_lost_is_opened_again_ever_less_often_and_the_source_is_asked_meanwhile() {
    let source = Telling::new(Line::Refused);
    let (_poller, _inbox) = begin(&source, SECOND * 10);
    sleep(SECOND * 600).await;
    assert!((13..=17).contains(&source.opened()), "opened {} times in ten minutes", source.opened());
    assert!((58..=64).contains(&source.asked()), "{} questions", source.asked());
    // It holds again: what happened meanwhile is asked for as soon as it does.
    *source.line.lock().expect("no panic") = Line::Ends { after: STEADY };
    let asked = source.asked();
    sleep(SECOND * 60).await;
    assert!(source.asked() > asked + 6, "the polls of a minute, and one for the line");
    let opened = source.opened();
    sleep(SECOND * 310).await;
    assert!(source.opened() >= opened + 9, "a line that held is opened again at once");
}

#[tokio::test(start_paused = true)]
async fn who_refuses_to_tell_is_told_of_and_tried_again() {
    let source = Telling::new(Line::Denied("no right to events/StateChange"));
    let (poller, mut inbox) = begin(&source, HOUR);
    sleep(SECOND * 100).await;
    assert!((5..=8).contains(&source.opened()), "opened {} times", source.opened());
    *source.line.lock().expect("no panic") = Line::Hangs;
    sleep(SECOND * 100).await;
    drop(poller);
    let mut refusals = Vec::new();
    while let Some(fact) = inbox.recv().await {
        if let Fact::NewsRefused { source, why } = fact {
            refusals.push(format!("{source}: {}", why.raw()));
        }
    }
    assert_eq!(refusals.len(), source.opened() - 1, "but not of the line that holds");
    assert_eq!(refusals[0], "ic: no right to events/StateChange");
    assert_eq!(source.asked(), 2, "at the start, and when it told at last");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_asks_once_opens_no_line() {
    let source = Telling::new(Line::Hangs);
    let (facts, _inbox) = unbounded_channel();
    let _poller = start(items(&source, HOUR), Ports::real(), facts, nothing());
    sleep(SECOND * 60).await;
    assert_eq!((source.opened(), source.asked()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_be_left_alone_is_whatever_the_line_says() {
    let talks = Telling::new(Line::Talks { every: SECOND });
    let busy = Arc::new(Telling { busy: Some(SECOND * 600), ..Arc::into_inner(talks).expect("nobody else has it") });
    let (poller, _inbox) = begin(&busy, SECOND * 60);
    sleep(SECOND * 599).await;
    assert_eq!(busy.asked(), 1);
    poller.ask(vec!["ic".into()], Vec::new());
    sleep(SECOND / 2).await;
    assert_eq!(busy.asked(), 2, "but a person may ask");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_hangs_is_renewed() {
    let source = Telling::new(Line::Hangs);
    let (_poller, _inbox) = begin(&source, HOUR);
    sleep(RENEWED * 3 + SECOND * 10).await;
    assert_eq!((source.opened(), source.asked()), (4, 5), "each time with a question for what may have been missed");
}

#[tokio::test(start_paused = true)]
async fn with_the_poller_the_line_ends_and_a_new_configuration_opens_its_own() {
    let (before, after) = (Telling::new(Line::Hangs), Telling::new(Line::Hangs));
    let (poller, mut inbox) = begin(&before, HOUR);
    sleep(SECOND).await;
    poller.replace(items(&after, HOUR));
    sleep(SECOND).await;
    assert_eq!((Arc::strong_count(&before), after.opened()), (1, 1));
    drop(poller);
    while inbox.recv().await.is_some() {}
    assert_eq!(Arc::strong_count(&after), 1, "nobody listens for nobody");
}
