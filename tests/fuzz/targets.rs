//! What is fuzzed: each target reads one text in every way that the program would, holds what always holds of it, and tells by a few
//! numbers what it came to, so that the engine sees what is new.

use crate::written::written;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::playbook::{Condition, Found, Language, Piece, Place, Playbook, Resolved, Seen, Step, Verdict, resolve};
use midwatch::playbook::{BUNDLED, adopt, plan, read, scenario};
use midwatch::steps::{Call, KINDS, judge, preamble, read_outputs, values as numbers};
use midwatch::tui::markdown;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// One thing that reads text from outside.
#[derive(Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub seeds: fn() -> Vec<String>,
    pub words: &'static [&'static str],
    pub run: fn(&str) -> Vec<u64>,
}

pub fn all() -> Vec<Target> {
    vec![
        Target { name: "document", seeds: documents, words: DOCUMENT, run: document },
        Target { name: "fields", seeds: bullets, words: FIELDS, run: fields },
        Target { name: "front", seeds: fronts, words: FRONT, run: front },
        Target { name: "shell", seeds: || blocks(&[Language::Sh, Language::Bash]), words: SHELL, run: shell },
        Target { name: "http", seeds: || [blocks(&[Language::Http]), own(REQUESTS)].concat(), words: HTTP, run: http },
        Target { name: "markdown", seeds: || [documents(), examples()].concat(), words: DOCUMENT, run: pages },
        Target { name: "scenario", seeds: scripts, words: SCRIPT, run: script },
        Target { name: "values", seeds: || own(VALUES), words: VALUES, run: values },
    ]
}

/// Inputs that broke something once, with the target that found them.
pub const FOUND: &[(&str, &str)] = &[
    ("http", "GET http:///$HO//ST:80#/\n\n"),
    ("http", "HEAD http://h/\nX: a\rY: b\n"),
    ("markdown", "> [!IMPORTANT]\n> x\n"),
    ("fields", "- **approve:** 2 of lead\n  - *\n\nProse.\n\n"),
    ("front", "playbook: 1\nparams:\n  A: {from: l\rstring, pat: l\rstring, type: x}\n"),
];

