//! Acts one by one: what each is remembered for, and what carries an acknowledgement.

use super::*;
use crate::domain::act::What;
use crate::domain::entry::{Actor, Clock, Draft};
use crate::domain::ids::OriginId;
use uuid::Uuid;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_334_000 + second, 0).expect("a time")
}

fn id(number: u128) -> EntryId {
    EntryId(Uuid::from_u128(number))
}

fn alert(source: &str, name: &str) -> AlertId {
    AlertId { source: source.into(), fingerprint: name.into() }
}

fn fold(outbox: &mut Outbox, number: u128, second: i64, draft: Draft) {
    let (origin, clock) = (OriginId(Uuid::from_u128(7)), Clock::default().next(at(second)));
    outbox.fold(&Arc::new(Entry::stamped(id(number), origin, 1, clock, at(second), draft)));
}

fn draft(kind: Kind) -> Draft {
    Draft::new(kind, at(0), Actor::person("ana", None), "an act")
}

fn intends(outbox: &mut Outbox, number: u128, act: &Act) {
    let draft = draft(Kind::Act).with("source", "prod").with("act", act).with("for", id(1));
    fold(outbox, number, number as i64, Draft { alert: Some(alert("prod", "Down")), ..draft });
}

fn ends(outbox: &mut Outbox, number: u128, outcome: Outcome, made: Option<&str>) {
    let draft = draft(Kind::ActEnded).with("intent", id(number)).with("outcome", outcome).with("made", made);
    fold(outbox, number + 1_000_000, 500, draft);
}

fn silence() -> Act {
    Act::Silence { id: None, matchers: Vec::new(), starts_at: at(0), ends_at: at(900), by: "ana".into(), comment: "".into() }
}

fn on(what: What) -> Act {
    Act::On { alert: "Down".into(), what, by: "ana".into(), comment: "".into() }
}

fn expire() -> Act {
    Act::Expire { id: "s".into() }
}

#[test]
fn what_has_ended_is_remembered_as_long_as_somebody_may_ask_for_it() {
    let old = |outcome, repeated: Option<EntryId>, seconds: i64| {
        let mut outbox = Outbox::default();
        intends(&mut outbox, 2, &silence());
        ends(&mut outbox, 2, outcome, None);
        let sent = Sent { repeated, ..outbox.get(id(2)).expect("known").clone() };
        assert!(!Sent { intent: None, ..sent.clone() }.is_old(at(500 + seconds)), "nobody knows yet what it was");
        sent.is_old(at(500 + seconds))
    };
    let day = 24 * 3_600;
    let cases = [
        (Outcome::Done, None, [(599, false), (600, true)]),
        (Outcome::Failed, None, [(6 * 3_600 - 1, false), (6 * 3_600, true)]),
        (Outcome::Unknown, None, [(day - 1, false), (day, true)]),
        (Outcome::Unsent, None, [(600, false), (10 * day, false)]),
        (Outcome::Unsent, Some(id(3)), [(599, false), (600, true)]),
    ];
    for (outcome, repeated, times) in cases {
        for (seconds, expected) in times {
            assert_eq!(old(outcome, repeated, seconds), expected, "{outcome:?} {repeated:?} after {seconds}");
        }
    }
}

#[test]
fn what_was_done_after_what_was_not_is_remembered_with_it() {
    let mut outbox = Outbox::default();
    let ends = |outbox: &mut Outbox, number: u128, outcome: Outcome| {
        let draft = draft(Kind::ActEnded).with("intent", id(number)).with("outcome", outcome);
        fold(outbox, number + 1_000_000, 500, Draft { alert: Some(alert("prod", "Down")), ..draft });
    };
    for (number, outcome) in [(2, Outcome::Done), (3, Outcome::Failed), (4, Outcome::Done)] {
        intends(&mut outbox, number, &silence());
        ends(&mut outbox, number, outcome);
    }
    (10..10 + KEPT as u128).for_each(|number| intends(&mut outbox, number, &silence()));
    let old = |outbox: &mut Outbox, hours: i64| outbox.old(at(500 + hours * 3_600));
    assert_eq!(old(&mut outbox, 1), [id(2)]);
    outbox.looked_at = None;
    assert_eq!(old(&mut outbox, 6), [id(2), id(3)]);
    [2, 3].into_iter().for_each(|number| outbox.forget(id(number)));
    outbox.looked_at = None;
    assert_eq!(old(&mut outbox, 6), [id(4)]);
}

#[test]
fn an_act_that_was_repeated_twice_is_what_the_last_of_them_is() {
    let mut outbox = Outbox::default();
    intends(&mut outbox, 2, &silence());
    for number in [3, 4] {
        fold(&mut outbox, number, 100, draft(Kind::Act).with("act", silence()).with("again", id(number - 1)));
    }
    assert_eq!(
        [2, 3, 4, 5].map(|number| outbox.newest(id(number)).map(|(id, _)| id)),
        [Some(id(4)), Some(id(4)), Some(id(4)), None]
    );
}

