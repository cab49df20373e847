//! The failover on a simulated primary, replica and shop: it goes through in its order, and in no other.

use crate::bundled::{bundled, resolved};
use crate::sending::{attempt, body};
use crate::support::raw::Raw;
use midwatch::domain::playbook::{Playbook, Resolved, Verdict};
use std::io::Write;
use std::sync::Mutex;

#[derive(Default)]
struct World {
    primary_up: bool,
    fenced: bool,
    promoted: bool,
    pointed: bool,
}

impl World {
    fn answer(&mut self, line: &str) -> (u16, String) {
        let up = |up: bool| if up { 200 } else { 503 };
        match line {
            "GET /primary/health" => (up(self.primary_up), format!(r#"{{"role":"primary","up":{}}}"#, self.primary_up)),
            "GET /replica/health" => {
                let role = if self.promoted { "primary" } else { "standby" };
                (200, format!(r#"{{"role":"{role}","up":true,"lag_bytes":0}}"#))
            }
            "POST /primary/fence" => {
                self.fenced = true;
                (200, r#"{"fenced":true}"#.into())
            }
            "POST /replica/promote" => {
                self.promoted = self.fenced;
                (if self.fenced { 200 } else { 409 }, r#"{"role":"primary"}"#.into())
            }
            "POST /shop/point-to" => {
                self.pointed = true;
                (200, "{}".into())
            }
            "GET /shop/pay" => (up(self.promoted && self.pointed), "{}".into()),
            "GET /shop/health" => (200, "{}".into()),
            _ => (404, "{}".into()),
        }
    }
}

fn demo(world: World) -> Raw {
    let world = Mutex::new(world);
    Raw::start(move |head, stream| {
        let line = head.split(" HTTP/").next().unwrap_or("");
        let (status, body) = world.lock().expect("not poisoned").answer(line);
        let _ = write!(stream, "HTTP/1.0 {status} X\r\n\r\n{body}");
    })
}

fn given(book: &Playbook, demo: &Raw) -> Resolved {
    resolved(book, &[("DEMO_URL", demo.url("/").as_str())])
}

#[test]
fn the_failover_brings_payments_back() {
    let (book, demo) = (bundled("db-failover"), demo(World::default()));
    let params = given(&book, &demo);
    let (pay, request) = body(&book, "payments-go-through");
    assert!(matches!(attempt(pay, request, &params), Verdict::Fails(_)), "nothing works before");
    for step in book.steps.iter().filter(|step| step.body.is_some()) {
        assert_eq!(attempt(step, step.body.as_ref().expect("a body"), &params), Verdict::Holds, "{}", step.id);
    }
}

#[test]
fn the_failover_stops_where_it_must() {
    let book = bundled("db-failover");
    let verdict = |world, id| {
        let demo = demo(world);
        let (step, request) = body(&book, id);
        attempt(step, request, &given(&book, &demo))
    };
    let alive = World { primary_up: true, ..World::default() };
    assert!(matches!(verdict(alive, "primary-does-not-answer"), Verdict::Fails(why) if why.contains("the status was 200")));
    let done = World { promoted: true, ..World::default() };
    assert!(matches!(verdict(done, "replica-answers-and-is-a-standby"), Verdict::Fails(_)));
    assert!(matches!(verdict(World::default(), "promote-the-replica"), Verdict::Fails(why) if why.contains("409")));
}
