//! The list of silences: what it shows of each, and that ending, extending and repeating one is an act on every source of it.

use crate::screen::{Desk, alert, settings, start};
use midwatch::domain::act::{Act, Outcome};
use midwatch::domain::alert::{Alert, Silence, SilenceMatcher, SilenceState};
use midwatch::model::event::SourceAnswer;
use midwatch::model::{Command, Effect, Fact};
use midwatch::tui::Ui;
use midwatch::tui::keymap::Sequence;
use std::sync::Arc;

fn silence(id: &str, name: &str, minutes: i64) -> Silence {
    let matcher = SilenceMatcher { name: "alertname".into(), value: name.into(), regex: false, equal: true };
    let state = if minutes < 0 { SilenceState::Expired } else { SilenceState::Active };
    let ends_at = start() + chrono::Duration::minutes(minutes);
    let (created_by, comment) = ("maria".into(), format!("work on {name} [mw:{id}]").into());
    let starts_at = start() - chrono::Duration::hours(3);
    Silence { id: id.into(), matchers: vec![matcher], starts_at, ends_at, created_by, comment, state }
}

fn quiet(name: &str, by: &str) -> Arc<Alert> {
    Arc::new(Alert { silenced_by: vec![by.into()], ..(*alert(name, "critical", "postgres", "db-1", 9)).clone() })
}

/// Two sources; on both stands a silence of `Down` that ends in 20 minutes, on the first a useless and an old one besides.
fn night() -> Desk {
    let mut settings = settings();
    let west = midwatch::domain::settings::SourceSpec { name: "west".into(), ..settings.sources[0].clone() };
    settings.sources.push(west);
    let mut desk = Desk::with(settings);
    desk.fires(&[quiet("Down", "a"), alert("Loud", "critical", "postgres", "db-2", 9)]);
    let there = SourceAnswer { complete: true, silences: Arc::new(vec![silence("b", "Down", 20)]), ..SourceAnswer::default() };
    desk.fact(Fact::SourceAnswered { source: "west".into(), answer: there });
    desk.silences(vec![silence("c", "Typo", 300), silence("a", "Down", 20), silence("d", "Old", -7)]);
    desk
}

fn acts(desk: &Desk) -> Vec<(String, Act)> {
    let act = |effect: &Effect| match effect {
        Effect::Act { source, act, .. } => Some((source.to_string(), act.clone())),
        _ => None,
    };
    desk.effects.iter().filter_map(act).collect()
}

#[test]
fn the_list_shows_what_ends_next_and_what_fires_again_then() {
    let mut desk = night();
    desk.press("Z").expect("Silences: 2 in force, 1 match nothing");
    let (down, typo, old) = (desk.find("\"Down\""), desk.find("\"Typo\""), desk.find("\"Old\""));
    assert!(down < typo && typo < old, "{}", desk.text());
    let first = desk.line("{alertname=\"Down\"}");
    assert!(first.contains("20m left") && first.contains("1 alert, fires again") && first.contains("on prod, west"), "{first}");
    desk.expect("maria: work on Down").expect_not("[mw:").expect("fires again: Down db-1");
    assert!(desk.line("\"Typo\"").contains("matches nothing"), "{}", desk.text());
    assert!(desk.line("\"Old\"").contains("ended 7m00s ago"), "{}", desk.text());
    desk.press("enter").expect("A silence in force").expect("west b").expect("prod/Down-db-1").press("esc esc").expect("Loud");
    desk.press(":").type_text("silences").press("enter").expect("Silences: 2 in force");
}

#[test]
fn a_key_that_comes_before_the_first_frame_is_not_told_that_there_is_nothing() {
    let mut desk = night();
    for key in ["Z", "y"] {
        let [key] = Sequence::parse(key).expect("a key").0[..] else { panic!("one") };
        desk.screen.key(key, &desk.world);
    }
    desk.draw();
    desk.expect("Copy the silence").expect("{alertname=\"Down\"}").press("c");
    assert!(matches!(&desk.asked[..], [Ui::Copy(text)] if text == "{alertname=\"Down\"}"), "{:?}", desk.asked);
}

