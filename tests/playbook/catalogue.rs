//! Folders of playbooks, and which playbook fits an alert.

use crate::{book, with_steps};
use midwatch::domain::alert::Labels;
use midwatch::domain::playbook::{Fit, matching};
use midwatch::playbook::{BUNDLED, Catalogue, LONGEST};
use midwatch::steps::KINDS;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    mode(folder.path(), 0o755);
    folder
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(&path, bytes).expect("a file");
    mode(path.parent().expect("a parent"), 0o755);
    mode(&path, 0o644);
}

fn load(folder: &TempDir) -> Catalogue {
    Catalogue::load(&[folder.path().to_owned()], KINDS)
}

/// Why the playbook of this file can't be run.
fn unfit(catalogue: &Catalogue, file: &str) -> String {
    catalogue.get(file).expect(file).unfit().unwrap_or_default()
}

#[test]
fn one_bad_file_never_hides_another() {
    let folder = folder();
    write(&folder, "good.md", b"# Good\n\n## One\n");
    write(&folder, "latin.md", b"# Caf\xe9\n");
    write(&folder, "huge.md", &vec![b'x'; 10 << 20]);
    write(&folder, "broken.md", b"---\nplaybook: 1\nid: [\n---\n## One\n");
    write(&folder, "folder.md/inner.md", b"## One\n");
    write(&folder, "deep/er/inside.markdown", b"## One\n");
    write(&folder, "README.md", b"# Index\n");
    write(&folder, ".hidden.md", b"# Hidden\n");
    write(&folder, "script.sh", b"true\n");
    nix::unistd::mkfifo(&folder.path().join("pipe.md"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let catalogue = load(&folder);
    let own: Vec<_> =
        catalogue.all().iter().filter(|book| book.place.folder().is_some()).map(|book| book.place.file_name()).collect();
    assert_eq!(own, ["broken.md", "folder.md", "good.md", "huge.md", "inside.markdown", "latin.md", "pipe.md"]);
    assert_eq!(unfit(&catalogue, "good.md"), "");
    assert_eq!(unfit(&catalogue, "inside.markdown"), "");
    for (file, why) in [
        ("latin.md", "not UTF-8"),
        ("huge.md", "1048576 are the limit"),
        ("folder.md", "is a folder"),
        ("pipe.md", "not a regular file"),
        ("broken.md", "broken.md:"),
    ] {
        assert!(unfit(&catalogue, file).contains(why), "{file}: {}", unfit(&catalogue, file));
    }
    assert_eq!(LONGEST, 1 << 20);
}

#[test]
fn links_that_lead_out_are_not_followed() {
    let (folder, outside) = (folder(), folder());
    write(&outside, "secret.md", b"# Secret\n\n## One\n");
    write(&folder, "real.md", b"# Real\n\n## One\n");
    symlink(outside.path().join("secret.md"), folder.path().join("out.md")).expect("a link");
    symlink("real.md", folder.path().join("in.md")).expect("a link");
    symlink(outside.path(), folder.path().join("sub")).expect("a link");
    let catalogue = load(&folder);
    assert!(unfit(&catalogue, "out.md").contains("outside its folder"));
    assert!(!catalogue.get("out.md").expect("listed").text.contains("Secret"));
    assert_eq!(unfit(&catalogue, "in.md"), "");
    assert!(catalogue.get("secret.md").is_err());
}

#[test]
fn what_others_can_write_is_shown_and_not_run() {
    let folder = folder();
    write(&folder, "one.md", b"# One\n\n## Do\n");
    write(&folder, "sub/two.md", b"# Two\n\n## Do\n");
    mode(&folder.path().join("one.md"), 0o666);
    mode(&folder.path().join("sub"), 0o777);
    let catalogue = load(&folder);
    for file in ["one.md", "two.md"] {
        assert!(unfit(&catalogue, file).contains("written by everybody"), "{file}");
        assert_eq!(catalogue.get(file).expect(file).steps.len(), 1, "still shown");
    }
    mode(folder.path(), 0o777);
    mode(&folder.path().join("one.md"), 0o644);
    assert!(unfit(&load(&folder), "one.md").contains("written by everybody"));
}

#[test]
fn ids_are_unique_and_a_folder_wins_over_what_is_bundled() {
    let folder = folder();
    let own = with_steps("## Verify\n\n### One\n").replace("id: book", "id: disk-filling");
    write(&folder, "a.md", own.as_bytes());
    write(&folder, "b.md", own.as_bytes());
    let catalogue = load(&folder);
    let shadow = catalogue.get("disk-filling").expect("listed");
    assert_eq!(shadow.place.file_name(), "a.md");
    assert_eq!((shadow.unfit(), shadow.problems[0].code), (None, Some("W100")));
    assert!(unfit(&catalogue, "b.md").contains("a.md"));
    assert_eq!(catalogue.all().len(), 2 + BUNDLED.len() - 1);
}

#[test]
fn a_missing_folder_is_said_and_the_bundled_ones_are_there() {
    let catalogue = Catalogue::load(&["/no/such/folder".into()], KINDS);
    assert!(catalogue.troubles[0].contains("/no/such/folder"));
    assert_eq!(catalogue.all().len(), BUNDLED.len());
}

#[test]
fn a_playbook_is_found_by_id_file_and_unique_beginning() {
    let catalogue = Catalogue::load(&[], KINDS);
    for name in ["db-failover", "db-failover.md", "db-f"] {
        assert_eq!(catalogue.get(name).map(|book| book.id.to_string()), Ok("db-failover".into()), "{name}");
    }
    assert!(catalogue.get("d").is_err_and(|why| why.contains("db-failover, disk-filling")));
    assert!(catalogue.get("db-failovr").is_err_and(|why| why.contains("did you mean `db-failover`")));
    assert!(catalogue.get("").is_err());
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
}

#[test]
fn playbooks_fit_by_matcher_then_by_runbook_then_by_service() {
    let with = |id: &str, alerts: &str, service: &str| {
        let text = with_steps("## Verify\n\n### One\n").replace("id: book", &format!("id: {id}\nalerts: {alerts}"));
        Arc::new(book(&text.replace("[shop]", &format!("[{service}]"))))
    };
    let books = [
        with("by-service", "[]", "shop"),
        with("by-runbook", "[]", "other"),
        with("by-name", "[{alertname: PayDown}]", "other"),
        with("by-two", "[{alertname: \"~Pay.*\", env: prod}]", "other"),
        with("elsewhere", "[{alertname: PayDown, env: lab}]", "other"),
        with("empty-label", "[{alertname: PayDown, team: \"\"}]", "none"),
    ];
    let alert = labels(&[("alertname", "PayDown"), ("env", "prod")]);
    let notes = labels(&[("runbook_url", "https://wiki/runbooks/By-Runbook")]);
    let found = matching(&books, &alert, &notes, Some(&"shop".into()));
    let found: Vec<_> = found.iter().map(|(book, fit)| (book.id.as_str(), *fit)).collect();
    assert_eq!(
        found,
        [
            ("by-two", Fit::Alert(2)),
            ("empty-label", Fit::Alert(2)),
            ("by-name", Fit::Alert(1)),
            ("by-runbook", Fit::Runbook),
            ("by-service", Fit::Service)
        ]
    );
    assert!(matching(&books, &labels(&[]), &labels(&[]), None).is_empty());
}

#[test]
fn the_demo_alert_finds_the_failover() {
    let catalogue = Catalogue::load(&[], KINDS);
    let alert = labels(&[("alertname", "PostgresDown"), ("env", "demo")]);
    let found = catalogue.matching(&alert, &labels(&[]), None);
    assert_eq!(found[0].0.id.as_str(), "db-failover");
}
