//! One folder, many processes; one fact, one entry; one chain, one machine.

use super::*;
use midwatch::journal::{JournalError, Whose, last_sign, take_over, try_watch, wait_to_watch};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// Set in a child of this test program: the folder to write to, how many entries, and who it is.
const WRITER: &str = "MIDWATCH_TEST_WRITER";

/// Runs in every run of the tests; does something only in a child.
#[test]
fn writer() {
    let Ok(order) = std::env::var(WRITER) else { return };
    let parts: Vec<_> = order.split('|').collect();
    let mut journal = open(Path::new(parts[0]));
    for number in 0..parts[1].parse().expect("a number") {
        let text = format!("{} {number}", parts[2]);
        journal.append(vec![note(&text), note("again")], Utc::now()).expect("appends");
    }
}

fn spawn_writer(folder: &Path, count: usize, name: &str) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "sharing::writer", "--test-threads=1"]).stdout(Stdio::null()).stderr(Stdio::inherit());
    command.env(WRITER, format!("{}|{count}|{name}", folder.display())).spawn().expect("starts")
}

#[test]
fn eight_processes_lose_nothing_and_leave_one_chain_without_a_gap() {
    let home = home();
    let children: Vec<_> = (0..8).map(|number| spawn_writer(home.path(), 25, &format!("process {number}"))).collect();
    for mut child in children {
        assert!(child.wait().expect("ends").success());
    }
    let mut journal = open(home.path());
    let all = journal.recent(1_000).expect("loads");
    let told: BTreeSet<_> = texts(&all).into_iter().filter(|text| text.starts_with("process")).collect();
    assert_eq!((all.len(), told.len()), (400, 200));
    assert!(all.iter().map(|entry| entry.seq).eq(1..=400), "the order of the fold is the order of one chain");
    assert_eq!(journal.heads().expect("reads").len(), 1, "all began the same origin");
    assert_eq!(problems(home.path(), None), [""; 0]);
}

#[test]
fn other_processes_entries_are_noticed_and_read_once() {
    let home = home();
    let (mut here, mut there) = (written(home.path(), 1), open(home.path()));
    assert_eq!(open_state(&mut there, 2).len(), 1);
    assert!(!there.changed().expect("looks"));
    let new = record(&mut here, note("from the other one"), 2);
    assert!(there.changed().expect("looks"));
    assert_eq!(there.news().expect("reads"), [new]);
    assert!(!there.changed().expect("looks"));
    record(&mut there, note("our own"), 3);
    assert!(!there.changed().expect("looks"));
    assert_eq!(there.news().expect("reads"), []);
}

#[test]
fn two_observers_of_one_fact_make_one_entry() {
    let home = home();
    let (mut here, mut there) = (open(home.path()), open(home.path()));
    let fired = |by: &str| Draft { key: Some("prod/abc/1/fired".into()), ..note(by) };
    let first = record(&mut here, fired("here"), 1);
    let both = there.append(vec![fired("there"), note("its own")], at(2)).expect("appends").entries;
    assert_eq!(both[0], first, "the entry that was there already");
    assert_eq!((both[1].text.as_str(), both[1].seq), ("its own", 2));
    let twice =
        here.append(vec![Draft { key: Some("k".into()), ..note("a") }, Draft { key: Some("k".into()), ..note("b") }], at(3));
    assert_eq!(texts(&twice.expect("appends").entries), ["a", "a"]);
    assert_eq!(here.recent(9).expect("loads").len(), 3);
}

/// Two processes that saw the same at another moment may have another name for it.
#[test]
fn what_stands_there_by_another_name_is_not_written_again() {
    let home = home();
    let (mut here, mut there) = (open(home.path()), open(home.path()));
    let storm = |minute: u32| Draft {
        key: Some(format!("storm/{minute}")),
        also: vec![format!("storm/{}", minute - 1), format!("storm/{}", minute + 1)],
        ..note("a storm")
    };
    let add = |journal: &mut SqliteJournal, minute| journal.append(vec![storm(minute)], at(1)).expect("appends").entries[0].id;
    let first = add(&mut here, 7);
    assert_eq!([add(&mut there, 8), add(&mut there, 6), add(&mut there, 7)], [first; 3]);
    assert_ne!(add(&mut there, 9), first);
    assert_eq!(here.recent(9).expect("reads").len(), 2);
}

