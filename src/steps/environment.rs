//! What a command finds in its environment: an allow-list of the console's own variables, the parameters, what
//! earlier steps have set, and the variables of the run. Nothing else, so that a step works the same on every console.

use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{ParamValue, Resolved};
use crate::domain::secret::Secret;
use std::collections::BTreeMap;
use std::path::Path;

/// Passed on from the console; `LC_*` too, and the names that the configuration allows.
const ALLOWED: &[&str] = &["PATH", "HOME", "USER", "LANG", "TZ", "SSH_AUTH_SOCK"];

/// What a block with the terminal has to know of it.
const OF_TERMINAL: &[&str] = &["TERM", "TERMINFO", "TERMINFO_DIRS", "COLORTERM"];

/// The attempt that an environment is made for.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub run: RunId,
    pub step: &'a StepId,
    pub attempt: u32,
    /// `live`, `drill`, `dry-run` or `manual`.
    pub mode: &'a str,
    /// The file that `KEY=VALUE` lines are written to.
    pub out: &'a Path,
    /// The working directory: the playbook's folder, or the run's where it has none.
    pub folder: &'a Path,
    pub params: &'a Resolved,
    /// What earlier steps have set.
    pub outputs: &'a BTreeMap<String, String>,
    /// The console's own environment.
    pub console: &'a [(String, String)],
    /// Names that the configuration passes on besides the usual ones.
    pub allowed: &'a [String],
    /// The words by which a host is reached, one of them `HOST`.
    pub transport: &'a [String],
}

impl Setting<'_> {
    /// A parameter that isn't secret, or an output: what may stand in conditions, confirmations and requests.
    pub fn plain(&self, name: &str) -> Option<String> {
        self.outputs.get(name).cloned().or_else(|| self.params.plain(name).map(str::to_owned))
    }

    /// The same, secrets too.
    pub(super) fn any(&self, name: &str) -> Option<String> {
        self.plain(name).or_else(|| self.params.get(name).map(|value| value.expose().to_owned()))
    }
}

/// Secrets apart: they travel in the supervisor's environment and are never written.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub plain: BTreeMap<String, String>,
    pub hidden: BTreeMap<String, Secret>,
}

/// Later ones win: the console's, then parameters, then outputs, then the run's own.
pub fn environment(setting: &Setting<'_>, terminal: bool) -> Environment {
    let mut env = Environment::default();
    let passes = |name: &str| passes(name, setting.allowed) || (terminal && OF_TERMINAL.contains(&name));
    env.plain.extend(setting.console.iter().filter(|(name, _)| passes(name)).cloned());
    if !terminal {
        env.plain.insert("TERM".into(), "dumb".into());
    }
    for (name, value, _) in &setting.params.values {
        match value {
            ParamValue::Plain(text) => drop(env.plain.insert(name.clone(), text.clone())),
            ParamValue::Hidden(secret) => {
                env.plain.remove(name);
                env.hidden.insert(name.clone(), secret.clone());
            }
        }
    }
    env.plain.extend(setting.outputs.clone());
    env.plain.extend(of_run(setting));
    env
}

fn passes(name: &str, allowed: &[String]) -> bool {
    ALLOWED.contains(&name) || name.starts_with("LC_") || allowed.iter().any(|other| other == name)
}

fn of_run(setting: &Setting<'_>) -> [(String, String); 6] {
    [
        ("PLAYBOOK_RUN", setting.run.to_string()),
        ("PLAYBOOK_STEP", setting.step.to_string()),
        ("PLAYBOOK_ATTEMPT", setting.attempt.to_string()),
        ("PLAYBOOK_MODE", setting.mode.to_owned()),
        ("PLAYBOOK_OUT", setting.out.display().to_string()),
        ("PLAYBOOK_DIR", setting.folder.display().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use crate::domain::playbook::{Origin, ParamValue};
    use crate::domain::secret::Secret;
    use crate::steps::launch::tests::{setting, world};

    #[test]
    fn only_what_is_allowed_passes_and_the_run_has_the_last_word() {
        let mut world = world();
        world.console =
            pairs(&[("PATH", "/bin"), ("LC_ALL", "C"), ("AWS_SECRET", "x"), ("KUBECONFIG", "/k"), ("PLAYBOOK_RUN", "forged")]);
        world.allowed = vec!["KUBECONFIG".into(), "PLAYBOOK_RUN".into()];
        world.param("TERM", "xterm");
        let env = super::environment(&setting(&world), false);
        let names: Vec<&str> = env.plain.keys().map(String::as_str).collect();
        let of_run = ["PLAYBOOK_ATTEMPT", "PLAYBOOK_DIR", "PLAYBOOK_MODE", "PLAYBOOK_OUT", "PLAYBOOK_RUN", "PLAYBOOK_STEP"];
        assert_eq!(names, [&["KUBECONFIG", "LC_ALL", "PATH"][..], &of_run, &["TERM"]].concat());
        assert_ne!(env.plain["PLAYBOOK_RUN"], "forged");
    }

    #[test]
    fn a_secret_is_kept_apart_even_from_an_allowed_variable_of_its_name() {
        let mut world = world();
        world.console = pairs(&[("PGPASSWORD", "old")]);
        world.allowed = vec!["PGPASSWORD".into()];
        world.params.values.push(("PGPASSWORD".into(), ParamValue::Hidden(Secret::new("new".into())), Origin::Operator));
        let env = super::environment(&setting(&world), false);
        assert!(!env.plain.contains_key("PGPASSWORD"));
        assert_eq!(env.hidden["PGPASSWORD"].expose(), "new");
        assert!(!format!("{env:?}").contains("new"));
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}
