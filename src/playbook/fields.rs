//! The grammar of a step's fields.

use super::document::{Item, Lines, plain};
use super::expect::{self, Token, tokens};
use super::params::check_name;
use super::slug::slug;
use crate::domain::ids::StepId;
use crate::domain::node::{Problems, nearest};
use crate::domain::playbook::{
    Confirm, Field, FieldSpec, Fields, InDrill, OnFail, Output, Piece, Risk, Section, Target, Times, When,
};
use crate::domain::run::StepState;
use std::time::Duration;

/// The fields that every step may have, whatever its kind.
pub const COMMON: &[FieldSpec] = &[
    FieldSpec::new(
        "risk",
        "`read`, `change` or `destructive`",
        "`read` in Before you start and Verify and of queries, else `change`",
    ),
    FieldSpec::new(
        "confirm",
        "`no`, `yes`, or `type` and a code span: the text to type",
        "read no, change yes, destructive the target typed",
    ),
    FieldSpec::new("host", "a code span: where the block runs", "this machine"),
    FieldSpec::new("timeout", "a duration, kept by the supervisor", "60 s; with `tty` one hour"),
    FieldSpec::new("quiet", "a duration without output after which the screen gives a hint", "60 s"),
    FieldSpec::new(
        "expect",
        "conditions, `;` between them: all must hold",
        "`exit 0`; of a request `status 2xx`; of a query `not empty`; of feeds `all`",
    ),
    FieldSpec::new("retry", "`N times every D`: the first success wins. For checks and `idempotent` steps", "once"),
    FieldSpec::new("repeat", "`N times every D`: so often in a row it must hold", "once"),
    FieldSpec::new("on fail", "`ask`, `stop`, `continue`, or a link to a step or section", "`ask`"),
    FieldSpec::new("when", "``step `id` STATE``, `` `NAME` = `value` `` or `!=`, joined by `and`", "always"),
    FieldSpec::new("outputs", "code spans with the names that the block may set; `` `NAME?` `` may be missing", "none"),
    FieldSpec::new("idempotent", "`yes` or `no`: it may be done twice without harm", "`no`"),
    FieldSpec::new("role", "the role that does it, one of `roles`", "anybody"),
    FieldSpec::new("record", "what is to be written down or attached", "nothing"),
    FieldSpec::new("drill", "`run`, `dry-run` or `skip`: what a drill does with it", "`run`"),
    FieldSpec::new("tty", "`yes` or `no`: the block gets the terminal, and a person says what came of it", "`no`"),
    FieldSpec::new("id", "a code span: the step's name for links and commands", "made from the title, as GitHub makes anchors"),
    FieldSpec::new("kind", "the name of a kind", "told by what the step has"),
];

/// A state that `when` may name: one of a step, or `not-started` (no attempt has begun).
fn is_state(word: &str) -> bool {
    word == "not-started" || StepState::parse(word).is_some()
}

/// A bullet as a field: `**key:** value`. `None` for any other bullet.
pub fn field(item: &Item, lines: &Lines<'_>) -> Option<Field> {
    let bold = item.bold.as_deref()?.trim();
    let mut value = item.pieces.clone();
    let key = match (bold.strip_suffix(':'), value.first_mut()) {
        (Some(key), _) => key,
        // `**key**: value`
        (None, Some(Piece::Text(text))) if text.starts_with(':') => {
            text.remove(0);
            bold
        }
        _ => return None,
    };
    let key = key.trim().to_lowercase();
    let items = item.items.iter().map(|item| item.pieces.clone()).collect();
    (!key.is_empty()).then(|| Field { key, span: lines.span(&item.range), value, items })
}

/// The common field that a bullet begins with, though it is none: its name is not bold, or is not for Markdown, which wants a blank behind.
pub fn slip(item: &Item) -> Option<&'static str> {
    let Some(Piece::Text(text)) = item.pieces.first().filter(|_| item.bold.is_none() && !item.task) else { return None };
    let (key, _) = text.trim_start_matches('*').split_once(':')?;
    COMMON.iter().map(|common| common.key).find(|common| key.trim().eq_ignore_ascii_case(common))
}

/// Every place that a link can lead to, by its anchor.
#[derive(Default)]
pub struct Anchors(pub Vec<(String, Target)>);

impl Anchors {
    pub fn sections() -> Self {
        Self(Section::ALL.iter().map(|section| (section.word().to_owned(), Target::Section(*section))).collect())
    }

