//! The readiness board as a page: each value in its words, and nothing of it looks better than it is.

use chrono::{DateTime, Duration as Days, Utc};
use chrono_tz::Tz;
use midwatch::domain::ids::EntryId;
use midwatch::domain::patterns::Patterns;
use midwatch::domain::playbook::Practice;
use midwatch::domain::practice::{Finding, Practised, Verdict, Week};
use midwatch::domain::readiness::{Board, Restore, Row, State, This};
use midwatch::exports::readiness;
use std::time::Duration;

fn now() -> DateTime<Utc> {
    "2026-03-04T03:00:00Z".parse().expect("a time")
}

fn row(name: &str, practice: Practice, state: State) -> Row {
    Row {
        playbook: name.into(),
        title: format!("Title of {name}"),
        practice: Some(practice),
        services: vec!["shop".into()],
        tier: None,
        owner: None,
        rto: Some(Duration::from_secs(900)),
        rpo: None,
        cadence: None,
        state,
        last: None,
        proven: None,
        times: 0,
        due: None,
        changed: false,
        findings: 0,
        skip: None,
        score: 0,
        ours: true,
        takes_turns: true,
    }
}

fn done(days: i64) -> Practised {
    let took = Some(Duration::from_secs(372));
    Practised { by: "bo".into(), took, ..Practised::as_if("t".into(), String::new(), now() - Days::days(days)) }
}

fn page(rows: Vec<Row>, week: impl FnOnce(&mut This), findings: &[Finding]) -> String {
    let of = Week::of(now());
    let mut this =
        This { week: of, turn: Some("t".into()), why: Vec::new(), done: false, held: None, streak: 4, skips: Vec::new() };
    week(&mut this);
    let data = Restore { feed: "backup".into(), service: None, state: State::Never, proof: None, playbooks: Vec::new() };
    let board = Board { at: now(), rows, week: this, restores: vec![data] };
    let mut out = Vec::new();
    readiness::write(&board, findings, &Patterns::with(&[]).expect("patterns"), Tz::UTC, &mut out).expect("written");
    String::from_utf8(out).expect("text")
}

/// The cells of the row of one playbook.
fn cells(page: &str, name: &str) -> Vec<String> {
    let row = page.split("<tr>").find(|row| row.contains(&format!("{name}<br>"))).expect("a row");
    let cells = row.split("<td").skip(1).map(|cell| cell.split_once('>').map_or("", |(_, rest)| rest));
    cells.map(|cell| cell.split("</td>").next().unwrap_or("").to_owned()).collect()
}

#[test]
fn each_state_says_what_it_is_and_when_it_is_due() {
    let fresh = Row {
        last: Some((done(9), Verdict::Pass)),
        proven: Some(done(9)),
        due: Some(now() + Days::days(3)),
        score: 95,
        ..row("fresh", Practice::Failover, State::Fresh)
    };
    let stale =
        Row { due: Some(now() - Days::days(2)), ..Row { playbook: "stale".into(), state: State::Stale, ..fresh.clone() } };
    let gave_up = Row {
        last: Some((done(1), Verdict::Aborted)),
        ..Row { playbook: "gave-up".into(), state: State::Failed, ..fresh.clone() }
    };
    let exempt = Row { due: Some(now()), ..row("exempt", Practice::Failover, State::Exempt) };
    let never = row("never", Practice::Failover, State::Never);
    let page = page(vec![never, gave_up, stale, fresh, exempt], |_| (), &[]);
    let told = |name: &str| {
        let cells = cells(&page, name);
        [0, 1, 3, 5].map(|at| cells[at].clone()).join(" | ")
    };
    assert_eq!(told("never"), "never | - | - / 15 m 00 s | now");
    assert_eq!(told("gave-up"), "given up | 2026-03-03 | 6 m 12 s / 15 m 00 s | 2026-03-07");
    assert_eq!(told("stale"), "stale | 2026-02-23 | 6 m 12 s / 15 m 00 s | since 2026-03-02");
    assert_eq!(told("fresh"), "fresh | 2026-02-23 | 6 m 12 s / 15 m 00 s | 2026-03-07");
    assert_eq!(told("exempt"), "exempt | - | - / 15 m 00 s | -", "nobody waits for it");
    assert!(cells(&page, "gave-up")[7].starts_with("given up"), "{:?}", cells(&page, "gave-up"));
}

#[test]
fn what_is_missing_is_red_and_not_blank() {
    let page = page(vec![row("t", Practice::Failover, State::Fresh)], |_| (), &[]);
    let none = "<h2>backup</h2>\n<p class=\"state never\">never: no playbook is about it</p>";
    assert!(page.contains(none) && !page.contains("<h2>failover</h2>\n<p"), "{page}");
    let coverage = page.split("<h2>Coverage</h2>").nth(1).expect("a matrix");
    let coverage = coverage.split("</table>").next().expect("its end");
    assert_eq!(coverage.matches("<td class=\"state never\">no playbook</td>").count(), 9, "{coverage}");
    assert_eq!(coverage.matches("<td class=\"state fresh\">fresh</td>").count(), 1);
    assert!(page.contains("never restored: no playbook of recovery is for its service"), "{page}");
}

#[test]
fn the_head_counts_what_it_shows_and_a_finding_has_an_owner_and_a_day() {
    let finding = |owner: Option<&str>, due: Option<&str>| Finding {
        id: EntryId(uuid::Uuid::nil()),
        text: "no <key>".into(),
        playbook: "t".into(),
        run: None,
        at: now(),
        by: "ana".into(),
        owner: owner.map(str::to_owned),
        due: due.and_then(|due| due.parse().ok()),
        closed: None,
    };
    let rows = || {
        vec![
            row("a", Practice::Failover, State::Never),
            row("b", Practice::Backup, State::Never),
            row("c", Practice::Backup, State::Fresh),
        ]
    };
    let found = [finding(Some("ben"), Some("2026-12-24")), finding(None, None)];
    let told = page(rows(), |_| (), &found);
    for fact in [
        "Playbooks</b> 3",
        "Fresh</b> 1",
        "Never practised</b> 2",
        "Open findings</b> 2",
        "Weeks in a row</b> 4",
        "Turn of this week</b> t",
    ] {
        assert!(told.contains(&format!("<b>{fact}</li>")), "{fact}: {told}");
    }
    assert!(told.contains("no &lt;key&gt; <small>t, ben, until 2026-12-24, found on 2026-03-04 by ana</small>"), "{told}");
    assert!(told.contains("t, nobody, no date, found on"), "{told}");
    let held = page(rows(), |this| this.held = Some("a freeze".into()), &[]);
    assert!(held.contains("Turn of this week</b> held: a freeze</li>") && !held.contains("Open findings</h2>"), "{held}");
    let none = page(rows(), |this| this.turn = None, &[]);
    assert!(none.contains("Turn of this week</b> none</li>"));
}
