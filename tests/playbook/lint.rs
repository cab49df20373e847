//! What is wrong with a document: all of it, in one pass, each with its place.

use crate::{book, problems, with_steps};
use midwatch::playbook::RULES;

#[track_caller]
fn finds(text: &str, expected: &[&str]) {
    let book = book(text);
    assert_eq!(problems(&book), expected, "{:#?}\n{text}", book.problems);
}

/// The steps begin in line 20; the first fence or field of `### One` stands in line 24.
#[track_caller]
fn step(fields_and_blocks: &str, expected: &[&str]) {
    finds(&with_steps(&format!("## Steps\n\n### One\n\n{fields_and_blocks}")), expected);
}

const BODY: &str = "\n```sh\ntrue\n```\n";

#[test]
fn a_complete_document_has_no_problems() {
    step(&format!("- **timeout:** 5s\n- **x-note:** kept\n{BODY}"), &[]);
}

#[test]
fn front_matter() {
    let front = |yaml: &str| format!("---\n{yaml}\n---\n# T\n## Steps\n### One\n");
    let wanted: Vec<String> =
        ["drill-every", "id", "owner", "practice", "purpose", "reviewed", "review-every", "services", "title"]
            .map(|_| "1:1 W100".into())
            .to_vec();
    let with = |more: &[&str]| {
        let mut all: Vec<String> = wanted.clone();
        all.extend(more.iter().map(|text| (*text).to_owned()));
        all
    };
    let check = |yaml: &str, more: &[&str]| assert_eq!(problems(&book(&front(yaml))), with(more), "{yaml}");
    check("playbook: 1", &[]);
    check("playbook: 1\nprctice: x", &["3:1 E003"]);
    check("playbook: 1\nrto: soon\nreviewed_: 1", &["3:6 E004", "4:1 E003"]);
    check(
        "playbook: 1\nparams: {path: {}, PATH: {}, PLAYBOOK_X: {}, A: {type: host, default: -x}}",
        &["3:10 E004", "3:20 E004", "3:30 E004", "3:71 E004"],
    );
    check(
        "playbook: 1\nparams:\n  A: {type: enum}\n  B: {type: hots}\n  C: {from: lable.x}\n  D: {pattern: '('}\n  E: {type: secret, default: x}",
        &["4:3 E004", "5:13 E004", "6:13 E004", "7:16 E004", "8:30 E004"],
    );
    check("playbook: 1\nalerts:\n  - {a: '~('}\n  - {}", &["4:9 E004", "5:5 E004"]);
    finds("---\nplaybook: 2\n---\n## A\n", &["2:11 E008"]);
    finds("---\nplaybook: one\n---\n## A\n", &["2:11 E004"]);
    assert_eq!(problems(&book(&format!("\u{feff}{}", front("playbook: 1"))))[0], "1:1 E001");
    for other in
        ["\u{feff}---\ntitle: x\n---\n## A\n", "---\ntitle: {{ name }} x: y: [\n---\n## A\n", "---\na: 1\na: 2\n---\n## A\n"]
    {
        finds(other, &[]);
    }
}

#[test]
fn ids_and_practices() {
    let text = with_steps("## Verify\n\n### One\n");
    finds(&text.replace("id: book", "id: Book!"), &["3:5 E005"]);
    finds(&text.replace("practice: testing", "practice: hope"), &["5:11 E007"]);
    finds(&text.replace("drill-every: 4w", "drill-every: never"), &["11:14 W100"]);
    finds(&text.replace("drill-every: 4w", "drill-every: never\nx-reason: needs a vendor"), &[]);
    finds(&text.replace("title: Book", "title: Other"), &["18:1 W100"]);
}

