//! The readiness board by its rules: what it is made of, in which order it stands, and whose turn a week is.

use chrono::{DateTime, Utc};
use midwatch::domain::catalogue::Service;
use midwatch::domain::ids::EntryId;
use midwatch::domain::playbook::{Place, Playbook};
use midwatch::domain::practice::{Finding, Hold, Practised, Skip, Week};
use midwatch::domain::readiness::{Board, Row, State, This};
use midwatch::domain::run::RunState;
use midwatch::model::practice::Record;
use midwatch::model::practice::board::Grounds;
use midwatch::playbook::read;
use midwatch::steps::KINDS;

fn now() -> DateTime<Utc> {
    at("2026-03-04T03:00:00Z")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn text(id: &str, front: &str, block: &str) -> String {
    format!(
        "---\nplaybook: 1\nid: {id}\ntitle: T\npractice: failover\npurpose: recovery\n{front}---\n\n# T\n\n## Steps\n\n### Do\n\n```sh\n{block}\n```\n"
    )
}

/// One of the team's own.
fn book(id: &str, front: &str) -> Playbook {
    read(&text(id, front, "true"), Place::File(format!("/books/{id}.md").into()), KINDS)
}

fn done(id: &str, days: i64) -> Practised {
    Practised::as_if(id.into(), book(id, "").digest, now() - chrono::Duration::days(days))
}

/// What there is to make a board of.
#[derive(Default)]
struct House {
    books: Vec<Playbook>,
    services: Vec<Service>,
    record: Record,
    hold: Vec<Hold>,
}

impl House {
    fn of(books: Vec<Playbook>, practised: Vec<Practised>) -> Self {
        Self { books, record: Record { practised, ..Record::default() }, ..Self::default() }
    }

    fn grounds(&self) -> Grounds<'_, Playbook> {
        let Self { books, services, record, hold } = self;
        Grounds { books, services, feeds: &[], record, hold }
    }

    fn board(&self) -> Board {
        self.grounds().board(now())
    }

    fn row(&self, id: &str) -> Row {
        self.board().row(&id.into()).expect("a row").clone()
    }

    fn order(&self) -> Vec<String> {
        self.board().rows.iter().map(|row| row.playbook.to_string()).collect()
    }

    fn turn(&self) -> Option<String> {
        self.board().week.turn.map(|turn| turn.to_string())
    }
}

fn service(name: &str, tier: u8, playbook: &str) -> Service {
    Service { tier: Some(tier), playbooks: vec![playbook.into()], ..Service::new(name) }
}

fn failed(id: &str, days: i64) -> Practised {
    Practised { ended: RunState::Failed, ..done(id, days) }
}

#[test]
fn what_was_practised_longer_ago_than_its_cadence_is_stale() {
    let state = |front: &str, days| {
        // Its text is the one that was practised.
        let last = Practised { digest: book("t", front).digest, ..done("t", days) };
        let row = House::of(vec![book("t", front)], vec![last]).row("t");
        (row.state, row.due.map(|due| (due - now()).num_days()), row.score)
    };
    assert_eq!(state("drill-every: 4w\n", 28), (State::Fresh, Some(0), 50));
    assert_eq!(state("drill-every: 4w\n", 29), (State::Stale, Some(-1), 49));
    assert_eq!((state("", 90).0, state("", 91).0), (State::Fresh, State::Stale), "90 days where it names none");
    assert_eq!(state("drill-every: never\nx-reason: a vendor does it\n", 900).0, State::Exempt);
    assert_eq!(state("drill-every: 4w\n", 4_000).2, 40, "however long ago, it was done once");
}

#[test]
fn what_has_findings_or_another_text_is_worth_less_and_never_is_worth_nothing() {
    let finding = |closed| Finding {
        id: EntryId(uuid::Uuid::nil()),
        text: "no key".into(),
        playbook: "t".into(),
        run: None,
        at: now(),
        by: "ana".into(),
        owner: None,
        due: None,
        closed,
    };
    let score = |practised: Vec<Practised>, findings: Vec<Finding>| {
        let mut house = House::of(vec![book("t", "")], practised);
        house.record.findings = findings;
        house.row("t").score
    };
    let closed = Some(midwatch::domain::practice::Closed { at: now(), by: "ana".into(), how: "mended".into() });
    assert_eq!(score(vec![done("t", 0)], Vec::new()), 100);
    assert_eq!(score(vec![done("t", 0)], vec![finding(None), finding(None)]), 90);
    assert_eq!(score(vec![done("t", 0)], vec![finding(closed)]), 100);
    assert_eq!(score(vec![Practised { digest: "another".into(), ..done("t", 0) }], vec![finding(None)]), 80);
    assert_eq!(score(vec![failed("t", 0)], Vec::new()), 20);
    assert_eq!(score(Vec::new(), Vec::new()), 0);
    assert_eq!(
        score(vec![Practised { digest: "another".into(), ..done("t", 4_000) }], vec![finding(None)]),
        20,
        "old, open and changed"
    );
}

