//! Goes through the text once, character by character, and leaves its commands in the order in which the shell would meet them.

use super::{Command, Script, Variable, Word, is_name};

/// Substitutions inside substitutions; deeper ones are passed over.
const DEEPEST: usize = 24;

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
        let mut done = std::mem::take(command);
        done.find_own();
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