#[test]
fn broken_front_matter_is_one_error_at_its_place_and_the_steps_are_still_shown() {
    let broken = book("---\nplaybook: 1\nid: [a\n---\n## One\n");
    assert_eq!(broken.errors(), 1, "{:?}", broken.problems);
    assert_eq!(broken.problems[0].code, Some("E002"));
    assert!((2..=4).contains(&broken.problems[0].span.line), "{:?}", broken.problems[0].span);
    assert!(broken.unfit().is_some());
    assert_eq!(broken.steps.len(), 1);
}

#[test]
fn fields() {
    step("- **tiemout:** 5s\n- not a field\n", &["24:1 E010", "25:1 E010"]);
    step("Prose first.\n\n- **timeout:** 5s\n", &["26:1 E010"]);
    step("- risk: destructive\n", &["24:1 E010"]);
    step("- **risk:**destructive\n- Timeout: 5s\n- why: for it\n", &["24:1 E010", "25:1 E010"]);
    step("- **id:** `ok`\n\nProse.\n\n- **Remember:** this is prose\n", &[]);
    for bad in [
        "- **risk:** none",
        "- **timeout:** soon",
        "- **timeout:** 0s",
        "- **confirm:** type it",
        "- **expect:** all is well",
        "- **retry:** often",
        "- **on fail:** give up",
        "- **on fail:** [elsewhere](other.md)",
        "- **when:** maybe",
        "- **when:** step `one` happy",
        "- **outputs:** name",
        "- **outputs:** `PATH`",
        "- **idempotent:** perhaps",
        "- **tty:** 1",
        "- **id:** `Not An Anchor`",
        "- **host:** db-1 and db-2",
    ] {
        step(&format!("{bad}\n- **x-timeout:** 5s\n"), &["24:1 E011"]);
    }
    step("- **timeout:** 5s\n- **timeout:** 6s\n", &["25:1 E011"]);
    step(&format!("- **tty:** yes\n{BODY}"), &[]);
    let seated = "- **tty:** yes\n- **idempotent:** yes\n- **risk:** read\n";
    for beside in ["host:** `db-1`", "retry:** 2 times every 1s", "repeat:** 2 times every 1s", "expect:** stdout `x`"] {
        step(&format!("{seated}- **{beside}\n{BODY}"), &["24:1 E011"]);
    }
    step(&format!("{seated}\n```http\nGET http://db-1/\n```\n"), &["24:1 E011"]);
    step("- **kind:** comand\n", &["24:1 E011"]);
}

#[test]
fn links_and_names() {
    step("- **on fail:** [x](#on)\n", &["24:1 E014"]);
    step("- **on fail:** [x](#rollback)\n", &[]);
    step("- **when:** step `two` failed\n", &["24:1 E014"]);
    step(&format!("- **timeout:** 5s\n- **expect:** stdout `$HOTS`\n{BODY}"), &["25:1 E016"]);
    step(&format!("- **timeout:** 5s\n- **expect:** stdout `$HOST`\n{BODY}"), &[]);
    step(&format!("- **timeout:** 5s\n- **confirm:** type `$TOKEN`\n{BODY}"), &["25:1 E016"]);
    step("- **when:** `NOPE` = `x`\n", &["24:1 E016"]);
    step("- **role:** boss\n", &["24:1 E019"]);
    step("- **role:** lead\n", &[]);
    finds(&with_steps("## Steps\n\n### 1. Same\n\n### 2. Same\n"), &["24:1 E015"]);
}

