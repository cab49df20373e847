//! Addresses are links, and only to what is read there.

use super::screen::{Desk, alert};
use midwatch::domain::alert::Labels;
use midwatch::domain::text::Outside;
use std::sync::Arc;

fn with(url: &str, runbook: &str) -> Desk {
    let mut one = (*alert("Down", "critical", "postgres", "db-1", 3)).clone();
    one.url = Some(url.into());
    one.annotations = Labels::new(vec![(Outside::from("runbook_url"), Outside::from(runbook))]);
    let mut desk = Desk::new();
    desk.fires(&[Arc::new(one)]).press("enter").press("pagedown").press("pageup");
    desk
}

fn links(desk: &Desk) -> Vec<String> {
    desk.screen.hits().links.iter().map(|link| link.to.to_string()).collect()
}

#[test]
fn an_alerts_source_and_runbook_are_links_to_what_stands_there_at_every_size() {
    for (width, height) in [(120, 40), (80, 24), (300, 100)] {
        let mut desk = with("https://prom.example/graph?g0.expr=up", "https://wiki.example/down");
        desk.resize(width, height);
        let found = links(&desk);
        assert!(found.contains(&"https://prom.example/graph?g0.expr=up".to_owned()), "{found:?}\n{}", desk.text());
        assert!(found.contains(&"https://wiki.example/down".to_owned()), "{found:?}\n{}", desk.text());
        for link in &desk.screen.hits().links {
            let shown: String = link.area.positions().map(|at| desk.frame[at].symbol().to_owned()).collect();
            assert!(link.to.contains(&shown) && !shown.is_empty(), "`{shown}` leads to {}", link.to);
        }
    }
}

#[test]
fn what_lies_below_leads_nowhere_and_what_is_no_address_of_the_web_never_does() {
    let mut desk = with("https://prom.example/", "https://wiki.example/");
    desk.press("?");
    assert_eq!(links(&desk), Vec::<String>::new(), "help lies over it");
    desk.press("esc esc");
    assert_eq!(links(&desk), Vec::<String>::new());
    for bad in
        ["javascript:alert(1)", "file:///etc/passwd", "https://good.example/\u{1b}]8;;http://evil\u{1b}\\", "https://x\u{202e}y"]
    {
        assert_eq!(links(&with(bad, bad)), Vec::<String>::new(), "{bad}");
    }
}