fn own(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// The bundled playbooks, runbooks of other shapes, and the example of the design.
fn documents() -> Vec<String> {
    let mut all: Vec<String> = BUNDLED.iter().map(|(_, text)| (*text).to_owned()).collect();
    all.push(include_str!("../playbook/pg-primary-failover.md").to_owned());
    all.push(include_str!("../../src/config/first-look.md").to_owned());
    all.push("# Disk full\n\n1. Look.\n2. Free.\n   - [ ] old logs\n".to_owned());
    // Long ones are cut into their parts: a change in a short text is more likely to mean something.
    let parts: Vec<String> =
        all.iter().flat_map(|text| text.split("\n## ").skip(1)).map(|part| with_front(&format!("## {part}"))).collect();
    [all, parts].concat()
}

fn scripts() -> Vec<String> {
    scenario::BUNDLED.iter().map(|(_, text)| (*text).to_owned()).collect()
}

const SCRIPT: &[&str] = &[
    "  - at: -1s\n",
    "  - at: 9999999d\n",
    "fires: {name: X, severity: critical}",
    "resolves: X",
    "feed: {name: f, state: failing}",
    "expects: [{ack: X, within: 3m}]",
    "abort: [\"state = failing for 30s\"]",
    "after: X",
    "points: 4294967296",
    "&a",
    "*a",
    "<<: *a",
];

fn script(text: &str) -> Vec<u64> {
    let script = scenario::read(text, Place::File("/s/s.yaml".into()), scenario::Around::default());
    for problem in &script.problems {
        assert!(problem.span.start <= problem.span.end && problem.span.end <= text.len(), "{:?} lies outside", problem.span);
    }
    assert!(script.shown().chars().all(|c| c == '\n' || !c.is_control()), "something gets through to the screen");
    if let Some(found) = &script.scenario {
        let written = scenario::write(found);
        let again = scenario::read(&written, Place::File("/s/s.yaml".into()), scenario::Around::default());
        let read = again.scenario.unwrap_or_else(|| panic!("what was written is not read: {written}"));
        assert_eq!(scenario::write(&read), written);
        assert!(found.beats.is_sorted_by_key(|beat| beat.at));
    }
    let kinds = script.problems.iter().map(|problem| feature(problem.code));
    kinds.chain(script.scenario.iter().map(|found| feature(("beats", about(found.beats.len()))))).collect()
}

fn examples() -> Vec<String> {
    serde_json::from_str(include_str!("../playbook/commonmark/examples.json")).expect("a list")
}

fn books() -> Vec<Playbook> {
    documents().iter().map(|text| book(text)).collect()
}

fn bullets() -> Vec<String> {
    let all = books();
    let lines = |book: &Playbook| -> Vec<String> {
        book.steps
            .iter()
            .flat_map(|step| step.raw.iter())
            .map(|field| book.slice(&(field.span.start..field.span.end)).to_owned() + "\n")
            .collect()
    };
    let found: BTreeSet<String> = all.iter().flat_map(lines).collect();
    found.into_iter().chain(own(CONDITIONS)).collect()
}

fn fronts() -> Vec<String> {
    documents()
        .iter()
        .filter_map(|text| Some(text.strip_prefix("---\n")?.split_once("\n---\n")?.0.to_owned() + "\n"))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn blocks(languages: &[Language]) -> Vec<String> {
    let all = books();
    let of =
        |step: &Step| [&step.body, &step.status, &step.undo, &step.dry_run].into_iter().flatten().cloned().collect::<Vec<_>>();
    let found = all.iter().flat_map(|book| book.steps.iter().flat_map(of)).filter(|block| languages.contains(&block.lang));
    found.map(|block| block.text).collect::<BTreeSet<_>>().into_iter().collect()
}

fn book(text: &str) -> Playbook {
    read(text, Place::File("/books/book.md".into()), KINDS)
}

fn with_front(body: &str) -> String {
    format!(
        "---\nplaybook: 1\nid: book\ntitle: Book\nroles: [lead]\nparams:\n  HOST: {{type: host}}\n  TOKEN: {{type: secret, required: false}}\n---\n\n# Book\n\n{body}"
    )
}

/// A number for something that came out.
fn feature(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// How many, roughly.
fn about(count: usize) -> u32 {
    (count + 1).ilog2()
}

/// Everything that a playbook came to, in numbers; and what always holds of one.
fn looked_at(book: &Playbook) -> Vec<u64> {
    let text = &book.text;
    for step in &book.steps {
        assert!(text.get(step.prose.clone()).is_some(), "the prose of {} is {:?}", step.id, step.prose);
        let blocks = [&step.body, &step.status, &step.undo, &step.dry_run].into_iter().flatten().map(|block| block.span);
        let spans = blocks
            .chain([step.span])
            .chain(step.raw.iter().map(|field| field.span))
            .chain(step.items.iter().map(|item| item.span));
        spans.for_each(|span| assert!(text.get(span.start..span.end).is_some(), "{span:?}"));
    }
    let lines = text.matches(['\n', '\r']).count() + 1;
    for problem in &book.problems {
        assert!(problem.span.line <= lines && text.get(problem.span.start..problem.span.end).is_some(), "{problem:?}");
        assert!(!problem.show("book.md", text).contains('\u{1b}'), "{problem:?}");
    }
    assert!(!book.show().contains('\u{1b}'));
    let planned = plan(book, &Resolved::default(), &|tool| tool.len() % 2 == 0);
    assert!(!planned.to_string().contains('\u{1b}'));
    let mut found: Vec<u64> =
        book.problems.iter().map(|problem| feature((problem.code, problem.message.split(' ').nth(1).map(str::len)))).collect();
    for step in &book.steps {
        let langs = [&step.body, &step.status, &step.undo, &step.dry_run].map(|block| block.as_ref().map(|block| block.lang));
        found.push(feature((step.kind, step.section, langs, step.items.len().min(3))));
        found.extend(step.raw.iter().map(|field| feature((&field.key, about(field.value.len()), about(field.items.len())))));
        found.extend(step.fields.expect.iter().map(|condition| feature(std::mem::discriminant(condition))));
        found.push(feature((
            step.fields.when.len(),
            step.fields.outputs.len(),
            step.fields.retry.is_some(),
            step.fields.repeat.is_some(),
        )));
    }
    found.push(feature(("planned", about(planned.missing.len()), about(planned.steps.len()), about(planned.rollback.len()))));
    found.push(feature(("problems", about(book.problems.len()), book.errors() == 0, book.executable)));
    found
}

fn document(text: &str) -> Vec<u64> {
    let book = book(text);
    if book.executable && book.unfit().is_none() {
        stays(&book);
    }
    if let Ok(adopted) = adopt(text, &book.place, KINDS) {
        assert!(adopted.playbook.executable, "what was adopted can run");
        assert!(book.executable || text.split_inclusive('\n').all(|line| adopted.text.contains(line)), "adopting loses nothing");
    }
    looked_at(&book)
}

/// What a playbook means is what it means after it was written down anew.
fn stays(first: &Playbook) {
    // Where Markdown has no way to write a character, or two ways to read it.
    if first.text.contains(['\r', '\0', '\t', '\u{b}', '\u{c}', '\u{85}', '\u{a0}']) {
        return;
    }
    let text = written(first);
    let again = book(&text);
    let meaning = |book: &Playbook| -> Vec<_> {
        let blocks = |step: &Step| {
            [&step.body, &step.status, &step.undo, &step.dry_run]
                .map(|block| block.as_ref().map(|block| (block.lang, block.text.clone())))
        };
        let items = |step: &Step| step.items.iter().map(|item| item.text.clone()).collect::<Vec<_>>();
        let one = |step: &Step| {
            format!("{:?}", (&step.id, &step.title, step.section, step.kind, &step.how, &step.fields, blocks(step), items(step)))
        };
        book.steps.iter().map(one).collect()
    };
    assert_eq!(meaning(&again), meaning(first), "written anew:\n{text}\nproblems: {:#?}", again.problems);
    assert_eq!((again.unfit(), &again.meta, again.params.len()), (None, &first.meta, first.params.len()), "{text}");
    assert_eq!(written(&again), text, "and once more");
}

fn fields(text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for body in ["```sh\ntrue\n```\n", "```http\nGET http://h/\n```\n", ""] {
        let book = book(&with_front(&format!("## Steps\n\n### One\n\n{text}\n{body}\n## Verify\n\n### Two\n\n{text}\n{body}")));
        if book.unfit().is_none() {
            stays(&book);
        }
        book.steps.iter().for_each(conditions);
        found.extend(looked_at(&book));
    }
    found
}

/// A condition that was understood is shown as it would be understood again, and judges anything that was seen.
fn conditions(step: &Step) {
    let outcomes = [
        Seen::default(),
        Seen {
            exit: Some(2),
            stdout: Some("a\n\u{1b}[2Jb\n".into()),
            stderr: Some(String::new()),
            truncated: true,
            ..Seen::default()
        },
        Seen {
            status: Some(200),
            body: Some("{\"a\":[{\"b\":\"v\"}]}".into()),
            took: Some(std::time::Duration::from_secs(1)),
            ..Seen::default()
        },
        Seen {
            found: Some(Found {
                matches: vec![("a".into(), Some(1.5)), ("b".into(), Some(f64::NAN)), ("c".into(), None)],
                others: vec!["d".into()],
                unclear: Vec::new(),
            }),
            ..Seen::default()
        },
    ];
    for seen in &outcomes {
        if let Verdict::Fails(why) | Verdict::CannotTell(why) =
            judge(step, seen, &|name| (name == "HOST").then(|| "db(1".to_owned()))
        {
            assert!(!why.is_empty());
        }
    }
    let shown: Vec<String> = step.fields.expect.iter().map(Condition::to_string).collect();
    let odd = |text: &String| {
        text.matches('`').count() % 2 == 1 || text.matches('`').count() > 4 || text.contains(['\\', '\u{fffd}', '·', ';'])
    };
    let values = step.field("expect").map(|field| &field.value);
    let plain = values.is_some_and(|value| value.iter().all(|piece| !matches!(piece, Piece::Code(code) if code.trim() != code || code.contains('`') || code.chars().any(char::is_control))));
    if plain && !shown.iter().any(odd) {
        let again =
            book(&with_front(&format!("## Steps\n\n### One\n\n- **expect:** {}\n\n```sh\ntrue\n```\n", shown.join("; "))));
        let again: Vec<String> = again.steps[0].fields.expect.iter().map(Condition::to_string).collect();
        assert!(again == shown || shown.is_empty(), "{shown:?} is read as {again:?}");
    }
}

fn front(yaml: &str) -> Vec<u64> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems);
    assert!(node.is_some() || !problems.list.is_empty(), "nothing came of it, and nothing is said");
    // YAML ends lines where Rust doesn't.
    let lines = yaml.matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count() + 1;
    for problem in &problems.list {
        assert!(problem.span.line <= lines, "{problem:?}");
        let _ = problem.show("config.yaml", yaml);
    }
    let book = book(&format!("---\n{yaml}\n---\n\n# Book\n\n## Steps\n\n### One\n\n```sh\necho \"$HOST\"\n```\n"));
    let given = resolve(&book.params, &Default::default(), &|_| Some("db-1:80".to_owned()));
    let mut found = looked_at(&book);
    found.push(feature((problems.list.len().min(4), given.values.len().min(6), given.refused.len().min(6))));
    found.extend(
        book.params.iter().map(|param| feature((param.kind, param.from.is_some(), param.pattern.is_some(), param.required))),
    );
    found
}

fn shell(text: &str) -> Vec<u64> {
    let fence = "`".repeat(longest_run(text) + 3);
    let steps = format!(
        "## Steps\n\n### One\n\n- **outputs:** `GAP?`\n\n{fence}sh\n{text}\n{fence}\n\n{fence}sh dry-run\n{text}\n{fence}\n\n### Two\n\n- **host:** `db-1`\n\n{fence}bash\n{text}\n{fence}\n"
    );
    looked_at(&book(&with_front(&steps)))
}

/// Of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn http(text: &str) -> Vec<u64> {
    let Ok(call) = Call::parse(text) else { return vec![feature("no request")] };
    let filled = |value: &str| call.request(&|_| Some(value.to_owned()), &|_| Some(value.to_owned()));
    let usual = filled("x");
    let mut found = vec![feature((call.method, usual.is_ok()))];
    for hostile in [
        "../..",
        "a/b",
        "a?b=c&d",
        "a#b",
        "@evil",
        "evil:1",
        "a\nX-Evil: 1",
        "\",\"x\":\"",
        "$(reboot)",
        "-oProxyCommand=x",
        "日本",
        "%2e%2e",
    ] {
        let Ok(request) = filled(hostile) else { continue };
        assert!(matches!(request.url.scheme(), "http" | "https"));
        assert!(request.headers.iter().all(|(_, value)| !value.expose().contains(['\r', '\n'])), "a header has one line");
        let Ok(usual) = &usual else { continue };
        // Where no value stands in the host, no value changes it; nor what follows it beyond its own place.
        let places = |request: &midwatch::ports::Request| {
            let segments = request.url.path_segments().map_or(0, Iterator::count);
            (
                request.url.host_str().map(str::to_owned),
                request.url.port(),
                segments,
                request.url.query_pairs().count(),
                request.url.fragment().is_some(),
            )
        };
        let address = text.split_whitespace().nth(1).unwrap_or("");
        let fixed = address.split('/').nth(2).is_some_and(|host| !host.contains(['$', '?', '#'])) && !address.starts_with('$');
        // Of two dots in an address the parser of addresses makes steps: with them in the document nobody's value did that.
        if fixed && !address.contains("..") && !address.contains("%2") {
            assert_eq!(places(&request), places(usual), "{hostile:?} changed more than its place");
        }
        found.push(feature((request.headers.len().min(4), request.body.is_some(), about(places(&request).2))));
    }
    found
}