    pub fn find(&self, anchor: &str) -> Option<&Target> {
        self.0.iter().find(|(known, _)| known == anchor).map(|(_, target)| target)
    }

    fn step(&self, id: &str) -> Option<StepId> {
        match self.find(id) {
            Some(Target::Step(id)) => Some(id.clone()),
            _ => None,
        }
    }

    fn missing(&self, anchor: &str) -> Wrong {
        let known: Vec<&str> = self.0.iter().map(|(known, _)| known.as_str()).collect();
        let help = nearest(anchor, &known).map(|near| format!("did you mean `#{near}`?"));
        Wrong { code: "E014", message: format!("there is no step or section `{anchor}`"), help }
    }
}

/// Why a field is not acceptable.
struct Wrong {
    code: &'static str,
    message: String,
    help: Option<String>,
}

/// Types the fields of one step. What isn't acceptable is reported and keeps its default.
pub fn read(raw: &[Field], section: Section, anchors: &Anchors, problems: &mut Problems) -> Fields {
    let risk = if section.reads() { Risk::Read } else { Risk::Change };
    let mut fields = Fields { risk, ..Fields::default() };
    for (index, field) in raw.iter().enumerate() {
        if raw[..index].iter().any(|earlier| earlier.key == field.key) {
            problems.lint("E011", field.span, format!("`{}` stands twice in this step", field.key), None);
        }
        if let Err(wrong) = apply(&mut fields, field, anchors) {
            problems.lint(wrong.code, field.span, wrong.message, wrong.help);
        }
    }
    fields
}

fn apply(fields: &mut Fields, field: &Field, anchors: &Anchors) -> Result<(), Wrong> {
    match field.key.as_str() {
        "risk" => fields.risk = word(field, Risk::WORDS, Risk::parse)?,
        "confirm" => fields.confirm = confirm(field)?,
        "host" => fields.host = Some(one_code(field)?),
        "timeout" => fields.timeout = duration(field)?,
        "quiet" => fields.quiet = duration(field)?,
        "expect" => fields.expect = expect::read(&field.value).map_err(|why| grammar(why, expect::GRAMMAR))?,
        "retry" => fields.retry = Some(times(field)?),
        "repeat" => fields.repeat = Some(times(field)?),
        "on fail" => fields.on_fail = on_fail(field, anchors)?,
        "when" => fields.when = when(field, anchors)?,
        "outputs" => fields.outputs = outputs(field)?,
        "idempotent" => fields.idempotent = yes(field)?,
        "role" => fields.role = Some(text(field)?),
        "record" => fields.record = Some(text(field)?),
        "drill" => fields.drill = word(field, InDrill::WORDS, InDrill::parse)?,
        "tty" => fields.tty = yes(field)?,
        _ => {}
    }
    Ok(())
}

fn grammar(message: impl Into<String>, expected: &str) -> Wrong {
    Wrong { code: "E011", message: message.into(), help: Some(format!("expected {expected}")) }
}

fn expected(field: &Field, what: &str) -> Wrong {
    grammar(format!("`{}` is not a value of `{}`", field.text().replace('`', "'"), field.key), what)
}

fn text(field: &Field) -> Result<String, Wrong> {
    let text = plain(&field.value).trim().to_owned();
    if text.is_empty() { Err(expected(field, "a value")) } else { Ok(text) }
}

fn word<T>(field: &Field, known: &[&str], parse: fn(&str) -> Option<T>) -> Result<T, Wrong> {
    parse(&text(field)?).ok_or_else(|| expected(field, &known.join(", ")))
}

fn yes(field: &Field) -> Result<bool, Wrong> {
    word(field, &["yes", "no"], |word| match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    })
}

/// The text of the only code span.
fn one_code(field: &Field) -> Result<String, Wrong> {
    match tokens(&field.value).as_slice() {
        [Token::Code(code)] if !code.trim().is_empty() => Ok(code.trim().to_owned()),
        _ => Err(expected(field, "one code span, such as `name`")),
    }
}

fn duration(field: &Field) -> Result<Duration, Wrong> {
    let found = humantime::parse_duration(&text(field)?).ok().filter(|duration| !duration.is_zero());
    found.ok_or_else(|| expected(field, "a duration such as 500ms, 10s or 1h30m"))
}

