//! The configuration: what is accepted, what is refused, and where each complaint points.

#![allow(clippy::disallowed_methods, reason = "these tests work on the real disk")]

use midwatch::config::import::{Server, What};
use midwatch::config::{self, Config, Failure, FeedKind, Kinds, ParsedSource, SourceKind, TellerKind};
use midwatch::domain::alert::{Labels, Severity};
use midwatch::domain::health::{Confirm, Votes};
use midwatch::domain::node::{FieldSpec, Level, Node, Problems, Roots, Span, Value};
use midwatch::domain::secret::SecretRef;
use midwatch::domain::settings::{AckFor, Environment};
use midwatch::ports::Endpoint;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

type Made = Config<String, String, String>;

/// Two kinds of sources, of which one answers queries, and two kinds of feeds.
fn kinds() -> Kinds<String, String, String> {
    Kinds {
        sources: vec![
            SourceKind {
                name: "alertmanager",
                parse: Box::new(|name, node, problems| source(name.as_str(), node, false, problems)),
            },
            SourceKind {
                name: "prometheus",
                parse: Box::new(|name, node, problems| source(name.as_str(), node, true, problems)),
            },
        ],
        feeds: vec![
            FeedKind { name: "http", parse: Box::new(|_, node, _, problems| field(node, "url", problems).map(|url| url.0)) },
            FeedKind {
                name: "promql",
                parse: Box::new(|_, node, known, problems| {
                    let (name, span) = field(node, "source", problems)?;
                    let names: Vec<&str> = known.keys().map(|name| name.as_str()).collect();
                    if !names.contains(&name.as_str()) {
                        problems.unknown(span, "source", &name, &names);
                    }
                    Some(name)
                }),
            },
        ],
        tellers: vec![TellerKind {
            name: "slack",
            parse: Box::new(|node, problems| {
                let url = node.fields(&["url"], problems)?.need("url", problems)?;
                Some(if let Value::Scalar { text, .. } = &url.value { text.clone() } else { "secret".into() })
            }),
        }],
        actions: vec!["ack", "filter", "quit"],
        key: |text| if text.len() < 7 { Ok(()) } else { Err(format!("`{text}` is not a key")) },
        keys: |wishes| {
            let taken = |(index, (_, keys)): (usize, &(String, Vec<String>))| {
                let before = wishes[..index].iter().any(|(_, others)| others.iter().any(|key| keys.contains(key)));
                before.then(|| (index, format!("{} is taken", keys[0])))
            };
            wishes.iter().enumerate().filter_map(taken).collect()
        },
        filter: |text| if text.contains("burning") { Err("at character 7: `burning` is no state".into()) } else { Ok(()) },
        panes: vec!["health", "alerts", "playbook", "log"],
        themes: vec!["midwatch", "paper"],
    }
}

fn source(name: &str, node: &Node, answers: bool, problems: &mut Problems) -> Option<ParsedSource<String>> {
    let fields = node.fields(&["url", "urls", "basic"], problems)?;
    let queries = if answers { Some(Endpoint::parse(&fields, problems)?) } else { None };
    // One that is called so takes comments.
    let comments = fields.get("url").and_then(|node| node.text(problems)).is_some_and(|url| url == "comments");
    let acts = if comments { vec![midwatch::domain::act::ActKind::Comment] } else { Vec::new() };
    let alone = answers.then(|| format!("{name} alone"));
    Some(ParsedSource { source: name.to_owned(), acts, carry: None, queries, alone })
}

fn field(node: &Node, name: &str, problems: &mut Problems) -> Option<(String, Span)> {
    let node = node.fields(&[name, "query", "warn_above"], problems)?.need(name, problems)?;
    Some((node.text(problems)?.to_owned(), node.span))
}

fn resolve(text: &str) -> (Option<Made>, Problems) {
    let roots = Roots { home: Some("/home/ana".into()), folder: "/etc/midwatch".into() };
    let mut problems = Problems { roots, ..Problems::default() };
    let made = Node::parse(text, &mut problems).and_then(|node| config::resolve(&node, &kinds(), &mut problems));
    (made, problems)
}

fn good(text: &str) -> Made {
    let (made, problems) = resolve(text);
    assert!(problems.list.is_empty(), "{:?}", problems.list);
    made.expect("a configuration")
}

/// Each problem as `line:col message; help`.
fn bad(text: &str) -> Vec<String> {
    let (made, problems) = resolve(text);
    assert!(made.is_none(), "accepted: {text}");
    let help = |help: Option<String>| help.map(|help| format!("; {help}")).unwrap_or_default();
    let shown = problems.list.into_iter().map(|p| format!("{}:{} {}{}", p.span.line, p.span.col, p.message, help(p.help)));
    shown.collect()
}

/// The example that the command line's description pins, with the kinds of this test.
const WHOLE: &str = r##"
operator: {name: ana, email: ana@example.org, role: on-call}
environment: lab
severity: {critical: [critical, page, P1], warning: [warning, P3], info: [info, none]}
services:
  - {name: checkout, tier: 1, depends_on: [postgres, stripe], alerts: {service: checkout}}
  - {name: postgres, tier: 1, alerts: {job: "~postgres.*"}}
  - {name: stripe, vendor: true}
feeds:
  - {name: checkout-pay, service: checkout, every: 5s, http: {url: "https://shop.example/health"}}
  - {name: pg-disk, service: postgres, promql: {source: prom}}
