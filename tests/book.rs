//! The book in `docs/`: its reference is the program's, its links lead somewhere, its commands are understood, and nothing is told twice.
//! `MIDWATCH_BLESS=1 cargo test --test book` writes the reference again.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use support::home::Home;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages by their paths from the root: the README, the changelog, and every chapter.
fn pages() -> BTreeMap<PathBuf, String> {
    let chapters = std::fs::read_dir(root().join("docs")).expect("the folder").map(|entry| entry.expect("an entry").path());
    let chapters = chapters.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let all = chapters.chain([root().join("README.md"), root().join("CHANGELOG.md")]);
    let name = |path: &Path| path.strip_prefix(root()).expect("below it").to_owned();
    all.map(|path| (name(&path), std::fs::read_to_string(&path).expect("text"))).collect()
}

/// The lines outside of blocks.
fn prose(page: &str) -> Vec<&str> {
    // How many backticks opened the block that goes on.
    let mut fence = 0;
    let outside = |line: &&str| {
        let marks = line.trim_start().chars().take_while(|c| *c == '`').count();
        match (fence, marks) {
            (0, 0..3) => return true,
            (0, _) => fence = marks,
            (open, marks) if open == marks => fence = 0,
            _ => {}
        }
        false
    };
    page.lines().filter(outside).collect()
}

/// The lines of its blocks.
fn examples(page: &str) -> Vec<&str> {
    let prose: BTreeSet<*const u8> = prose(page).into_iter().map(str::as_ptr).collect();
    page.lines().filter(|line| !prose.contains(&line.as_ptr())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).into_iter().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn the_reference_is_the_programs() {
    let output = Home::new().run(&["reference"]);
    let made = String::from_utf8(output.stdout).expect("text");
    let path = root().join("docs/reference.md");
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(&path, &made).expect("written");
    }
    assert!(
        std::fs::read_to_string(path).expect("the page") == made,
        "run this test with MIDWATCH_BLESS=1, and read what has changed"
    );
    for word in
        ["### midwatch incident open", "| `ack` |", "`console.theme`", "| `E014` |", "| `zabbix` |", "| `html` |", "| `4` |"]
    {
        assert!(made.contains(word), "{word}");
    }
}

#[test]
fn every_link_between_files_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let mut wrong = Vec::new();
    for (name, page) in &pages {
        let text = prose(page).join("\n");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        // One is an example of the format.
        for link in links.filter(|link| !link.contains("://") && *link != "#step") {
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let path = if file.is_empty() { name.clone() } else { name.parent().expect("a folder").join(file) };
            let path: PathBuf = path.components().fold(PathBuf::new(), |so_far, part| match part.as_os_str().to_str() {
                Some("..") => so_far.parent().expect("below the root").to_owned(),
                _ => so_far.join(part),
            });
            let leads = match (pages.get(&path), heading) {
                (Some(page), Some(heading)) => anchors(page).contains(heading),
                _ => root().join(&path).exists(),
            };
            if !leads {
                wrong.push(format!("{}: {link}", name.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_chapter_stands_in_the_contents_and_every_picture_in_a_chapter() {
    let pages = pages();
    let contents = &pages[Path::new("docs/README.md")];
    for name in pages.keys().filter_map(|path| path.strip_prefix("docs").ok()).filter(|name| *name != Path::new("README.md")) {
        assert!(contents.contains(&format!("({})", name.display())), "{} is in no contents", name.display());
    }
    for picture in std::fs::read_dir(root().join("docs/pictures")).expect("the folder") {
        let name = picture.expect("an entry").file_name().into_string().expect("a name");
        assert!(pages.values().any(|page| page.contains(&format!("pictures/{name})"))), "{name} is shown nowhere");
    }
}

#[test]
fn every_command_is_understood() {
    let mut seen = 0;
    for (name, page) in &pages() {
        for line in examples(page) {
            let line = line.trim_start_matches("ana$ ").trim_start_matches("bo$  ");
            // What stands behind two blanks explains it.
            let Some(line) = line.starts_with("midwatch ").then(|| line.split("   ").next().unwrap_or(line).trim()) else {
                continue;
            };
            let words = shell_words::split(line).expect("quotes are closed");
            let parsed = midwatch::cli::tree().try_get_matches_from(words);
            let helps = |error: &clap::Error| error.kind() == clap::error::ErrorKind::DisplayHelp;
            assert!(parsed.as_ref().map_or_else(helps, |_| true), "{}: {line}", name.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

/// Long enough to be no turn of phrase.
const LONG: usize = 90;

#[test]
fn nothing_is_told_twice() {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let mut twice = Vec::new();
    for (name, page) in &pages() {
        // What has changed is told where it is described, too; the reference is made of the program.
        let lines = prose(page).into_iter().filter(|line| line.chars().count() > LONG && name != Path::new("CHANGELOG.md"));
        for line in lines {
            let line = line.trim_start_matches(['-', ' ', '|']).to_owned();
            if let Some(before) =
                told.insert(line.clone(), name.display().to_string()).filter(|before| *before != name.display().to_string())
            {
                twice.push(format!("{before} and {}: {line}", name.display()));
            }
        }
    }
    assert!(twice.is_empty(), "{}", twice.join("\n"));
}

/// A table that the program knows stands in the reference alone.
#[test]
fn no_chapter_has_a_table_of_the_reference() {
    let pages = pages();
    let reference = &pages[Path::new("docs/reference.md")];
    let cells = |line: &str| line.split('|').nth(1).map(|cell| cell.trim().to_owned()).filter(|cell| cell.len() > 3);
    let first: BTreeSet<String> = reference.lines().filter(|line| line.starts_with("| `")).filter_map(cells).collect();
    for (name, page) in
        pages.iter().filter(|(name, _)| *name != Path::new("docs/reference.md") && *name != Path::new("README.md"))
    {
        let rows: Vec<&str> = prose(page).into_iter().filter(|line| line.starts_with("| `")).collect();
        let known = rows.iter().filter(|line| cells(line).is_some_and(|cell| first.contains(&cell))).count();
        assert!(known * 2 <= rows.len(), "{}: {known} of {} rows of its tables are the program's", name.display(), rows.len());
    }
}

#[test]
fn the_manual_page_is_whole_and_the_formatter_has_nothing_to_say() {
    let home = Home::new();
    let page = home.run(&["man"]).stdout;
    let text = String::from_utf8(page.clone()).expect("text");
    for heading in ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"] {
        assert!(text.contains(&format!(".SH {heading}\n")), "{heading}");
    }
    for command in ["alerts", "incident open", "playbook run"] {
        assert!(text.contains(&format!(".SS midwatch {command}\n")), "{command}");
    }
    let examples =
        text.split(".SH EXAMPLES").nth(1).expect("the section").replace("\\fB", "").replace("\\fR", "").replace("\\-", "-");
    for line in examples.lines().filter(|line| line.starts_with("midwatch ")) {
        assert!(
            midwatch::cli::tree().try_get_matches_from(shell_words::split(line).expect("quotes are closed")).is_ok(),
            "{line}"
        );
    }
    if support::missing("groff") {
        return;
    }
    let file = home.write("midwatch.1", &text);
    let output =
        std::process::Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).arg(&file).output().expect("groff runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "warnings");
    let shown = std::process::Command::new("groff").args(["-man", "-Tascii", "-P-c"]).arg(&file).output().expect("groff runs");
    let shown = String::from_utf8_lossy(&shown.stdout).replace('\u{8}', "");
    assert!(shown.contains("midwatch"), "{shown}");
}