#[test]
fn ending_the_silence_of_an_alert_says_what_fires_then_and_who_made_it_without_its_mark() {
    let mut desk = Desk::new();
    desk.fires(&[quiet("Down", "a")]).silences(vec![silence("a", "Down", 20)]);
    desk.press("S").expect("End a silence on prod").expect("work on Down").expect("Fires again at once: Down").expect_not("[mw:");
    desk.press("enter");
    assert_eq!(acts(&desk), [("prod".to_owned(), Act::Expire { id: "a".into() })]);
    desk.expect("ending silence {alertname=\"Down\"}");
}

#[test]
fn ending_a_silence_that_carries_an_acknowledgement_says_that_it_ends_too_and_which_key_gives_it_up() {
    let mut settings = crate::screen::settings();
    settings.sources[0].carry = Some(midwatch::domain::settings::Carry::Silence { prefix: "ACK!".into() });
    let mut desk = Desk::with(settings);
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).press("a enter");
    let [Effect::Act { intent, .. }] = &desk.effects[..] else { panic!("{:?}", desk.effects) };
    let intent = intent.id();
    let end = midwatch::domain::act::ActEnd { made: Some("a".into()), ..midwatch::domain::act::ActEnd::new(Outcome::Done, "") };
    desk.fact(Fact::ActEnded { intent, end });
    let holds = Silence { comment: "ACK! ana: ".into(), ..silence("a", "Down", 15) };
    desk.fires(&[quiet("Down", "a")]).silences(vec![holds, silence("b", "Slow", 40)]);
    let words = "It carries the acknowledgement of Down";
    desk.press("S").expect("End a silence on prod").expect(words).expect("A in the queue gives that up").press("esc");
    desk.press("Z S").expect("End the silence on prod").expect(words).expect("by ana, which ends with it").press("esc");
    desk.press("j S").expect("End the silence on prod").expect_not(words);
}

#[test]
fn what_another_silence_covers_does_not_fire_when_this_one_is_ended() {
    let mut desk = Desk::new();
    let both = Arc::new(Alert {
        silenced_by: vec!["a".into(), "b".into()],
        ..(*alert("Down", "critical", "postgres", "db-1", 3)).clone()
    });
    desk.fires(&[both]).silences(vec![silence("a", "Down", 20), silence("b", "Slow", 40)]);
    desk.press("Z j S").expect("End the silence").expect("Slow").expect("Nothing fires again because of it.");
}

#[test]
fn it_is_ended_on_every_source_by_two_deliberate_keys() {
    let mut desk = night();
    desk.press("Z S").expect("End the silence on prod, west").expect("Fires again at once: Down db-1");
    assert_eq!(desk.commands, [], "the first key asks");
    desk.press("enter");
    let expected =
        ["prod", "west"].map(|source| (source.to_owned(), Act::Expire { id: if source == "prod" { "a" } else { "b" }.into() }));
    assert_eq!(acts(&desk), expected);
    desk.act_ends(Outcome::Done, "has ended").act_ends(Outcome::Failed, "503: away").press("o");
    desk.expect("end a silence on west").expect("✗ failed: 503: away").expect("✓ confirmed: has ended");
    // The key meant what was drawn: what has gone meanwhile hands it to nothing else.
    let mut desk = night();
    desk.press("Z");
    desk.fact(Fact::SourceAnswered { source: "west".into(), answer: SourceAnswer { complete: true, ..SourceAnswer::default() } });
    desk.silences(vec![silence("c", "Typo", 300)]);
    desk.press("S").expect_not("End the silence").expect("Silences: 1 in force").press("S").expect("End the silence on prod");
}

