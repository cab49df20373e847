//! A block becomes something to perform, and what was seen of it becomes a verdict. Shell text is never templated:
//! values reach it as environment variables only.

use super::environment::{Environment, Setting, environment};
use super::feed::selector;
use super::http::Call;
use super::promql::query;
use super::remote::{Sends, remote};
use crate::domain::playbook::{Block, Condition, Found, Language, Risk, Seen, Selector, Step, Values, Verdict};
use crate::ports::Request;
use std::path::PathBuf;
use std::time::Duration;

/// Between TERM and KILL.
pub const GRACE: Duration = Duration::from_secs(5);

/// What is to be performed for one attempt.
#[derive(Debug, Clone)]
pub enum Launch {
    /// Run by the supervisor.
    Shell(Shell),
    /// Sent through the ports: observed where the step only reads, else acted with the attempt's intent.
    Http { request: Box<Request>, reads: bool },
    /// Asked of the source that answers Prometheus queries.
    Query(String),
    /// Asked of whoever knows the health of the feeds.
    Feeds(Selector),
}

/// A shell block, ready for the supervisor.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Program and options; the file that holds `text` is the last argument.
    pub interpreter: Vec<String>,
    /// Exactly as it stands in the playbook.
    pub text: String,
    pub env: Environment,
    pub folder: PathBuf,
    pub timeout: Duration,
    pub grace: Duration,
    /// It gets the terminal of the console.
    pub terminal: bool,
    /// The block goes to the standard input of what is run, after these; else its file is the last argument.
    pub sends: Option<Sends>,
}

/// Prepares one block of a step (its body, `status`, `undo` or `dry-run`). The error says why that can't be done.
pub fn launch(step: &Step, block: &Block, setting: &Setting<'_>) -> Result<Launch, String> {
    match block.lang {
        Language::Sh => shell(&["sh", "-eu"], step, block, setting),
        Language::Bash => shell(&["bash", "-euo", "pipefail"], step, block, setting),
        Language::Http => {
            let call = Call::parse(&block.text)?;
            let mut request = call.request(&|name| setting.plain(name), &|name| setting.any(name))?;
            request.timeout = step.fields.timeout;
            Ok(Launch::Http { request: Box::new(request), reads: call.only_reads() && step.fields.risk == Risk::Read })
        }
        Language::Promql => query(&block.text, setting).map(Launch::Query),
        Language::Feed => selector(&block.text, setting).map(Launch::Feeds),
    }
}

/// At a terminal, Ctrl-C is for what the block runs. `bash` goes on when a client has dealt with it, and ends with one that has died
/// of it; other shells die of it in either case, as soon as the client ends.
const AT_TERMINAL: &[&str] = &["sh", "-c", "command -v bash >/dev/null && exec bash --posix -eu \"$0\"; exec sh -eu \"$0\""];

fn shell(interpreter: &[&str], step: &Step, block: &Block, setting: &Setting<'_>) -> Result<Launch, String> {
    let interpreter = if step.fields.tty && block.lang == Language::Sh { AT_TERMINAL } else { interpreter };
    let local = Shell {
        interpreter: interpreter.iter().map(|word| (*word).to_owned()).collect(),
        text: block.text.clone(),
        env: environment(setting, step.fields.tty),
        folder: setting.folder.to_owned(),
        timeout: step.fields.timeout,
        grace: GRACE,
        terminal: step.fields.tty,
        sends: None,
    };
    remote(local, step, block, setting).map(Launch::Shell)
}

/// Judges the result of a step's body by its `expect`. The first condition that doesn't hold is named.
pub fn judge(step: &Step, seen: &Seen, values: Values<'_>) -> Verdict {
    for condition in &step.fields.expect {
        match condition.holds(seen, values) {
            Ok(true) => {}
            Ok(false) => return Verdict::Fails(format!("expected {condition}, {}", was(condition, seen))),
            Err(why) => return Verdict::CannotTell(format!("{condition} can't be judged: {why}")),
        }
    }
    Verdict::Holds
}

