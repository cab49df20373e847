//! Headroom: against a real Prometheus, and a page of metrics.

use super::*;
use midwatch::domain::health::FeedSpec;
use midwatch::domain::settings::Settings;
use midwatch::domain::stamp::Stamp;
use midwatch::model::health::Health;
use proptest::prelude::*;
use std::sync::Mutex;

/// Four nodes that carry so much each, and could carry 100, 100, 100 and 200.
fn loads(each: f64) -> (String, String) {
    let series = |values: [f64; 4]| {
        let one = |(index, value): (usize, &f64)| format!("label_replace(vector({value}), \"node\", \"db-{index}\", \"\", \"\")");
        values.iter().enumerate().map(one).collect::<Vec<_>>().join(" or ")
    };
    (series([each; 4]), series([100.0, 100.0, 100.0, 200.0]))
}

async fn ask_prometheus(url: &str, (load, limit): (String, String), more: &str) -> Result<Reading, Trouble> {
    ask(&format!("headroom: {{url: '{url}', load: '{load}', limit: '{limit}', node: node{more}}}")).await
}

#[tokio::test]
async fn a_real_prometheus_tells_how_full_the_others_would_be_without_the_largest() {
    if missing("prometheus") {
        return;
    }
    let server = Prometheus::start();
    let reading = ask_prometheus(&server.url, loads(45.0), "").await.expect("answers");
    assert_eq!((reading.state, reading.message.raw()), (FeedState::Healthy, "60 % without db-3 (3 of 4 left), 36 % now"));
    assert_eq!((reading.value, reading.limit), (Some(60.0), Some(Limit::Above(100.0))));
    let two = told(ask_prometheus(&server.url, loads(45.0), ", lose: 2").await);
    assert_eq!(two, (FeedState::Degraded, "90 % without db-3, db-0 (2 of 4 left), 36 % now".into()));
    assert_eq!(told(ask_prometheus(&server.url, loads(80.0), "").await).0, FeedState::Failing);
    assert_eq!(told(ask_prometheus(&server.url, loads(45.0), ", warn: 50%, fail: 59").await).0, FeedState::Failing);
    let all = told(ask_prometheus(&server.url, loads(45.0), ", lose: 4").await);
    assert_eq!(all, failing("4 nodes, and 4 may be lost: none would be left"));
    let same = told(ask_prometheus(&server.url, (loads(45.0).0, "100".into()), "").await);
    assert_eq!(same, (FeedState::Healthy, "60 % without db-0 (3 of 4 left), 45 % now".into()));
    let (load, _) = loads(45.0);
    let unlike = told(
        ask_prometheus(&server.url, (load.clone(), "label_replace(vector(9), \"node\", \"db-0\", \"\", \"\")".into()), "").await,
    );
    assert_eq!(unlike, (FeedState::Unknown, "db-1 carries load, and nobody knows how much it could".into()));
    let nobody = ask_prometheus(&server.url, (load, "vector(1)".into()), "").await.expect_err("no nodes");
    assert!(nobody.to_string().contains("no label `node`"), "{nobody}");
    assert!(ask_prometheus(&server.url, ("sum(".into(), "1".into()), "").await.is_err());
}

#[tokio::test]
async fn a_page_of_metrics_tells_the_same() {
    let page = "pool_used{node=\"a\"} 30\npool_used{node=\"b\"} 20\npool_used{node=\"b\"} 10\npool_max{node=\"a\"} 50\npool_max{node=\"b\"} 40\n";
    let server = Raw::saying(ok(page));
    let answer =
        ask(&format!("headroom: {{page: '{}', load: pool_used, limit: pool_max, node: node}}", server.url("/metrics"))).await;
    assert_eq!(told(answer), failing("150 % without a (1 of 2 left), 66.7 % now"));
}

#[tokio::test]
async fn where_no_load_is_found_nothing_was_measured() {
    let nothing = (FeedState::Unknown, "no load found: nothing was measured".to_owned());
    // Nothing at all, and nodes that nobody measures: neither is a verdict, least of all a good one.
    for page in ["", "pool_max{node=\"a\"} 50\npool_max{node=\"b\"} 40\n"] {
        let server = Raw::saying(ok(&format!("up 1\n{page}")));
        for limit in ["pool_max", "100"] {
            let url = server.url("/metrics");
            let answer = ask(&format!("headroom: {{page: '{url}', load: pool_used, limit: {limit}, node: node}}")).await;
            assert_eq!(told(answer), nothing, "{page:?} {limit}");
        }
    }
}

/// A page of six nodes that may carry 100 each, of which this load is spread evenly; and a feed of it that may lose so many.
struct Pool {
    page: Raw,
    load: Arc<Mutex<f64>>,
    health: Health,
    minute: u32,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Pool {
    fn new() -> Self {
        let load = Arc::<Mutex<f64>>::default();
        let shown = load.clone();
        let page = Raw::start(move |_, stream| {
            let each = *shown.lock().expect("not poisoned") / 6.0;
            let lines: String = (0..6).map(|n| format!("pool_used{{node=\"n{n}\"}} {each}\n")).collect();
            stream.write_all(ok(&lines).as_bytes()).unwrap_or_default();
        });
        let spec = FeedSpec::new("pool", "headroom", MINUTE, MINUTE);
        let health = Health::new(&Settings { feeds: vec![spec], ..Settings::default() });
        Self { page, load, health, minute: 0 }
    }

    fn feed(&self, lose: usize) -> Box<dyn Feed> {
        let yaml =
            format!("headroom: {{page: '{}', load: pool_used, limit: 100, node: node, lose: {lose}}}", self.page.url("/m"));
        feed_of(&yaml, &Sources::new())
    }

    /// A minute later there is this load in all.
    async fn carries(&mut self, load: f64, feed: &dyn Feed) {
        *self.load.lock().expect("not poisoned") = load;
        self.minute += 1;
        let mono = MINUTE * self.minute;
        let reading = feed.check(&Ports::real(), PATIENCE).await.expect("answers");
        let wall = "2026-03-02T08:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a Monday") + mono;
        self.health.read(&"pool".into(), Ok(reading), Stamp { wall, mono });
    }

