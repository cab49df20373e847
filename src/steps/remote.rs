//! A shell block on another host: through the configured transport, to the standard input of a shell there. The file of the
//! block stays as it is in the playbook; values go before it as `export` lines, quoted here, so that no value is ever program text.

use super::environment::Setting;
use super::launch::Shell;
use crate::domain::playbook::{Block, Language, Step, expand};
use serde::{Deserialize, Serialize};

/// How a host is reached where the configuration doesn't say; `HOST` stands for it.
pub const TRANSPORT: &[&str] = &["ssh", "-o", "BatchMode=yes", "--", "HOST"];

/// What is sent to the other side, besides the block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sends {
    /// Variables whose values are exported there: they are in the environment of whoever sends.
    pub names: Vec<String>,
    /// The shell of the block: it parses the block here, alone, before anything is sent.
    pub shell: String,
}

/// Turns the launch of a block on this machine into one on the step's host.
pub(super) fn remote(mut local: Shell, step: &Step, block: &Block, setting: &Setting<'_>) -> Result<Shell, String> {
    let Some(host) = &step.fields.host else { return Ok(local) };
    let host = expand(host, &|name| setting.plain(name))?;
    let shell = if block.lang == Language::Bash { "bash" } else { "sh" };
    if !is_host(&host) {
        return Err(format!("`{}` is not a host", crate::domain::text::inert(&host)));
    }
    let words = setting.transport.iter().map(|word| if word == "HOST" { host.clone() } else { word.clone() });
    local.interpreter = words.chain([shell.to_owned(), "-s".to_owned()]).collect();
    let of_run = ["PLAYBOOK_RUN", "PLAYBOOK_STEP", "PLAYBOOK_ATTEMPT", "PLAYBOOK_MODE"].map(str::to_owned);
    let given = setting.params.values.iter().map(|(name, ..)| name.clone()).chain(setting.outputs.keys().cloned());
    let mut names: Vec<String> = given.chain(of_run).collect();
    names.sort();
    names.dedup();
    local.sends = Some(Sends { names, shell: shell.to_owned() });
    Ok(local)
}

/// A name or an address, perhaps with a user: nothing that could be an option or a second word.
fn is_host(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:@[]".contains(c);
    !text.is_empty() && !text.starts_with('-') && !text.contains("@-") && text.chars().all(plain)
}

/// What goes before and after the block. The braces make the shell read all of it before it runs any of it, so that no command in
/// it can take the rest for its own input.
pub fn preamble(shell: &str, values: &[(String, String)]) -> (String, &'static str) {
    let set = if shell == "bash" { "set -euo pipefail\n" } else { "set -eu\n" };
    let exports = values.iter().map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', "'\\''")));
    (exports.chain([set.to_owned(), "{\n".to_owned()]).collect(), "\n} </dev/null\nexit\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::launch::tests::{setting, step, world};
    use crate::steps::{Launch, launch};

    #[test]
    fn values_are_quoted_and_the_block_stays_as_it_is() {
        let values = [("HOST".to_owned(), "it's; $(reboot)\n`x`".to_owned())];
        let (before, after) = preamble("sh", &values);
        assert_eq!(before, "export HOST='it'\\''s; $(reboot)\n`x`'\nset -eu\n{\n");
        assert!(after.starts_with("\n}") && after.contains("</dev/null"));
    }

    #[test]
    fn a_host_is_one_word_and_never_an_option() {
        let mut world = world();
        world.param("TO", "-oProxyCommand=reboot");
        let mut step = step("hostname\n");
        let block = step.body.clone().expect("a body");
        for (host, good) in
            [("db-1", true), ("ana@db-1.example", true), ("$TO", false), ("a b", false), ("ana@-x", false), ("$NONE", false)]
        {
            step.fields.host = Some(host.into());
            let launched = launch(&step, &block, &setting(&world));
            match (launched, good) {
                (Ok(Launch::Shell(shell)), true) => {
                    assert_eq!(shell.interpreter, ["ssh", "-o", "BatchMode=yes", "--", host, "sh", "-s"]);
                    assert_eq!(shell.text, "hostname\n");
                    assert!(
                        shell.sends.is_some_and(
                            |sends| sends.names.contains(&"TO".to_owned()) && !sends.names.contains(&"PATH".to_owned())
                        )
                    );
                }
                (launched, good) => assert!(!good && launched.is_err(), "{host}"),
            }
        }
    }
}
