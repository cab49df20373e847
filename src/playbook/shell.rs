//! Shell text as commands and words: what is quoted, where a command begins, which variables are used. Knows no rules.
//! A reading, not the shell's grammar: it never fails, and what it misreads costs a wrong warning at most.

mod reader;

pub use reader::read;

/// All of a block.
#[derive(Debug, Default)]
pub struct Script<'a> {
    /// Those of substitutions before the command that they stand in.
    pub commands: Vec<Command<'a>>,
    /// Variables in here-documents that the shell fills in.
    pub documents: Vec<Variable<'a>>,
}

/// What stands between two separators.
#[derive(Debug, Default)]
pub struct Command<'a> {
    pub words: Vec<Word<'a>>,
    /// Operators such as `>` and `<<`, with what they name.
    pub redirects: Vec<(&'a str, Word<'a>)>,
    /// It reads what the command before it writes.
    pub piped: bool,
    pub background: bool,
    /// It is the head of a function: `name()`.
    pub defines: bool,
    /// Where its own name stands among the words, and that name without its folder. Every rule asks: they are looked for once.
    own: usize,
    program: &'a str,
}

#[derive(Debug, Default)]
pub struct Word<'a> {
    /// As it stands, quotes and all.
    pub raw: &'a str,
    pub at: usize,
    pub variables: Vec<Variable<'a>>,
    /// `$(...)` or backticks stand in it.
    pub substitutes: bool,
}

/// One use of `$name` or `${name...}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable<'a> {
    pub name: &'a str,
    pub at: usize,
    pub quoted: bool,
    /// `${name:-...}` and its like work without a value.
    pub defaulted: bool,
}

/// Words that stand before a command without being it.
const BEFORE: &[&str] = &["if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done", "esac"];

impl<'a> Command<'a> {
    /// The words from the command's own name on.
    pub fn call(&self) -> &[Word<'a>] {
        &self.words[self.own..]
    }

    /// Once all its words are there.
    fn find_own(&mut self) {
        let own = self.words.iter().position(|word| word.assigned().is_none() && !BEFORE.contains(&word.raw));
        self.own = own.unwrap_or(self.words.len());
        let name = self.name().unwrap_or("");
        self.program = name.rsplit('/').next().unwrap_or(name);
    }

    /// What is run, as it is written.
    pub fn name(&self) -> Option<&'a str> {
        self.call().first().map(|word| word.raw)
    }

    /// What is run, without its folder.
    pub fn program(&self) -> &'a str {
        self.program
    }

    pub fn arguments(&self) -> impl Iterator<Item = &Word<'a>> {
        self.call().iter().skip(1)
    }

    pub fn has(&self, word: &str) -> bool {
        self.arguments().any(|other| other.raw == word)
    }

    /// Whether `-x` stands there, alone or among others (`-axe`).
    pub fn flag(&self, letter: char) -> bool {
        let is = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains(letter);
        self.arguments().any(|word| is(word.raw))
    }

    /// Its first word, which may be one of the shell's own.
    fn keyword(&self) -> &'a str {
        self.words.first().map_or("", |word| word.raw)
    }

    pub fn at(&self) -> usize {
        self.call().first().or(self.words.first()).map_or(0, |word| word.at)
    }
}

impl<'a> Word<'a> {
    /// The name and the value of `name=value`.
    pub fn assigned(&self) -> Option<(&'a str, &'a str)> {
        let (name, value) = self.raw.split_once('=')?;
        let name = name.strip_suffix('+').unwrap_or(name);
        is_name(name).then_some((name, value))
    }
}

pub fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str) -> Vec<String> {
        let script = read(text);
        script.commands.iter().map(|command| command.call().iter().map(|word| word.raw).collect::<Vec<_>>().join(" ")).collect()
    }

    fn uses(text: &str) -> Vec<(String, bool)> {
        let script = read(text);
        let words = script.commands.iter().flat_map(|command| {
            command.words.iter().chain(command.redirects.iter().map(|(_, word)| word)).flat_map(|word| &word.variables)
        });
        words.chain(&script.documents).map(|variable| (variable.name.to_owned(), variable.quoted)).collect()
    }

    #[test]
    fn commands_end_where_the_shell_ends_them() {
        assert_eq!(calls("a b; c && d || e | f & g\nh"), ["a b", "c", "d", "e", "f", "g", "h"]);
        assert_eq!(calls("if ! a 'x; y'; then b; fi # c"), ["a 'x; y'", "b", ""]);
        assert_eq!(calls("x=$(a | b \"$(c)\") y=1 d \\\n e"), ["a", "c", "b \"$(c)\"", "d e"]);
        assert_eq!(calls("(a; b) ; c `d e`"), ["a", "b", "d e", "c `d e`"]);
        assert_eq!(calls("a <<X >f\nnot this $(b)\nX\nc"), ["a", "b", "c"]);
        assert_eq!(calls("a <<'X'\nnot $(b)\nX\nc"), ["a", "c"]);
        assert_eq!(calls("list=(a b 'c d') e\nfor f in x; do g; done"), ["e", "for f in x", "g", ""]);
        assert_eq!(calls("case $x in a) b ;; c|d) e ;; esac; f"), ["case $x in a", "b", "e", "", "f"]);
        assert_eq!(calls("x=$(case y in\n a) b ;;\n esac) c"), ["case y in", "b", "", "c", ""]);
        assert_eq!(calls("f() { a; }; f"), ["f", "a", "", "f"]);
    }

    #[test]
    fn variables_know_their_quotes() {
        let (out, quoted) = (|name: &str| (name.to_owned(), false), |name: &str| (name.to_owned(), true));
        assert_eq!(uses("a $X \"$Y ${Z}\" '$N' \\$N"), [out("X"), quoted("Y"), quoted("Z")]);
        assert_eq!(uses("a \"$(b $X \"$Y\")\" $((X + $Z)) ${#W} $1 $@"), [out("X"), quoted("Y"), quoted("Z"), quoted("W")]);
        assert_eq!(uses("a <<E\n$X\nE\nb <<'E'\n$Y\nE\n"), [quoted("X")]);
        let script = read("a ${X:-1} ${Y:?}");
        assert!(script.commands[0].words.iter().flat_map(|word| &word.variables).all(|variable| variable.defaulted));
    }

    #[test]
    fn what_follows_and_surrounds_a_command_is_known() {
        let script = read("a 2>&1 >/dev/null & b | c <f\nd &");
        let told: Vec<_> = script.commands.iter().map(|c| (c.program(), c.background, c.piped, c.redirects.len())).collect();
        assert_eq!(told, [("a", true, false, 2), ("b", false, false, 0), ("c", false, true, 1), ("d", true, false, 0)]);
    }

    #[test]
    fn what_is_never_closed_ends_with_the_text() {
        for text in
            ["$(", "\"$(a \"", "'é", "`é", "${é", "a <<E", "a <<", "((", "$((", "x=(", "\\", "é\\", "2>", "\"\\", "<<E\n\\", "$("]
        {
            read(text);
            read(&text.repeat(5_000));
        }
    }
}
