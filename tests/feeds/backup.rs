//! Backups in folders and in the listings of the real tools.

use super::support::postgres;
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

/// A stanza of a real server: nothing yet, a full backup, a differential one, and a restore that is verified.
#[tokio::test]
async fn a_real_stanza_of_pgbackrest_is_told_from_its_first_backup_to_the_restore() {
    if missing("pgbackrest") || postgres::missing() {
        return;
    }
    let cluster = postgres::Cluster::new();
    let config = cluster.path().join("pgbackrest.conf");
    let pgbackrest = format!("pgbackrest --config={} --stanza=main", config.display());
    let server = cluster.primary("main", &format!("archive_mode = on\narchive_command = '{pgbackrest} archive-push \"%p\"'"));
    let [repository, logs] = ["repository", "logs"].map(|name| cluster.folder(name).display().to_string());
    let global =
        format!("[global]\nrepo1-path={repository}\nlog-path={logs}\nlock-path={logs}\nspool-path={logs}\nstart-fast=y\n");
    let stanza = format!("[main]\npg1-path={}\npg1-port={}\n", server.data.display(), server.port);
    std::fs::write(&config, format!("{global}{stanza}pg1-socket-path={}\n", cluster.path().display())).expect("written");
    postgres::hand_over(&config);
    let operate = |words: &[&str]| {
        let base = ["--stanza=main".to_owned(), format!("--config={}", config.display())];
        postgres::run(postgres::operator("pgbackrest").args(base).args(words))
    };
    operate(&["stanza-create"]);
    let argv = [postgres::as_operator(), ["pgbackrest", "info", "--output=json"].map(str::to_owned).to_vec()].concat();
    let restored = cluster.path().join("restored");
    let feed = format!(
        "backup: {{pgbackrest: {}, only: main, rpo: 1h, restore: {{file: '{}', every: 1d, rto: 1h}}}}",
        serde_json::json!([argv, vec![format!("--config={}", config.display())]].concat()),
        restored.display()
    );
    let never = "never restored: nobody knows whether it can be";
    assert_eq!(told(ask(&feed).await), failing(&format!("missing: there is no backup; {never}")));
    operate(&["backup", "--type=full"]);
    assert_eq!(told(ask(&feed).await), (FeedState::Degraded, never.into()));
    server.sql("create table t as select generate_series(1, 20000) as n");
    operate(&["backup", "--type=diff"]);
    // Somebody restores it, counts the rows, and says so.
    let copy = cluster.server("copy");
    std::fs::create_dir(&copy.data).expect("a folder");
    postgres::hand_over(&copy.data);
    operate(&[
        &format!("--pg1-path={}", copy.data.display()),
        "--archive-mode=off",
        "--type=immediate",
        "--target-action=promote",
        "restore",
    ]);
    copy.append("postgresql.auto.conf", &format!("port = {}", copy.port));
    copy.start();
    assert_eq!(copy.sql("select count(*) from t"), "20000");
    std::fs::write(&restored, "35m").expect("written");
    let (state, message) = told(ask(&feed).await);
    assert_eq!(state, FeedState::Healthy, "{message}");
    assert!(message.contains(", 2 there; restored "), "{message}");
}

fn ago(hours: i64) -> i64 {
    chrono::Utc::now().timestamp() - hours * 3_600
}

#[tokio::test]
async fn a_metric_tells_when_the_last_one_was_and_of_several_series_the_oldest_counts() {
    let page = |text: String| {
        let server = Raw::saying(ok(&text));
        let feed = format!("backup: {{metric: {{page: '{}', at: last_success, bytes: last_bytes}}, rpo: 25h}}", server.url("/"));
        (server, feed)
    };
    let (_server, feed) = page(format!("last_success{{db=\"a\"}} {}\nlast_bytes{{db=\"a\"}} 3e9\n", ago(3)));
    assert_eq!(told(ask(&feed).await), (FeedState::Healthy, "3 h old, 3.0 GB, 1 there".into()));
    let both = format!("last_success{{db=\"a\"}} {}\nlast_success{{db=\"b\"}} {}\nlast_bytes{{db=\"b\"}} 0\n", ago(3), ago(30));
    let (_server, feed) = page(both);
    let late = "late: the newest is 30 h old, at most 25 h; empty: the newest has no content";
    assert_eq!(told(ask(&feed).await), failing(late));
    let (_server, feed) = page("last_success{db=\"a\"} 0\n".into());
    assert_eq!(told(ask(&feed).await), failing("missing: there is no backup"));
    let (_server, feed) = page("last_success{db=\"a\"} 1.7e12\n".into());
    let odd = ask(&feed).await.expect_err("milliseconds");
    assert!(odd.to_string().ends_with("1700000000000 is no time in seconds since 1970"), "{odd}");
}

#[tokio::test]
async fn a_real_prometheus_tells_when_the_last_one_was() {
    if missing("prometheus") {
        return;
    }
    let server = Prometheus::start();
    let feed = |at: &str| format!("backup: {{metric: {{url: '{}', at: '{at}', bytes: 'vector(5e6)'}}, rpo: 25h}}", server.url);
    let (state, message) = told(ask(&feed("vector(time() - 10900)")).await);
    assert_eq!((state, message.as_str()), (FeedState::Healthy, "3 h old, 5.0 MB, 1 there"));
    assert_eq!(told(ask(&feed("vector(1) > 2")).await), failing("missing: there is no backup"));
    assert!(ask(&feed("sum(")).await.is_err());
}

#[tokio::test]
async fn a_program_tells_of_the_restores_and_the_last_one_counts() {
    let at = |hours: i64| chrono::DateTime::from_timestamp(ago(hours), 0).expect("a time").to_rfc3339();
    let feed = |restores: String| {
        let backups = format!("[{{\"at\": \"{}\"}}]", at(1));
        let print = |text: String| serde_json::json!(["printf", "%s", text]);
        format!(
            "backup: {{command: {}, rpo: 25h, restore: {{command: {}, every: 30d, rto: 1h}}}}",
            print(backups),
            print(restores)
        )
    };
    let two = format!("[{{\"at\": \"{}\", \"took_s\": 60}}, {{\"at\": \"{}\", \"took_s\": 9000}}]", at(48), at(400));
    let (state, message) = told(ask(&feed(two)).await);
    assert_eq!((state, message.as_str()), (FeedState::Healthy, "60 m old, 1 there; restored 2 days ago"));
    let slow = format!("[{{\"at\": \"{}\", \"took_s\": 9000}}]", at(48));
    assert_eq!(told(ask(&feed(slow)).await), (FeedState::Degraded, "the last restore took 2 h, at most 60 m (RTO)".into()));
    let never = (FeedState::Degraded, "never restored: nobody knows whether it can be".into());
    assert_eq!(told(ask(&feed("[]".into())).await), never);
    let odd = ask(&feed("done".into())).await.expect_err("no verdict");
    assert!(odd.to_string().starts_with("printf printed something else than restores: "), "{odd}");
}
