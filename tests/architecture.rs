//! The rules of the house, checked on every source file. `docs/architecture.md` gives the reasons.

#![allow(clippy::disallowed_methods, reason = "reads the source tree")]

#[path = "architecture/reading.rs"]
mod reading;

use reading::{File, Mention};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Who may import whom: every module of the crate, with the other ones that it may name.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("model", &["domain"]),
    ("ports", &["domain"]),
    ("feeds", &["domain", "ports"]),
    ("sources", &["domain", "ports"]),
    ("steps", &["domain", "ports"]),
    ("tellers", &["domain", "ports"]),
    ("exports", &["domain", "ports"]),
    ("journal", &["domain", "ports"]),
    ("playbook", &["domain", "ports"]),
    ("config", &["domain", "ports"]),
    ("tui", &["domain", "model"]),
    (
        "runtime",
        &["domain", "model", "ports", "feeds", "sources", "steps", "tellers", "exports", "journal", "playbook", "config"],
    ),
    (
        "cli",
        &[
            "domain", "model", "ports", "feeds", "sources", "steps", "tellers", "exports", "journal", "playbook", "config",
            "runtime", "tui",
        ],
    ),
    ("main", &["cli"]),
];

/// Other crates that a module never names: the core knows no I/O, the screen no network, the shell no screen.
const NEVER_NAMES: &[(&str, &[&str])] = &[
    ("domain", &["tokio", "ratatui", "crossterm", "reqwest", "axum", "rusqlite", "nix"]),
    ("model", &["tokio", "ratatui", "crossterm", "reqwest", "axum", "rusqlite", "nix"]),
    ("ports", &["ratatui", "crossterm", "axum", "rusqlite"]),
    ("tui", &["tokio", "reqwest", "axum", "rusqlite"]),
    ("runtime", &["ratatui", "crossterm"]),
];

/// The modules that own a power which `.clippy.toml` bans everywhere else, and why each of them does.
const OWNS: &[(&str, &str, &str)] = &[
    ("cli::library", "disallowed_methods", "hands the environment, and files that playbooks name, to their runs"),
    (
        "config::file",
        "disallowed_methods",
        "reads the configuration and the two variables that bear on it: $MIDWATCH_CONFIG and $TZ",
    ),
    ("config::init", "disallowed_methods", "writes the first configuration and playbook"),
    ("journal", "disallowed_methods", "owns the data folder, its locks, and the ids and times of entries"),
    ("playbook::folder", "disallowed_methods", "reads the playbook folders"),
    ("runtime::driver", "disallowed_methods", "runs' folders and locks; a thread for each attempt that it follows"),
    ("runtime::notice", "disallowed_methods", "notice of changes comes to a thread of its own, which looks which file is there"),
    ("runtime::poller", "disallowed_methods", "asks in the background: it spawns the tasks that wait, and measures intervals"),
    ("runtime::ports", "disallowed_methods", "implements the ports: clock, disk, sockets and processes for adapters"),
    ("runtime::cache", "disallowed_methods", "owns the files of the cache, and the threads that read and write them"),
    ("runtime::player", "disallowed_methods", "the clock of a replay runs by the real one"),
    ("runtime::recording", "disallowed_methods", "owns the file of a recording and the thread that writes it"),
    ("runtime::scribe", "disallowed_methods", "the one owner of the journal is a thread of its own"),
    ("runtime::shell", "disallowed_methods", "the loop has the timer and starts the acts that it waits for"),
    ("tui::outlet", "disallowed_methods", "the thread that writes to the terminal, and how long that takes"),
    ("runtime::watcher", "disallowed_methods", "waiting for a lock needs a thread that may block"),
    ("cli::colour", "disallowed_methods", "asks the environment whether colours are wanted"),
    ("cli::console", "disallowed_methods", "reads the theme and keeps the draft of a note"),
    ("cli::demo", "disallowed_methods", "its servers, its clock and its temporary folder are its own"),
    ("cli::check::files", "disallowed_methods", "tells a folder from a file, and reads themes"),
    ("cli::init::places", "disallowed_methods", "looks into the environment and the configurations of other tools"),
    ("cli::plain::child", "disallowed_methods", "starts the commands that are typed"),
    ("cli::session", "disallowed_methods", "a configuration that is missing is no error, one that is broken is told"),
    ("cli::export", "disallowed_methods", "writes the file that the person named, and reads the template"),
    ("cli::subject", "disallowed_methods", "reads the export that a person named"),
    ("runtime::supervisor", "disallowed_methods", "a process of its own: owns its files, threads, clock and child"),
];