fn pages(text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for columns in [1, 2, 7, 40, 200] {
        let lines = markdown::document(text, columns);
        for line in &lines {
            let width: usize = line.iter().map(|(text, _)| text.width()).sum();
            let one = line.iter().map(|(text, _)| text.graphemes(true).count()).sum::<usize>() <= 1;
            assert!(width <= columns || one, "{line:?} in {columns}");
            assert!(line.iter().all(|(text, _)| !text.contains(|c: char| c.is_control() || c == '\u{202e}')), "{line:?}");
        }
        let roles: BTreeSet<String> = lines.iter().flatten().map(|(_, role)| format!("{role:?}")).collect();
        found.push(feature((columns, roles, about(lines.len()))));
    }
    let book = book(text);
    for step in &book.steps {
        let lines = markdown::lines(&book.text, &step.prose, &BTreeSet::from([0]), 40);
        found.push(feature(("part", about(lines.len()))));
    }
    found
}

/// The text is a value of every type of parameter, a file of outputs, an answer of a query, and a word in a remote shell.
fn values(text: &str) -> Vec<u64> {
    const TYPES: &str = "---\nplaybook: 1\nparams:\n  S: {type: string}\n  I: {type: int, min: -5, max: 5}\n  B: {type: bool}\n  E: {type: enum, choices: [a, b]}\n  H: {type: host}\n  P: {type: port}\n  U: {type: url}\n  D: {type: duration}\n  F: {type: path}\n  R: {type: regex}\n  N: {type: string, pattern: '[a-z]+'}\n  T: {type: secret}\n---\n## Steps\n\n### One\n\n- **outputs:** `A` `B?`\n";
    let book = book(TYPES);
    let mut found = Vec::new();
    for source in [true, false] {
        let typed = book.params.iter().map(|param| (param.name.clone(), text.to_owned())).filter(|_| !source).collect();
        let given = resolve(&book.params, &typed, &|_| source.then(|| text.to_owned()));
        for (name, value, _) in &given.values {
            let plain = value.plain().unwrap_or("");
            assert!(!plain.chars().any(char::is_control), "{name} took {plain:?}");
            assert!(!matches!(name.as_str(), "H" | "F" | "U") || !plain.starts_with('-'), "{name} took {plain:?}");
            assert!(name != "P" || plain.is_empty() || plain.parse::<u16>().is_ok_and(|port| port > 0), "{plain:?}");
        }
        given.refused.iter().for_each(|refused| assert!(!refused.to_string().contains(char::is_control)));
        found.push(feature(given.values.iter().map(|(name, ..)| name.clone()).collect::<Vec<_>>()));
    }
    let outputs = read_outputs(&book.steps[0], text.as_bytes());
    if let Ok(set) = &outputs {
        assert!(
            set.keys().all(|name| name == "A" || name == "B") && set.values().all(|value| !value.chars().any(char::is_control))
        );
    }
    let answer = numbers(text.as_bytes());
    let (words, _) = preamble("sh", &[("A".to_owned(), text.to_owned())]);
    found.push(feature((outputs.map_or_else(|why| why.len(), |set| set.len()), answer.is_ok(), about(words.len()))));
    found
}

