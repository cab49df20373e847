//! Shell habits that hurt at 3 a.m. A reading of words: it warns, it never refuses.

use super::{Document, Shell};
use crate::domain::node::Problems;
use crate::playbook::shell::{Command, Word};

/// What was found: where, how long, and what to say.
struct Habit {
    at: usize,
    length: usize,
    message: String,
    help: &'static str,
}

impl Habit {
    /// One of the command as a whole.
    fn of(command: &Command<'_>, message: impl Into<String>, help: &'static str) -> Self {
        let length = command.call().last().map_or(0, |last| last.at + last.raw.len() - command.at());
        Self { at: command.at(), length, message: message.into(), help }
    }

    fn tell(self, code: &'static str, document: &Document<'_>, shell: &Shell<'_>, problems: &mut Problems) {
        problems.lint(code, document.place(shell.block, self.at, self.length), self.message, self.help.to_owned());
    }
}

/// W106.
pub fn hurt(document: &Document<'_>, shell: &Shell<'_>, problems: &mut Problems) {
    let mut before = None;
    for command in &shell.script.commands {
        let found = [unquoted(command), below(command), fetched(command, before), asks(command), kills(command)];
        found.into_iter().flatten().for_each(|habit| habit.tell("W106", document, shell, problems));
        before = Some(command);
    }
}

/// The first variable outside quotes where splitting would happen: not in assignments, tests or arithmetic.
fn unquoted(command: &Command<'_>) -> Option<Habit> {
    if matches!(command.program(), "case" | "[[" | "((") {
        return None;
    }
    let words = command.words.iter().filter(|word| word.assigned().is_none());
    let variable = words.flat_map(|word| &word.variables).find(|variable| !variable.quoted)?;
    let message = format!("`${}` stands without quotes", variable.name);
    let help = "write \"$NAME\": a value may hold spaces or patterns";
    Some(Habit { at: variable.at, length: 1 + variable.name.len(), message, help })
}

fn below(command: &Command<'_>) -> Option<Habit> {
    let recursive = command.flag('r') || command.flag('R') || command.has("--recursive");
    let word = command.arguments().find(|word| command.program() == "rm" && recursive && has_path_below(word))?;
    let help = "an empty value would mean `/`: write \"${NAME:?}/...\", which stops then";
    Some(Habit { at: word.at, length: word.raw.len(), message: "`rm -r` below a variable".into(), help })
}

/// `"$X/..."`, `"${X}"/*`.
fn has_path_below(word: &Word<'_>) -> bool {
    let after = |at: usize| {
        let rest = &word.raw[at - word.at..];
        let end = rest.find('}').filter(|_| rest.starts_with("${")).map_or_else(
            || rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(rest.len(), |end| end + 1),
            |end| end + 1,
        );
        rest[end..].trim_start_matches('"').starts_with('/')
    };
    word.variables.iter().any(|variable| !variable.defaulted && after(variable.at))
}

fn fetched(command: &Command<'_>, before: Option<&Command<'_>>) -> Option<Habit> {
    let fetches = |command: &Command<'_>| matches!(command.program(), "curl" | "wget");
    let shell = |word: &str| matches!(word, "sh" | "bash" | "zsh" | "python" | "python3" | "perl");
    let runs = shell(command.program()) || command.program() == "sudo" && command.arguments().any(|word| shell(word.raw));
    let piped = command.piped && runs && before.is_some_and(fetches);
    let inside = |word: &Word<'_>| word.substitutes && ["curl ", "wget "].iter().any(|name| word.raw.contains(name));
    let inner = (shell(command.program()) || command.program() == "eval") && command.arguments().any(inside);
    (piped || inner)
        .then(|| Habit::of(command, "what the network sends is run as it comes", "download it, check it, then run it"))
}

fn asks(command: &Command<'_>) -> Option<Habit> {
    let asks = command.program() == "sudo" && !command.flag('n') && !command.has("--non-interactive");
    asks.then(|| Habit::of(command, "`sudo` may ask for a password, and nobody can answer", "write `sudo -n`"))
}

