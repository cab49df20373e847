//! Opens the console on the configuration.

use super::{Exit, Failure, Globals};

/// `midwatch` without a command.
pub fn console(_globals: &Globals) -> anyhow::Result<Exit> {
    Err(Failure::usage("there is no configuration yet\n  midwatch demo    shows everything on a simulated outage\n  midwatch init    writes a first configuration").into())
}