const DOCUMENT: &[&str] = &[
    "\n```feed\nservice = $HOST and state = healthy for 30s\n```\n",
    "\n```promql\nup == 0\n```\n",
    "---\n",
    "playbook: 1\n",
    "\n# T\n",
    "\n## Steps\n",
    "\n## Verify\n",
    "\n## Rollback\n",
    "\n## Before you start\n",
    "\n## Drill setup\n",
    "\n### 1. One\n",
    "\n### One\n",
    "\n#### Deep\n",
    "- **risk:** destructive\n",
    "- **ask:** Well?\n  - Yes: [o](#one)\n",
    "- **wait:** 5s\n",
    "- **approve:** 1 of lead\n",
    "- **playbook:** [x](b.md)\n",
    "- **with:** `A=HOST`\n",
    "- **record:** it\n",
    "- [ ] task\n",
    "- [x] task\n",
    "\n```sh\n",
    "\n```\n",
    "\n```bash undo\n",
    "\n```http\n",
    "\n```sh status\n",
    "\n~~~sh\n",
    "\n    code\n",
    "\n> quote\n",
    "\n> [!WARNING]\n> x\n",
    "\n| a | b |\n|---|:-:|\n| c | d |\n",
    "[x]: http://y\n",
    "[x](#one)",
    "<div>\n",
    "<!-- ",
    "-->",
    "***\n",
    "===\n",
    "---\n",
    "$HOST",
    "${HOST}",
    "\\",
    "~~x~~",
    "![i](j)",
    "<http://x>",
    "[^1]",
    "&lt;",
    "  \n",
];