fn was(condition: &Condition, seen: &Seen) -> String {
    match condition {
        Condition::Exit(_) => seen.exit.map_or("a signal ended it".into(), |code| format!("it exited with {code}")),
        Condition::Status { .. } => format!("the status was {}", seen.status.unwrap_or(0)),
        Condition::Within(_) => format!("it took {} ms", seen.took.unwrap_or_default().as_millis()),
        Condition::All => told(seen, |found| found.others.clone()),
        Condition::Empty(true) | Condition::Value(_) => told(seen, |found| words(&found.matches)),
        Condition::Empty(false) => told(seen, |found| found.others.clone()),
        _ => "it does not hold".into(),
    }
}

/// More of what was found is in the output.
const TOLD: usize = 3;

fn told(seen: &Seen, which: impl Fn(&Found) -> Vec<String>) -> String {
    let all = seen.found.as_ref().map(which).unwrap_or_default();
    let more = if all.len() > TOLD { format!("; and {} more", all.len() - TOLD) } else { String::new() };
    match all.as_slice() {
        [] => "nothing was found".to_owned(),
        all => format!("found: {}{more}", all[..all.len().min(TOLD)].join("; ")),
    }
}

fn words(matches: &[(String, Option<f64>)]) -> Vec<String> {
    let words = |(words, value): &(String, Option<f64>)| match value.map(|value| value.to_string()) {
        Some(value) if value != *words => format!("{words} ({value})"),
        _ => words.clone(),
    };
    matches.iter().map(words).collect()
}

