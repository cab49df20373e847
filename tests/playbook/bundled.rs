//! The bundled playbooks: clean, complete, and they do what they say.

use crate::problems;
use crate::support::missing;
use midwatch::domain::alert::Labels;
use midwatch::domain::ids::RunId;
use midwatch::domain::playbook::{Language, Place, Playbook, Purpose, Resolved, Section, Seen, Step, Verdict, matching, resolve};
use midwatch::domain::text::Outside;
use midwatch::playbook::{BUNDLED, plan, read};
use midwatch::steps::{KINDS, Launch, Setting, judge, launch, read_outputs};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

pub fn bundled(name: &str) -> Playbook {
    let (file, text) = BUNDLED.iter().find(|(file, _)| *file == format!("{name}.md")).expect("bundled");
    read(text, Place::Bundled(file), KINDS)
}

#[test]
fn the_list_is_that_of_the_folder() {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks")).expect("the folder");
    let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
    // Beside them lie the scenarios, which have a list of their own.
    files.retain(|name| name != "scenarios");
    files.sort();
    assert_eq!(BUNDLED.iter().map(|(name, _)| *name).collect::<Vec<_>>(), files);
}

#[test]
fn every_one_is_clean_and_can_run() {
    for (file, text) in BUNDLED {
        let book = read(text, Place::Bundled(file), KINDS);
        assert_eq!(problems(&book), Vec::<String>::new(), "{file}: {:#?}", book.problems);
        assert_eq!((book.unfit(), format!("{}.md", book.id).as_str()), (None, *file));
        let answers_alerts = matches!(book.meta.purpose, Some(Purpose::Recovery | Purpose::Diagnosis));
        assert!(book.executable && (!book.meta.alerts.is_empty() || !answers_alerts), "{file}");
    }
}

#[test]
fn the_playbook_that_init_writes_is_clean() {
    let text = include_str!("../../src/config/first-look.md");
    let book = read(text, Place::File("/books/first-look.md".into()), KINDS);
    assert_eq!((problems(&book), book.unfit()), (Vec::new(), None), "{:#?}", book.problems);
    // What it says of how it is made to fit an alert is so.
    let text = text.replace("\n# alerts:", "\nalerts:").replace("\n#   - ", "\n  - ");
    let book = Arc::new(read(&text, Place::File("/books/first-look.md".into()), KINDS));
    assert_eq!((problems(&book), book.meta.alerts.len()), (Vec::new(), 2), "{:#?}", book.problems);
    let books = [book];
    let fits = |labels: &[(&str, &str)]| {
        let labels = labels.iter().map(|(name, value)| (Outside::from(*name), Outside::from(*value))).collect::<Vec<_>>().into();
        !matching(&books, &labels, &Labels::default(), None).is_empty()
    };
    assert!(fits(&[("alertname", "InstanceDown")]) && fits(&[("alertname", "HighLoad"), ("severity", "critical")]));
    assert!(!fits(&[("alertname", "HighLoad"), ("severity", "warning")]));
}

/// A step that runs out of time while it is tried again is `timed-out`, and whatever waits for it to be `failed` is left out.
#[test]
fn every_retry_fits_into_its_timeout() {
    for (file, text) in BUNDLED {
        let book = read(text, Place::Bundled(file), KINDS);
        for step in &book.steps {
            let tries = step.fields.retry.iter().chain(&step.fields.repeat);
            let longest = tries.map(|times| times.every * times.count).max().unwrap_or_default();
            assert!(longest < step.fields.timeout, "{file}: {} is tried for {longest:?}", step.id);
        }
    }
}

#[test]
fn every_shell_block_parses() {
    for (file, text) in BUNDLED {
        let book = read(text, Place::Bundled(file), KINDS);
        let blocks = book.steps.iter().flat_map(|step| [&step.body, &step.status, &step.undo, &step.dry_run]).flatten();
        for block in blocks.filter(|block| matches!(block.lang, Language::Sh | Language::Bash)) {
            let status =
                Command::new(block.lang.word()).args(["-n", "-c", &block.text]).stdin(Stdio::null()).status().expect("a shell");
            assert!(status.success(), "{file}: {}", block.text);
        }
    }
}

pub fn resolved(book: &Playbook, typed: &[(&str, &str)]) -> Resolved {
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    resolve(&book.params, &typed, &|_| None)
}

