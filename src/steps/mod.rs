//! Step kinds: one file per kind, one line in `KINDS`. A kind says which steps are of it and what is wrong with them;
//! how a step's body is launched and judged is decided by the body's language, in `launch`. Knows neither runs nor
//! the screen; whoever performs a launch reports a `Seen`.

mod check;
mod command;
mod environment;
mod http;
mod later;
mod launch;
mod manual;
mod outputs;

pub use environment::{Environment, Setting, environment};
pub use http::Call;
pub use launch::{GRACE, Launch, Shell, judge, launch, status};
pub use outputs::{LONGEST_OUTPUTS, read_outputs};

use crate::domain::playbook::KindSpec;

/// Every kind, sorted by name.
pub const KINDS: &[&KindSpec] = &[
    &later::APPROVAL,
    &check::KIND,
    &command::KIND,
    &later::DECISION,
    &manual::KIND,
    &later::PLAYBOOK,
    &later::RECORD,
    &later::WAIT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_unique_and_documented() {
        assert!(KINDS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(KINDS.iter().all(|kind| kind.about.len() > 20 && !kind.about.ends_with('.')));
    }
}