#[test]
fn what_took_an_acknowledgement_back_is_of_this_alert_or_of_a_silence_on_it_there_and_came_since() {
    let taken = |act: Act, of: &AlertId, since: i64, covers: bool| {
        let mut outbox = Outbox::default();
        intends(&mut outbox, 9, &act);
        outbox.took_back(of, at(since), |_| covers)
    };
    let (down, other) = (alert("prod", "Down"), alert("prod", "Slow"));
    let cases = [
        (on(What::Unacknowledge), &down, 8, false, true),
        (on(What::Unacknowledge), &down, 9, false, false),
        (on(What::Unacknowledge), &other, 8, true, false),
        (on(What::Resolve), &down, 8, true, false),
        (expire(), &down, 8, false, true),
        (expire(), &other, 8, true, true),
        (expire(), &other, 8, false, false),
        (expire(), &alert("west", "Slow"), 8, true, false),
        (silence(), &down, 8, true, false),
    ];
    for (act, of, since, covers, expected) in cases {
        assert_eq!(taken(act.clone(), of, since, covers), expected, "{act:?} {of} {since} {covers}");
    }
}

#[test]
fn what_carries_an_acknowledgement_is_what_was_made_last_until_an_end_of_it_was_answered() {
    use Outcome::{Contradicted, Done, Failed, Unknown, Unsent};
    let carried = |second: Option<(Act, Outcome, Option<&str>)>| {
        let mut outbox = Outbox::default();
        intends(&mut outbox, 2, &silence());
        ends(&mut outbox, 2, Done, Some("a"));
        if let Some((act, outcome, made)) = second {
            intends(&mut outbox, 3, &act);
            ends(&mut outbox, 3, outcome, made);
        }
        outbox.carried(id(1)).map(|carrier| (carrier.id.raw().to_owned(), carrier.native))
    };
    let is = |name: &str, native| Some((name.to_owned(), native));
    assert_eq!(carried(None), is("a", false));
    let extended = [
        (Done, Some("b"), is("b", false)),
        (Done, None, is("a", false)),
        (Failed, None, is("a", false)),
        (Unsent, None, is("a", false)),
    ];
    for (outcome, made, expected) in extended {
        assert_eq!(carried(Some((silence(), outcome, made))), expected, "{outcome:?} {made:?}");
    }
    for (outcome, gone) in [(Done, true), (Failed, true), (Contradicted, true), (Unknown, false), (Unsent, false)] {
        assert_eq!(carried(Some((expire(), outcome, None))).is_none(), gone, "{outcome:?}");
    }
    assert_eq!(carried(Some((on(What::Acknowledge { until: at(900), from: None }), Done, Some("Q")))), is("Q", true));
}

#[test]
fn that_nobody_knows_is_no_word_against_what_is_known() {
    use Outcome::{Done, Failed, Unknown, Unsent};
    for (first, then, last) in [
        (Done, Unsent, Done),
        (Failed, Unknown, Failed),
        (Unsent, Unknown, Unsent),
        (Unknown, Done, Done),
        (Unsent, Failed, Failed),
    ] {
        let mut outbox = Outbox::default();
        intends(&mut outbox, 2, &silence());
        ends(&mut outbox, 2, first, None);
        ends(&mut outbox, 2, then, None);
        let end = outbox.get(id(2)).and_then(|sent| sent.end.as_ref()).map(|end| end.outcome);
        assert_eq!(end, Some(last), "{first:?} {then:?}");
    }
}

#[test]
fn what_is_old_is_forgotten_in_turn_down_to_a_thousand_whatever_stands_before_it() {
    let mut outbox = Outbox::default();
    for number in 2..1_012 {
        intends(&mut outbox, number, &silence());
        // The first ones have not ended.
        if number > 8 {
            ends(&mut outbox, number, Outcome::Done, None);
        }
    }
    let mut looked = 0;
    while outbox.acts.len() > KEPT && looked < 1_000 {
        let old = outbox.old(at(10_000));
        assert!(old.len() <= LOOKED_AT);
        old.into_iter().for_each(|intent| outbox.forget(intent));
        looked += 1;
    }
    assert!((KEPT - LOOKED_AT..=KEPT).contains(&outbox.acts.len()), "{}", outbox.acts.len());
    assert_eq!((outbox.old(at(10_000)), outbox.open().count()), (Vec::new(), 7));
    assert_eq!(outbox.serving.get(&id(1)).map(BTreeSet::len), Some(outbox.acts.len()), "nothing is kept of what is forgotten");
}