/// Names that say nothing about what is in a file.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "types", "misc"];

#[test]
fn nobody_imports_what_the_table_forbids() {
    assert_none(sources().iter().flat_map(forbidden_imports));
}

#[test]
fn only_the_journal_seals_entries() {
    assert_none(sources().iter().flat_map(seals));
}

#[test]
fn banned_powers_are_used_only_by_the_modules_that_own_them() {
    assert_none(sources().iter().flat_map(lifted_bans));
    let lifted: BTreeSet<_> = sources().iter().flat_map(owned).collect();
    let listed = OWNS.iter().map(|(module, lint, _)| (module.to_string(), lint.to_string()));
    assert_none(
        listed
            .filter(|entry| !lifted.contains(entry))
            .map(|(module, lint)| format!("`{module}` doesn't lift `{lint}`: take it off the list")),
    );
}

#[test]
fn files_are_named_for_their_idea_and_open_with_it() {
    assert_none(
        ["src", "tests", "benches"]
            .iter()
            .flat_map(|folder| rust_files(folder))
            .flat_map(|(name, text)| badly_presented(&name, &text)),
    );
}

#[test]
fn the_documentation_has_the_same_table() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).expect("docs/architecture.md");
    let documented = documented_imports(&text);
    let ours = MAY_IMPORT
        .iter()
        .filter(|(module, _)| *module != "main")
        .map(|(module, may)| (module.to_string(), may.iter().map(ToString::to_string).collect()));
    assert_eq!(documented, ours.collect());
}

#[test]
fn kinds_are_sorted_unique_and_documented() {
    let of = |list: &str, rows: Vec<(&str, &str)>| badly_listed(list, &rows);
    let lists = [
        of("sources", midwatch::sources::KINDS.iter().map(|kind| (kind.name, kind.about)).collect()),
        of("feeds", midwatch::feeds::KINDS.iter().map(|kind| (kind.name, kind.about)).collect()),
        of("steps", midwatch::steps::KINDS.iter().map(|kind| (kind.name, kind.about)).collect()),
        of("tellers", midwatch::tellers::KINDS.iter().map(|kind| (kind.name, kind.about)).collect()),
        of("exports", midwatch::exports::KINDS.iter().map(|kind| (kind.name, kind.about)).collect()),
        of("themes", midwatch::tui::theme::EMBEDDED.iter().map(|(name, _)| (*name, "needs no description")).collect()),
        of("cli", midwatch::cli::COMMANDS.iter().filter(|kind| !kind.hidden).map(|kind| (kind.name, kind.about)).collect()),
    ];
    assert_none(lists.into_iter().flatten());
}