sources:
  - {name: prod, every: 1m, timeout: 3s, alertmanager: {urls: ["http://am-1:9093", "http://am-2:9093"]}}
  - {name: prom, prometheus: {url: "http://prom:9090"}}
queue: {storm: {above: 500, within: 2m}, same: [alertname, instance]}
playbooks: {folders: [~/playbooks, books, /srv/books], env: [KUBECONFIG, AWS_PROFILE], diagnose: true}
console: {theme: midwatch, time_zone: Europe/Berlin, mouse: false, ack: {for: 2h}, keys: {ack: a, quit: [q, ctrl-c]}}
links: [{from: "http://grafana.internal/", to: "https://grafana.example"}]
x-team: payments
"##;

#[test]
fn a_service_says_whose_it_is_where_to_look_and_what_it_shares() {
    let made = good(
        "services: [{name: a, tier: 2, owner: db team, fault_domain: rack-7, dashboards: ['https://graphs.example/a/'], \
         contacts: [ana, '#db'], playbooks: pg-failover}]",
    );
    let a = made.settings.services.named("a").expect("it is there");
    assert_eq!((a.owner.as_deref(), a.fault_domains.as_slice()), (Some("db team"), &["rack-7".to_owned()][..]));
    assert_eq!(
        (a.contacts.as_slice(), a.dashboards[0].as_str()),
        (&["ana".to_owned(), "#db".into()][..], "https://graphs.example/a")
    );
    let (book, span) = &made.books[0];
    assert_eq!((book.as_str(), span.line, a.playbooks[0].as_str()), ("pg-failover", 1, "pg-failover"));
    assert_eq!(
        bad("services: [{name: a, dashboards: graphs}]"),
        ["1:34 expected an address such as https://host/path, found `graphs`"]
    );
    assert_eq!(bad("services: [{name: a, ownr: b}]"), ["1:22 unknown key `ownr`; did you mean `owner`?"]);
}

#[test]
fn other_machines_are_known_by_the_addresses_that_are_asked() {
    let made = good(
        "sources: [{name: prod, alertmanager: {urls: ['http://AM-1:9093', 'http://am-2:9093']}}, {name: here, prometheus: {url: 'http://127.0.0.1:9090'}}, \
         {name: prom, prometheus: {url: 'https://prom.example'}}]\n\
         feeds: [{name: a, http: {url: 'http://localhost:1/x'}}, {name: b, http: {url: 'https://shop.example/health'}}, \
         {name: c, promql: {source: prom}}, {name: d, promql: {source: here}}]",
    );
    let hosts = &made.settings.hosts;
    let told = |pairs: Vec<(String, String)>| pairs.into_iter().map(|(name, host)| format!("{name} {host}")).collect::<Vec<_>>();
    let sources = hosts.sources.iter().map(|(name, host)| (name.to_string(), host.clone())).collect();
    let feeds = hosts.feeds.iter().map(|(name, host)| (name.to_string(), host.clone())).collect();
    assert_eq!(told(sources), ["prod am-1", "prom prom.example"]);
    assert_eq!(told(feeds), ["b shop.example", "c prom.example"]);
}

#[test]
fn views_are_filters_that_can_be_read() {
    let made = good("console: {views: {night: \"severity>=warning\", mine: mine}}");
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(made.settings.views, [pair("night", "severity>=warning"), pair("mine", "mine")]);
    assert_eq!(
        bad("console: {views: {hot: \"state:burning\", all: \"\"}}"),
        [
            "1:24 the filter is wrong at character 7: `burning` is no state",
            "1:46 an empty filter would show everything: `esc` does that",
        ]
    );
}

#[test]
fn acknowledgements_last_by_severity_and_watchdogs_have_names() {
    let made = good("console: {ack: {for: {critical: 30m, info: 1d}}}");
    let minutes = |severity| made.settings.ack_for.of(severity).as_secs() / 60;
    assert_eq!([Severity::Critical, Severity::Warning, Severity::Info].map(minutes), [30, 60, 1440]);
    assert_eq!(bad("console: {ack: {for: {critcal: 30m}}}"), ["1:23 unknown key `critcal`; did you mean `critical`?"]);
    assert_eq!(bad("console: {ack: {for: {critical: 30s}}}"), ["1:33 expected 1m to 7days, found 30s"]);
    assert_eq!(good("queue: {watchdogs: []}").settings.watchdogs, [""; 0]);
    assert!(good("{}").settings.watchdogs.contains(&"Watchdog".to_owned()));
}

#[test]
fn the_whole_of_it_means_what_it_says() {
    let config = good(WHOLE);
    let settings = &config.settings;
    assert_eq!((settings.operator.name.as_str(), settings.environment), ("ana", Environment::Lab));
    assert_eq!(settings.ack_for, AckFor::always(Duration::from_secs(7200)));
    assert_eq!(settings.services[0].depends_on, ["postgres".into(), "stripe".into()]);
    assert!(settings.services[2].vendor && !settings.services[0].vendor);
    let word = |word: &str| settings.severities.iter().find(|(name, _)| name == word).map(|(_, severity)| *severity);
    assert_eq!((word("p1"), word("p3"), word("none")), (Some(Severity::Critical), Some(Severity::Warning), Some(Severity::Info)));
    let folders = ["/home/ana/playbooks", "/etc/midwatch/books", "/srv/books"].map(PathBuf::from);
    assert_eq!(config.playbooks.folders, folders);
    assert_eq!(config.playbooks.env, ["KUBECONFIG", "AWS_PROFILE"]);
    assert!(
        config.settings.diagnose
            && !good("playbooks: {folders: [/srv]}").settings.diagnose
            && !good("playbooks: [/srv]").settings.diagnose
    );
    assert_eq!(config.console.zone, chrono_tz::Europe::Berlin);
    assert_eq!(config.console.keys[1].keys, ["q", "ctrl-c"]);
    assert_eq!(config.settings.reachable("http://grafana.internal/d/1"), "https://grafana.example/d/1");
    assert_eq!(
        (settings.same.as_slice(), good("queue: {same: job}").settings.same),
        (&["alertname".into(), "instance".into()][..], vec!["job".into()])
    );
    assert_eq!((settings.storm.above, settings.storm.within), (500, Duration::from_secs(120)));
    assert!(bad("queue: {storm: {above: 3}}")[0].contains("10 or more"));
    assert!(bad("queue: {same: []}")[0].contains("[alertname, instance]"));
}

