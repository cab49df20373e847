//! Shell text as commands and words: what is quoted, where a command begins, which variables are used. Knows no rules.
//! A reading, not the shell's grammar: it never fails, and what it misreads costs a wrong warning at most.

/// Substitutions inside substitutions; deeper ones are passed over.
const DEEPEST: usize = 24;

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
        let own = self.words.iter().position(|word| word.assigned().is_none() && !BEFORE.contains(&word.raw));
        &self.words[own.unwrap_or(self.words.len())..]
    }

    /// What is run, as it is written.
    pub fn name(&self) -> Option<&'a str> {
        self.call().first().map(|word| word.raw)
    }

    /// What is run, without its folder.
    pub fn program(&self) -> &'a str {
        let name = self.name().unwrap_or("");
        name.rsplit('/').next().unwrap_or(name)
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
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.chars().all(part) && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

pub fn read(text: &str) -> Script<'_> {
    let mut reader = Reader { text, at: 0, depth: 0, pending: Vec::new(), script: Script::default() };
    reader.commands(None);
    reader.script
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Here-documents that begin after this line: their last word, and whether `$` means something in them.
    pending: Vec<(&'a str, bool)>,
    script: Script<'a>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn begins(&self, text: &str) -> bool {
        self.text.as_bytes()[self.at.min(self.text.len())..].starts_with(text.as_bytes())
    }

    fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.text.len());
    }

    /// The text from `start`, which is where a character begins, to here.
    fn since(&self, start: usize) -> &'a str {
        let end = (self.at..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or("")
    }

    /// Commands up to `close`, or to the end.
    fn commands(&mut self, close: Option<u8>) {
        let (mut command, mut cases) = (Command::default(), 0_usize);
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.skip(1),
                b'\\' if self.begins("\\\n") => self.skip(2),
                b'#' => self.skip_line(),
                b')' if close == Some(b')') && cases == 0 && command.keyword() != "case" => {
                    self.skip(1);
                    break;
                }
                b'(' => self.parenthesis(&mut command),
                b'\n' | b';' | b'&' | b'|' | b')' => {
                    match command.keyword() {
                        "case" => cases += 1,
                        "esac" => cases = cases.saturating_sub(1),
                        _ if byte == b')' && cases > 0 => self.pattern(&mut command),
                        _ => {}
                    }
                    self.separator(byte, &mut command);
                }
                b'<' | b'>' => self.redirect(self.at, &mut command),
                _ => self.word_or_redirect(&mut command),
            }
        }
        self.end(&mut command);
    }

    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.skip(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    }

    /// What stood before this `)` is the pattern of an arm, and so is what a `|` has divided from it.
    fn pattern(&mut self, command: &mut Command<'a>) {
        while std::mem::take(command).piped {
            *command = self.script.commands.pop().unwrap_or_default();
        }
    }

    fn parenthesis(&mut self, command: &mut Command<'a>) {
        command.defines = self.begins("()");
        self.end(command);
        if self.begins("((") {
            let mut word = Word { at: self.at, ..Word::default() };
            self.skip(2);
            self.arithmetic(&mut word.variables);
            command.words.push(Word { raw: "((", ..word });
        } else if self.depth < DEEPEST {
            self.skip(1);
            self.nested(Some(b')'));
        } else {
            self.skip(1);
        }
    }

    fn nested(&mut self, close: Option<u8>) {
        self.depth += 1;
        self.commands(close);
        self.depth -= 1;
    }

    fn separator(&mut self, byte: u8, command: &mut Command<'a>) {
        if self.begins("&>") {
            return self.redirect(self.at, command);
        }
        let double = self.begins("&&") || self.begins("||");
        command.background = byte == b'&' && !double;
        self.end(command);
        command.piped = byte == b'|' && !double;
        self.skip(if double || self.begins("|&") { 2 } else { 1 });
        if byte == b'\n' {
            self.documents();
        }
    }

    fn end(&mut self, command: &mut Command<'a>) {
        let done = std::mem::take(command);
        if !done.words.is_empty() || !done.redirects.is_empty() {
            self.script.commands.push(done);
        }
    }

    fn word_or_redirect(&mut self, command: &mut Command<'a>) {
        let digits = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let after = self.text.as_bytes().get(self.at + digits);
        if digits > 0 && matches!(after, Some(b'<' | b'>')) {
            let start = self.at;
            self.skip(digits);
            return self.redirect(start, command);
        }
        let word = self.word();
        command.words.push(word);
    }

    /// The operator at this place (`start` is where its number begins) and what it names.
    fn redirect(&mut self, start: usize, command: &mut Command<'a>) {
        let operator = self.text.as_bytes()[self.at..].iter().take_while(|byte| b"<>&|-".contains(byte)).count();
        let operator = if self.begins("<<<") { 3 } else { operator };
        let sign = self.at;
        self.skip(operator);
        let (whole, bare) = (self.since(start), self.since(sign));
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.skip(1);
        }
        let word = self.word();
        if matches!(bare, "<<" | "<<-") {
            let end = word.raw.trim_matches(['"', '\'', '\\']);
            self.pending.push((end, end.len() == word.raw.len()));
        }
        command.redirects.push((whole, word));
    }

    /// The here-documents that this line has announced.
    fn documents(&mut self) {
        for (end, filled) in std::mem::take(&mut self.pending) {
            let start = self.at;
            loop {
                let line = self.at;
                self.skip_line();
                let last = self.since(line).trim() == end;
                self.skip(1);
                if last || self.at >= self.text.len() {
                    break;
                }
            }
            if filled {
                self.document(start);
            }
        }
    }

    /// The variables of a here-document that begins at `start` and ends here.
    fn document(&mut self, start: usize) {
        let end = self.at;
        let mut word = Word::default();
        self.at = start;
        while self.at < end {
            match self.peek() {
                Some(b'\\') => self.skip(2),
                Some(b'$') => self.dollar(true, &mut word),
                _ => self.skip(1),
            }
        }
        self.at = self.at.max(end);
        self.script.documents.append(&mut word.variables);
    }

    fn word(&mut self) -> Word<'a> {
        let mut word = Word { at: self.at, ..Word::default() };
        let (start, mut open) = (self.at, 0_usize);
        while let Some(byte) = self.peek() {
            match byte {
                b'(' if open > 0 || self.since(start).ends_with('=') => {
                    open += 1;
                    self.skip(1);
                }
                b')' if open > 0 => {
                    open -= 1;
                    self.skip(1);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' if open == 0 => break,
                _ => self.piece(byte, false, &mut word),
            }
        }
        word.raw = self.since(start);
        word
    }

    /// One character, quotation or substitution.
    fn piece(&mut self, byte: u8, quoted: bool, word: &mut Word<'a>) {
        match byte {
            b'\\' => self.skip(2),
            b'$' => self.dollar(quoted, word),
            b'`' => self.backticks(word),
            b'\'' if !quoted => self.single(),
            b'"' if !quoted => self.double(word),
            _ => self.skip(1),
        }
    }

    fn single(&mut self) {
        let rest = &self.text.as_bytes()[self.at + 1..];
        self.skip(2 + rest.iter().position(|byte| *byte == b'\'').unwrap_or(rest.len()));
    }

    fn double(&mut self, word: &mut Word<'a>) {
        self.skip(1);
        while let Some(byte) = self.peek() {
            if byte == b'"' {
                return self.skip(1);
            }
            self.piece(byte, true, word);
        }
    }

    fn backticks(&mut self, word: &mut Word<'a>) {
        let rest = &self.text.as_bytes()[self.at + 1..];
        let end = self.at + 1 + rest.iter().position(|byte| *byte == b'`').unwrap_or(rest.len());
        word.substitutes = true;
        if self.depth < DEEPEST {
            let script = std::mem::take(&mut self.script);
            let (depth, text) = (self.depth + 1, self.text.get(..end).unwrap_or(""));
            let mut inner = Reader { text, at: self.at + 1, depth, pending: Vec::new(), script };
            inner.commands(None);
            self.script = inner.script;
        }
        self.at = end;
        self.skip(1);
    }

    fn dollar(&mut self, quoted: bool, word: &mut Word<'a>) {
        let start = self.at;
        self.skip(1);
        match self.peek() {
            Some(b'(') if self.begins("((") => {
                self.skip(2);
                self.arithmetic(&mut word.variables);
            }
            Some(b'(') if self.depth < DEEPEST => {
                word.substitutes = true;
                self.skip(1);
                self.nested(Some(b')'));
            }
            Some(b'{') => self.braced(start, quoted, word),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let name = self.name();
                word.variables.push(Variable { name, at: start, quoted, defaulted: false });
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?$!-".contains(&byte) => self.skip(1),
            _ => {}
        }
    }

    fn name(&mut self) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.skip(1);
        }
        self.since(start)
    }

    /// `${name}`, `${#name}`, `${name:-word}` and the others.
    fn braced(&mut self, start: usize, quoted: bool, word: &mut Word<'a>) {
        self.skip(1);
        let counts = self.begins("#") && !self.begins("#}");
        self.skip(usize::from(counts || self.begins("!")));
        let name = self.name();
        let defaulted = ["-", ":-", "=", ":=", "+", ":+", "?", ":?"].iter().any(|sign| self.begins(sign));
        if is_name(name) {
            word.variables.push(Variable { name, at: start, quoted: quoted || counts, defaulted });
        }
        while let Some(byte) = self.peek() {
            if byte == b'}' {
                return self.skip(1);
            }
            if byte == b'\n' && !quoted {
                return;
            }
            self.piece(byte, quoted, word);
        }
    }

    /// Up to `))`; nothing is split in there.
    fn arithmetic(&mut self, variables: &mut Vec<Variable<'a>>) {
        let mut word = Word::default();
        while let Some(byte) = self.peek() {
            if self.begins("))") {
                self.skip(2);
                break;
            }
            if byte == b'$' { self.dollar(true, &mut word) } else { self.skip(1) }
        }
        variables.append(&mut word.variables);
    }
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