#[test]
fn whoever_only_reads_leaves_the_room_for_the_night_alone() {
    let home = home();
    let options = |read_only| Options { read_only, reserve: 1 << 16, ..Options::default() };
    for read_only in [false, true] {
        drop(SqliteJournal::open(home.path(), options(read_only)).expect("opens"));
    }
    assert!(home.path().join("reserve").exists());
}

#[test]
fn incidents_are_numbered_without_a_gap_by_whoever_declares_them() {
    let home = home();
    let (mut here, mut there) = (open(home.path()), open(home.path()));
    let declare = || Draft::new(Kind::Declare, at(0), Actor::system("test"), "declared");
    let numbers = [record(&mut here, declare(), 1), record(&mut there, declare(), 2), record(&mut here, declare(), 3)];
    assert_eq!(numbers.map(|entry| entry.data_of::<u64>("number")), [Some(1), Some(2), Some(3)]);
}

#[test]
fn the_order_holds_though_the_wall_clock_is_set_back() {
    let home = home();
    let mut journal = open(home.path());
    for (number, second) in [100, 40, 50, 101].into_iter().enumerate() {
        record(&mut journal, note(&number.to_string()), second);
    }
    let all = journal.recent(9).expect("loads");
    assert_eq!(texts(&all), ["0", "1", "2", "3"]);
    assert_eq!(all[1].recorded_at, at(40), "what the wall said is kept");
    assert_eq!(problems(home.path(), None), [""; 0]);
}

#[test]
fn a_foreign_clock_is_followed_unless_it_is_far_ahead() {
    let home = home();
    let mut journal = written(home.path(), 1);
    let foreign = |second: i64, name: &str| {
        let ms = at(second).timestamp_millis();
        let columns = "clock_count, at, kind, key, incident, alert, run, corrects, until, prev, hash, body";
        let origin = format!("INSERT INTO origins (id) VALUES ('{name}')");
        let entry =
            format!("SELECT (max(n) << 40) + 1, '{name}', {ms}, {columns} FROM origins, (SELECT {columns} FROM entries LIMIT 1)");
        tamper(home.path(), &format!("{origin}; INSERT INTO entries (n, id, clock_ms, {columns}) {entry}"));
    };
    foreign(2 + 299, "0193a1b2-0000-7000-8000-00000000000a");
    assert_eq!(record(&mut journal, note("after it"), 2).clock.ms, at(2 + 299).timestamp_millis());
    foreign(3 + 3_600, "0193a1b2-0000-7000-8000-00000000000b");
    assert_eq!(record(&mut journal, note("not after that"), 3).clock.ms, at(2 + 299).timestamp_millis());
}

#[test]
fn a_copied_folder_begins_an_origin_that_names_the_old_head() {
    let (home, other) = (home(), home());
    drop(written(home.path(), 3));
    let old = open(home.path()).heads().expect("reads").remove(0);
    std::fs::copy(home.path().join("journal.db"), other.path().join("journal.db")).expect("copies");

    let appended = open(other.path()).append(vec![note("in the copy")], at(-3_600)).expect("appends");
    let begun = appended.begun.expect("a beginning");
    assert_eq!((begun.kind.clone(), begun.seq, begun.data_of("old_head")), (Kind::Console, 1, Some(old.clone())));
    assert_ne!(begun.origin, old.origin);
    let all = open(other.path()).recent(9).expect("loads");
    assert_eq!(texts(&all)[..3], ["note 1", "note 2", "note 3"], "the past stays before what follows, whatever the wall says");
    assert_eq!(open(other.path()).append(vec![note("more")], at(9)).expect("appends").begun, None);
    assert_eq!(record(&mut open(home.path()), note("the old one goes on"), 4).origin, old.origin);
    assert_eq!((problems(home.path(), None), problems(other.path(), None)), (vec![], vec![]));

    tamper(other.path(), "DELETE FROM entries WHERE n >> 40 = 1 AND seq = 3");
    assert_eq!(problems(other.path(), None).len(), 1, "the new origin knows how long the old one was");
}