#[test]
fn a_source_that_leaves_to_others_what_fires_is_told_when_there_are_none() {
    let made = |text: &str| good(&format!("sources:\n{text}")).sources.into_iter().map(|(_, made)| made).collect::<Vec<_>>();
    let prom = |name: &str| format!("- {{name: {name}, prometheus: {{url: 'http://p'}}}}\n");
    assert_eq!(made(&(prom("a") + &prom("b"))), ["a alone", "b alone"]);
    assert_eq!(made(&(prom("a") + "- {name: am, alertmanager: {}}\n" + &prom("b"))), ["a", "am", "b"]);
}

#[test]
fn how_many_answers_confirm_a_state_is_said_for_both_ways_or_for_each() {
    let text = "feeds:\n- {name: a, confirm: 3, http: {url: x}}\n- {name: b, confirm: {worse: 2 of 3}, http: {url: x}}";
    let confirms = good(text).feeds.iter().map(|(spec, _)| spec.confirm).collect::<Vec<_>>();
    let votes = |needed, of| Votes { needed, of };
    let both = Confirm { worse: votes(3, 3), better: votes(3, 3) };
    assert_eq!(confirms, [both, Confirm { worse: votes(2, 3), better: votes(1, 1) }]);
}

#[test]
fn intervals_have_defaults_and_a_feed_never_waits_past_its_next_turn() {
    let config = good(WHOLE);
    let seconds = |a, b| (Duration::from_secs(a), Duration::from_secs(b));
    let feeds: Vec<_> = config.feeds.iter().map(|(spec, _)| (spec.every, spec.timeout)).collect();
    assert_eq!(feeds, [seconds(5, 5), seconds(30, 10)]);
    let sources: Vec<_> = config.sources.iter().map(|(spec, _)| (spec.every, spec.timeout)).collect();
    assert_eq!(sources, [seconds(60, 3), seconds(15, 10)]);
    assert_eq!(config.sources[1].0.kind, "prometheus");
    assert_eq!(config.settings.sources.len(), 2);
}

#[test]
fn words_of_severity_add_to_the_built_in_ones_and_win_over_them() {
    let settings = good("severity: {critical: P1, info: [warning]}").settings;
    let of = |word: &str| settings.severity(&Labels::new(vec![("severity".into(), word.into())]));
    let found = ["p1", "page", "Warning", "odd"].map(of);
    assert_eq!(found, [Severity::Critical, Severity::Critical, Severity::Info, Severity::Unknown]);
}

#[test]
fn little_is_enough() {
    let config = good("operator: {name: ana}\nplaybooks: [books]");
    assert_eq!(config.playbooks.folders, [PathBuf::from("/etc/midwatch/books")]);
    assert_eq!(config.settings.environment, Environment::Prod);
    assert!(config.console.mouse && config.console.theme.is_none());
    assert!(!good("environment: lab").settings.operator.name.is_empty());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "\
operatr: {name: ana}
environment: production
sources:
  - {name: prod, alertmanger: {url: x}}
  - {name: prod2, every: 0s, alertmanager: {}, prometheus: {url: 'http://p'}}
  - {name: p 3, alertmanager: {uls: []}}
  - {every: 1h}
console: {mouse: perhaps, keys: {akc: a, ack: x, quit: x}}
";
    assert_eq!(
        bad(text),
        [
            "1:1 unknown key `operatr`; did you mean `operator`?",
            "4:18 unknown key `alertmanger`; did you mean `alertmanager`?",
            "5:48 an item has one kind, and this one is of kind `alertmanager` already",
            "5:26 expected 100ms to 1day, found 0s",
            "6:12 expected a name without spaces, found `p 3`",
            "6:32 unknown key `uls`; did you mean `urls`?",
            "7:5 `name` is missing",
            "7:5 the kind is missing; add one of: alertmanager, prometheus",
            "8:18 expected true or false, found `perhaps`",
            "8:34 unknown action `akc`; did you mean `ack`?",
            "8:50 console.keys: x is taken; choose another key; `midwatch keys` lists those that are taken",
            "2:14 unknown environment `production`; one of: prod, staging, lab",
        ]
    );
}

