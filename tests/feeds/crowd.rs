//! Very many feeds in one process.

use crate::support::home::Home;
use axum::Router;
use axum::routing::get;
use std::sync::mpsc;

/// A server that keeps connections open, at every address of this machine; until the process ends.
fn everywhere() -> u16 {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a free port");
            tell.send(listener.local_addr().expect("an address").port()).expect("the test waits");
            axum::serve(listener, Router::new().fallback(get(|| async { "fine" }))).await.expect("serves");
        });
    });
    told.recv().expect("a port")
}

#[test]
fn more_hosts_than_files_that_may_be_open_are_no_trouble() {
    let port = everywhere();
    let feed = |n: usize| format!("  - {{name: n{n}, http: {{url: 'http://127.0.1.{n}:{port}/'}}}}\n");
    // Limited by the shell, so that it can't be raised again.
    let limited = ["sh", "-c", "ulimit -n 160; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_midwatch")].map(str::to_owned).to_vec();
    let config: String = std::iter::once("feeds:\n".to_owned()).chain((1..=200).map(feed)).collect();
    let home = Home::with(&config).started_by(limited);
    let document = home.json(&["feeds", "--once"]);
    let feeds = document["feeds"].as_array().expect("a list");
    let bad: Vec<_> = feeds.iter().filter(|feed| feed["state"] != "healthy").map(|feed| &feed["message"]).collect();
    assert_eq!((feeds.len(), bad.len()), (200, 0), "{:?}", bad.first());
}