fn kills(command: &Command<'_>) -> Option<Habit> {
    let hard = ["-9", "-KILL", "-SIGKILL", "-kill"].iter().any(|signal| command.has(signal));
    let named = |word: &Word<'_>| word.substitutes && ["pgrep", "pidof"].iter().any(|name| word.raw.contains(name));
    let by_name = match command.program() {
        "pkill" | "killall" => true,
        "kill" => command.arguments().any(named),
        _ => false,
    };
    (hard && by_name).then(|| Habit::of(command, "`kill -9` by name", "kill by process id, TERM first"))
}

/// W107: whoever holds the output open outlives the step, and what it prints later is nobody's.
pub fn daemons(document: &Document<'_>, shell: &Shell<'_>, problems: &mut Problems) {
    let waits = shell.script.commands.iter().any(|command| command.program() == "wait");
    for command in &shell.script.commands {
        let logs = command.flag('l') || command.arguments().any(|word| word.raw.starts_with("--log"));
        let sent = command.redirects.iter().any(|(operator, _)| operator.contains('>'));
        let habit = match command.program() {
            "pg_ctl" if (command.has("start") || command.has("restart")) && !logs && !sent => {
                Some(("`pg_ctl start` without `-l` holds the step's output open", "add `-l FILE`"))
            }
            _ if command.background && !sent && !waits => {
                Some(("a background command holds the step's output open", "send its output to a file, or `wait` for it"))
            }
            _ => None,
        };
        if let Some((message, help)) = habit {
            Habit::of(command, message, help).tell("W107", document, shell, problems);
        }
    }
}

/// Programs that draw a screen or wait for keys, sorted.
const SCREENS: &[&str] = &[
    "alsamixer",
    "emacs",
    "ftp",
    "htop",
    "iotop",
    "less",
    "man",
    "mc",
    "more",
    "nano",
    "screen",
    "sftp",
    "telnet",
    "tmux",
    "vi",
    "view",
    "vim",
    "vipw",
    "visudo",
];

/// Programs that are interactive unless they are told what to do, with the options that tell it.
const CLIENTS: &[(&str, &[char])] = &[
    ("mariadb", &['e']),
    ("mongosh", &['f']),
    ("mysql", &['e']),
    ("psql", &['c', 'f', 'l', 'V']),
    ("python", &['c', 'm', 'V']),
    ("python3", &['c', 'm', 'V']),
];

/// W112.
pub fn interactive(document: &Document<'_>, shell: &Shell<'_>, problems: &mut Problems) {
    if shell.step.fields.tty {
        return;
    }
    for command in shell.script.commands.iter().filter(|command| !command.piped && wants_terminal(command)) {
        let message = format!("`{}` wants a terminal, and a step has none", command.program());
        let help = "state `**tty:** yes`, or tell the program on its command line what to do";
        Habit::of(command, message, help).tell("W112", document, shell, problems);
    }
}

fn wants_terminal(command: &Command<'_>) -> bool {
    debug_assert!(SCREENS.is_sorted());
    let program = command.program();
    if program == "top" {
        return !command.flag('b') && !command.flag('l');
    }
    let fed = command.redirects.iter().any(|(operator, _)| operator.contains('<'));
    let told = |letters: &&[char]| {
        let long = |word: &Word<'_>| word.raw.starts_with("--") && word.raw != "--no-psqlrc";
        let file = |word: &Word<'_>| program.starts_with("python") && !word.raw.starts_with('-');
        letters.iter().any(|letter| command.flag(*letter)) || command.arguments().any(|word| long(word) || file(word))
    };
    let client = CLIENTS.iter().find(|(name, _)| *name == program).map(|(_, letters)| letters);
    SCREENS.binary_search(&program).is_ok() && !fed || client.is_some_and(|letters| !fed && !told(letters))
}

/// W114: the status of `echo "$(x)"` is that of `echo`.
pub fn swallowed(document: &Document<'_>, shell: &Shell<'_>, problems: &mut Problems) {
    let prints = |command: &&Command<'_>| matches!(command.program(), "echo" | "printf");
    for command in shell.script.commands.iter().filter(prints) {
        let Some(word) = command.arguments().find(|word| word.substitutes) else { continue };
        let message = format!("if this substitution fails, `{}` still succeeds", command.program());
        let help = "assign it first: value=$(...), then print \"$value\"";
        Habit { at: word.at, length: word.raw.len(), message, help }.tell("W114", document, shell, problems);
    }
}