#[test]
fn names_stand_once_and_lead_somewhere() {
    assert_eq!(bad("services:\n- {name: a}\n- {name: a}"), ["3:10 there is a service `a` already, in line 2"]);
    assert_eq!(
        bad("services:\n- {name: postgres}\n- {name: b, depends_on: [postgre]}"),
        ["3:26 unknown service `postgre`; did you mean `postgres`?"]
    );
    assert_eq!(bad("feeds:\n- {name: f, service: b, http: {url: x}}"), ["2:22 unknown service `b`; there is no service"]);
    assert_eq!(
        bad(
            "sources:\n- {name: am, alertmanager: {}}\n- {name: prom, prometheus: {url: 'http://p'}}\nfeeds:\n- {name: f, promql: {source: pram}}"
        ),
        ["5:30 unknown source `pram`; did you mean `prom`?"]
    );
    assert_eq!(
        bad("feeds:\n- {name: f, http: {url: x}}\n- {name: f, http: {url: x}}"),
        ["3:10 there is a feed `f` already, in line 2"]
    );
}

#[test]
fn what_exports_strike_is_judged_where_it_stands() {
    let made = good("export: {redact: ['CUST-[0-9]+', '(a|b)-key']}");
    assert_eq!(made.settings.redact, ["CUST-[0-9]+", "(a|b)-key"]);
    assert_eq!(good("export: {redact: falcon}").settings.redact, ["falcon"]);
    assert_eq!(
        bad("export:\n  redact: ['fine', 'CUST-(', '[0-9]*']\n  strike: x"),
        [
            "3:3 unknown key `strike`; one of: redact",
            "2:20 `CUST-(` is no regular expression: unclosed group",
            "2:30 `[0-9]*` fits where nothing is, and would strike everything",
        ]
    );
}

#[test]
fn dependencies_never_lead_back() {
    let text = "services:\n- {name: a, depends_on: b}\n- {name: b, depends_on: [d, c]}\n- {name: c, depends_on: [a]}\n- {name: d}\n- {name: e, depends_on: [e]}";
    assert_eq!(bad(text), ["4:26 `a` depends on itself: a → b → c → a", "6:26 `e` depends on itself: e → e",]);
}

#[test]
fn values_are_judged() {
    let one = |text: &str| bad(text).remove(0);
    assert_eq!(one("operator: {name: ''}"), "1:18 expected a few words on one line, found ``");
    assert_eq!(one("operator: {email: x}"), "1:11 `name` is missing");
    assert_eq!(one("operator: ana"), "1:11 expected a map, found a value");
    assert_eq!(one("severity: {critical: [warning], warning: [Warning]}"), "1:43 `warning` stands for a severity already");
    assert_eq!(one("severity: {fatal: [x]}"), "1:12 unknown key `fatal`; one of: critical, warning, info");
    assert_eq!(one("services: [{name: a, tier: 0}]"), "1:28 expected a tier from 1 (most important) to 9, found `0`");
    assert!(one("services: [{name: a, alerts: {job: '~('}}]").starts_with("1:36 not a regular expression: "));
    assert_eq!(one("console: {ack: {for: 1s}}"), "1:22 expected 1m to 7days, found 1s");
    assert_eq!(
        one("console: {time_zone: Berlin}"),
        "1:22 expected `local`, `UTC` or a zone such as Europe/Berlin, found `Berlin`"
    );
    assert_eq!(one("console: {keys: {ack: [a, hyperspace]}}"), "1:27 `hyperspace` is not a key");
    let layout = |text: &str| one(&format!("console: {{layouts: {{night: {text}}}}}"));
    assert_eq!(layout("{health: 5}"), "1:37 expected a share of the screen in percent, 10 to 60, found `5`");
    assert!(layout("{health: 50, playbook: 50}").contains("80 percent together"));
    assert!(layout("{hide: [helth]}").contains("unknown pane `helth`"));
    assert!(layout("{hide: [health, alerts, playbook, log]}").contains("it hides every pane"));
    let shop = "services: [{name: shop}]\nconsole: {attention: [";
    assert_eq!(one(&format!("{shop}{{services: shap, by: bell}}]}}")), "2:34 unknown service `shap`; did you mean `shop`?");
    assert_eq!(one(&format!("{shop}{{by: bel}}]}}")), "2:28 unknown way to call `bel`; did you mean `bell`?");
    assert_eq!(
        one(&format!("{shop}{{hours: 22-7, by: bell}}]}}")),
        "2:31 expected hours such as 22:00-07:00, with a zone or without, found `22-7`"
    );
    assert_eq!(one(&format!("{shop}{{severity: warning}}]}}")), "2:23 `by` is missing");
    let rules =
        good(&format!("{shop}{{services: shop, severity: warning, hours: \"22:00-07:00\", by: [bell, osc99]}}, {{by: []}}]}}"));
    let rules = rules.console.attention.rules;
    assert_eq!((rules.len(), rules[0].by.len(), rules[0].services.len(), rules[1].by.len()), (2, 2, 1, 0));
    assert_eq!(good("{}").console.attention.rules.len(), 1, "what is critical calls");
    assert!(one("console: {attention: [{by: command}]}").starts_with("1:22 `command` calls by a program of yours"));
    assert_eq!(one("console: {call: {command: call me}}"), "1:27 a command is a list, there is no shell; write [call, me]");
    assert_eq!(one("console: {call: {command: [call], within: 2m}}"), "1:43 expected 1s to 1m, found 2m");
    assert!(good("console: {motion: reduced}").console.still && !good("{}").console.still);
    assert_eq!(one("console: {motion: none}"), "1:19 unknown motion `none`; one of: full, reduced");
    let call = good("console: {attention: [{by: [command]}], call: {command: [call, me]}}").console.call.expect("a program");
    assert_eq!((call.command.as_slice(), call.within), (&["call".to_owned(), "me".to_owned()][..], Duration::from_secs(10)));
    assert_eq!(one("console: {theme: papier}"), "1:18 unknown theme `papier`; did you mean `paper`?");
    assert_eq!(good("console: {theme: auto}").console.theme, None, "the terminal decides");
    assert_eq!(good("console: {theme: themes/own.yaml}").console.theme.as_deref(), Some("/etc/midwatch/themes/own.yaml"));
    assert_eq!(one("playbooks: {env: [A-B]}"), "1:19 expected the name of an environment variable, found `A-B`");
    assert_eq!(one("links: [{from: x, to: y}]"), "1:16 expected an address such as https://host/path, found `x`");
    assert_eq!(one("feeds: [{name: f, every: 2days, http: {url: x}}]"), "1:26 expected 100ms to 1day, found 2days");
    let votes = "expected a number of answers up to 20, such as 3 or 2 of 3, found ";
    assert_eq!(one("feeds: [{name: f, confirm: 3 of 2, http: {url: x}}]"), format!("1:28 {votes}`3 of 2`"));
    assert_eq!(one("feeds: [{name: f, confirm: {better: 0}, http: {url: x}}]"), format!("1:37 {votes}`0`"));
    assert_eq!(one(""), "1:1 expected a map, found nothing");
}

