//! Commits of a branch, or tags, of a Git repository on this machine, read by `git` itself. It only looks: nothing is fetched, and
//! nothing of the repository's own configuration is run.

use crate::domain::change::{Told, What};
use crate::domain::node::{Fields, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::feeds::plugin;
use crate::ports::Ports;
use chrono::{DateTime, SecondsFormat, Utc};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug)]
pub struct Git {
    folder: PathBuf,
    branch: String,
    /// Commits count that touch one of these; all, where there are none.
    paths: Vec<String>,
    /// A pattern of tags, which then count instead of commits.
    tags: Option<String>,
}

/// Fields of a line of output.
const BETWEEN: char = '\u{1f}';
const LONGEST: usize = 1 << 20;

impl Git {
    pub fn parse(folder: &Node, fields: &Fields, problems: &mut Problems) -> Option<Self> {
        let mut word = |key: &str| fields.get(key).map_or(Some(None), |node| node.read("a name", problems, plain).map(Some));
        let (branch, tags) = (word("branch"), word("tags"));
        let paths = fields.get("paths").map_or(Some(Vec::new()), |node| node.texts(problems));
        let folder = folder.path(problems);
        Some(Self { folder: folder?, branch: branch?.unwrap_or_else(|| "HEAD".into()), paths: paths?, tags: tags? })
    }

    pub async fn changes(&self, since: DateTime<Utc>, ports: &Ports, limit: Duration) -> Result<Vec<Told>, Trouble> {
        let text = plugin::output(&self.command(since), Vec::new(), ports, limit, LONGEST).await?;
        text.lines().filter(|line| !line.is_empty()).map(|line| told(line).ok_or_else(|| nonsense(line))).collect()
    }

    fn command(&self, since: DateTime<Utc>) -> Vec<String> {
        let folder = self.folder.display().to_string();
        // Neither a monitor of files nor a program for signatures, which the repository could name, is started.
        let head = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-C", &folder];
        let mut argv: Vec<String> = head.map(str::to_owned).into();
        match &self.tags {
            Some(pattern) => {
                let format = "--format=%(refname:short)%1f%(creatordate:iso-strict)%1f%(taggername)%(authorname)%1f%(refname:short) %(subject)";
                argv.extend(["for-each-ref", "--sort=-creatordate", "--count=100", format].map(str::to_owned));
                argv.push(format!("refs/tags/{pattern}"));
            }
            None => {
                let since = format!("--since={}", since.to_rfc3339_opts(SecondsFormat::Secs, true));
                argv.extend(["log", "-n", "100", "--format=%H%x1f%cI%x1f%an%x1f%s", &since].map(str::to_owned));
                argv.extend(["--end-of-options".to_owned(), self.branch.clone(), "--".to_owned()]);
                argv.extend(self.paths.iter().cloned());
            }
        }
        argv
    }
}

/// What can't be taken for an option.
fn plain(text: &str) -> Option<String> {
    (!text.is_empty() && !text.starts_with('-') && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

fn told(line: &str) -> Option<Told> {
    let mut parts = line.splitn(4, BETWEEN);
    let [id, at, by, words] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    Some(Told {
        id: Some(id.into()),
        what: What::Deploy,
        service: None,
        at: DateTime::parse_from_rfc3339(at).ok()?.to_utc(),
        words: words.trim().into(),
        by: Some(by.into()),
        link: None,
    })
}

fn nonsense(line: &str) -> Trouble {
    Trouble::new(Reason::Nonsense, format!("git printed something else than changes: {line}"))
}