#[test]
fn a_plan_names_values_origins_and_what_is_missing() {
    let book = bundled("disk-filling");
    let given = resolved(&book, &[("DIR", "/srv/log")]);
    let plan = plan(&book, &given, &|tool| tool != "du");
    let text = plan.to_string();
    assert_eq!((plan.missing.as_slice(), plan.obstacles.as_slice()), (&["du".to_owned()][..], &[][..]));
    for line in [
        "- DIR = `/srv/log` (from operator)",
        "- OLDER_DAYS = `7` (from default)",
        "type `$DIR` to start",
        "## Rollback",
        "-delete",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let refused = resolved(&book, &[("DIR", "/")]);
    assert!(crate::bundled::plan(&book, &refused, &|_| true).obstacles[0].contains("DIR"));
}

#[test]
fn requests_of_the_failover_go_to_the_demo_and_nowhere_else() {
    let book = bundled("db-failover");
    let given = resolved(&book, &[("DEMO_URL", "http://127.0.0.1:8099/")]);
    let mut sent = Vec::new();
    for step in book.steps.iter().filter(|step| step.body.as_ref().is_some_and(|body| body.lang == Language::Http)) {
        let Ok(Launch::Http { request, reads }) = prepare(step, &given, &BTreeMap::new(), Path::new("/x")) else {
            panic!("{}", step.id)
        };
        sent.push(format!("{} {}{}", request.method, request.url, if reads { "" } else { " acts" }));
    }
    assert_eq!(
        sent,
        [
            "GET http://127.0.0.1:8099/primary/health",
            "GET http://127.0.0.1:8099/replica/health",
            "POST http://127.0.0.1:8099/primary/fence acts",
            "POST http://127.0.0.1:8099/replica/promote acts",
            "POST http://127.0.0.1:8099/shop/point-to acts",
            "GET http://127.0.0.1:8099/replica/health",
            "GET http://127.0.0.1:8099/shop/pay",
            "GET http://127.0.0.1:8099/shop/health",
        ]
    );
}

pub fn prepare(step: &Step, params: &Resolved, outputs: &BTreeMap<String, String>, out: &Path) -> Result<Launch, String> {
    let console = [("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())];
    let setting = Setting {
        run: RunId(uuid::Uuid::nil()),
        step: &step.id,
        attempt: 1,
        mode: "live",
        out,
        folder: Path::new("/"),
        params,
        outputs,
        console: &console,
        allowed: &[],
        transport: &[],
    };
    launch(step, step.body.as_ref().ok_or("no body")?, &setting)
}

/// Runs one shell step for real and keeps what it sets.
fn run(step: &Step, params: &Resolved, outputs: &mut BTreeMap<String, String>) -> (Verdict, String) {
    let scratch = tempfile::tempdir().expect("a folder");
    let (script, out) = (scratch.path().join("block"), scratch.path().join("out"));
    let Ok(Launch::Shell(shell)) = prepare(step, params, outputs, &out) else { panic!("{} is no shell step", step.id) };
    fs::write(&script, &shell.text).expect("the block");
    let mut command = Command::new(&shell.interpreter[0]);
    command.args(&shell.interpreter[1..]).arg(&script).env_clear().envs(&shell.env.plain).current_dir(&shell.folder);
    let done = command.stdin(Stdio::null()).output().expect("sh");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let seen =
        Seen { exit: done.status.code(), stdout: Some(text(&done.stdout)), stderr: Some(text(&done.stderr)), ..Seen::default() };
    let verdict = judge(step, &seen, &|name| outputs.get(name).cloned().or_else(|| params.plain(name).map(str::to_owned)));
    if verdict == Verdict::Holds {
        let file = fs::read(&out).unwrap_or_default();
        outputs.extend(read_outputs(step, &file).expect("its outputs"));
    }
    (verdict, text(&done.stdout) + &text(&done.stderr))
}

/// A folder with old and new files; names with spaces and quotes among them.
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, kb: usize| fs::write(folder.path().join(name), vec![b'x'; kb << 10]).expect("a file");
    file("app.log", 64);
    file("app.log.1", 256);
    file("it's old.log.2", 256);
    for old in ["app.log.1", "it's old.log.2"] {
        let path = folder.path().join(old);
        let touched = Command::new("touch").args(["-d", "2020-01-01"]).arg(&path).status().expect("touch");
        assert!(touched.success());
    }
    folder
}

#[test]
fn disk_filling_frees_what_is_old_and_nothing_else() {
    if missing("find") || missing("du") {
        return;
    }
    let (book, folder) = (bundled("disk-filling"), filled());
    let path = folder.path().to_str().expect("a path");
    let params = resolved(&book, &[("DIR", path), ("WATCH_SECONDS", "1")]);
    assert_eq!(params.refused, []);
    let mut outputs = BTreeMap::new();
    let practice = |step: &Step| matches!(step.section, Section::DrillSetup | Section::DrillCleanup);
    for step in book.steps.iter().filter(|step| step.body.is_some() && !practice(step)) {
        let (verdict, said) = run(step, &params, &mut outputs);
        assert_eq!(verdict, Verdict::Holds, "{}: {said}", step.id);
    }
    assert_eq!(outputs["FILES"], "2");
    let mut left: Vec<_> = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    left.sort();
    assert_eq!(left, ["app.log"]);
}

#[test]
fn disk_filling_fails_when_nothing_was_freed_and_when_the_folder_is_gone() {
    if missing("find") || missing("du") {
        return;
    }
    let (book, folder) = (bundled("disk-filling"), filled());
    let params = resolved(&book, &[("DIR", folder.path().to_str().expect("a path")), ("WATCH_SECONDS", "1")]);
    let step = |id: &str| book.step(&id.into()).expect(id);
    let mut outputs = BTreeMap::new();
    assert_eq!(run(step("see-what-fills-it"), &params, &mut outputs).0, Verdict::Holds);
    assert!(matches!(run(step("there-is-more-room-than-before"), &params, &mut outputs).0, Verdict::Fails(_)));
    let gone = resolved(&book, &[("DIR", "/no/such/folder")]);
    assert!(matches!(run(step("the-folder-is-there"), &gone, &mut outputs).0, Verdict::Fails(_)));
}
