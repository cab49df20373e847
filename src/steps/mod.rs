//! Step kinds: one file per kind, one line in `KINDS`. A kind says which steps are of it and what is wrong with them;
//! how a step's body is launched and judged is decided by the body's language, in `launch`. Knows neither runs nor
//! the screen; whoever performs a launch reports a `Seen`.

mod approval;
mod check;
mod command;
mod decision;
mod environment;
mod feed;
mod http;
mod launch;
mod manual;
mod outputs;
mod playbook;
mod promql;
mod record;
mod remote;
mod wait;

pub use environment::{Environment, Setting, environment};
pub use http::Call;
pub use launch::{GRACE, Launch, Shell, judge, launch, status};
pub use outputs::{LONGEST_OUTPUTS, read_outputs};
pub use promql::values;
pub use remote::{Sends, TRANSPORT, preamble};

use crate::domain::playbook::{Claim, KindSpec, Step};

/// Every kind, sorted by name.
pub const KINDS: &[&KindSpec] =
    &[&approval::KIND, &check::KIND, &command::KIND, &decision::KIND, &manual::KIND, &playbook::KIND, &record::KIND, &wait::KIND];

/// A kind that is recognised by a field of its own.
fn states(step: &Step, key: &str) -> Claim {
    if step.field(key).is_some() { Claim::Strong } else { Claim::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_unique_and_documented() {
        assert!(KINDS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(KINDS.iter().all(|kind| kind.about.len() > 20 && !kind.about.ends_with('.')));
    }
}