#[test]
fn a_folder_on_another_machine_begins_an_origin() {
    let home = home();
    let old = record(&mut written(home.path(), 1), note("here"), 2).origin;
    assert_ne!(record(&mut open_on(home.path(), "another machine"), note("there"), 3).origin, old);
}

#[test]
fn one_process_watches_and_the_next_takes_over() {
    let home = home();
    let first = try_watch(home.path()).expect("locks").expect("free");
    assert!(try_watch(home.path()).expect("looks").is_none());
    drop(first);
    assert!(try_watch(home.path()).expect("locks").is_some());
}

/// A process that stands still holds its lock for ever, and may go on at any moment.
#[test]
fn the_watch_of_who_gives_no_sign_of_life_is_taken_and_what_they_record_as_the_watcher_is_refused() {
    let home = home();
    let mut journal = open(home.path());
    let first = try_watch(home.path()).expect("locks").expect("free");
    let hold = first.hold();
    assert_eq!((first.before, last_sign(home.path())), (None, None));
    hold.beat(at(1), None).expect("writes");
    let sign = last_sign(home.path()).expect("it was left");
    assert_eq!((sign.process, sign.seen), (std::process::id(), at(1)));
    hold.beat(at(2), None).expect("writes");
    assert!(take_over(home.path(), sign, at(60)).expect("looks").is_none(), "it has left another one since");
    let sign = last_sign(home.path()).expect("it was left");
    assert_eq!(hold.whose(), Whose::Ours);
    let second = take_over(home.path(), sign, at(60)).expect("takes").expect("nobody was faster");
    assert_eq!((second.before, last_sign(home.path()).map(|sign| sign.seen)), (Some(sign), Some(at(60))));
    assert!(take_over(home.path(), sign, at(61)).expect("looks").is_none(), "one takes it");
    assert_eq!((hold.whose(), second.hold().whose()), (Whose::Anothers, Whose::Ours));
    let late = journal.append_if(&|| hold.whose() == Whose::Ours, vec![note("by the first")], at(61));
    assert!(matches!(late, Err(JournalError::Ousted)), "{late:?}");
    journal.append_if(&|| second.hold().whose() == Whose::Ours, vec![note("by the second")], at(62)).expect("appends");
    assert_eq!(texts(&journal.recent(9).expect("reads")), ["by the second"]);
    hold.beat(at(63), None).expect("writes");
    assert_eq!(last_sign(home.path()).map(|sign| sign.seen), Some(at(60)), "what it leaves now is nobody's sign");
    drop(first);
    assert!(try_watch(home.path()).expect("looks").is_none(), "the second holds it");
    drop(second);
    let before = wait_to_watch(home.path()).expect("locks").expect("free").before;
    assert_eq!(before.map(|sign| sign.seen), Some(at(2)), "the second has not recorded that nobody watched");
}

/// Whoever ends before it is on record takes the beginning of a time that nobody watched not along.
#[test]
fn since_when_nobody_watched_stays_known_until_it_is_on_record() {
    let home = home();
    let watch = || try_watch(home.path()).expect("locks").expect("free");
    let before = || watch().before.map(|sign| sign.seen);
    watch().hold().beat(at(1), None).expect("writes");
    let second = watch();
    second.hold().beat(at(60), second.before).expect("writes");
    assert_eq!(last_sign(home.path()).map(|sign| sign.seen), Some(at(60)), "it lives");
    drop(second);
    assert_eq!(before(), Some(at(1)));
    watch().hold().beat(at(70), None).expect("writes");
    assert_eq!(before(), Some(at(70)));
}

/// While somebody writes, who watches stays who watches: the append that has begun is theirs.
#[test]
fn nobody_takes_the_watch_while_an_append_is_under_way() {
    let home = home();
    let mut journal = open(home.path());
    let first = try_watch(home.path()).expect("locks").expect("free");
    first.hold().beat(at(1), None).expect("writes");
    let sign = last_sign(home.path()).expect("it was left");
    let folder = home.path().to_owned();
    let may = || take_over(&folder, sign, at(60)).is_err() && first.hold().whose() == Whose::Ours;
    journal.append_if(&may, vec![note("by the first")], at(2)).expect("appends");
}