/// The answer of a `status` block: done already, not done, or unclear.
pub fn status(exit: Option<i32>) -> Option<bool> {
    match exit {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::ids::{RunId, StepId};
    use crate::domain::node::Span;
    use crate::domain::playbook::Stream;
    use crate::domain::playbook::{Fields, How, Origin, ParamValue, Resolved, Section, TextTest};
    use std::collections::BTreeMap;
    use std::path::Path;

    /// What a setting borrows from.
    pub struct World {
        pub id: StepId,
        pub params: Resolved,
        pub outputs: BTreeMap<String, String>,
        pub console: Vec<(String, String)>,
        pub allowed: Vec<String>,
        pub transport: Vec<String>,
    }

    impl World {
        pub fn param(&mut self, name: &str, value: &str) {
            self.params.values.push((name.into(), ParamValue::Plain(value.into()), Origin::Operator));
        }
    }

    pub fn world() -> World {
        World {
            id: "go".into(),
            params: Resolved::default(),
            outputs: BTreeMap::new(),
            console: Vec::new(),
            allowed: Vec::new(),
            transport: crate::steps::TRANSPORT.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    pub fn setting(world: &World) -> Setting<'_> {
        Setting {
            run: RunId(uuid::Uuid::nil()),
            step: &world.id,
            attempt: 1,
            mode: "live",
            out: Path::new("/run/out"),
            folder: Path::new("/books"),
            params: &world.params,
            outputs: &world.outputs,
            console: &world.console,
            allowed: &world.allowed,
            transport: &world.transport,
        }
    }

    pub fn step(text: &str) -> Step {
        Step {
            id: "go".into(),
            title: "Go".into(),
            number: None,
            section: Section::Steps,
            kind: "command",
            how: How::Launch,
            span: Span::default(),
            prose: 0..0,
            fields: Fields { expect: vec![Condition::Exit(vec![0])], ..Fields::default() },
            raw: Vec::new(),
            body: Some(Block { lang: Language::Sh, text: text.into(), span: Span::default() }),
            dry_run: None,
            status: None,
            undo: None,
            items: Vec::new(),
        }
    }

    fn seen(exit: Option<i32>, stdout: &str) -> Seen {
        Seen { exit, stdout: Some(stdout.into()), stderr: Some(String::new()), ..Seen::default() }
    }

    #[test]
    fn shell_text_is_never_templated() {
        let mut world = world();
        world.param("HOST", "$(reboot)");
        let step = step("echo $HOST\n");
        let block = step.body.as_ref().expect("a body");
        let Ok(Launch::Shell(shell)) = launch(&step, block, &setting(&world)) else { panic!("a shell launch") };
        assert_eq!(shell.text, "echo $HOST\n");
        assert_eq!(shell.env.plain["HOST"], "$(reboot)");
        assert_eq!(shell.interpreter, ["sh", "-eu"]);
    }

    #[test]
    fn a_block_with_the_terminal_knows_what_kind_of_terminal_it_is() {
        let mut world = world();
        world.console = vec![("TERM".into(), "xterm-kitty".into()), ("TERMINFO".into(), "/k".into())];
        let mut step = step("vi x\n");
        let block = step.body.clone().expect("a body");
        let launched = |step: &Step| match launch(step, &block, &setting(&world)) {
            Ok(Launch::Shell(shell)) => shell,
            other => panic!("{other:?}"),
        };
        let without = launched(&step);
        assert_eq!((without.env.plain["TERM"].as_str(), without.env.plain.contains_key("TERMINFO")), ("dumb", false));
        assert!(!without.terminal);
        step.fields.tty = true;
        let with = launched(&step);
        assert_eq!((with.env.plain["TERM"].as_str(), with.env.plain["TERMINFO"].as_str()), ("xterm-kitty", "/k"));
        assert_eq!((with.terminal, with.text.as_str()), (true, "vi x\n"));
    }

    #[test]
    fn a_request_of_a_step_that_changes_is_never_a_mere_look() {
        let world = world();
        let mut step = step("GET http://h/x\n");
        let mut block = step.body.clone().expect("a body");
        block.lang = Language::Http;
        let reads = |step: &Step| matches!(launch(step, &block, &setting(&world)), Ok(Launch::Http { reads: true, .. }));
        assert!(!reads(&step));
        step.fields.risk = Risk::Read;
        assert!(reads(&step));
    }

    #[test]
    fn gates_fail_closed() {
        let mut step = step("true\n");
        let none = |_: &str| None;
        assert_eq!(judge(&step, &seen(Some(0), ""), &none), Verdict::Holds);
        assert!(matches!(judge(&step, &seen(Some(3), ""), &none), Verdict::Fails(why) if why.contains("exited with 3")));
        assert!(matches!(judge(&step, &seen(None, ""), &none), Verdict::Fails(_)));
        assert!(matches!(judge(&step, &Seen::default(), &none), Verdict::CannotTell(_)));
        step.fields.expect = vec![Condition::Text(Stream::Stdout, TextTest::Equal("$GONE".into()))];
        assert!(matches!(judge(&step, &seen(Some(0), "x"), &none), Verdict::CannotTell(why) if why.contains("GONE")));
        let cut = Seen { truncated: true, ..seen(Some(0), "x") };
        step.fields.expect = vec![Condition::Text(Stream::Stdout, TextTest::Contains("x".into()))];
        assert!(matches!(judge(&step, &cut, &none), Verdict::CannotTell(_)));
    }

    #[test]
    fn the_newline_that_ends_an_output_is_no_part_of_it() {
        let mut step = step("true\n");
        for (said, holds) in [("17\n", true), ("17", true), ("17\n\n", false), ("x17\n", false)] {
            for test in [TextTest::Like("^[0-9]+$".into()), TextTest::Equal("17".into())] {
                step.fields.expect = vec![Condition::Text(Stream::Stdout, test)];
                assert_eq!(judge(&step, &seen(Some(0), said), &|_| None) == Verdict::Holds, holds, "{said:?}");
            }
        }
    }

    #[test]
    fn a_status_block_says_yes_no_or_unclear() {
        assert_eq!([Some(0), Some(1), Some(2), None].map(status), [Some(true), Some(false), None, None]);
    }
}
