//! How it stands, in sentences.

use super::child::Ended;
use crate::cli::out;
use crate::domain::health::FeedState;
use crate::domain::incident::Incident;
use crate::domain::text::inert;
use crate::model::World;
use crate::model::alerts::{SourceHealth, State};

pub fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

pub fn lines(world: &World) -> Vec<String> {
    let mut lines = vec![alerts(world)];
    lines.extend(world.offline.since().map(|_| "offline: nothing remote answers, and all of this is old".to_owned()));
    lines.extend(world.storm.raging().map(|_| format!("an alert storm: {} new", world.storm.lately())));
    for (name, source) in world.alerts.sources().filter(|(_, source)| source.health != SourceHealth::Fresh) {
        let why = source.why.as_ref().map(|why| why.inert().into_owned()).unwrap_or_default();
        lines.push(format!("source {name}: {why}"));
    }
    lines.extend(feeds(world));
    lines.extend(world.incidents.worked_on().map(|incident| told(incident, world)));
    lines.extend(world.journal_trouble.as_ref().map(|why| format!("the journal can't be written: {}", inert(&why.to_string()))));
    let config = world.config_trouble.is_some();
    lines.extend(config.then(|| "the changed configuration has errors, the old one is in force: `check` says them".to_owned()));
    lines.extend(world.settings.read_only.then(|| "read-only: nothing is recorded, sent or run".to_owned()));
    lines
}

fn alerts(world: &World) -> String {
    let (firing, urgent) = (world.alerts.count(State::Firing), world.alerts.urgent());
    let owned = world.alerts.count(State::Acknowledged);
    let silent = world.alerts.sources().any(|(_, source)| source.health != SourceHealth::Fresh);
    let urgent = if urgent > 0 { format!(", {urgent} of them critical") } else { String::new() };
    let next = match (firing + owned, silent) {
        (0, _) if world.nobody_tells_firing() => ": no source tells what fires",
        (0, true) => ": not every source answers, so there may be some",
        (0, false) => "",
        _ => ": `alerts` says them",
    };
    // Over only because nobody told of them any more: the screen counts them, too.
    let untold = Some(world.alerts.untold(world.now.wall)).filter(|count| *count > 0);
    let untold = untold.map(|count| format!(", {count} untold")).unwrap_or_default();
    let word = world.settings.environment.word();
    format!("{word}. {} firing{urgent}, {owned} acknowledged{untold}{next}", count(firing, "alert"))
}

fn feeds(world: &World) -> Option<String> {
    let of = |state| world.health.count(state);
    let bad = [FeedState::Failing, FeedState::Degraded, FeedState::Stale, FeedState::Unknown, FeedState::Maintenance];
    let told = bad.into_iter().filter(|state| of(*state) > 0);
    let told: Vec<String> = told.map(|state| format!("{} {}", of(state), crate::cli::feeds::word(state))).collect();
    let all = world.health.len();
    (all > 0).then(|| match told.is_empty() {
        true => format!("{}, all healthy", count(all, "feed")),
        false => format!("{}: {}; `feeds` says them", count(all, "feed"), told.join(", ")),
    })
}

fn told(incident: &Incident, world: &World) -> String {
    let age = |at: chrono::DateTime<chrono::Utc>| (world.now.wall - at).to_std().unwrap_or_default();
    let update = incident.next_update().map(|at| match (at - world.now.wall).to_std() {
        Ok(left) => format!(", the next update in {}", out::age(left)),
        Err(_) => format!(", the update is {} late", out::age(age(at))),
    });
    let (label, severity, title) = (incident.label(), incident.severity, inert(&incident.title));
    let opened = out::age(age(incident.opened_at));
    format!("{label}, {severity}, {}, for {opened}: {title}{}", incident.status.word(), update.unwrap_or_default())
}

/// How a command ended that did not end well.
pub fn ended(ended: &Ended, command: &str) -> Option<String> {
    match ended {
        Ok(Some(0)) => None,
        // It has said itself how the run stands, and what may be done about it.
        Ok(Some(1)) if command == "playbook" => None,
        Ok(Some(1)) => Some("the answer is no".to_owned()),
        Ok(Some(2)) => Some("it was not done".to_owned()),
        Ok(Some(3)) => Some("a remote could not be reached, or refused".to_owned()),
        Ok(Some(4)) => Some("the journal could not be written, and so nothing was done".to_owned()),
        Ok(Some(code)) => Some(format!("it ended with {code}")),
        Ok(None) => Some("it was killed".to_owned()),
        Err(why) => Some(why.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::ended;

    #[test]
    fn a_run_that_waits_has_said_so_itself_and_is_no_answer() {
        assert_eq!(ended(&Ok(Some(1)), "playbook"), None);
        assert!(ended(&Ok(Some(1)), "check").is_some() && ended(&Ok(Some(2)), "playbook").is_some());
    }
}
