//! Which alerts of the queue are meant: one language for the console and the command line.
//!
//! `text`, `label=value`, `label!=value`, `label=~re`, `label!~re`, `state:firing`, `severity:critical`, `severity>=warning`,
//! `age>10m`, `service:db`, `source:prod`, `mine`. Terms beside each other must all hold; `and`, `or`, `not` and parentheses say it
//! otherwise, and `-` before a term is `not`. A value may stand in double quotes, and so may the name of a label: `"data base"=x`.
//! What is quoted is no word of the language. Blanks may stand around a sign: `age > 10m`. A state or severity may be cut short:
//! `state:fir`. Invariant: what looks like a term and is none is a mistake. As a text it would be found nowhere, and `not` would
//! make everything of that.

pub mod complete;
mod term;
mod token;
mod unknown;

use super::World;
use super::alerts::Tracked;
use std::iter::Peekable;
use std::vec::IntoIter;
use term::Term;
use token::{Token, tokens};
pub use unknown::no_label;

/// What a filter is made of: the term, what it holds for, and one as it is typed.
pub const TERMS: &[(&str, &str, &str)] = &[
    ("WORD", "an alert that has it in its name, its summary or a label", "disk"),
    ("LABEL=VALUE", "that value of the label", "job=node"),
    ("LABEL!=VALUE", "another one, or none", "env!=lab"),
    ("LABEL=~REGEX", "a value that the whole expression matches", "instance=~db-.*"),
    ("LABEL!~REGEX", "any other", "instance!~test.*"),
    (
        "state:STATE",
        "the state that its row and the header say: `firing` (and nobody's, and not kept quiet), `acknowledged`, `silenced`, `snoozed`, `inhibited`, `resolved` or `pending`, cut short or not",
        "state:ack",
    ),
    ("severity:LEVEL", "exactly that one", "severity:critical"),
    ("severity>=LEVEL", "that or worse; `>`, `<=` and `<`, too", "severity>=warning"),
    ("age>DURATION", "those that fire for longer; `<`, too", "age>10m"),
    ("service:NAME", "those of a service", "service:checkout"),
    ("source:NAME", "those of a source", "source:prod"),
    ("mine", "those that you have acknowledged", "mine"),
    ("not TERM", "the others; `-` before a term is the same", "not service:stripe"),
    ("TERM TERM", "those for which both hold; `and` says the same", "postgres severity:critical"),
    ("TERM or TERM", "those for which one holds; parentheses keep terms together", "(disk or memory) and env=prod"),
    (
        "\"WORDS\"",
        "the text in the quotes: an odd name of a label, a value with blanks, or what is a word of the language",
        "\"data base\"=x",
    ),
];

/// A filter as it was typed; an empty one holds for every alert.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    what: Option<Expression>,
    text: String,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Term(Term),
}

/// Where a filter is wrong: the character (from 0), and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub at: usize,
    pub message: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at character {}: {}", self.at + 1, self.message)
    }
}

impl Filter {
    /// # Errors
    /// The first thing that can't be understood, and where it stands.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable(), end: text.chars().count(), depth: 0 };
        let what = if reader.tokens.peek().is_some() { Some(reader.any()?) } else { None };
        match reader.tokens.next() {
            None => Ok(Self { what, text: text.trim().to_owned() }),
            Some(token) => Err(token.mistake("this parenthesis was never opened")),
        }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// It asks the same, however it was typed: `severity>=w` and `severity>=warning`.
    pub fn asks_as(&self, other: &Self) -> bool {
        self.what == other.what
    }

    /// It holds for every alert.
    pub fn is_empty(&self) -> bool {
        self.what.is_none()
    }

    pub fn holds(&self, world: &World, tracked: &Tracked) -> bool {
        self.what.as_ref().is_none_or(|what| what.holds(world, tracked))
    }

    /// What it holds for changes by itself as time passes.
    pub fn ages(&self) -> bool {
        self.what.as_ref().is_some_and(Expression::ages)
    }
}