fn confirm(field: &Field) -> Result<Confirm, Wrong> {
    let wrong = || expected(field, "`no`, `yes`, or `type` and a code span with the text");
    match tokens(&field.value).as_slice() {
        [Token::Word(word)] if word == "no" => Ok(Confirm::No),
        [Token::Word(word)] if word == "yes" => Ok(Confirm::Yes),
        [Token::Word(word), Token::Code(text)] if word == "type" && !text.trim().is_empty() => Ok(Confirm::Type(text.clone())),
        _ => Err(wrong()),
    }
}

/// `N times every D`.
fn times(field: &Field) -> Result<Times, Wrong> {
    let text = text(field)?;
    let read = || {
        let (count, every) = text.split_once(" times every ").or_else(|| text.split_once(" time every "))?;
        let count = count.trim().parse().ok().filter(|count| (1..=1000).contains(count))?;
        Some(Times { count, every: humantime::parse_duration(every.trim()).ok()? })
    };
    read().ok_or_else(|| expected(field, "`N times every D`, such as `10 times every 1s`, at most 1000 times"))
}

fn on_fail(field: &Field, anchors: &Anchors) -> Result<OnFail, Wrong> {
    let link = field.value.iter().find_map(|piece| match piece {
        Piece::Link { to, .. } => Some(to),
        _ => None,
    });
    if let Some(to) = link {
        let anchor =
            to.strip_prefix('#').ok_or_else(|| expected(field, "a link to a step of this document, such as `#rollback`"))?;
        return anchors.find(anchor).cloned().map(OnFail::Goto).ok_or_else(|| anchors.missing(anchor));
    }
    match text(field)?.as_str() {
        "ask" => Ok(OnFail::Ask),
        "stop" => Ok(OnFail::Stop),
        "continue" => Ok(OnFail::Continue),
        _ => Err(expected(field, "ask, stop, continue or a link to a step")),
    }
}

/// Parts joined by `and`.
fn when(field: &Field, anchors: &Anchors) -> Result<Vec<When>, Wrong> {
    let tokens = tokens(&field.value);
    tokens.split(|token| *token == Token::Word("and".into())).map(|part| guard(field, part, anchors)).collect()
}

fn guard(field: &Field, tokens: &[Token], anchors: &Anchors) -> Result<When, Wrong> {
    match tokens {
        [Token::Word(step), Token::Code(id), Token::Word(state)] if step == "step" && is_state(state) => {
            let step = anchors.step(id.trim_start_matches('#')).ok_or_else(|| anchors.missing(id))?;
            Ok(When::Step { step, state: state.clone() })
        }
        [Token::Code(name), Token::Word(sign), Token::Code(value)] if sign == "=" || sign == "!=" => {
            Ok(When::Value { name: name.trim_start_matches('$').to_owned(), equal: sign == "=", value: value.clone() })
        }
        _ => {
            let states: Vec<&str> = StepState::ALL.iter().map(|state| state.word()).collect();
            let what = "step `id` STATE, or `NAME` = `value` (or !=), joined by `and`; STATE is not-started";
            Err(expected(field, &format!("{what}, {}", states.join(", "))))
        }
    }
}

fn outputs(field: &Field) -> Result<Vec<Output>, Wrong> {
    let output = |token| match token {
        Token::Code(code) => {
            let name = code.trim().trim_end_matches('?');
            check_name(name).map_err(|why| grammar(why, "code spans with names: `NAME`, or `NAME?` if it may be missing"))?;
            Ok(Output { name: name.to_owned(), optional: code.trim().ends_with('?') })
        }
        Token::Word(_) => Err(expected(field, "code spans with names: `NAME`, or `NAME?` if it may be missing")),
    };
    tokens(&field.value).into_iter().filter(|token| *token != Token::Word(",".into())).map(output).collect()
}

/// The step's own name for itself: the field `id`, else the slug of its title.
pub fn own_id(raw: &[Field], title: &str, problems: &mut Problems) -> String {
    let Some(field) = raw.iter().find(|field| field.key == "id") else { return slug(title) };
    match one_code(field) {
        Ok(id) if slug(&id) == id => id,
        _ => {
            problems.lint(
                "E011",
                field.span,
                "`id` is not an anchor",
                "expected one code span of letters, digits, `-` and `_`".to_owned(),
            );
            slug(title)
        }
    }
}