#[test]
fn updates_have_destinations_and_an_interval_for_each_severity() {
    use midwatch::domain::incident::Sev;
    let made = good("updates: [{name: ops, slack: {url: a}}, {name: b, slack: {url: b}}]");
    let names: Vec<_> =
        made.settings.updates.to.iter().map(|to| (to.name.as_str(), to.kind.as_str(), to.beside.is_some())).collect();
    assert_eq!(names, [("ops", "slack", false), ("b", "slack", false)]);
    assert_eq!(made.tellers, [("ops".into(), "a".to_owned()), ("b".into(), "b".into())]);
    let every =
        |text: &str| Sev::ALL.map(|severity| good(text).settings.updates.every.of(severity).map(|every| every.as_secs() / 60));
    assert_eq!(every("updates: []"), [Some(20); 5]);
    assert_eq!(every("updates: {every: 1h}"), [Some(60); 5]);
    assert_eq!(every("updates: {every: off}"), [None; 5]);
    assert_eq!(every("updates: {every: {SEV1: 10m, SEV5: off}}"), [Some(10), Some(20), Some(20), Some(20), None]);
    let sources = "sources: [{name: prod, alertmanager: {url: x}}, {name: pd, alertmanager: {url: comments}}]\n";
    let made = good(&format!("{sources}updates: [{{name: notes, comment: {{source: pd}}}}]"));
    assert_eq!((made.settings.updates.to[0].beside.as_ref().map(|name| name.as_str()), made.tellers.len()), (Some("pd"), 0));
    for (text, wanted) in [
        ("updates: [{name: a, comment: {source: prod}}]", "2:39 prod (alertmanager) takes no comments"),
        ("updates: [{name: a, comment: {source: pdd}}]", "2:39 unknown source `pdd`; did you mean `pd`?"),
        (
            "updates: [{name: prod, slack: {url: a}}]",
            "2:11 `prod` means something else already: give the destination another name",
        ),
        (
            "updates: [{name: none, slack: {url: a}}]",
            "2:11 `none` means something else already: give the destination another name",
        ),
        ("updates: [{name: a, slak: {url: a}}]", "2:21 unknown key `slak`; did you mean `slack`?"),
        ("updates: {every: 5s}", "2:18 expected 1m to 7days, found 5s"),
        ("updates: {every: {SEV9: 5m}}", "2:19 unknown key `SEV9`; did you mean `SEV1`?"),
    ] {
        assert_eq!(bad(&format!("{sources}{text}")), [wanted], "{text}");
    }
    assert!(
        bad("updates: [{name: a, slack: {url: a}}, {name: a, slack: {url: b}}]")[0]
            .contains("there is a destination `a` already")
    );
}

#[test]
fn what_init_writes_is_good_as_it_stands() {
    let server = |(what, name, url): &(What, Option<&str>, &str)| {
        let server = Server::at(*what, url).expect("an address");
        Server { name: name.map(str::to_owned), ..server }
    };
    let (am, prom) = (What::Alertmanager, What::Prometheus);
    for (servers, names, feeds) in [
        (vec![], vec![], 0),
        (vec![(am, None, "http://am-1:9093/")], vec!["prod"], 0),
        (
            vec![(am, None, "http://[::1]:9093/prefix/"), (prom, None, "http://u:hunter2@p:9090"), (am, None, "http://b")],
            vec!["prod", "prometheus", "prod-2"],
            1,
        ),
        (
            vec![(am, Some(" eu: \"FEEDS\" #1\n"), "http://a"), (am, Some("drill"), "http://b"), (am, Some("true"), "http://c")],
            vec!["eu:-\"FEEDS\"-#1", "prod", "true"],
            0,
        ),
    ] {
        let servers: Vec<Server> = servers.iter().map(server).collect();
        let text = config::template(&servers, "ana: \"the SOURCES #1\"", &mut |source, what, _| {
            format!("{{file: /run/{source}-{what}}}")
        });
        let config = good(&text);
        assert_eq!(config.settings.operator.name, "ana: \"the SOURCES #1\"");
        assert_eq!(config.sources.iter().map(|(spec, _)| spec.name.to_string()).collect::<Vec<_>>(), names);
        assert_eq!((config.feeds.len(), text.contains("hunter2")), (feeds, false));
        assert_eq!(config.playbooks.folders, [PathBuf::from("/etc/midwatch/playbooks")]);
    }
}