    fn state(&self) -> FeedState {
        self.health.get(&"pool".into()).expect("it is there").state
    }

    /// In how many minutes the survivors are full, at the earliest, most likely and at the latest.
    fn full_in(&self) -> Option<[u64; 3]> {
        let ahead = *self.health.get(&"pool".into())?.ahead()?;
        let now = MINUTE * self.minute;
        Some([ahead.earliest, ahead.breach, ahead.latest].map(|at| at.saturating_sub(now).as_secs() / 60))
    }
}

#[tokio::test]
async fn by_trend_it_is_known_until_when_the_survivors_can_carry_the_load() {
    // Two a minute: one lost, five of 100 are full at 500; three lost, at 300; neither before the load is there.
    for (lose, full) in [(1, 500.0), (3, 300.0)] {
        let mut pool = Pool::new();
        let feed = pool.feed(lose);
        let mut states = Vec::new();
        let mut load = 100.0;
        while load <= full + 2.0 {
            // What is served rises and falls a little with the minute.
            let wave = [0.0, 1.5, -1.0, 0.5][pool.minute as usize % 4];
            pool.carries(load + wave, &*feed).await;
            if states.last() != Some(&pool.state()) {
                states.push(pool.state());
            }
            let left = ((full - load) / 2.0) as u64;
            // What is further away than twice what was seen need not be told.
            if (5..=2 * u64::from(pool.minute)).contains(&left) {
                let [earliest, breach, latest] = pool.full_in().unwrap_or_else(|| panic!("lost {lose}: silent at {load}"));
                assert!(breach.abs_diff(left) <= 3 + left / 20, "lost {lose}, at {load}: in {breach} min, truly {left}");
                assert!(
                    earliest <= left + 3 && left <= latest + 3,
                    "lost {lose}, at {load}: {earliest} to {latest}, truly {left}"
                );
            }
            load += 2.0;
        }
        assert_eq!(states, [FeedState::Healthy, FeedState::Degraded, FeedState::Failing], "lost {lose}");
        assert_eq!(pool.full_in(), None, "it is full");
        let proven = pool.health.get(&"pool".into()).expect("it is there").proven();
        assert_eq!((proven.right, proven.wrong), (1, 0), "lost {lose}");
    }
}

/// In all, by the minute.
type Load = fn(u32) -> f64;

#[tokio::test]
async fn a_load_that_falls_or_follows_no_trend_never_fills_the_survivors() {
    let shapes: [(&str, Load); 5] = [
        ("it falls", |minute| 480.0 - 3.0 * f64::from(minute)),
        ("it stays", |minute| 400.0 + f64::from(minute % 3)),
        ("it rose and falls", |minute| 450.0 - 5.0 * (f64::from(minute) - 60.0).abs()),
        ("it jumps about", |minute| 250.0 + 200.0 * (f64::from(minute) * 2.4).sin()),
        ("it is emptied again and again", |minute| 150.0 + f64::from(minute % 20) * 12.0),
    ];
    for (what, load) in shapes {
        let mut pool = Pool::new();
        let feed = pool.feed(1);
        for minute in 0..120 {
            pool.carries(load(minute), &*feed).await;
            let claims = pool.full_in();
            // A rise that has only risen so far is one; what it turns into takes it back.
            let rises = (what == "it rose and falls" && minute < 75) || (what == "it is emptied again and again" && minute < 42);
            assert!(rises || claims.is_none(), "{what}: {claims:?} in minute {minute}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever falls, or comes down as it went up, fills nothing: by any step, from any height.
    #[test]
    fn what_does_not_rise_has_no_time_at_which_it_is_full(steps in prop::collection::vec(0.0f64..40.0, 20..120), mirrored in any::<bool>()) {
        let mut value = 0.0;
        let mut rising: Vec<f64> = steps.iter().map(|step| { value += step; value }).collect();
        let most = value + 1.0;
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        let values = if mirrored { rising.extend(falling.iter().chain(&falling[falling.len() / 2..])); rising } else { falling };
        let mut health = Health::new(&Settings { feeds: vec![FeedSpec::new("pool", "headroom", MINUTE, MINUTE)], ..Settings::default() });
        for (minute, value) in values.iter().enumerate() {
            let mono = MINUTE * u32::try_from(minute).expect("few");
            let stamp = Stamp { wall: chrono::DateTime::UNIX_EPOCH + mono, mono };
            let reading = Reading { value: Some(value / most * 99.0), limit: Some(Limit::Above(100.0)), ..Reading::new(FeedState::Healthy, "") };
            health.read(&"pool".into(), Ok(reading), stamp);
        }
        prop_assert_eq!(health.get(&"pool".into()).and_then(|feed| feed.ahead().copied()), None);
    }
}