impl Expression {
    fn holds(&self, world: &World, tracked: &Tracked) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(world, tracked)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(world, tracked)),
            Self::Not(part) => !part.holds(world, tracked),
            Self::Term(term) => term.holds(world, tracked),
        }
    }

    fn ages(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::ages),
            Self::Not(part) => part.ages(),
            Self::Term(term) => matches!(term, Term::Age(..)),
        }
    }
}

/// More parentheses and negations than this inside each other are no question.
const DEEPEST: usize = 50;

struct Reader {
    tokens: Peekable<IntoIter<Token>>,
    /// One past the last character.
    end: usize,
    depth: usize,
}

impl Reader {
    fn takes(&mut self, word: &str) -> Option<Token> {
        self.tokens.next_if(|token| token.is(word))
    }

    /// `a or b`
    fn any(&mut self) -> Result<Expression, Mistake> {
        let mut parts = vec![self.all()?];
        while self.takes("or").is_some() {
            parts.push(self.all()?);
        }
        Ok(one(parts, Expression::Any))
    }

    /// `a and b`, `a b`
    fn all(&mut self) -> Result<Expression, Mistake> {
        let mut parts = vec![self.not()?];
        while self.tokens.peek().is_some_and(|token| !token.is("or") && !token.is(")")) {
            self.takes("and");
            parts.push(self.not()?);
        }
        Ok(one(parts, Expression::All))
    }

    fn not(&mut self) -> Result<Expression, Mistake> {
        let Some(token) = self.tokens.next() else {
            return Err(Mistake { at: self.end, message: "something is missing here".into() });
        };
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(token.mistake("this is nested too deeply"));
        }
        let read = match token.text.to_ascii_lowercase().as_str() {
            _ if token.quoted && token.name.is_none() => Ok(Expression::Term(Term::text(&token.text))),
            "not" => self.not().map(|part| Expression::Not(Box::new(part))),
            "(" => self.inside(&token),
            "and" | "or" | ")" => Err(token.mistake("something is missing before this")),
            _ => term(&token),
        };
        self.depth -= 1;
        read
    }

    fn inside(&mut self, opened: &Token) -> Result<Expression, Mistake> {
        let inside = self.any()?;
        match self.takes(")") {
            Some(_) => Ok(inside),
            None => Err(opened.mistake("this parenthesis is not closed")),
        }
    }
}

fn one(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => several(parts),
    }
}