#[test]
fn a_secret_that_a_server_needs_is_a_file_for_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.yaml");
    let mut server = Server::at(What::Alertmanager, "http://ops:hunter2@am").expect("an address");
    server.name = Some("../Eu".to_owned());
    let laid = config::lay_out(&path, std::slice::from_ref(&server), "ana").expect("is written");
    let secret = folder.path().join("secrets/-eu-password");
    assert!(laid.written.contains(&secret), "{laid:?}");
    assert_eq!(fs::read_to_string(&secret).expect("reads"), "hunter2");
    assert_eq!(fs::metadata(&secret).expect("is there").permissions().mode() & 0o777, 0o600);
    config::load(&path, &kinds()).expect("is trusted and good");
    // Two whose names make one file have two.
    let alike = |name: &str, secret: &str| {
        let server = Server::at(What::Alertmanager, &format!("http://u:{secret}@am")).expect("an address");
        Server { name: Some(name.to_owned()), ..server }
    };
    let other = folder.path().join("other/config.yaml");
    let laid = config::lay_out(&other, &[alike("東京", "one"), alike("大阪", "two")], "ana").expect("is written");
    let secrets: Vec<_> =
        laid.written.iter().filter_map(|path| fs::read_to_string(path).ok()).filter(|text| text.len() == 3).collect();
    assert_eq!(secrets, ["one", "two"]);
    // Who it was for before is not known: nothing is taken for another's.
    fs::remove_file(&path).expect("removed");
    let again = config::lay_out(&path, &[server], "ana").expect_err("is there");
    assert!(again.contains("-eu-password is there already; move it away") && !path.exists(), "{again}");
    // What a try has written goes with it.
    let (late, blocked) = (folder.path().join("late/config.yaml"), folder.path().join("late/secrets/b-password"));
    fs::create_dir_all(blocked.parent().expect("a folder")).expect("is made");
    fs::write(&blocked, "mine").expect("written");
    config::lay_out(&late, &[alike("a", "one"), alike("b", "two")], "ana").expect_err("is there");
    assert!(!late.with_file_name("secrets/a-password").exists() && !late.with_file_name("playbooks/first-look.md").exists());
    assert_eq!(fs::read_to_string(&blocked).expect("reads"), "mine");
}

#[test]
fn init_never_overwrites() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/midwatch/config.yaml");
    let first = config::lay_out(&path, &[], "ana").expect("is written");
    let book = folder.path().join("deep/midwatch/playbooks/first-look.md");
    assert_eq!((first.written, first.kept), (vec![book.clone(), path.clone()], vec![]));
    config::load(&path, &kinds()).expect("is trusted and good");
    fs::write(&path, "mine").expect("written");
    assert!(config::lay_out(&path, &[], "ana").expect_err("is there").contains("is there already"));
    assert_eq!(fs::read_to_string(&path).expect("reads"), "mine");
    fs::write(&book, "mine too").expect("written");
    fs::remove_file(&path).expect("removed");
    assert_eq!(config::lay_out(&path, &[], "ana").expect("is written").kept, std::slice::from_ref(&book));
    assert_eq!(fs::read_to_string(&book).expect("reads"), "mine too");
}

#[test]
fn what_the_template_shows_in_comments_is_good_too() {
    let text = config::template(&[], "ana", &mut |_, _, _| String::new());
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest.starts_with("  - ") || rest.split_once(':').is_some_and(|(key, _)| config::KEYS.contains(&key)) =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let (_, problems) = resolve(&uncommented);
    // This test doesn't have all kinds; the program has.
    let messages: Vec<_> = problems.list.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["pagerduty", "icinga2", "zabbix", "tcp"].map(|kind| format!("unknown key `{kind}`")), "{uncommented}");
}

fn written(text: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.yaml");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
    (folder, path)
}

fn failure(path: &Path) -> String {
    config::load(path, &kinds()).map(|_| ()).expect_err("is refused").to_string()
}

#[test]
fn a_file_is_shown_with_its_name_the_line_and_a_caret() {
    let (_folder, path) = written(b"\xef\xbb\xbfenvironment: prod\r\nlinsk: []\r\nenvironment: lab\r\n", 0o600);
    let name = path.display();
    let expected = format!(
        "{name}:2:1: error: unknown key `linsk`\n2 | linsk: []\n  | ^^^^^\nhelp: did you mean `links`?\n\
         {name}:3:1: error: `environment` stands here a second time; the first is in line 1\n3 | environment: lab\n  | ^^^^^^^^^^^\n"
    );
    assert_eq!(failure(&path), expected);
}

#[test]
fn a_file_that_others_can_write_is_refused_with_the_remedy() {
    let (_folder, path) = written(b"environment: lab", 0o646);
    assert!(failure(&path).ends_with(&format!("run: chmod go-w {}", path.display())));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");
    let (config, report) = config::load(&path, &kinds()).expect("is trusted");
    assert_eq!((config.settings.environment, report.problems.len()), (Environment::Lab, 0));
}

#[test]
fn what_is_no_configuration_is_told_apart() {
    let (folder, path) = written(b"a: 1\nb: \xff", 0o600);
    assert!(failure(&path).contains("config.yaml:2: the file is not UTF-8 from here on"));
    assert!(failure(folder.path()).ends_with("is a folder; name the file in it"));
    assert!(failure(&folder.path().join("none.yaml")).contains("`midwatch init` writes one"));
    fs::write(&path, vec![b'#'; (4 << 20) + 1]).expect("written");
    assert!(failure(&path).contains("is longer than 4 MiB"));
}

