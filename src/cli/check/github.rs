//! What was found as workflow commands of GitHub Actions, which become annotations of a change.

use super::files::Checked;
use crate::domain::node::{Level, Problem};
use crate::domain::text::inert;

pub fn text(files: &[Checked]) -> String {
    files.iter().flat_map(|file| file.problems.iter().map(move |problem| command(file, problem))).collect()
}

fn command(file: &Checked, problem: &Problem) -> String {
    let level = if problem.level == Level::Error { "error" } else { "warning" };
    let mut properties = format!("file={}", property(&file.path.to_string_lossy()));
    if problem.span.line > 0 {
        properties += &format!(",line={},col={}", problem.span.line, problem.span.col);
    }
    properties += &problem.code.map(|code| format!(",title={code}")).unwrap_or_default();
    let help = problem.help.as_ref().map(|help| format!("\nhelp: {}", inert(help))).unwrap_or_default();
    format!("::{level} {properties}::{}\n", data(&(inert(&problem.message).into_owned() + &help)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
