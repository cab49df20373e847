//! A scenario as a file. What came from outside is written so that it is read as the same text and is nothing but text.

use crate::domain::playbook::{Clause, Selector};
use crate::domain::scenario::{Beat, Expected, Fires, Scenario, Turn, What};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

pub fn text(scenario: &Scenario) -> String {
    let mut text =
        format!("scenario: 1\nid: {}\ntitle: {}\nkind: {}\n", scenario.id, quoted(&scenario.title), scenario.kind.word());
    if let Some(playbook) = &scenario.playbook {
        text += &format!("playbook: {}\n", quoted(playbook.as_str()));
    }
    text += &format!("services: [{}]\n", list(scenario.services.iter().map(|service| quoted(service.as_str()))));
    text += "beats:\n";
    text.extend(scenario.beats.iter().map(beat));
    section(&mut text, "expects", scenario.expects.iter().map(|one| format!("{{{}}}", expected(one))));
    section(&mut text, "abort", scenario.abort.iter().map(|one| quoted(&selector(one))));
    if let Some(ending) = &scenario.ending {
        text += &format!("ending: {}\n", quoted(ending));
    }
    text
}

fn section(text: &mut String, name: &str, items: impl ExactSizeIterator<Item = String>) {
    if items.len() > 0 {
        *text += &format!("{name}:\n");
        text.extend(items.map(|item| format!("  - {item}\n")));
    }
}

fn beat(beat: &Beat) -> String {
    let what = match &beat.what {
        What::Fires(alert) => format!("fires: {{{}}}", fires(alert)),
        What::Resolves { name } => format!("resolves: {}", quoted(name)),
        What::Feed(turn) => format!("feed: {{{}}}", self::turn(turn)),
        What::Note { text } => format!("note: {}", quoted(text)),
    };
    format!("  - at: {}\n    {what}\n", time(beat.at))
}

fn fires(alert: &Fires) -> String {
    let own = [
        Some(format!("name: {}", quoted(&alert.name))),
        Some(format!("severity: {}", alert.severity.word())),
        alert.service.as_ref().map(|service| format!("service: {}", quoted(service.as_str()))),
        alert.summary.as_ref().map(|summary| format!("summary: {}", quoted(summary))),
        pairs("labels", &alert.labels),
        pairs("annotations", &alert.annotations),
    ];
    list(own.into_iter().flatten())
}

fn pairs(name: &str, pairs: &BTreeMap<String, String>) -> Option<String> {
    let pair = |(name, value): (&String, &String)| format!("{}: {}", quoted(name), quoted(value));
    (!pairs.is_empty()).then(|| format!("{name}: {{{}}}", list(pairs.iter().map(pair))))
}

fn turn(turn: &Turn) -> String {
    let own = [
        Some(format!("name: {}", quoted(&turn.feed))),
        turn.service.as_ref().map(|service| format!("service: {}", quoted(service.as_str()))),
        Some(format!("state: {}", turn.state.word())),
        (!turn.text.is_empty()).then(|| format!("text: {}", quoted(&turn.text))),
    ];
    list(own.into_iter().flatten())
}

fn expected(expected: &Expected) -> String {
    let own = [
        Some(format!("{}: {}", expected.act.word(), expected.about.as_deref().map_or_else(|| "any".to_owned(), quoted))),
        expected.after.as_ref().map(|alert| format!("after: {}", quoted(alert))),
        Some(format!("within: {}", time(expected.within))),
        (expected.points != 1).then(|| format!("points: {}", expected.points)),
    ];
    list(own.into_iter().flatten())
}

fn selector(selector: &Selector) -> String {
    let sign = |equal: bool| if equal { "=" } else { "!=" };
    let which = |clause: &Clause| format!("{} {} {}", clause.key.word(), sign(clause.equal), clause.value);
    let lasting = selector.lasting.map(|lasting| format!(" for {}", time(lasting).replace(' ', ""))).unwrap_or_default();
    let state = |(equal, state): &(bool, crate::domain::health::FeedState)| {
        format!("state {} {}{}", sign(*equal), state.word(), if *equal { lasting.as_str() } else { "" })
    };
    let all = selector.which.iter().map(which).chain(selector.states.iter().map(state));
    all.collect::<Vec<_>>().join(" and ")
}

fn time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// Between quotes, where nothing but the backslash means anything; what can't be seen, or what YAML refuses, by its number.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            // Writing into a string fails never.
            c => _ = write!(out, "\\U{:08X}", u32::from(c)),
        }
    }
    out.push('"');
    out
}