#[test]
fn warnings_come_with_the_configuration() {
    let (_folder, path) = written(b"environment: lab", 0o600);
    let mut kinds = kinds();
    kinds.sources.push(SourceKind {
        name: "warns",
        parse: Box::new(|name, node, problems| {
            problems.warning(node.span, "odd", "mend it");
            source(name.as_str(), node, false, problems)
        }),
    });
    fs::write(&path, "sources: [{name: a, warns: {}}]").expect("written");
    let (_, report) = config::load(&path, &kinds).map_err(|failure: Failure| failure.to_string()).expect("only a warning");
    assert_eq!(report.problems[0].level, Level::Warning);
    assert!(report.to_string().contains(":1:28: warning: odd\n"), "{report}");
}

#[test]
fn no_excerpt_shows_a_secret() {
    let (_folder, path) = written(b"sources: [{name: a, nose: 1, holds: {token: hunter2, x: 'hunter2'}}]", 0o600);
    let mut kinds = kinds();
    kinds.sources.push(SourceKind {
        name: "holds",
        parse: Box::new(|name, node, problems| {
            let fields = node.fields(&["token", "x"], problems)?;
            for key in ["token", "x"] {
                SecretRef::parse(fields.need(key, problems)?, problems)?;
            }
            source(name.as_str(), &Node::parse("{}", problems)?, false, problems)
        }),
    });
    let shown = config::load(&path, &kinds).map(|_| ()).expect_err("has an unknown key").to_string();
    assert!(!shown.contains("hunter2") && shown.contains("token: *******, x: *********}"), "{shown}");
}

/// The chapters whose examples are parts of a configuration.
const CHAPTERS: [&str; 5] = ["configuration", "sources", "feeds", "team", "console"];

fn documentation() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    CHAPTERS.iter().map(|name| fs::read_to_string(folder.join(format!("{name}.md"))).expect("a chapter")).collect()
}

/// What the program itself knows.
fn real_kinds() -> Kinds<(), (), ()> {
    let source = |kind: &'static midwatch::sources::Kind| SourceKind {
        name: kind.name,
        parse: Box::new(move |name, node, problems| {
            let source = (kind.parse)(name, node, problems)?;
            let (acts, carry, queries) = (source.acts().to_vec(), source.carry(), source.queries());
            Some(ParsedSource { source: (), acts, carry, queries, alone: None })
        }),
    };
    let feed = |kind: &'static midwatch::feeds::Kind| FeedKind {
        name: kind.name,
        parse: Box::new(move |feed, node, sources, problems| {
            let known = midwatch::feeds::Known { feed, sources };
            (kind.parse)(node, &known, problems).map(|_| ())
        }),
    };
    let teller = |kind: &'static midwatch::tellers::Kind| TellerKind {
        name: kind.name,
        parse: Box::new(move |node, problems| (kind.parse)(node, problems).map(|_| ())),
    };
    Kinds {
        sources: midwatch::sources::KINDS.iter().map(source).collect(),
        feeds: midwatch::feeds::KINDS.iter().map(feed).collect(),
        tellers: midwatch::tellers::KINDS.iter().map(teller).collect(),
        actions: vec!["ack"],
        key: |_| Ok(()),
        keys: |_| Vec::new(),
        filter: |text| midwatch::model::filter::Filter::parse(text).map(|_| ()).map_err(|mistake| mistake.to_string()),
        panes: vec!["health", "alerts", "playbook", "log"],
        themes: vec!["midwatch"],
    }
}

#[test]
fn every_example_in_the_documentation_works() {
    let text = documentation();
    let examples: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 40, "{}", examples.len());
    for example in examples {
        let mut problems = Problems::default();
        let node = Node::parse(example, &mut problems).expect("is YAML");
        config::resolve(&node, &real_kinds(), &mut problems);
        assert!(problems.list.is_empty(), "{example}\n{:?}", problems.list);
    }
}

/// What is wrong with this, and what would be right.
type Judge = Box<dyn Fn(&str) -> Vec<(String, String)>>;

fn judge(read: impl Fn(&Node, &mut Problems) + 'static) -> Judge {
    Box::new(move |text| {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).expect("is YAML");
        read(&node, &mut problems);
        problems.list.into_iter().map(|problem| (problem.message, problem.help.unwrap_or_default())).collect()
    })
}

