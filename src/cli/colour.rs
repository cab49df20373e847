//! Whether what is printed, and the console, is in colour: `--color`, then the variables of the environment.

use super::{Globals, out};
use crate::tui::theme::Depth;
use clap::{ColorChoice, ValueEnum};
use std::ffi::OsString;

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    // On a terminal that shows colours, unless NO_COLOR is set. No doc comment: it would stretch every help.
    #[default]
    Auto,
    Always,
    Never,
}

/// Words that mean something good or bad, and the terminal's own colours for them.
const WORDS: &[(&str, &str)] = &[
    ("critical", "1;31"),
    ("failing", "1;31"),
    ("warning", "33"),
    ("degraded", "33"),
    ("unknown", "35"),
    ("stale", "35"),
    ("healthy", "32"),
];

/// How many colours the console may use.
pub fn depth(globals: &Globals) -> Depth {
    let var = |name: &str| std::env::var(name).ok();
    match globals.color {
        When::Auto => Depth::detect(var),
        When::Never => Depth::None,
        // At least the sixteen that every terminal has, whatever the environment says.
        When::Always => match Depth::detect(|name| var(name).filter(|_| name != "NO_COLOR")) {
            Depth::None => Depth::Sixteen,
            more => more,
        },
    }
}

/// What paints a word of a table on standard output.
pub fn painter(globals: &Globals) -> impl Fn(&str) -> Option<&'static str> + use<> {
    let wanted = match globals.color {
        When::Auto => out::on_terminal() && depth(globals) != Depth::None,
        When::Always => true,
        When::Never => false,
    };
    move |word| WORDS.iter().find(|(known, _)| wanted && *known == word).map(|(_, colour)| *colour)
}

/// What help and the errors of the command line do, which are printed before anything is parsed.
pub fn choice(argv: &[OsString]) -> ColorChoice {
    let word = |at: usize| argv.get(at).and_then(|word| word.to_str());
    let said = (0..argv.len()).find_map(|at| match word(at)? {
        "--color" => word(at + 1),
        other => other.strip_prefix("--color="),
    });
    match said {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::{ColorChoice, OsString, choice};

    #[test]
    fn help_listens_too() {
        let said = |words: &[&str]| choice(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(said(&["midwatch", "--color", "never", "--help"]), ColorChoice::Never);
        assert_eq!(said(&["midwatch", "alerts", "--color=always"]), ColorChoice::Always);
        assert_eq!(said(&["midwatch", "--help", "--color"]), ColorChoice::Auto);
    }
}
