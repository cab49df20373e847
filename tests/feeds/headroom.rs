//! Headroom: against a real Prometheus, and a page of metrics.

use super::*;

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