#[test]
fn blocks() {
    let timeout = "- **timeout:** 5s\n";
    step(&format!("{timeout}{BODY}{BODY}"), &["30:1 E012"]);
    step(&format!("{timeout}- **wait:** 5s\n{BODY}"), &["22:1 E012"]);
    step("- **wait:** 5s\n- **approve:** 1 of lead\n", &["22:1 E012"]);
    step(&format!("{timeout}\n```sh stauts\ntrue\n```\n{BODY}"), &["26:1 E013"]);
    step("\n```sh status\ntrue\n```\n", &["25:1 E020"]);
    step(&format!("{timeout}\n```sh\ntrue\n"), &["26:1 E021"]);
    step(&format!("{timeout}- **retry:** 3 times every 1s\n{BODY}"), &["25:1 E011"]);
    step(&format!("{timeout}- **retry:** 3 times every 1s\n- **idempotent:** yes\n{BODY}"), &[]);
    step(&format!("{timeout}- **expect:** status 200\n{BODY}"), &["25:1 E011"]);
    step(&format!("{timeout}- **kind:** manual\n{BODY}"), &["27:1 E012"]);
    step("- **kind:** check\n", &["22:1 E012"]);
    step(&format!("{timeout}\n```http\nFETCH http://h/\n```\n"), &["26:1 E011"]);
    step("- **risk:** read\n\n```http\nDELETE http://h/\n```\n", &["26:1 E011"]);
}

#[test]
fn selectors() {
    let feed = |fields: &str, block: &str| format!("{fields}\n```feed\n{block}\n```\n");
    step(&feed("", "service = shop and state = healthy for 30s"), &[]);
    step(&feed("", "service = $HOST and\n state = healthy"), &[]);
    step(&feed("- **expect:** value < 5\n", "name = lag"), &[]);
    step(&feed("- **expect:** all; value between 0 and 5\n", "name = lag and state = healthy"), &[]);
    step(&feed("", "service = shop and sate = healthy"), &["26:20 E011"]);
    step(&feed("", "service = shop and\n  state = helthy"), &["27:11 E011"]);
    step(&feed("", "state = healthy for soon"), &["26:21 E011"]);
    step(&feed("", ""), &["26:1 E011"]);
    step(&feed("", "name = lag"), &["25:1 E011"]);
    step(&feed("- **expect:** empty\n", "name = lag"), &["26:1 E011"]);
    step(&feed("", "service = $HOTS and state = healthy"), &["26:11 E016"]);
    step(&feed("", "service = $TOKEN and state = healthy"), &["26:11 E016"]);
    step(&feed("- **expect:** exit 0\n", "state = healthy"), &["24:1 E011"]);
    step("- **timeout:** 5s\n- **expect:** all\n\n```sh\ntrue\n```\n", &["25:1 E011"]);
    step("- **expect:** all\n\n```promql\nup\n```\n", &["24:1 E011"]);
    let text = with_steps("## Steps\n\n### One\n\n- nested\n\n  ```feed\n  service == shop\n  ```\n");
    assert_eq!(problems(&book(&text)), ["27:11 E011"], "indentation is no part of the block");
}

#[test]
fn a_slip_in_a_selector_has_its_caret() {
    let text = with_steps("## Verify\n\n### One\n\n```feed\nservice = shop and state = helthy\n```\n");
    let book = book(&text);
    assert_eq!(
        book.problems[0].show("book.md", &text),
        "book.md:25:28: error[E011]: `helthy` is no state of a feed\n25 | service = shop and state = helthy\n   \
         |                            ^^^^^^\nhelp: did you mean `healthy`?\n"
    );
}

#[test]
fn a_query_only_reads_wherever_it_stands() {
    use midwatch::domain::playbook::{Confirm, Risk};
    for block in ["```feed\nstate = healthy\n```\n", "```promql\nup\n```\n"] {
        let book = book(&with_steps(&format!("## Steps\n\n### One\n\n{block}")));
        let fields = &book.steps[0].fields;
        assert_eq!((fields.risk, &fields.confirm), (Risk::Read, &Confirm::No));
    }
}

#[test]
fn habits() {
    step(&format!("- **risk:** destructive\n- **timeout:** 5s\n{BODY}"), &["22:1 W101", "22:1 W103"]);
    step(BODY, &["22:1 W102"]);
    step("- **timeout:** 5s\n\n```sh\ntrue\necho $HOST\n```\n", &["28:6 W106"]);
    let recovery = with_steps("## Steps\n\n### One\n").replace("purpose: diagnosis", "purpose: deployment");
    finds(&recovery, &["1:1 W104", "1:1 W104"]);
}