fn term(token: &Token) -> Result<Expression, Mistake> {
    let negated = token.text.strip_prefix('-').filter(|rest| !rest.is_empty() && !token.quoted);
    let word = negated.unwrap_or(&token.text);
    let read = match token.name.map(|end| word.split_at(end + word.len() - token.text.len())) {
        Some((name, rest)) => Term::label(name, rest),
        None => Term::parse(word),
    };
    let read = read.and_then(|term| if token.given { Ok(term) } else { term.meant() });
    // Where in the term: a caret under its beginning would point at what is right.
    let before = token.text.len() - word.len();
    let read = read.map_err(|(at, message)| Mistake { at: token.place(before + at), message });
    let term = Expression::Term(read?);
    Ok(if negated.is_some() { Expression::Not(Box::new(term)) } else { term })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With every parenthesis that is meant.
    fn shown(text: &str) -> String {
        fn show(what: &Expression) -> String {
            let list = |parts: &[Expression], word: &str| parts.iter().map(show).collect::<Vec<_>>().join(word);
            match what {
                Expression::All(parts) => format!("({})", list(parts, " and ")),
                Expression::Any(parts) => format!("({})", list(parts, " or ")),
                Expression::Not(part) => format!("not {}", show(part)),
                Expression::Term(Term::Text(text)) => text.clone(),
                Expression::Term(term) => format!("{term:?}").split([' ', '(']).next().unwrap_or_default().to_lowercase(),
            }
        }
        Filter::parse(text).expect("parses").what.as_ref().map(show).unwrap_or_default()
    }

    fn mistake(text: &str) -> (usize, String) {
        let mistake = Filter::parse(text).expect_err("a mistake");
        (mistake.at, mistake.message)
    }

    #[test]
    fn a_mistake_points_at_its_character() {
        assert_eq!(mistake("db state:burning").0, 9);
        assert_eq!(mistake("x job=~[").0, 7);
        assert_eq!(mistake("job=\"a b").0, 4);
        assert_eq!(mistake("=x").0, 0);
        assert_eq!(mistake("a or").0, 4);
        assert_eq!(mistake("a or or b").0, 5);
        assert_eq!(mistake("a (b or c").0, 2);
        assert_eq!(mistake("a b) c").0, 3);
        assert_eq!(mistake("a ()").0, 3);
        assert_eq!(mistake("x alertname==Down"), (12, "`==` is no sign: write alertname=Down".to_owned()));
        assert_eq!(mistake("-job!==a").1, "`!==` is no sign: write job!=a");
        assert!(Filter::parse("job=\"=a\"").is_ok_and(|filter| !filter.is_empty()), "a value in quotes may begin so");
        assert_eq!(mistake(&format!("{}a", "(".repeat(10_000))).1, "this is nested too deeply");
    }

    #[test]
    fn words_bind_as_people_expect() {
        assert_eq!(shown("a b or c d"), "((a and b) or (c and d))");
        assert_eq!(shown("a and (b or not c)"), "(a and (b or not c))");
        assert_eq!(shown("-a not b"), "(not a and not b)");
        assert_eq!(shown("(a)(b)"), "(a and b)");
        assert_eq!(shown("\"or\" \"(a)\" \"-b\" \"mine\""), "(or and (a) and -b and mine)");
        assert_eq!(shown("job=~(a|b) x"), "(like and x)");
        assert_eq!(shown("(job=~(a|b))"), "like");
        assert_eq!(shown("  "), "");
    }

    #[test]
    fn a_label_may_have_any_name_in_quotes() {
        let label = |text: &str| match Filter::parse(text).expect("parses").what.expect("something") {
            Expression::Term(Term::Equal { label, value, not }) => format!("{label}|{value}|{not}"),
            Expression::Term(Term::Like { label, regex, not }) => format!("{label}|{}|{not}", regex.as_str()),
            Expression::Term(Term::Text(text)) => text,
            Expression::Not(part) => format!("not {part:?}").replace("Term(Equal { ", "").replace(", not: false })", ""),
            other => panic!("{other:?}"),
        };
        assert_eq!(label(r#""data base"=x"#), "data base|x|false");
        assert_eq!(label(r#""a=b (c)"!="d e""#), "a=b (c)|d e|true");
        assert_eq!(label(r#""state:é"=~d.*"#), "state:é|^(?:d.*)$|false");
        assert_eq!(label(r#"-"state:a b"=x"#), r#"not label: "state:a b", value: "x""#);
        assert_eq!(label(r#""-a"=x"#), "-a|x|false");
        assert_eq!(label(r#"("a b"=x)"#), "a b|x|false");
        // What is no name before a sign is looked for as it is.
        assert_eq!([r#""a b""#, r#""a"!"#, r#""a=b""#, r#""a""b=c""#].map(label), ["a b", "a!", "a=b", "ab=c"]);
        assert_eq!(label(r#"job="a"=x"#), "job|a=x|false");
        assert_eq!(mistake(r#"x ""=y"#), (2, "a label's name is missing before the sign".to_owned()));
    }

    #[test]
    fn blanks_may_stand_around_a_sign() {
        let same = |typed: &str, text: &str| {
            let [one, other] = [typed, text].map(|text| Filter::parse(text).unwrap_or_else(|why| panic!("{text}: {why}")));
            assert!(one.asks_as(&other), "{typed}: {one:?}");
        };
        same("severity >= critical", "severity>=critical");
        same("age > 10m  disk", "age>10m disk");
        same("age> 10m or age <5m", "age>10m or age<5m");
        same("not job = node and x", "not job=node x");
        same("-job =~ (a|b) x", "-job=~(a|b) x");
        same("(\"data base\" != \"d e\")", "(\"data base\"!=\"d e\")");
        same("state : firing service: db", "state:firing service:db");
        // What goes on with a word of the language, or with another term, has no value.
        same("team = or x", "team= or x");
        same("(team= ) x", "(team=) x");
        same("team= not x", "team= and not x");
        same("team= state:firing", "team= and state:firing");
        same("team= (x)", "team= and x");
        same("team=\"\" disk", "team= and disk");
        // A mistake points at what was typed, past all the blanks.
        assert_eq!(mistake("x  severity  >=  wrning").0, 17);
        assert_eq!(mistake("age > or x").0, 5);
        assert_eq!(mistake("team= disk"), (6, "write team=disk, or team=\"\" disk".to_owned()));
        assert_eq!(mistake("a (b) = c").1, "a label's name is missing before the sign");
        assert_eq!(mistake("> 3").1, "what is compared is missing before the sign: severity or age");
    }

    #[test]
    fn words_of_the_language_may_be_shouted_and_those_of_others_are_pointed_at() {
        assert_eq!(shown("a AND b OR NOT c"), "((a and b) or not c)");
        assert_eq!(shown("-(a or b) NOT(c)"), "(not (a or b) and not c)");
        assert_eq!(shown("\"AND\" \"&&\" \"!a\""), "(and and && and !a)");
        assert_eq!(mistake("disk && host"), (5, "`&&` is no word here: write and".to_owned()));
        assert_eq!(mistake("disk||host"), (4, "`||` is no word here: write or".to_owned()));
        assert_eq!(mistake("a job!=x&&y"), (8, "`&&` is no word here: write and".to_owned()));
        assert_eq!(mistake("a | b").0, 2);
        assert_eq!(mistake("a !disk"), (2, "`!` is no word here: write not disk".to_owned()));
        assert_eq!(mistake("a !(b or c)"), (2, "`!` is no word here: write not".to_owned()));
        assert_eq!(shown("oh! R&D job=~(a||b) job=\"a&&b\""), "(oh! and r&d and like and equal)");
    }

    #[test]
    fn a_key_that_is_none_is_no_text_before_a_sign_that_compares() {
        assert_eq!(mistake("not sevrity>=critical"), (4, "`sevrity` is no key: is severity>=critical meant?".to_owned()));
        assert_eq!(
            mistake("x tier >= 2"),
            (2, "`tier` is no key: `>=` compares severity and age; a text that has it stands in quotes".into())
        );
        assert_eq!(mistake("not severity=>critical"), (12, "`=>` is no sign: write severity>=critical".to_owned()));
        assert_eq!(mistake("not age:10m").1, "`age:` is no key: write age>10m");
        assert_eq!(
            mistake("sevrity:critical").1,
            "`sevrity:` is no key: is severity:critical meant, or the label sevrity=critical?"
        );
        assert_eq!(mistake("x alertname==\"Down\""), (12, "`==` is no sign: write alertname=Down".to_owned()));
        assert_eq!(mistake("x alertname==\"Disk Full\"").1, "`==` is no sign: write alertname=\"Disk Full\"");
        assert_eq!(shown("tag=<none> \"a->b\" \"<none>\""), "(equal and a->b and <none>)");
    }

    #[test]
    fn quotes_keep_a_value_together_and_nothing_means_everything() {
        let filter = Filter::parse(r#"team="data base" x"#).expect("parses");
        let Some(Expression::All(parts)) = &filter.what else { panic!("{filter:?}") };
        assert!(matches!(&parts[0], Expression::Term(Term::Equal { value, .. }) if value == "data base"));
        assert!(Filter::parse("  ").expect("parses").is_empty());
        assert!(Filter::parse("not (age>1h or x)").expect("parses").ages() && !Filter::parse("x").expect("parses").ages());
    }
}
