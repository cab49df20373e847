//! Changes that a real Git repository, an address and a program tell of.

use super::*;
use midwatch::domain::change::What;
use std::path::Path;
use std::process::Command;

/// Runs `git` in a repository, at this time.
fn git(folder: &Path, at: &str, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]).arg("-C").arg(folder);
    command.env("GIT_COMMITTER_DATE", at).env("GIT_AUTHOR_DATE", at).args(args);
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn ago(hours: i64) -> String {
    (chrono::Utc::now() - chrono::Duration::hours(hours)).to_rfc3339()
}

/// A repository with a commit of two days ago, one of yesterday in `shop/`, and one of an hour ago elsewhere.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    git(path, &ago(48), &["init", "-q", "-b", "main"]);
    std::fs::create_dir_all(path.join("shop")).expect("a folder");
    for (hours, file, words) in [(48, "shop/a", "long ago"), (20, "shop/b", "shop 1.42"), (1, "readme", "a word")] {
        std::fs::write(path.join(file), words).expect("written");
        git(path, &ago(hours), &["add", "."]);
        git(path, &ago(hours), &["commit", "-q", "-m", words]);
    }
    folder
}

fn words(reading: &Reading) -> Vec<(What, &str, Option<&str>)> {
    // The newest first.
    reading.changes.iter().map(|told| (told.what, told.words.raw(), told.by.as_ref().map(|by| by.raw()))).collect()
}

#[tokio::test]
async fn commits_of_a_branch_are_told_by_path_and_age_and_tags_by_pattern() {
    if missing("git") {
        return;
    }
    let repository = repository();
    let path = repository.path().display();
    let all = ask(&format!("changes: {{git: '{path}', branch: main}}")).await.expect("git answers");
    assert_eq!(words(&all), [(What::Deploy, "a word", Some("ana")), (What::Deploy, "shop 1.42", Some("ana"))]);
    assert_eq!((all.state, all.message.raw()), (FeedState::Healthy, "2 in 1day; the last: a word"));
    let shop = ask(&format!("changes: {{git: '{path}', paths: [shop], kind: config, back: 3days}}")).await.expect("git answers");
    assert_eq!(words(&shop), [(What::Config, "shop 1.42", Some("ana")), (What::Config, "long ago", Some("ana"))]);
    let none = ask(&format!("changes: {{git: '{path}', paths: [shop], back: 1h}}")).await.expect("git answers");
    assert_eq!(none.message.raw(), "none in 1h");

    git(repository.path(), &ago(2), &["tag", "-a", "v1.42", "-m", "out it goes"]);
    git(repository.path(), &ago(2), &["tag", "nightly"]);
    let tags = ask(&format!("changes: {{git: '{path}', tags: 'v*'}}")).await.expect("git answers");
    assert_eq!(words(&tags), [(What::Deploy, "v1.42 out it goes", Some("ana"))]);
    assert_eq!(tags.changes[0].id.as_ref().map(|id| id.raw()), Some("v1.42"));
}

#[tokio::test]
async fn what_is_no_repository_or_no_branch_is_a_trouble_in_gits_words() {
    if missing("git") {
        return;
    }
    let repository = repository();
    let path = repository.path().display();
    let trouble = ask(&format!("changes: {{git: '{path}', branch: nowhere}}")).await.expect_err("no branch");
    assert!(trouble.to_string().contains("nowhere"), "{trouble}");
    let trouble = ask("changes: {git: /nowhere}").await.expect_err("no repository");
    assert!(trouble.to_string().starts_with("git ended with exit code 128: fatal:"), "{trouble}");
}

#[tokio::test]
async fn an_address_and_a_program_tell_the_same_and_names_choose() {
    let (at, old) = (chrono::Utc::now().timestamp_millis() - 60_000, 1_000);
    let text = format!(
        r#"[{{"id": 1, "time": {at}, "text": "shop 2", "tags": ["deploy", "shop"]}}, {{"id": 2, "time": {at}, "text": "other", "tags": ["x"]}},
            {{"id": 3, "time": {old}, "text": "in another age", "tags": ["shop"]}}]"#
    );
    let server = Raw::saying(ok(&text));
    let asked = ask(&format!("changes: {{url: '{}', only: shop}}", server.url("/api/annotations"))).await.expect("answers");
    assert_eq!(words(&asked), [(What::Deploy, "shop 2", None)]);
    let printed = ask(&format!("changes: {{command: [echo, '{}']}}", text.replace('\n', " "))).await.expect("prints");
    assert_eq!(printed.changes.len(), 2);
    let nothing = ask("changes: {command: [echo, '{}']}").await.expect_err("no change");
    assert_eq!(nothing.reason, Reason::Nonsense);
    let failed = ask("changes: {command: [sh, -c, 'echo no token >&2; exit 3']}").await.expect_err("fails");
    assert_eq!(failed.to_string(), "sh ended with exit code 3: no token");
}