#[test]
fn a_problem_is_shown_with_its_place_and_its_help() {
    let text = with_steps("## Steps\n\n### One\n\n- **tiemout:** 5s\n");
    let book = book(&text);
    assert_eq!(
        book.problems[0].show("book.md", &text),
        "book.md:24:1: error[E010]: unknown field `tiemout`\n24 | - **tiemout:** 5s\n   | ^^^^^^^^^^^^^^^^^\nhelp: did you mean `timeout`?\n"
    );
}

/// What the rules for shell find in one line, which stands in line 27 of the document.
#[track_caller]
fn shell(line: &str, expected: &[&str]) {
    let book = book(&with_steps(&format!("## Steps\n\n### One\n\n- **timeout:** 5s\n\n```sh\n{line}\n```\n")));
    let found: Vec<_> = problems(&book).iter().map(|found| found.trim_start_matches("27:").to_owned()).collect();
    assert_eq!(found, expected, "{line}: {:#?}", book.problems);
}

#[test]
fn shell_that_hurts_is_named_at_its_place_and_the_rest_is_left_alone() {
    for (line, found) in [
        ("echo $HOST", "6 W106"),
        ("  echo a=b $HOST # $HOST", "12 W106"),
        ("echo \"$HOST\" '$HOST' \\$HOST; x=$HOST; echo \"$x\"", ""),
        ("[[ $HOST = x ]] && case $HOST in x) true ;; esac", ""),
        ("rm -rf \"$HOST/\"*", "8 W106"),
        ("rm -fr \"${HOST}/data\"", "8 W106"),
        ("rm -rf \"${HOST:?}/data\"; rm \"$HOST/file\"; rm -rf \"$HOST\"", ""),
        ("curl -s http://x | sudo -n bash", "20 W106"),
        ("bash -c \"$(curl -s http://x)\"", "1 W106"),
        ("curl -s http://x | tee y", ""),
        ("sudo systemctl stop x", "1 W106"),
        ("sudo -n systemctl stop x", ""),
        ("pkill -9 postgres", "1 W106"),
        ("kill -9 \"$(pgrep x)\"", "1 W106"),
        ("kill -9 \"$!\"; pkill -TERM x", ""),
        ("pg_ctl -D x start", "1 W107"),
        ("pg_ctl -D x -l log start; pg_ctl -D x stop", ""),
        ("serve --all &", "1 W107"),
        ("serve --all >/dev/null 2>&1 &", ""),
        ("serve & wait", ""),
        ("vim /etc/hosts", "1 W112"),
        ("psql -h \"$HOST\"", "1 W112"),
        ("psql -h \"$HOST\" -XAtc 'select 1'; psql <x; echo 'select 1' | psql", ""),
        ("top -bn1; less -V", "11 W112"),
        ("echo \"x $(date)\"", "6 W114"),
        ("x=$(date); echo \"$x\"", ""),
        ("echo \"$HOTS\"", "7 W115"),
        ("echo \"${HOTS:-x} $PLAYBOOK_RUN $LC_ALL $1\"; for i in 1 2; do read -r a b; echo \"$i$a$b\"; done", ""),
        ("awk '{ print $NF }' <<'E'\n$X\nE", ""),
        ("ping 10.0.0.7", "6 W111"),
        ("PGPASSWORD=hunter2 psql -c x", "12 W111"),
        ("curl http://127.0.0.1:8080/", ""),
    ] {
        let expected: Vec<_> = Some(found).filter(|found| !found.is_empty()).into_iter().collect();
        shell(line, &expected);
    }
}