const FIELDS: &[&str] = &[
    "- **risk:** read\n",
    "- **risk:** destructive\n",
    "- **confirm:** type `$HOST`\n",
    "- **timeout:** 5s\n",
    "- **quiet:** 1h\n",
    "- **expect:** ",
    "exit 0",
    " or 1",
    "stdout ",
    "stderr ",
    "body ",
    "~ ",
    "contains ",
    "`a`",
    "`^\\s*$`",
    "`$HOST`",
    "; ",
    "lines < 5",
    "status 2xx",
    "json `a.b[0]` = `v`",
    "within 500ms",
    "value < 1",
    "value between 0 and 5",
    "empty",
    "not empty",
    "- **retry:** 3 times every 1s\n",
    "- **repeat:** 2 times every 1s\n",
    "- **on fail:** [x](#two)\n",
    "- **on fail:** continue\n",
    "- **when:** ",
    "step `one` failed",
    "step `#two` not-started",
    " and ",
    "`HOST` = `v`",
    "`HOST` != `v`",
    "- **outputs:** `A` `B?`\n",
    "- **idempotent:** yes\n",
    "- **role:** lead\n",
    "- **host:** `db`\n",
    "- **drill:** skip\n",
    "- **tty:** no\n",
    "- **id:** `x`\n",
    "- **kind:** check\n",
    "- **ask:** Q `$HOST`\n  - A: [a](#two)\n",
    "  - B: [b](#rollback)\n",
    "- **wait:** 10s\n",
    "- **approve:** 2 of lead, lead\n",
    "- **playbook:** [p](p.md)\n",
    "- **with:** `HOST` `A=HOST`\n",
    "- **record:** what\n",
    "- **x-note:** y\n",
    "- [ ] tick\n",
    "**",
    ":",
    "\n\nProse.\n\n",
];