/// Their order is that of the screen, so they have a test of their own.
#[test]
fn panes_have_names_of_their_own() {
    let names: Vec<_> = midwatch::tui::panes::PANES.iter().map(|pane| pane.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    assert!(names.iter().all(|name| !name.is_empty()));
}

/// What is wrong with a list of names and their descriptions.
fn badly_listed(list: &str, rows: &[(&str, &str)]) -> Vec<String> {
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let order = rows.windows(2).filter(|pair| pair[0].0 >= pair[1].0);
    let order = order.map(|pair| format!("{list}: `{}` stands before `{}`", pair[0].0, pair[1].0));
    let named = rows.iter().filter(|(name, _)| !plain(name)).map(|(name, _)| format!("{list}: `{name}` is not a plain word"));
    let told = rows.iter().filter(|(_, about)| about.split_whitespace().count() < 3 || about.contains('\n'));
    let told = told.map(|(name, about)| format!("{list}: `{name}` is not described by `{about}`"));
    order.chain(named).chain(told).collect()
}

fn forbidden_imports(file: &File) -> Vec<String> {
    let Some(own) = file.module.first() else { return Vec::new() };
    let Some(may) = row(MAY_IMPORT, own) else {
        return vec![format!("{}: `{own}` is not in the table of who may import whom", file.name)];
    };
    let never = row(NEVER_NAMES, own).unwrap_or_default();
    let of = |mention: &Mention| match mention.path.first().map(String::as_str) {
        None | Some("*") if mention.ours => Some("the whole crate".to_owned()),
        Some(other) if mention.ours && other != own && !may.contains(&other) => Some(format!("`{}`", mention.path.join("::"))),
        Some(other) if !mention.ours && never.contains(&other) => Some(format!("`{other}`")),
        _ => None,
    };
    file.mentions.iter().filter_map(of).map(|what| format!("{}: `{own}` may not name {what}", file.name)).collect()
}

fn seals(file: &File) -> Vec<String> {
    let sealing = |mention: &&Mention| !mention.test && mention.path.last().is_some_and(|word| word == "sealed");
    // A recording is played, and the player performs nothing.
    let may = ["src/domain/entry.rs", "src/runtime/recording.rs"].contains(&file.name.as_str());
    let allowed = may || file.module.first().is_some_and(|own| own == "journal");
    let calls = file.mentions.iter().filter(sealing).filter(|_| !allowed);
    calls.map(|_| format!("{}: only the journal says that an entry is durable", file.name)).collect()
}

/// Attributes that lift a ban and don't stand, with a reason, on the `mod` line of an owner.
fn lifted_bans(file: &File) -> Vec<String> {
    let of = |lifted: &&reading::Lifted| {
        let owner = OWNS.iter().any(|(module, lint, _)| lifted.on.as_deref() == Some(module) && lifted.lint == *lint);
        is_ban(&lifted.lint) && !lifted.test && !(owner && lifted.expected)
    };
    file.lifted
        .iter()
        .filter(of)
        .map(|lifted| format!("{}: lifts `{}` at {:?}, which is not on the list of owners", file.name, lifted.lint, lifted.on))
        .collect()
}

fn owned(file: &File) -> Vec<(String, String)> {
    let bans = file.lifted.iter().filter(|lifted| is_ban(&lifted.lint) && !lifted.test);
    bans.filter_map(|lifted| Some((lifted.on.clone()?, lifted.lint.clone()))).collect()
}

/// The two lints behind `.clippy.toml`, and the groups that would lift them unseen.
fn is_ban(lint: &str) -> bool {
    ["disallowed_methods", "disallowed_macros", "disallowed_types", "all", "style", "warnings"].contains(&lint)
}

fn badly_presented(name: &str, text: &str) -> Vec<String> {
    let empty = name.split(['/', '.']).any(|part| EMPTY_NAMES.contains(&part));
    let named = empty.then(|| format!("{name}: a name that says nothing; name the file for its one idea"));
    // The tests of a module stand beside it and speak for themselves.
    let opened = (!text.starts_with("//! ") && !name.ends_with("/tests.rs"))
        .then(|| format!("{name}: opens without a line that says what it owns"));
    named.into_iter().chain(opened).collect()
}

/// The rows of the table under "Who may import whom": words in backticks in the first two columns.
fn documented_imports(text: &str) -> BTreeSet<(String, BTreeSet<String>)> {
    let section = text.split("## Who may import whom").nth(1).expect("the section").split("\n## ").next().expect("its text");
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').skip(1).take(2).map(words).collect::<Vec<_>>());
    rows.flat_map(|cells| cells[0].iter().map(|module| (module.clone(), cells[1].iter().cloned().collect())).collect::<Vec<_>>())
        .collect()
}

fn row(table: &'static [(&str, &[&'static str])], module: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(name, _)| *name == module).map(|(_, row)| *row)
}