#[test]
fn a_rehearsal_changes_nothing() {
    let dry = |lang: &str, line: &str, expected: &[&str]| {
        let text =
            format!("## Steps\n\n### One\n\n- **timeout:** 5s\n\n```{lang}\ntrue\n```\n\n```{lang} dry-run\n{line}\n```\n");
        let text = if lang == "http" { text.replace("\ntrue\n", "\nPOST http://h/\n") } else { text };
        finds(&with_steps(&text), expected);
    };
    for line in [
        "rm x",
        "find . -delete",
        "kubectl delete pod x",
        "psql -c 'drop table x'",
        "rsync -a x y",
        "sudo -n true; systemctl stop x",
    ] {
        let at = if line.starts_with("sudo") { 15 } else { 1 };
        dry("sh", line, &[&format!("31:{at} W109")]);
    }
    for line in [
        "kubectl delete --dry-run=server pod x",
        "psql -c 'select 1 -- drop'",
        "rsync -an x y",
        "kill -0 1",
        "systemctl status x",
    ] {
        dry("sh", line, &[]);
    }
    dry("http", "POST http://h/", &["31:1 W109"]);
    dry("http", "GET http://h/", &[]);
}

#[test]
fn order_and_length() {
    finds(&with_steps("## Steps\n\n### 1. A\n\n### 3. B\n\n### 4. C\n\n## Verify\n\n### 1. D\n"), &["24:1 W113"]);
    let items = |count: usize| "- [ ] x\n".repeat(count);
    step(&format!("Tick:\n\n{}", items(9)), &[]);
    step(&format!("Tick:\n\n{}", items(10)), &["22:1 W108"]);
    step(&format!("Long:\n{}", "text\n".repeat(39)), &["22:1 W108"]);
    step(&format!("Long:\n{}", "text\n\n".repeat(38)), &[]);
    let undo = format!("- **timeout:** 5s\n\n```sh\ntrue\n```\n\n```sh undo\n{}```\n", "true\n".repeat(39));
    step(&undo, &[]);
    finds(&with_steps(&format!("## Drill setup\n\n### One\n\n{}", "text\n".repeat(40))), &[]);
    let drop = "- **risk:** destructive\n- **timeout:** 5s\n\n```sh\ntrue\n```\n\n```sh status\ntrue\n```\n";
    let checked = format!("## Before you start\n\n### Look\n\n```sh\ntrue\n```\n\n## Steps\n\n### Drop\n\n{drop}");
    finds(&with_steps(&checked), &[]);
    step(drop, &["22:1 W103"]);
}

#[test]
fn words_after_the_language() {
    step("- **timeout:** 5s\n\n```sh\ntrue\n```\n\n```sh undo now\ntrue\n```\n", &["30:1 E013"]);
    step("```shell\ntrue\n```\n", &["24:1 W116"]);
    step("- **timeout:** 5s\n\n```SH\ntrue\n```\n", &[]);
}

#[test]
fn every_code_is_known_and_sorted() {
    assert!(RULES.windows(2).all(|pair| pair[0].code < pair[1].code));
}

/// A step that sets `GAP`, with these fields.
fn sets(fields: &str) -> String {
    format!("### Measure\n\n- **outputs:** `GAP`\n- **timeout:** 5s\n{fields}\n```sh\necho GAP=1 >> \"$PLAYBOOK_OUT\"\n```\n\n")
}