const CONDITIONS: &[&str] = &[
    "- **expect:** exit 0 or 2; stdout ~ `^\\s*$`\n",
    "- **expect:** status 2xx; body contains `ok`; json `a.b[0]` = `v`; within 500ms\n",
    "- **expect:** lines < 5; stderr `x; y`\n",
    "- **when:** step `one` failed and `HOST` != `a`\n",
    "- **confirm:** type `$HOST`\n- **outputs:** `GAP` `LAST?`\n",
    "- **retry:** 3 times every 1s\n- **idempotent:** yes\n",
    "- **ask:** Well `$HOST`?\n  - Yes: [o](#one)\n  - No: [r](#rollback)\n",
    "- **approve:** 2 of lead\n- **timeout:** 5m\n",
    "- **playbook:** [p](p.md)\n- **with:** `HOST` `THEIRS=HOST`\n",
];

const FRONT: &[&str] = &[
    "playbook: 1\n",
    "id: a-b\n",
    "title: \"x\"\n",
    "practice: failover\n",
    "purpose: recovery\n",
    "services: [a, b]\n",
    "severity: critical\n",
    "owner: team\n",
    "reviewed: 2026-11-01\n",
    "review-every: 90d\n",
    "drill-every: never\n",
    "rto: 5m\n",
    "mode: do-confirm\n",
    "alerts:\n  - {alertname: X, env: \"~a|b\"}\n",
    "roles: [lead]\n",
    "params:\n  HOST: {type: host, from: label.instance}\n",
    "  A: {type: int, min: 1, max: 5, default: 3}\n",
    "  B: {type: enum, choices: [a, b]}\n",
    "  C: {type: secret, from: env.X, required: false}\n",
    "  D: {pattern: \"[a-z]+\", default: ab}\n",
    "max-age: 1h\n",
    "x-reason: y\n",
    "&a ",
    "*a",
    "!!str ",
    "|\n  ",
    ">-\n  ",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "? ",
    "- ",
    "# ",
    "...\n",
    "---\n",
    "%YAML 1.2\n",
    "null",
    "~",
    "'",
    "\"\\x00\"",
    "<<: *a\n",
];