fn sources() -> Vec<File> {
    rust_files("src").iter().map(|(name, text)| File::parse(name, text)).collect()
}

/// Every Rust file below a folder of the package, with its text.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let name = entry.strip_prefix(root()).expect("inside").display().to_string();
                found.push((name, fs::read_to_string(&entry).expect("UTF-8")));
            }
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn assert_none(violations: impl Iterator<Item = String>) {
    let violations: Vec<_> = violations.collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// The rules on small sources that break them: each would pass unseen if its rule stopped working.
mod on_small_sources {
    use super::*;

    fn imports(name: &str, text: &str) -> usize {
        forbidden_imports(&File::parse(name, text)).len()
    }

    #[test]
    fn a_forbidden_path_is_seen_however_it_is_written() {
        for text in [
            "use crate::journal::Journal;",
            "use crate::{domain::entry::Entry, journal::Journal};",
            "use crate::{domain, journal::{self, sqlite}};",
            "pub(crate) use crate::journal as kept;",
            "use super::super::journal::Journal;",
            "use super::super::{domain, journal};",
            "fn f(journal: &crate::journal::Journal) {}",
            "fn f() -> Vec<crate::journal::Journal> { todo!() }",
            "fn f() { let x = g::<crate::journal::Journal>(); }",
            "fn f() { println!(\"{}\", crate::journal::NAME); }",
            "mod inner { use super::super::super::journal::Journal; }",
            "macro_rules! m { () => { $crate::journal::open() } }",
            "use crate as house;",
            "use crate::*;",
            "use super::super::*;",
            "use midwatch::journal::Journal;",
        ] {
            assert_ne!(imports("src/model/fold.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn what_is_allowed_or_no_code_is_not_reported() {
        for text in [
            "use crate::domain::{self, entry::{Draft, Entry}};",
            "use super::event::Event; use self::inner::X; use super::super::domain::ids;",
            "mod tests { use super::*; }",
            "/// See [`crate::journal`].\n// crate::journal\nfn f() { let a = \"crate::journal\"; let r = r#\"crate::tui\"#; }",
            "pub(crate) fn f(&self) {} pub(super) struct S; pub(in crate::model) enum E {}",
            "fn f(journal: u8, x: X) { x.journal(); x.tokio(); other::journal::f(); }",
        ] {
            assert_eq!(imports("src/model/fold.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn each_row_of_the_table_is_kept() {
        assert_eq!(imports("src/domain/alert.rs", "use crate::ports::Ports; use crate::model::World;"), 2);
        assert_eq!(
            imports("src/domain/node/yaml.rs", "use super::super::super::tui::Screen; use super::super::text::Outside;"),
            1
        );
        assert_eq!(imports("src/feeds/http.rs", "use crate::sources::Source; use crate::ports::Ports; use super::Feed;"), 1);
        assert_eq!(imports("src/tui/screen.rs", "use crate::model::World; use crate::runtime::run; use crate::config;"), 2);
        assert_eq!(imports("src/runtime/mod.rs", "use crate::tui::Screen; use crate::journal::Journal; use crate::cli;"), 2);
        assert_eq!(imports("src/cli/ack.rs", "use crate::{tui, runtime, config}; use crate::feeds;"), 0);
        assert_eq!(imports("src/main.rs", "fn main() { midwatch::cli::run(); midwatch::tui::run() }"), 1);
        assert_eq!(imports("src/chat.rs", ""), 1, "a module without a row");
    }

    #[test]
    fn other_crates_are_kept_out_too() {
        assert_eq!(
            imports("src/model/world.rs", "use tokio::sync::mpsc; fn f() -> ::rusqlite::Result<()> { ratatui::init() }"),
            3
        );
        assert_eq!(imports("src/runtime/mod.rs", "use {ratatui::Frame, tokio::task};"), 1);
    }

    #[test]
    fn sealing_is_seen_outside_the_journal_and_its_tests() {
        let seals = |name: &str, text: &str| seals(&File::parse(name, text)).len();
        assert_eq!(seals("src/runtime/owner.rs", "fn f(e: Entry, s: Seal) { e.sealed(s); }"), 1);
        assert_eq!(
            seals("src/runtime/owner.rs", "fn f() { let seal = Entry::sealed; crate::domain::entry::Entry::sealed(e, s); }"),
            2
        );
        assert_eq!(seals("src/journal/append.rs", "fn f(e: Entry, s: Seal) { e.sealed(s); }"), 0);
        assert_eq!(seals("src/model/log.rs", "#[cfg(test)] mod tests { fn f(e: Entry, s: Seal) { e.sealed(s); } }"), 0);
        assert_eq!(seals("src/model/log.rs", "#[cfg(test)] fn f() { e.sealed(s); } fn g() { e.sealed(s); }"), 1);
    }

    #[test]
    fn a_lifted_ban_is_seen_wherever_it_stands() {
        let bans = |text: &str| lifted_bans(&File::parse("src/model/mod.rs", text)).len();
        assert_eq!(bans("#[expect(clippy::disallowed_methods, reason = \"x\")] pub mod clock;"), 1, "not on the list");
        assert_eq!(bans("fn f() { #[allow(clippy::disallowed_methods)] let now = Utc::now(); }"), 1);
        assert_eq!(bans("#![allow(clippy::style)]"), 1);
        assert_eq!(bans("#[cfg_attr(unix, allow(clippy::disallowed_macros))] fn f() {}"), 1);
        assert_eq!(bans("#[expect(clippy::too_many_lines, reason = \"a table\")] fn f() {}"), 0);
        assert_eq!(bans("#[cfg(test)] #[allow(clippy::disallowed_methods)] mod tests {}"), 0);
    }

    #[test]
    fn the_owner_of_a_power_is_known_by_its_mod_line() {
        let file = File::parse(
            "src/runtime/mod.rs",
            "#[expect(clippy::disallowed_methods, reason = \"the clock\")]\npub mod clock;\nmod other;",
        );
        assert_eq!(owned(&file), [("runtime::clock".to_owned(), "disallowed_methods".to_owned())]);
        assert!(file.lifted.iter().all(|lifted| lifted.expected));
    }

    #[test]
    fn a_list_out_of_order_doubled_or_without_words_is_seen() {
        let wrong = |rows: &[(&str, &str)]| badly_listed("x", rows).len();
        assert_eq!(wrong(&[("http", "asks a web server"), ("tcp", "opens a TCP connection")]), 0);
        assert_eq!(wrong(&[("tcp", "opens a TCP connection"), ("http", "asks a web server")]), 1);
        assert_eq!(wrong(&[("tcp", "opens a TCP connection"), ("tcp", "opens a TCP connection")]), 1);
        assert_eq!(wrong(&[("tcp", "opens")]), 1);
        assert_eq!(wrong(&[("Tcp Feed", "opens a TCP connection")]), 1);
    }

    #[test]
    fn names_and_first_lines_are_read() {
        assert_eq!(badly_presented("src/model/utils.rs", "use x;").len(), 2);
        assert_eq!(badly_presented("src/common/mod.rs", "//! Things.").len(), 1);
        assert_eq!(badly_presented("src/model/fold.rs", "//! Recorded state.").len(), 0);
        assert_eq!(badly_presented("src/model/fold/tests.rs", "use super::*;").len(), 0);
    }

    #[test]
    fn the_table_in_the_documentation_is_read() {
        let text = "## Who may import whom\n\n| module | may use |\n|---|---|\n| `a` `b` | `c`, `d` | never `e` |\n| `f` | nothing | |\n\n## Next\n| `g` | `h` | |";
        let set = |words: &[&str]| words.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let wanted = [("a".to_owned(), set(&["c", "d"])), ("b".to_owned(), set(&["c", "d"])), ("f".to_owned(), set(&[]))];
        assert_eq!(documented_imports(text), BTreeSet::from(wanted));
    }
}