#[test]
fn an_output_is_set_on_every_way_to_where_it_is_used() {
    let uses = "### Use\n\n- **timeout:** 5s\n\n```sh\necho \"$GAP\"\n```\n\n";
    let steps = |text: &str| with_steps(&format!("## Steps\n\n{text}"));
    finds(&steps(&(sets("") + uses)), &[]);
    finds(&steps(&(uses.to_owned() + &sets(""))), &["27:7 E017"]);
    finds(&steps(&(sets("- **on fail:** continue\n") + uses)), &["37:7 E017"]);
    finds(&steps(&(sets("- **on fail:** [x](#use)\n") + uses)), &["37:7 E017"]);
    finds(&steps(&(sets("- **on fail:** stop\n") + uses)), &[]);
    let guard = "- **when:** `HOST` = `a`\n";
    finds(&steps(&(sets(guard) + uses)), &["37:7 E017"]);
    let guarded = uses.replace("- **timeout", &format!("{guard}- **timeout"));
    finds(&steps(&(sets(guard) + &guarded)), &[]);
    finds(&steps(&(sets(guard) + &uses.replace("$GAP", "${GAP:-none}"))), &[]);
    finds(&steps(&(sets(guard) + &uses.replace("echo", "GAP=2; echo"))), &[]);
    let ask = "### Ask\n\n- **ask:** Sure?\n  - Yes: [m](#measure)\n  - No: [u](#use)\n\n";
    finds(&steps(&(ask.to_owned() + &sets("") + uses)), &["42:7 E017"]);
    let expects = "### Use\n\n- **timeout:** 5s\n- **expect:** stdout `$GAP`\n\n```sh\ntrue\n```\n\n";
    finds(&steps(&(expects.to_owned() + &sets(""))), &["25:1 E017"]);
    finds(&steps(&format!("### Use\n\n- **timeout:** 5s\n\n```http\nPOST http://h/$GAP\n```\n\n{}", sets(""))), &["27:15 E017"]);
}

#[test]
fn a_jump_back_meets_something_that_waits_or_looks() {
    let body = "\n```sh\ntrue\n```\n\n";
    let jumps = |to: &str| format!("### Two\n\n- **timeout:** 5s\n- **on fail:** [x](#{to})\n{body}");
    let one = format!("### One\n\n- **timeout:** 5s\n{body}");
    let steps = |text: &str| with_steps(&format!("## Steps\n\n{text}"));
    finds(&steps(&(one.clone() + &jumps("one"))), &["33:1 E018"]);
    finds(&steps(&jumps("two")), &["25:1 E018"]);
    finds(&steps(&(jumps("three") + &one + "### Three\n\nDo.\n")), &[]);
    for pause in ["- **wait:** 5s\n", "- **approve:** 1 of lead\n", "- **risk:** read\n\n```sh\ntrue\n```\n"] {
        finds(&steps(&format!("{one}### Pause\n\n{pause}\n{}", jumps("one"))), &[]);
    }
    let checked = format!("### One\n\n- **risk:** read\n{body}");
    finds(&steps(&(checked + &jumps("one"))), &[]);
}

#[test]
fn links_lead_where_github_would_lead() {
    let text = |to: &str| {
        format!(
            "## Steps\n\n### 1. Größe prüfen!\n\n- **wait:** 1s\n\n### Two\n\n- **on fail:** [x](#{to})\n\n## 2. Verify\n\n### Steps\n\nDo.\n"
        )
    };
    for to in ["1-größe-prüfen", "größe-prüfen", "steps-1", "2-verify", "verify", "rollback"] {
        finds(&with_steps(&text(to)), &[]);
    }
    for to in ["grosse", "1-grosse-prufen", "steps-2", "Verify"] {
        finds(&with_steps(&text(to)), &["28:1 E014"]);
    }
}

#[test]
fn nothing_of_what_people_do_from_memory_runs() {
    let text =
        with_steps("## Steps\n\n### One\n\n- **timeout:** 5s\n\n```sh\ntrue\n```\n\n## Verify\n\n### Two\n\n```sh\ntrue\n```\n");
    finds(&text, &[]);
    finds(&text.replace("title: Book\n", "title: Book\nmode: do-confirm\n"), &["27:1 E012"]);
    let sets = "### One\n\n- **timeout:** 5s\n- **outputs:** `HOST`\n\n```sh\ntrue\n```\n";
    finds(&with_steps(&format!("## Drill setup\n\n{sets}")), &[]);
    step("- **timeout:** 5s\n- **outputs:** `HOST`\n\n```sh\ntrue\n```\n", &["25:1 E011"]);
}