#[test]
fn it_lasts_longer_and_one_that_has_ended_is_made_again() {
    let mut desk = night();
    desk.press("Z e").expect("It ends at 04:18 instead of 03:18").press("ctrl-u").expect("write 90m").press("enter");
    assert_eq!(desk.commands, []);
    desk.type_text("90m").expect("It ends at 04:48 instead of 03:18").press("enter");
    let sent = acts(&desk);
    assert_eq!(sent.len(), 2);
    for ((source, act), (name, id)) in sent.iter().zip([("prod", "a"), ("west", "b")]) {
        let Act::Silence { id: Some(extended), ends_at, by, comment, .. } = act else { panic!("{act:?}") };
        assert_eq!((source.as_str(), extended.raw(), by.as_str(), comment.as_str()), (name, id, "maria", "work on Down"));
        assert_eq!(*ends_at, start() + chrono::Duration::minutes(20 + 90));
    }
    let mut desk = night();
    desk.press("Z G S")
        .expect_not("End the silence")
        .press("e")
        .expect("Silence again on prod")
        .expect("From now until 03:58")
        .press("enter");
    let Some(Command::Silence { matchers, reason, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!((matchers[0].value.raw(), reason.as_str()), ("Old", "work on Old"));
}

#[test]
fn a_silence_of_the_watchdog_or_of_most_alerts_wants_its_number_typed() {
    let mut desk = Desk::new();
    let names = ["Down", "Slow", "Full", "Late"];
    desk.fires(&names.map(|name| alert(name, "critical", "postgres", "db-1", 3))).draw();
    let all = |desk: &mut Desk, typed: &str| {
        desk.press("s").type_text("work").press("tab tab ctrl-u").type_text("service=postgres").press("enter");
        desk.expect("Look again: it hides 4 of the 4 alerts that fire").expect("Type 4 to go on");
        desk.type_text(typed).press("enter");
    };
    all(&mut desk, "3");
    desk.expect("`3` is not 4");
    assert_eq!(desk.commands, []);
    desk.press("esc");
    all(&mut desk, "4");
    assert!(matches!(desk.commands[..], [Command::Silence { confirmed: Some(4), .. }]), "{:?}", desk.commands);
    assert_eq!(acts(&desk).len(), 1);
    // One that does, and exists already, is not extended by the way either.
    let quiet: Vec<_> = names.map(|name| quiet(name, "w")).into();
    let mut desk = Desk::new();
    desk.fires(&quiet).silences(vec![silence("w", "Watchdog", 20)]);
    desk.press("Z e enter")
        .expect("it hides Watchdog, which says that alerting works")
        .expect("Type 0")
        .type_text("0")
        .press("enter");
    assert_eq!(acts(&desk).len(), 1);
}

/// A group of these many by name, with the cursor on its row; and something else of the same service that is quiet for now.
fn group(count: i64) -> Desk {
    let mut desk = Desk::new();
    let of = |n: i64| alert("Noise", "warning", "checkout", &format!("shop-{n}"), 20 + n);
    let mut alerts: Vec<_> = (0..count).map(of).collect();
    let others = (0..40).map(|n| alert(&format!("Else{n}"), "info", "stripe", "api", 3));
    alerts.extend(others);
    desk.fires(&alerts).press("f").type_text("name").press("enter");
    assert!(desk.line("▌").contains(&format!("×{count} Noise")), "{}", desk.text());
    desk
}

#[test]
fn a_silence_of_a_group_covers_all_of_it_and_shows_what_else_it_hides() {
    let mut desk = group(14);
    desk.press("s")
        .expect("Silence on prod: 14 alerts")
        .expect("It hides 14 alerts now")
        .expect("14 of those that were chosen, and no others");
    // Who was meant is settled: what comes to match is another one.
    desk.fires(&[alert("Noise", "warning", "checkout", "late", 0)]).draw();
    desk.expect("It hides 15 alerts now").expect("14 of those that were chosen, and 1 other,").expect("· Noise late");
    desk.type_text("work").press("tab tab").type_text(" instance=shop-3").expect("It hides 1 alert now");
    desk.expect("It leaves out 13 of those that were chosen").press("ctrl-u").type_text("service=checkout").press("enter");
    let Some(Command::Silence { matchers, covers: 15, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(matchers.len(), 1);

    let mut desk = group(3);
    desk.press("s").expect("shop-0|shop-1|shop-2").expect("severity=\"warning\"").type_text("work").press("enter");
    let Some(Command::Silence { matchers, covers: 3, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(matchers.iter().map(|it| it.regex).collect::<Vec<_>>(), [false, true, false, false]);
    assert_eq!(acts(&desk).len(), 1);
}

#[test]
fn without_matchers_each_of_a_group_gets_a_silence_of_its_own() {
    let mut desk = group(5);
    desk.press("s")
        .type_text("work")
        .press("tab tab ctrl-u")
        .expect("Each of the 5 gets a silence of its own")
        .expect("silence 5 alerts");
    desk.press("enter");
    let Some(Command::SilenceEach { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!((alerts.len(), acts(&desk).len()), (5, 4), "four at a time");
    // What has nothing in common has no matchers to begin with.
    let mut desk = Desk::new();
    let bare = |name: &str| {
        let labels = midwatch::domain::alert::Labels::new(vec![(name.into(), "x".into())]);
        Arc::new(Alert { labels, ..(*alert(name, "warning", "checkout", "shop", 3)).clone() })
    };
    desk.fires(&[bare("one"), bare("two")]).press("space space s").expect("Each of the 2 gets a silence of its own");
}

#[test]
fn a_silence_of_marks_on_several_sources_stands_on_each_of_them_and_says_whom_it_leaves() {
    let mut settings = settings();
    let west = midwatch::domain::settings::SourceSpec { name: "west".into(), ..settings.sources[0].clone() };
    let pager = midwatch::domain::settings::SourceSpec { name: "pager".into(), acts: vec![], ..west.clone() };
    settings.sources.extend([west, pager]);
    let mut desk = Desk::with(settings);
    let down = alert("Down", "critical", "postgres", "db-1", 9);
    desk.fires(std::slice::from_ref(&down));
    for source in ["west", "pager"] {
        let mut copy = (*down).clone();
        copy.id.source = source.into();
        desk.fact(Fact::AlertsChanged { source: source.into(), upserts: vec![Arc::new(copy)], gone: vec![] });
    }
    desk.draw();
    desk.press("space space space s").expect("Silence on prod, west: 2 alerts").expect("1 alert of pager stay");
    desk.type_text("work").press("enter");
    assert_eq!(acts(&desk).iter().map(|(source, _)| source.as_str()).collect::<Vec<_>>(), ["prod", "west"]);
    // What has no silences says so at once.
    let mut settings = crate::screen::settings();
    settings.sources[0].acts = vec![];
    let mut desk = Desk::with(settings);
    desk.fires(&[down]).press("s").expect("prod has no silences: x shows what can be done");
}

#[test]
fn a_snooze_that_hides_the_watchdog_wants_its_number_typed() {
    let mut desk = Desk::new();
    desk.fires(&[alert("Watchdog", "info", "postgres", "am-1", 9)]).draw();
    desk.press("z enter").expect("it hides Watchdog, which says that alerting works").expect("Type 1 to go on");
    assert_eq!(desk.commands, []);
    desk.type_text("1").press("enter");
    assert_eq!(acts(&desk).len(), 1);
}

fn carrying() -> Desk {
    let mut settings = crate::screen::settings();
    settings.sources[0].carry = Some(midwatch::domain::settings::Carry::Silence { prefix: "ACK!".into() });
    Desk::with(settings)
}

#[test]
fn an_acknowledgement_that_silences_the_watchdog_wants_its_number_typed() {
    let mut desk = carrying();
    desk.fires(&[alert("Watchdog", "info", "postgres", "am-1", 9)]).draw();
    desk.press("a").type_text("mine").press("enter").expect("it hides Watchdog, which says that alerting works");
    desk.expect("Type 1 to go on").press("enter");
    assert_eq!(desk.commands, []);
    desk.type_text("1").press("enter");
    let asked = matches!(&desk.commands[..], [Command::Acknowledge { reason, confirmed: Some(1), .. }] if reason == "mine");
    assert!(asked, "{:?}", desk.commands);
    assert_eq!(acts(&desk).len(), 1);
}

#[test]
fn an_acknowledgement_that_would_be_hundreds_of_silences_says_how_many_and_which_key_makes_one() {
    let many: Vec<_> = (0..501).map(|n| alert("Noise", "warning", "postgres", &format!("db-{n}"), 5)).collect();
    let words = "That makes 501 silences on prod: s makes one by matchers";
    let mut desk = carrying();
    desk.fires(&many)
        .press("/")
        .type_text("Noise")
        .press("enter M a")
        .expect(words)
        .press("esc space a")
        .expect_not("That makes");
    let mut desk = Desk::new();
    desk.fires(&many).press("/").type_text("Noise").press("enter M a").expect("Acknowledge 501").expect_not("That makes");
}

#[test]
fn a_silence_of_several_alerts_is_ended_from_any_of_them() {
    let mut desk = Desk::new();
    desk.fires(&[quiet("Down", "a"), quiet("Slow", "a"), alert("Loud", "critical", "postgres", "db-2", 9)]);
    desk.silences(vec![silence("a", "Down", 20)]).press("space space space S").expect("End a silence on prod").press("enter");
    assert!(matches!(&acts(&desk)[..], [(_, Act::Expire { .. })]), "{:?}", acts(&desk));
}

#[test]
fn the_silences_of_all_that_is_marked_are_ended_together_after_what_fires_then_was_shown() {
    let mut desk = Desk::new();
    desk.fires(&[quiet("Down", "a"), quiet("Slow", "b"), quiet("Late", "c"), alert("Loud", "critical", "postgres", "db-2", 9)]);
    desk.silences(["a", "b", "c"].map(|id| silence(id, id, 20)).into());
    desk.press("/").type_text("state:silenced").press("enter M S").expect("End which silence?").expect("all 3 of them");
    desk.press("enter").expect("End 3 silences on prod").expect("work on b").expect("Fires again at once: ");
    for name in ["Down db-1", "Slow db-1", "Late db-1"] {
        assert!(desk.line("Fires again at once").contains(name), "{}", desk.text());
    }
    assert_eq!(desk.commands, [], "the second key does it");
    desk.expect("enter end 3 silences").press("enter").expect_not("3 marked");
    let ended: Vec<_> = acts(&desk).into_iter().map(|(_, act)| act).collect();
    assert_eq!(ended, ["a", "b", "c"].map(|id| Act::Expire { id: id.into() }));
    // One of them is still ended alone.
    let mut desk = Desk::new();
    desk.fires(&[quiet("Down", "a"), quiet("Slow", "b")]).silences(["a", "b"].map(|id| silence(id, id, 20)).into());
    desk.press("space space S").type_text("work on b").press("enter");
    assert_eq!(acts(&desk), [("prod".to_owned(), Act::Expire { id: "b".into() })]);
}

#[test]
fn what_a_silence_keeps_quiet_is_named_once_though_two_have_its_name() {
    let mut desk = Desk::new();
    let other = Arc::new(Alert { silenced_by: vec!["a".into()], ..(*alert("Down", "critical", "postgres", "db-2", 9)).clone() });
    desk.fires(&[quiet("Down", "a"), other]).silences(vec![silence("a", "Down", 20)]);
    desk.press("Z S").expect("Fires again at once: Down db-1, Down db-2.");
}

#[test]
fn hostile_silences_are_harmless_at_every_size() {
    for (width, height) in [(120, 40), (80, 24), (40, 12), (20, 5)] {
        let mut desk = Desk::new();
        let evil = Silence {
            created_by: "\u{1b}[2Jmallory\nroot".into(),
            comment: format!("\u{202e}gnp{}\u{7}", "x".repeat(5_000)).into(),
            ..silence("a", "Down\u{1b}]0;owned\u{7}", 20)
        };
        let many = (0..200).map(|n| silence(&format!("n{n}"), "Noise", 30 + n));
        desk.fires(&[quiet("Down", "a")]).silences(std::iter::once(evil).chain(many).collect());
        desk.resize(width, height).press("Z");
        if width > 20 {
            desk.expect("20m left").expect(r"\u{1b}]0;owned");
        }
        assert!(!desk.text().contains(['\u{1b}', '\u{202e}', '\u{7}']));
        desk.press("G G ctrl-u j k ctrl-d enter esc S esc e esc gg");
        if width > 20 {
            desk.expect("▌").expect("20m left");
        }
        assert_eq!(desk.commands, []);
    }
}

#[test]
fn taking_an_alert_from_whoever_holds_it_by_a_silence_tells_what_else_fires_then() {
    let mut desk = Desk::new();
    let holds = Silence { comment: "ACK! maria: on it".into(), ..silence("a", "Down", 20) };
    desk.fires(&[quiet("Down", "a"), quiet("Late", "a")]).silences(vec![holds]);
    desk.press("A")
        .expect("maria has Down db-1 now.")
        .expect("ends for all that it covers")
        .expect("Fires again at once: Late db-1.");
    // It has ended by itself meanwhile: what is told follows the queue.
    desk.silences(Vec::new()).expect_not("maria has Down db-1 now.").expect_not("Fires again at once");
}

#[test]
fn an_end_cant_be_taken_back_and_says_how_it_is_silenced_again() {
    let mut desk = night();
    desk.press("Z u").expect("It has not ended: S ends it");
    desk.press("G u")
        .expect("A silence that has ended can't be taken back: e makes it again")
        .press("e")
        .expect("Silence again on");
}

#[test]
fn an_answer_that_changes_nothing_of_what_is_hidden_is_no_reason_to_look_again() {
    let another = |name: &str| {
        let mut twin = (*alert(name, "critical", "postgres", "db-1:5432", 3)).clone();
        twin.id.fingerprint = "twin".into();
        Fact::AlertsChanged { source: "prod".into(), upserts: vec![Arc::new(twin)], gone: Vec::new() }
    };
    let mut desk = crate::screen::outage();
    desk.press("j s").type_text("work").fact(another("Other")).press("enter").expect_not("The queue has just changed");
    assert!(matches!(&desk.effects[..], [Effect::Act { act: Act::Silence { .. }, .. }]), "{:?}", desk.effects);
    let mut desk = crate::screen::outage();
    desk.press("j s").type_text("work").fact(another("PostgresDown")).press("enter").expect("The queue has just changed");
    assert!(desk.effects.is_empty());
}

#[test]
fn a_source_is_said_to_have_as_many_silences_as_are_not_over() {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]);
    desk.silences(vec![silence("a", "Slow", 20), silence("b", "Slow", -5), silence("c", "Late", -30)]);
    desk.press("W").expect("ago, 1 silence").expect_not("silences");
    desk.sleep(21 * 60).expect_not("silence");
}

#[test]
fn what_has_ended_is_counted_and_does_not_fill_the_list() {
    let mut desk = Desk::new();
    let ended = |n: i64| silence(&format!("over-{n}"), &format!("Over{n}"), -1 - n);
    desk.silences((0..300).map(ended).chain([silence("a", "Down", 20)]).collect());
    desk.press("Z")
        .expect("Silences: 1 in force, 1 match nothing, 300 ended")
        .expect("1 of 21")
        .press("G")
        .expect("Over19")
        .expect_not("Over20");
}

#[test]
fn the_cursor_stays_in_its_place_when_what_is_under_it_is_extended_and_on_its_silence_else() {
    let mut desk = Desk::new();
    let told = |down: i64, slow: i64| vec![silence("a", "Down", down), silence("b", "Slow", slow), silence("c", "Late", 40)];
    desk.silences(told(20, 30)).press("Z");
    let line = |desk: &Desk| desk.text().lines().find(|line| line.contains("▌")).map(str::to_owned).unwrap_or_default();
    assert!(line(&desk).contains("20m"), "{}", desk.text());
    // Somebody else has it last longer: whoever looks at it has pressed no key.
    desk.silences(told(35, 30)).draw();
    assert!(line(&desk).contains("35m"), "{}", desk.text());
    desk.press("e esc").silences(told(80, 30)).draw();
    assert!(line(&desk).contains("40m"), "what stands in its place now: {}", desk.text());
    // Another one ends sooner now.
    desk.silences(told(10, 30)).draw();
    assert!(line(&desk).contains("40m"), "{}", desk.text());
}
