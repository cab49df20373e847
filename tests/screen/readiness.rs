//! The readiness board and what stands of it beside the playbooks.

use super::screen::{Desk, FAILOVER, outage};
use midwatch::domain::practice::{Finding, Practised, Skip, Week};
use midwatch::domain::run::RunState;
use midwatch::model::practice::Record;
use midwatch::model::{Command, Fact};
use std::time::Duration;
use uuid::Uuid;

fn told(desk: &mut Desk, record: Record) {
    desk.fact(Fact::Practised(Ok(record))).draw();
}

fn practised(desk: &Desk, days: i64) -> Practised {
    let at = desk.world.now.wall - chrono::Duration::days(days);
    let took = Some(Duration::from_secs(372));
    Practised { by: "bo".into(), took, ..Practised::as_if("postgres-failover".into(), "another".into(), at) }
}

#[test]
fn the_board_asks_the_journal_and_says_what_was_never_practised_and_what_was_when() {
    let mut desk = outage();
    desk.playbook(&FAILOVER.replace("rto: 15m", "rto: 15m\npractice: deployment")).press("B").expect("the journal is asked");
    assert!(desk.commands.contains(&Command::RecallPractice));
    told(&mut desk, Record::default());
    desk.expect("deployment").expect("✗ postgres-failover  0").expect("never practised").expect("no playbook is about it");
    let last = practised(&desk, 9);
    told(&mut desk, Record { practised: vec![last], ..Record::default() });
    desk.expect("● postgres-failover").expect("last proven 9d ago").expect("its text has changed since");
    let week = Week::of(desk.world.now.wall);
    let skip = Skip {
        week,
        playbook: "postgres-failover".into(),
        at: desk.world.now.wall,
        by: "eve\u{202e}".into(),
        reason: "a\nfreeze".into(),
    };
    let finding = Finding {
        id: midwatch::domain::ids::EntryId(Uuid::nil()),
        text: "the key \u{1b}[31mwas wrong".into(),
        playbook: "postgres-failover".into(),
        run: None,
        at: desk.world.now.wall,
        by: "bo".into(),
        owner: None,
        due: None,
        closed: None,
    };
    told(&mut desk, Record { practised: Vec::new(), findings: vec![finding], skips: vec![skip], ..Record::default() });
    desk.expect("put off").expect_not("\u{202e}");
    desk.press("G").expect("Open findings").expect("nobody").expect_not("\u{1b}");
}

#[test]
fn how_well_a_playbook_is_practised_stands_beside_its_suggestion_and_in_its_details() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j").expect("fits this alert").expect_not("never practised");
    told(&mut desk, Record::default());
    desk.resize(220, 40).press("p").expect("never practised").resize(120, 40);
    desk.press("enter").expect("practice").expect("never practised").press("esc");
    let old = practised(&desk, 400);
    told(&mut desk, Record { practised: vec![old], ..Record::default() });
    desk.press("p enter").expect("last proven 400d ago, 6m");
}

/// Of every practice one, all of them of the shop.
fn library() -> Vec<String> {
    let practices = midwatch::domain::playbook::Practice::ALL.iter().map(|practice| practice.word());
    practices
        .map(|practice| {
            format!(
                "---\nplaybook: 1\nid: {practice}-by-hand\ntitle: T\npractice: {practice}\npurpose: recovery\nrto: 15m\n---\n\n# T\n\n## Steps\n\n### Do\n\n```sh\ntrue\n```\n"
            )
        })
        .collect()
}

/// As whoever opens it sees it, at three sizes.
fn looked_at(books: &[String], record: impl Fn(&Desk) -> Record) -> String {
    let mut desk = outage();
    desk.playbooks(&books.iter().map(String::as_str).collect::<Vec<_>>());
    let record = record(&desk);
    told(&mut desk, record);
    desk.press("B");
    let mut all = String::new();
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        all += &format!("{width}x{height}\n{}\n", cut(&desk.resize(width, height).text()));
    }
    all
}

/// The board alone, without what lies behind it.
fn cut(screen: &str) -> String {
    let lines: Vec<Vec<char>> = screen.lines().map(|line| line.chars().collect()).collect();
    let title: Vec<char> = "╭─Readiness".chars().collect();
    let place = |line: &Vec<char>| line.windows(title.len()).position(|window| window == title);
    let (top, left) = lines.iter().enumerate().find_map(|(top, line)| Some((top, place(line)?))).expect("it is open");
    let right = left + lines[top][left..].iter().position(|char| *char == '╮').expect("its corner");
    let bottom = top + lines[top..].iter().position(|line| line[left] == '╰').expect("its corner");
    lines[top..=bottom].iter().map(|line| line[left..=right].iter().collect::<String>()).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_looks(name: &str, found: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/screen/board-{name}.txt"));
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(&file, trimmed(found) + "\n").expect("written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(trimmed(&kept) == trimmed(found), "{} is another:\n{found}", file.display());
}

#[test]
fn an_empty_a_mixed_and_a_perfect_board_look_as_they_were_looked_at() {
    assert_looks("empty", &looked_at(&library(), |_| Record::default()));
    let of = |desk: &Desk, practice: &str, days: i64| Practised {
        playbook: format!("{practice}-by-hand").as_str().into(),
        ..practised(desk, days)
    };
    let mixed = looked_at(&library()[..8], |desk| {
        let failed = Practised { ended: RunState::Failed, ..of(desk, "backup", 20) };
        let real = Practised { drill: false, ..of(desk, "isolation", 30) };
        let practised = vec![of(desk, "recovery", 400), real, failed, of(desk, "failover", 2)];
        Record { practised, ..Record::default() }
    });
    assert_looks("mixed", &mixed);
    let perfect = looked_at(&library(), |desk| {
        let books = desk.world.runs.playbooks().iter();
        let done = books.map(|book| Practised { digest: book.digest.clone(), playbook: book.id.clone(), ..practised(desk, 3) });
        Record { practised: done.collect(), ..Record::default() }
    });
    assert_looks("perfect", &perfect);
}
