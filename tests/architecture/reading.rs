//! Reads what the rules need from Rust source: which paths are mentioned, and which bans are lifted where.
//! It works on tokens, so comments and strings don't count, and the insides of macros do.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::Path;

/// What one source file says.
pub struct File {
    /// Relative to the package, with `/`.
    pub name: String,
    /// Where it stands in the crate: `src/model/fold.rs` is `[model, fold]`, `src/lib.rs` is `[]`.
    pub module: Vec<String>,
    pub mentions: Vec<Mention>,
    pub lifted: Vec<Lifted>,
}

/// A path that the file names.
#[derive(Debug, PartialEq)]
pub struct Mention {
    /// From the root of the crate, or with the name of another crate first.
    pub path: Vec<String>,
    pub ours: bool,
    /// In code that is compiled for tests only.
    pub test: bool,
}

/// An attribute that changes the level of a lint.
#[derive(Debug, PartialEq)]
pub struct Lifted {
    pub lint: String,
    /// The module on whose `mod` line it stands; `None` anywhere else.
    pub on: Option<String>,
    /// `expect` with a reason.
    pub expected: bool,
    /// On a test module, or inside one.
    pub test: bool,
}

impl File {
    pub fn parse(name: &str, text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let module = module_of(name);
        let mut file = Self { name: name.to_owned(), module: module.clone(), mentions: Vec::new(), lifted: Vec::new() };
        let test = module.last().is_some_and(|last| last == "tests");
        file.read(&tokens.into_iter().collect::<Vec<_>>(), &module, test);
        file
    }

    fn read(&mut self, tokens: &[TokenTree], module: &[String], test: bool) {
        let mut attributes = Vec::new();
        let mut test_item = test;
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let Some((words, length)) = attribute(rest) {
                test_item |= words.starts_with(&["cfg".into(), "test".into()]);
                attributes.push(words);
                at += length;
                continue;
            }
            if let Some(length) = visibility(rest) {
                at += length;
                continue;
            }
            let named = module_line(rest);
            let inner: Vec<_> = module.iter().cloned().chain(named.clone()).collect();
            self.note_attributes(&std::mem::take(&mut attributes), named.is_some().then(|| inner.join("::")), test_item);
            at += self.read_token(&tokens[..at], rest, &inner, named.is_some(), test_item);
            if ends_item(&tokens[at - 1]) {
                test_item = test;
            }
        }
        self.note_attributes(&attributes, None, test);
    }

    /// Reads what begins here; says how many tokens that were.
    fn read_token(&mut self, before: &[TokenTree], rest: &[TokenTree], module: &[String], is_module: bool, test: bool) -> usize {
        match rest {
            [_, _, TokenTree::Group(body), ..] if is_module => {
                self.read(&body.stream().into_iter().collect::<Vec<_>>(), module, test);
                3
            }
            _ if is_module => 2,
            // A method or a lifetime: no path, only a name.
            [TokenTree::Ident(word), ..] if before.last().is_some_and(|token| is_punct(token, ".'")) => {
                self.mentions.push(Mention { path: vec![".".to_owned(), word.to_string()], ours: false, test });
                1
            }
            [TokenTree::Ident(_), ..] => {
                let (paths, length) = path(rest);
                paths.into_iter().for_each(|path| self.note_path(path, module, test));
                length
            }
            [TokenTree::Group(group), ..] => {
                self.read(&group.stream().into_iter().collect::<Vec<_>>(), module, test);
                1
            }
            _ => 1,
        }
    }

    fn note_path(&mut self, path: Vec<String>, module: &[String], test: bool) {
        let ours = matches!(path[0].as_str(), "crate" | "midwatch" | "self" | "super");
        let path = if ours { resolved(&path, module) } else { path };
        self.mentions.push(Mention { path, ours, test });
    }

    fn note_attributes(&mut self, attributes: &[Vec<String>], on: Option<String>, test: bool) {
        for words in
            attributes.iter().filter(|words| words.iter().any(|word| matches!(word.as_str(), "allow" | "expect" | "warn")))
        {
            let expected = words[0] == "expect" && words.iter().any(|word| word == "reason");
            let test = test || words.starts_with(&["cfg_attr".into(), "test".into()]);
            let lifted = |lint: &String| Lifted { lint: lint.clone(), on: on.clone(), expected, test };
            self.lifted.extend(words.iter().skip(1).map(lifted));
        }
    }
}

fn module_of(name: &str) -> Vec<String> {
    let path = Path::new(name).with_extension("");
    let mut parts: Vec<_> = path.iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// `#[…]` or `#![…]`: the words in it and how many tokens it takes.
fn attribute(tokens: &[TokenTree]) -> Option<(Vec<String>, usize)> {
    let hash = is_punct(tokens.first()?, "#").then_some(1)?;
    let length = hash + usize::from(is_punct(tokens.get(hash)?, "!"));
    match tokens.get(length)? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some((words(group.stream()), length + 1)),
        _ => None,
    }
}

fn words(stream: TokenStream) -> Vec<String> {
    let of_one = |token| match token {
        TokenTree::Ident(word) => vec![word.to_string()],
        TokenTree::Group(group) => words(group.stream()),
        _ => Vec::new(),
    };
    stream.into_iter().flat_map(of_one).collect()
}

/// `pub` or `pub(…)`.
fn visibility(tokens: &[TokenTree]) -> Option<usize> {
    (tokens.first()?.to_string() == "pub").then_some(())?;
    let limited = matches!(tokens.get(1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    Some(1 + usize::from(limited))
}

/// `mod name`, with its body or a semicolon after it.
fn module_line(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [TokenTree::Ident(word), TokenTree::Ident(name), ..] if word == "mod" => Some(name.to_string()),
        _ => None,
    }
}

fn ends_item(token: &TokenTree) -> bool {
    is_punct(token, ";,") || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// The path that begins here, or all paths of a `{…}` list at its end, and how many tokens it takes.
fn path(tokens: &[TokenTree]) -> (Vec<Vec<String>>, usize) {
    let mut segments = vec![tokens[0].to_string()];
    let mut length = 1;
    while let [first, second, next, ..] = &tokens[length..] {
        if !(is_punct(first, ":") && is_punct(second, ":")) {
            break;
        }
        length += 3;
        match next {
            TokenTree::Ident(word) => segments.push(word.to_string()),
            TokenTree::Group(list) if list.delimiter() == Delimiter::Brace => return (listed(&segments, list.stream()), length),
            // `*`, or `<` of a turbofish, whose own paths are read on their own.
            next => {
                segments.extend(is_punct(next, "*").then(|| "*".to_owned()));
                break;
            }
        }
    }
    (vec![segments], length)
}

fn listed(prefix: &[String], list: TokenStream) -> Vec<Vec<String>> {
    let tokens: Vec<_> = list.into_iter().collect();
    let items = tokens.split(|token| is_punct(token, ",")).filter(|item| !item.is_empty());
    let ends = items.flat_map(|item| path(item).0);
    ends.map(|end| prefix.iter().cloned().chain(end.into_iter().filter(|word| word != "self")).collect()).collect()
}

fn resolved(path: &[String], module: &[String]) -> Vec<String> {
    let mut place = if path[0] == "self" || path[0] == "super" { module.to_vec() } else { Vec::new() };
    for segment in path {
        match segment.as_str() {
            "crate" | "midwatch" | "self" => {}
            "super" => drop(place.pop()),
            word => place.push(word.to_owned()),
        }
    }
    place
}

fn is_punct(token: &TokenTree, any_of: &str) -> bool {
    matches!(token, TokenTree::Punct(punct) if any_of.contains(punct.as_char()))
}
