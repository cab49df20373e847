//! What a console keeps of a long queue and only mends: it shows what one shows that has just been opened.

use super::screen::{Desk, alert, settings};
use midwatch::domain::alert::{Alert, Upstream};
use midwatch::domain::ids::AlertId;
use midwatch::domain::settings::{Settings, SourceSpec};
use midwatch::model::alerts::Tracked;
use midwatch::model::event::SourceAnswer;
use midwatch::model::filter::Filter;
use midwatch::model::{Command, Fact, World};
use midwatch::tui::keymap::Keymap;
use midwatch::tui::{Layouts, Screen, Setup};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// How the queue may be shown, as keys.
const SHAPES: &[&str] = &["f c a u s enter", "f n o t h enter", "f n a m enter", "f i n s t enter"];
const FILTERS: &[&str] = &["", "severity>=warning", "not state:ack", "source:prod", "db-1 or service:checkout", "age>20m"];

/// Two sources that tell of the same problems.
fn sources() -> Settings {
    let mut settings = settings();
    let source = settings.sources[0].clone();
    settings.sources.push(SourceSpec { name: "pager".into(), ..source });
    settings.same = vec!["alertname".into(), "instance".into(), "service".into()];
    settings
}

fn shape(desk: &mut Desk, (keys, filter): (&str, &str)) {
    desk.press(keys).press("/").type_text(filter).press("enter gg");
}

/// The rows of the queue and its title. What has been looked at is each console's own.
fn queue(desk: &mut Desk) -> Vec<String> {
    // At the top what has got a cause is folded; whoever stood on it goes to its row then.
    desk.press("gg gg").draw();
    let text = desk.text().replace("● new", "").replace('│', " ");
    let of_queue = |line: &&str| ["─Alerts", "CRIT", "WARN", "INFO", "matches"].iter().any(|word| line.contains(word));
    text.lines().filter(of_queue).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The same world, by a console that has seen nothing of how it came about.
fn opened_now(desk: &mut Desk, shown: (&str, &str)) -> Vec<String> {
    let setup = Setup {
        keymap: Keymap::default(),
        zone: chrono_tz::Tz::UTC,
        draft: String::new(),
        replay: None,
        layouts: Layouts::default(),
        links: true,
    };
    let kept = std::mem::replace(&mut desk.screen, Screen::new(setup));
    desk.draw();
    shape(desk, shown);
    let lines = queue(desk);
    desk.screen = kept;
    desk.draw();
    lines
}

/// The rows as they are meant to stand, found without anything that is kept: `by_cause`, else each alert by itself.
fn meant(world: &World, filter: &str, by_cause: bool) -> Vec<String> {
    let (filter, causes) = (Filter::parse(filter).expect("a filter"), world.causes());
    let holds = |tracked: &&Tracked| filter.holds(world, tracked);
    let told = |tracked: &Tracked| {
        let lead = world.alerts.told_by(tracked).and_then(|lead| world.alerts.get(lead));
        by_cause && lead.as_ref().is_some_and(holds)
    };
    let rows: Vec<&Tracked> = world.alerts.queue().filter(holds).filter(|tracked| !told(tracked)).collect();
    let symptom = |tracked: &&&Tracked| by_cause && causes.of(tracked).is_some();
    let of = |service: &str| rows.iter().filter(symptom).filter(|it| it.alert.labels.get("service") == Some(service)).count();
    let mut lines: Vec<String> = Vec::new();
    for tracked in &rows {
        let service = tracked.alert.labels.get("service").expect("has one");
        let line = match of(service) {
            count if count > 1 && symptom(&tracked) => format!("▸ ×{count} {service}"),
            _ => format!("{} {service} {}", tracked.alert.name(), tracked.alert.target()),
        };
        if !(line.starts_with('▸') && lines.contains(&line)) {
            lines.push(line);
        }
    }
    lines
}

fn happens(desk: &mut Desk, (name, place, severity, what): (usize, usize, usize, usize)) {
    let service = ["checkout", "postgres", "stripe"][(name + place) % 3];
    let severity = ["critical", "warning", "info"][severity];
    let mut it = (*alert(&format!("Name{name}"), severity, service, &format!("db-{place}"), 19)).clone();
    it.id.source = ["prod", "pager"][what % 2].into();
    let source = it.id.source.clone();
    let mut tells = |upserts: Vec<Arc<Alert>>, gone: Vec<AlertId>| {
        let gone = gone.into_iter().map(|id| id.fingerprint).collect();
        desk.fact(Fact::AlertsChanged { source: source.clone(), upserts, gone });
        let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
        desk.fact(Fact::SourceAnswered { source: source.clone(), answer });
    };
    match what {
        0 | 1 => {
            let hold = Some(Duration::from_secs(300));
            desk.asks(Command::Acknowledge { alerts: vec![it.id], hold, reason: String::new(), ticket: None, confirmed: None });
        }
        2 => drop(desk.wait(200)),
        3 => drop(desk.fact(Fact::Configured(Arc::new(sources())))),
        4 | 5 => {
            it.upstream = Upstream::Resolved { at: super::screen::start() + chrono::Duration::seconds(1) };
            tells(vec![Arc::new(it)], vec![]);
        }
        6 => tells(vec![], vec![it.id]),
        _ => tells(vec![Arc::new(it)], vec![]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_console_that_has_followed_shows_what_one_shows_that_begins_now(
        steps in prop::collection::vec((0usize..4, 0usize..4, 0usize..3, 0usize..14), 10..60),
        keys in 0usize..SHAPES.len(), filter in 0usize..FILTERS.len(),
    ) {
        let shown = (SHAPES[keys], FILTERS[filter]);
        let mut desk = Desk::with(sources());
        // Labels to group by are offered from what is there.
        desk.fires(&[alert("First", "info", "stripe", "db-9", 19)]).resize(200, 40);
        shape(&mut desk, shown);
        for part in steps.chunks(15) {
            for step in part {
                happens(&mut desk, *step);
                // Not after each: several changes are taken in at once.
                if step.3 % 3 == 0 {
                    desk.draw();
                }
            }
            let lines = queue(&mut desk);
            prop_assert_eq!(&lines, &opened_now(&mut desk, shown), "{:?}", shown);
            if keys < 2 {
                let rows: Vec<&String> = lines.iter().filter(|line| !line.contains("─Alerts") && !line.contains("matches")).collect();
                let meant = meant(&desk.world, shown.1, keys == 0);
                prop_assert!(rows.len() == meant.len() || rows.len() > 20, "{rows:?} {meant:?}");
                for (row, meant) in rows.iter().zip(&meant) {
                    prop_assert!(row.contains(meant), "{row}: {meant}");
                }
            }
        }
    }
}