#[test]
fn the_worst_stand_first_and_of_equals_the_more_important() {
    let books = ["a", "b", "c", "d"].map(|id| book(id, "")).into();
    let mut house = House::of(books, vec![done("a", 1), failed("b", 1)]);
    house.services = vec![service("cart", 3, "c"), service("shop", 1, "d")];
    assert_eq!(house.order(), ["d", "c", "b", "a"], "never, never, failed, fresh");
    assert_eq!(house.row("d").tier, Some(1));
    house.services.push(service("pay", 2, "d"));
    house.services.push(Service { tier: None, ..service("blog", 1, "d") });
    assert_eq!(house.row("d").tier, Some(1), "of the most important of its services");
}

#[test]
fn a_turn_that_was_put_off_is_told_until_it_was_practised() {
    let skip = |days: i64, reason: &str| Skip {
        week: Week::of(now()),
        playbook: "t".into(),
        at: now() - chrono::Duration::days(days),
        by: "ana".into(),
        reason: reason.into(),
    };
    let told = |practised: Vec<Practised>, skips: Vec<Skip>| {
        let mut house = House::of(vec![book("t", "")], practised);
        house.record.skips = skips;
        house.row("t").skip.map(|skip| skip.reason)
    };
    assert_eq!(told(Vec::new(), vec![skip(300, "old"), skip(200, "newer")]).as_deref(), Some("newer"), "however old");
    assert_eq!(told(vec![done("t", 250)], vec![skip(300, "old"), skip(200, "newer")]).as_deref(), Some("newer"));
    assert_eq!(told(vec![done("t", 100)], vec![skip(300, "old"), skip(200, "newer")]), None);
}

#[test]
fn what_starts_drills_itself_or_need_not_be_practised_takes_no_turn() {
    let starts = text("round", "purpose: drill\n", "midwatch drill start t").replacen("purpose: recovery\n", "", 1);
    let starts = read(&starts, Place::File("/books/round.md".into()), KINDS);
    assert!(starts.starts_drills());
    let exempt = book("exempt", "drill-every: never\nx-reason: a vendor does it\n");
    assert_eq!(House::of(vec![starts.clone(), exempt.clone()], Vec::new()).turn(), None);
    assert_eq!(House::of(vec![starts, exempt, book("t", "")], Vec::new()).turn().as_deref(), Some("t"));
}

#[test]
fn the_teams_own_come_before_what_is_bundled() {
    let bundled = |id: &'static str| read(&text(id, "", "true"), Place::Bundled(id), KINDS);
    let house = |books, services| House { services, ..House::of(books, Vec::new()) };
    assert_eq!(house(vec![bundled("a")], Vec::new()).turn().as_deref(), Some("a"), "where there is none");
    assert_eq!(house(vec![bundled("a"), book("own", "")], Vec::new()).turn().as_deref(), Some("own"));
    let served = house(vec![bundled("a"), bundled("b")], vec![service("shop", 1, "b")]);
    assert_eq!(served.turn().as_deref(), Some("b"), "for one of its services");
}

#[test]
fn a_week_all_of_whose_days_are_held_has_no_turn_and_ends_no_streak() {
    let hold = |from: &str, to: &str| Hold {
        from: from.parse().expect("a day"),
        to: to.parse().expect("a day"),
        why: Some("a freeze".into()),
    };
    let week = |practised: Vec<Practised>, hold: Vec<Hold>| -> This {
        House { hold, ..House::of(vec![book("t", "drill-every: 1w\n")], practised) }.board().week
    };
    // Wednesday; the week is from March 2 to March 8.
    assert_eq!(week(Vec::new(), vec![hold("2026-03-02", "2026-03-08")]).held.as_deref(), Some("a freeze"));
    assert_eq!(week(Vec::new(), vec![hold("2026-03-02", "2026-03-07")]).held, None, "on Sunday one may");
    assert_eq!(
        week(Vec::new(), vec![hold("2026-03-02", "2026-03-04"), hold("2026-03-05", "2026-03-08")]).held.as_deref(),
        Some("a freeze")
    );
    let weeks = |weeks: &[i64]| weeks.iter().map(|week| done("t", week * 7)).collect::<Vec<_>>();
    assert_eq!(week(weeks(&[2, 1, 0]), Vec::new()).streak, 3);
    assert_eq!(week(weeks(&[2, 1]), Vec::new()).streak, 2, "this week is not over");
    assert_eq!(week(weeks(&[3, 2, 0]), Vec::new()).streak, 1, "a week without ends it");
    let held = vec![hold("2026-02-23", "2026-03-01")];
    assert_eq!(week(weeks(&[3, 2, 0]), held).streak, 3, "a held one neither counts nor ends it");
}