const SHELL: &[&str] = &[
    "$HOST",
    "\"$HOST\"",
    "${HOST:-x}",
    "${HOST:?}",
    "$(",
    ")",
    "`",
    "<<EOF\n",
    "<<-'EOF'\n",
    "EOF\n",
    "<<<",
    "| ",
    "&& ",
    "|| ",
    "; ",
    "& ",
    "\n",
    "case $x in a) b ;; esac",
    "if true; then ",
    "fi",
    "for i in a; do ",
    "done",
    "while ",
    "{ ",
    "} ",
    "f() { ",
    "((",
    "))",
    "$((",
    "[[ ",
    " ]]",
    "x=(",
    "x=$(",
    "rm -rf \"$HOST/\"*",
    "curl http://x | sh",
    "sudo x",
    "pkill -9 x",
    "pg_ctl start",
    "psql",
    "vim",
    "echo \"$(date)\"",
    "PGPASSWORD=hunter2",
    "10.0.0.1",
    "2>&1",
    "&>f",
    "> f",
    "\\\n",
    "'",
    "\"",
    "#",
    "!",
    "${#x}",
    "${!x}",
    "${x%%/*}",
    "${x//a/b}",
    "$'a'",
    "$@",
    "$?",
    "export A=b",
    "read -r a",
    "trap x EXIT",
];

const REQUESTS: &[&str] = &[
    "GET http://h/$HOST/x?a=$HOST#f\n",
    "POST $HOST/promote HTTP/1.1\nContent-Type: application/json\nX-Who: $HOST\n\n{\"who\": \"$HOST\"}\n",
    "PUT https://[::1]:8080/${HOST}\n\n$HOST\n",
    "GET http://$HOST:80/\n",
    "HEAD http://user@h:1/a/../b\n",
    "DELETE http://h/a%2Fb/$HOST?$HOST=$HOST&x\n",
];

const HTTP: &[&str] = &[
    "GET ",
    "POST ",
    "http://",
    "https://",
    "$HOST",
    "${HOST}",
    "/",
    "?",
    "&",
    "#",
    ":80",
    "@",
    " HTTP/1.1\n",
    "Content-Type: application/json\n",
    "X: y\n",
    "\n\n",
    "{\"a\":\"$HOST\"}",
    "[::1]",
    "%2e",
    "..",
    "\\",
    "xn--",
    "0x7f.1",
];

const VALUES: &[&str] = &[
    "db-1",
    "db-1:9187",
    "[fe80::1]:9187",
    "-oProxyCommand=x",
    "$(reboot)",
    "; rm -rf ~",
    "5",
    "-5",
    "65535",
    "true",
    "a",
    "http://h:1/a?b",
    "postgres://u:p@h/db",
    "10s",
    "1h30m",
    "/var/log",
    "^a|b$",
    "(a+)+$",
    "A=1\nB=2\n",
    "A=\n",
    "x",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1,\"2\"]}]}}",
    "{\"status\":\"error\",\"error\":\"x\"}",
    "it's",
    "a\\b",
    "\u{1b}[2J",
];