/// Every kind, the keys that the reference tells of it, and its reader.
fn told() -> Vec<(&'static str, &'static [&'static [FieldSpec]], Judge)> {
    let sources = midwatch::sources::KINDS.iter().map(|kind| {
        let read = move |node: &Node, problems: &mut Problems| drop((kind.parse)(&"s".into(), node, problems));
        (kind.name, kind.keys, judge(read))
    });
    let feeds = midwatch::feeds::KINDS.iter().map(|kind| {
        let read = move |node: &Node, problems: &mut Problems| {
            let known = midwatch::feeds::Known { feed: "f", sources: &Default::default() };
            drop((kind.parse)(node, &known, problems));
        };
        (kind.name, kind.keys, judge(read))
    });
    let tellers = midwatch::tellers::KINDS.iter().map(|kind| {
        let read = move |node: &Node, problems: &mut Problems| drop((kind.parse)(node, problems));
        (kind.name, kind.keys, judge(read))
    });
    sources.chain(feeds).chain(tellers).collect()
}

#[test]
fn the_keys_that_the_reference_tells_of_a_kind_are_those_that_it_reads() {
    // Nothing is like it, so everything that may stand there is said.
    const STRANGER: &str = "zzzzzzzzzzzz";
    let kinds = told();
    assert!(kinds.len() > 30, "{}", kinds.len());
    for (kind, keys, judge) in kinds {
        let read = |text: &str| {
            let unknown = format!("unknown key `{STRANGER}`");
            let problem = judge(text).into_iter().find(|(message, _)| *message == unknown);
            problem.unwrap_or_else(|| panic!("{kind}: {text} is taken")).1
        };
        let one_of = |keys: Vec<&str>| format!("one of: {}", keys.join(", "));
        assert_eq!(read(&format!("{STRANGER}: 1")), one_of(FieldSpec::all(keys)), "{kind}");
        for spec in keys.iter().flat_map(|group| group.iter()) {
            assert!(!spec.value.is_empty() || !spec.below.is_empty(), "{kind}: nothing is told of {}", spec.key);
            if !spec.below.is_empty() {
                let below = read(&format!("{}: {{{STRANGER}: 1}}", spec.key));
                assert_eq!(below, one_of(FieldSpec::keys(spec.below)), "{kind}: {}", spec.key);
            }
            let missing = judge("{}").iter().any(|(message, _)| message.contains(&format!("`{}`", spec.key)));
            let needed = ["needed", "this or", "one of"].iter().any(|word| spec.otherwise.starts_with(word));
            let on_its_own = spec.otherwise == "needed";
            assert!(missing || !on_its_own, "{kind} does without {}", spec.key);
            assert!(needed || !missing || spec.value.is_empty(), "{kind} needs {}: {}", spec.key, spec.otherwise);
        }
    }
}

/// The keys that may stand there, as whoever writes another one is told them.
fn keys_in(section: &str) -> Vec<String> {
    let stranger = "zzzzzzzzzzzz";
    let nested = section.split('.').rev().fold(format!("{stranger}: 1"), |inner, key| format!("{key}: {{{inner}}}"));
    let mut problems = Problems::default();
    let node = Node::parse(&nested, &mut problems).expect("is YAML");
    config::resolve(&node, &real_kinds(), &mut problems);
    let help = problems.list.into_iter().find(|problem| problem.message.contains(stranger)).and_then(|it| it.help);
    let help = help.unwrap_or_else(|| panic!("{section} takes it"));
    help.trim_start_matches("one of: ").split(", ").map(str::to_owned).collect()
}

#[test]
fn the_reference_tells_of_no_key_that_the_file_does_not_take_and_of_none_twice() {
    let mut known = std::collections::BTreeSet::new();
    for (row, meaning, otherwise) in config::keys::ALL {
        assert!(!meaning.is_empty() && !otherwise.is_empty(), "{row} means nothing");
        let mut section = String::new();
        for name in row.split('`').skip(1).step_by(2) {
            // `severity.critical`, `.warning`: what several have in common stands once.
            let name = if name.starts_with('.') { format!("{section}{name}") } else { name.to_owned() };
            let path = name.trim_end_matches("[]");
            let (above, key) = path.rsplit_once('.').unwrap_or(("", path));
            section = above.to_owned();
            match above {
                "" => assert!(config::KEYS.contains(&key), "{row}: {key} is no key"),
                above => assert!(keys_in(above).iter().any(|known| known == key), "{row}: {above} takes no {key}"),
            }
            assert!(known.insert(path.to_owned()), "{path} is told twice");
        }
    }
    assert!(known.len() > 30, "{known:?}");
}

#[test]
fn every_key_of_the_file_is_told_by_the_reference() {
    let sections =
        ["operator", "severity", "queue", "queue.storm", "updates", "export", "practice", "playbooks", "console", "console.ack"];
    for section in sections {
        for key in keys_in(section) {
            // `severity.critical`, `.warning`: what several have in common stands once.
            let told = |row: &str| {
                let whole = [format!("`{section}.{key}`"), format!("`{section}.{key}."), format!("`{section}.{key}[]`")];
                let short = row.starts_with(&format!("`{section}.")) && row.contains(&format!("`.{key}`"));
                short || whole.iter().any(|name| row.contains(name))
            };
            assert!(config::keys::ALL.iter().any(|(row, ..)| told(row)), "{section}.{key} is not told");
        }
    }
}

#[test]
fn the_theme_in_the_documentation_works() {
    let text = documentation();
    let theme = text.split("```yml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a theme");
    let mut problems = Problems::default();
    assert!(midwatch::tui::theme::Theme::parse(theme, &mut problems).is_some(), "{:?}", problems.list);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        resolve(&text);
    }

    #[test]
    fn no_mixture_of_marks_makes_it_panic_and_every_place_is_in_the_text(text in "[-a-c:&*!|>'\"{}\\[\\],#%@?~ \t\r\n\u{feff}é0<]{0,60}") {
        let (_, problems) = resolve(&text);
        for problem in problems.list {
            prop_assert!(problem.span.start <= text.len() && problem.span.line >= 1 && problem.span.col >= 1);
            problem.show("f", &text);
        }
    }

    #[test]
    fn no_damage_to_a_good_file_makes_it_panic(at in 0..WHOLE.len(), length in 0..40_usize, insert in "[-:{}\\[\\]&*\n ']{0,3}") {
        let end = (at + length).min(WHOLE.len());
        resolve(&format!("{}{insert}{}", &WHOLE[..at], &WHOLE[end..]));
    }
}
