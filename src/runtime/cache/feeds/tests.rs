//! However many feeds were watched for however long, what is kept of them is bounded; and a file that is damaged is none.

use super::*;
use crate::domain::entry::Actor;
use crate::domain::health::{FeedSpec, FeedState, Limit, Reading};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::model::health::Health;
use crate::model::{Body, Event, Fact};
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// What is kept of a feed that was measured for ever.
const MOST: usize = 20_000;

fn specs(count: usize) -> Vec<FeedSpec> {
    (0..count).map(|n| FeedSpec::new(format!("feed-{n}").as_str(), "promql", MINUTE, MINUTE)).collect()
}

fn at(minute: u32) -> Stamp {
    let mono = MINUTE * minute;
    Stamp { wall: "2026-01-05T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a Monday") + mono, mono }
}

/// A value of as many digits as there are.
fn reading(minute: u32) -> Reading {
    let value = 40.0 + 20.0 * (f64::from(minute) / 229.0).sin() + f64::from(minute % 7) / 3.0;
    Reading { value: Some(value), limit: Some(Limit::Above(90.0)), ..Reading::new(FeedState::Healthy, "well") }
}

/// What is kept of a feed that was measured so long.
fn watched(minutes: u32) -> Past {
    watched_every(1, minutes)
}

fn watched_every(step: usize, minutes: u32) -> Past {
    let mut health = Health::new(&Settings { feeds: specs(1), ..Settings::default() });
    for minute in (0..minutes).step_by(step) {
        health.read(&"feed-0".into(), Ok(reading(minute)), at(minute));
    }
    health.iter().next().and_then(|feed| feed.past(at(minutes))).expect("it was heard")
}

fn world(count: usize, now: Stamp) -> World {
    let settings = Settings { feeds: specs(count), ..Settings::default() };
    World::new(Arc::new(settings), Actor::person("ana", None), now)
}

fn tell(world: &mut World, seq: u64, stamp: Stamp, fact: Fact) {
    world.update(Event { seq, stamp, body: Body::Fact(fact) });
}

fn bytes(feeds: &Feeds) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(feeds, &mut bytes).expect("memory takes it");
    bytes
}

fn read_back(bytes: &[u8]) -> Option<Feeds> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("feeds.json");
    fs::write(&path, bytes).expect("written");
    read(&path)
}

#[test]
fn weeks_of_thousands_of_feeds_take_a_bounded_room() {
    let weeks = 7 * 24 * 60 * 6;
    let (short, long) = (watched_every(5, weeks / 6), watched_every(5, weeks));
    for past in [&short, &long] {
        assert!(past.measured.len() <= 128 && past.samples.len() <= 60 && past.hours.1.len() <= 4 * 168, "{past:?}");
    }
    let room = |past: &Past| bytes(&vec![("feed-0".into(), past.clone())]).len();
    assert!(room(&long) < MOST, "{} bytes after six weeks", room(&long));
    let mut world = world(2_000, at(weeks));
    let all: Feeds = specs(2_000).into_iter().map(|spec| (spec.name, long.clone())).collect();
    tell(&mut world, 1, at(weeks), Fact::FeedsRemembered(all));
    let kept = snapshot(&world);
    assert_eq!(kept.len(), 2_000);
    assert!(bytes(&kept).len() < 2_000 * MOST, "{} bytes", bytes(&kept).len());
}

#[test]
fn a_session_that_ends_before_a_feed_has_answered_takes_its_past_from_none() {
    let past = watched(3_000);
    let (mut kept, minute) = (vec![("feed-0".into(), past.clone())], 3_001);
    for session in 0..5 {
        let mut world = world(1, at(minute + session));
        tell(&mut world, 1, at(minute + session), Fact::FeedsRemembered(kept));
        kept = snapshot(&world);
    }
    let [(_, back)] = kept.as_slice() else { panic!("it is gone: {kept:?}") };
    assert_eq!((&back.hours, back.measured.len()), (&past.hours, past.measured.len()));
    assert!(back.samples.iter().filter(|sample| sample.measure.is_none()).count() <= 1, "one gap: {:?}", back.samples);
    assert_eq!(snapshot(&world(1, at(minute))), [], "of what nobody knows nothing is kept");
}

#[test]
fn a_damaged_file_brings_no_past_or_a_part_of_it_and_never_harm() {
    let good = bytes(&vec![("feed-0".into(), watched(400)), ("feed-1".into(), watched(90))]);
    assert_eq!(read_back(&good).map(|feeds| feeds.len()), Some(2));
    for wrong in [&b""[..], b"{}", b"null", b"[[", b"\0\xff", b"[[\"feed-0\"]]", &good[..good.len() / 2]] {
        assert_eq!(read_back(wrong), None, "{:?}", String::from_utf8_lossy(wrong));
    }
    let mut seed = 5_u64;
    let mut dice = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    // Where a file system has lost a part, doubled one, or somebody has edited.
    let pieces: [&[u8]; 8] = [b"9", b"e308", b"-", b"null", b"9223372036854775807", b"-9223372036854775808", b"[]", b"0.0,"];
    let mut brought = 0;
    for _ in 0..400 {
        let mut damaged = good.clone();
        for _ in 0..=dice(3) {
            let place = dice(damaged.len());
            match dice(3) {
                0 => damaged[place] = b"0123456789.-+\"[]{},:TZ"[dice(22)],
                1 => drop(damaged.drain(place..(place + 1 + dice(6)).min(damaged.len()))),
                _ => drop(damaged.splice(place..place, pieces[dice(pieces.len())].iter().copied())),
            }
        }
        let Some(feeds) = read_back(&damaged) else { continue };
        brought += 1;
        let mut world = world(2, at(500));
        tell(&mut world, 1, at(500), Fact::FeedsRemembered(feeds));
        for minute in 501..520 {
            // A clock that is set meanwhile is taken from what was kept, too.
            let stamp = Stamp { wall: at(minute).wall + chrono::Duration::hours(i64::from(minute % 3)), ..at(minute) };
            tell(&mut world, u64::from(minute), stamp, Fact::FeedRead { feed: "feed-0".into(), reading: reading(minute) });
        }
        assert!(bytes(&snapshot(&world)).len() < 2 * MOST);
    }
    assert!(brought > 20, "{brought} of 400 could be read at all");
}
