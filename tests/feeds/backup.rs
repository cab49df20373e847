//! Backups in folders and in the listings of the real tools.

use super::*;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

/// A file of this size, written so many hours ago.
fn backup(folder: &Path, name: &str, hours: u64, bytes: u64) {
    let file = File::create(folder.join(name)).expect("created");
    file.set_len(bytes).expect("a size");
    file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3_600)).expect("a time");
}

/// One a day for ten days, of about a gigabyte; nothing is written to the disk for it.
fn daily(folder: &Path) {
    (0..10).for_each(|day| backup(folder, &format!("shop-{day}.dump"), 24 * day + 2, 1_000_000_000 + 7_000_000 * (day % 3)));
}

#[tokio::test]
async fn a_folder_tells_age_size_and_what_is_odd() {
    let folder = tempfile::tempdir().expect("a folder");
    daily(folder.path());
    let feed =
        |more: &str| format!("backup: {{folder: '{}', files: '~shop-.*\\.dump', rpo: 25h{more}}}", folder.path().display());
    let well = ask(&feed("")).await.expect("is read");
    assert_eq!((well.state, well.message.raw()), (FeedState::Healthy, "2 h old, 1.0 GB, 10 there"));
    assert_eq!((well.value, well.unit.as_deref()), (Some(2.0), Some("h")));
    // Being written, and of another sort: neither counts.
    backup(folder.path(), "shop-now.dump", 0, 5);
    backup(folder.path(), "notes.txt", 1, 5);
    assert_eq!(told(ask(&feed("")).await).0, FeedState::Healthy);
    backup(folder.path(), "shop-half.dump", 1, 400_000_000);
    let small = told(ask(&feed("")).await);
    assert_eq!(small, (FeedState::Degraded, "suspiciously small: 400 MB, usually 1.0 GB".into()));
    backup(folder.path(), "shop-half.dump", 1, 0);
    assert_eq!(told(ask(&feed("")).await), failing("empty: the newest has no content"));
}

#[tokio::test]
async fn late_missing_never_restored_and_a_folder_that_is_gone_are_four_things() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display();
    assert_eq!(told(ask(&format!("backup: {{folder: '{path}', rpo: 1h}}")).await), failing("missing: there is no backup"));
    backup(folder.path(), "a", 30, 10);
    let feed =
        format!("backup: {{folder: '{path}', files: a, rpo: 25h, restore: {{file: '{path}/restored', every: 90days, rto: 1h}}}}");
    let never = "late: the newest is 30 h old, at most 25 h; never restored: nobody knows whether it can be";
    assert_eq!(told(ask(&feed).await), failing(never));
    let restored = |took: &str| {
        let path = folder.path().join("restored");
        std::fs::write(&path, took).expect("written");
        let at = SystemTime::now() - Duration::from_secs(3 * 86_400);
        File::options().write(true).open(path).and_then(|file| file.set_modified(at)).expect("a time");
    };
    restored("35m\n");
    backup(folder.path(), "a", 3, 10);
    assert_eq!(told(ask(&feed).await), (FeedState::Healthy, "3 h old, 10 B, 1 there; restored 3 days ago".into()));
    restored("5h");
    assert_eq!(told(ask(&feed).await), (FeedState::Degraded, "the last restore took 5 h, at most 60 m (RTO)".into()));
    let gone = ask("backup: {folder: /nowhere, rpo: 1h}").await.expect_err("no verdict");
    assert!(gone.to_string().starts_with("cannot look into /nowhere: No such file"), "{gone}");
}

fn run(program: &str, args: &[&str], env: &[(&str, &str)]) {
    let output = Command::new(program).args(args).envs(env.iter().copied()).output().expect("it runs");
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&told));
}

#[tokio::test]
async fn what_restic_lists_is_read() {
    if missing("restic") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let repository = folder.path().join("r").display().to_string();
    let feed = format!(
        "backup: {{restic: [restic, --no-cache, -r, '{repository}', snapshots, --json], env: {{RESTIC_PASSWORD: x}}, rpo: 1h, only: shop}}"
    );
    let none = ask(&feed).await.expect_err("no repository");
    assert!(none.to_string().starts_with("restic ended with exit code 1: Fatal: "), "{none}");
    let env = [("RESTIC_PASSWORD", "x")];
    run("restic", &["--no-cache", "-q", "-r", &repository, "init"], &env);
    assert_eq!(told(ask(&feed).await), failing("missing: there is no backup"));
    std::fs::write(folder.path().join("data"), "data").expect("written");
    let data = folder.path().join("data").display().to_string();
    run("restic", &["--no-cache", "-q", "-r", &repository, "backup", "--host", "other", &data], &env);
    assert_eq!(told(ask(&feed).await), failing("missing: there is no backup"));
    run("restic", &["--no-cache", "-q", "-r", &repository, "backup", "--host", "shop", &data], &env);
    let (state, message) = told(ask(&feed).await);
    assert_eq!(state, FeedState::Healthy, "{message}");
    assert!(message.ends_with("1 there"), "{message}");
}

#[tokio::test]
async fn what_borg_lists_is_read_by_its_clock_and_with_sizes() {
    if missing("borg") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let [repository, base] = ["r", "b"].map(|name| folder.path().join(name).display().to_string());
    std::fs::write(folder.path().join("data"), vec![7; 3_000_000]).expect("written");
    let data = folder.path().join("data").display().to_string();
    // Far from UTC, and without asking before a repository without a key is used.
    let unasked = ("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes");
    let env = [("BORG_BASE_DIR", base.as_str()), ("TZ", "Pacific/Auckland"), unasked];
    run("borg", &["init", "-e", "none", &repository], &env);
    run("borg", &["create", &format!("{repository}::shop-1"), &data], &env);
    let feed = |what: &str| {
        format!(
            "backup: {{borg: [borg, {what}, '{repository}'], env: {{BORG_BASE_DIR: '{base}', {}: 'yes'}}, rpo: 1h, only: shop-}}",
            unasked.0
        )
    };
    let info = told(ask(&feed("info, --json, --last, '50'")).await);
    assert!(info.0 == FeedState::Healthy && info.1.contains("3.0 MB, 1 there"), "{info:?}");
    let list = told(ask(&feed("list, --json")).await);
    assert!(list.0 == FeedState::Healthy && list.1.ends_with("old, 1 there"), "{list:?}");
}

#[tokio::test]
async fn what_pgbackrest_tells_of_a_stanza_that_it_does_not_have_is_no_verdict() {
    if missing("pgbackrest") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display();
    let config = folder.path().join("pgbackrest.conf");
    std::fs::write(&config, format!("[global]\nrepo1-path={path}\nlog-path={path}\n")).expect("written");
    let command = format!("[pgbackrest, '--config={}', info, --output=json]", config.display());
    let all = told(ask(&format!("backup: {{pgbackrest: {command}, rpo: 1h}}")).await);
    assert_eq!(all, failing("missing: there is no backup"));
    let main = ask(&format!("backup: {{pgbackrest: {command}, only: main, rpo: 1h}}")).await.expect_err("no stanza");
    assert_eq!(main.to_string(), "pgbackrest printed something else than its listing: it has no stanza `main`");
}
