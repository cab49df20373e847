//! The `params` of the front matter.

use crate::domain::node::{Fields, Key, Node, Problems};
use crate::domain::playbook::{FieldSpec, Param, ParamSource, ParamType, compile};

/// What a parameter may say of itself.
pub const KEYS: &[FieldSpec] = &[
    FieldSpec::new(
        "type",
        "`string`, `int`, `bool`, `enum`, `host`, `port`, `url`, `duration`, `path`, `regex` or `secret`",
        "`string`",
    ),
    FieldSpec::new("default", "a value, taken where nothing else gives one; a secret has none", "none"),
    FieldSpec::new(
        "from",
        "`label.X`, `annotation.X`, `env.X`, `file.X` (its first line), `service.X` or `run.X`",
        "it is typed",
    ),
    FieldSpec::new("pattern", "an expression that the whole value must match", "any"),
    FieldSpec::new("min", "a number: a smaller one is refused", "no limit"),
    FieldSpec::new("max", "a number: a greater one is refused", "no limit"),
    FieldSpec::new("choices", "the values of an `enum`", "an error for an `enum`"),
    FieldSpec::new("required", "`true` or `false`", "`true`"),
    FieldSpec::new("help", "one line for whoever fills it in", "none"),
];

/// Variables that decide what a command is, or belong to the run.
const RESERVED: &[&str] = &["PATH", "HOME", "IFS", "ENV", "SHELLOPTS"];
const RESERVED_BEGINNINGS: &[&str] = &["LD_", "BASH_", "PLAYBOOK_"];

pub fn read(node: &Node, problems: &mut Problems) -> Vec<Param> {
    let pairs = problems.coded("E004", |problems| node.map(problems)).unwrap_or_default();
    pairs.iter().filter_map(|(key, node)| param(key, node, problems)).collect()
}

/// `[A-Z][A-Z0-9_]*`, and not one of those that decide what a command is.
pub fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) || !name.chars().all(allowed) {
        return Err(format!("`{name}` is not a name: upper case letters, digits and `_`, beginning with a letter"));
    }
    if RESERVED.contains(&name) || RESERVED_BEGINNINGS.iter().any(|start| name.starts_with(start)) {
        return Err(format!("`{name}` is reserved"));
    }
    Ok(())
}

fn param(key: &Key, node: &Node, problems: &mut Problems) -> Option<Param> {
    if let Err(why) = check_name(&key.text) {
        problems.lint("E004", key.span, why, None);
    }
    let fields = problems.coded("E003", |problems| node.fields(&FieldSpec::keys(KEYS), problems))?;
    let param = problems.coded("E004", |problems| fill(key, &fields, problems))?;
    problems.coded("E004", |problems| check(&param, &fields, problems));
    Some(param)
}

fn fill(key: &Key, fields: &Fields<'_>, problems: &mut Problems) -> Option<Param> {
    let text = |name: &str, problems: &mut Problems| fields.get(name).and_then(|node| node.text(problems)).map(str::to_owned);
    let number = |name: &str, problems: &mut Problems| fields.get(name).and_then(|node| node.number(problems));
    Some(Param {
        name: key.text.clone(),
        kind: kind(fields, problems)?,
        default: text("default", problems),
        from: fields.get("from").and_then(|node| source(node, problems)),
        pattern: text("pattern", problems),
        min: number("min", problems),
        max: number("max", problems),
        choices: fields.get("choices").and_then(|node| node.texts(problems)).unwrap_or_default(),
        required: fields.get("required").and_then(|node| node.bool(problems)).unwrap_or(true),
        help: text("help", problems),
        span: key.span,
    })
}

fn kind(fields: &Fields<'_>, problems: &mut Problems) -> Option<ParamType> {
    let Some(node) = fields.get("type") else { return Some(ParamType::String) };
    let text = node.text(problems)?;
    let found = ParamType::parse(text);
    if found.is_none() {
        problems.unknown(node.span, "type", text, ParamType::WORDS);
    }
    found
}

fn source(node: &Node, problems: &mut Problems) -> Option<ParamSource> {
    let what = format!("one of {}, with a name behind the dot", ParamSource::WORDS.join(" "));
    node.read(&what, problems, ParamSource::parse)
}

/// What can be judged before any value is there.
fn check(param: &Param, fields: &Fields<'_>, problems: &mut Problems) {
    if param.kind == ParamType::Enum && param.choices.is_empty() {
        problems.error(param.span, format!("`{}` is an enum without `choices`", param.name));
    }
    let broken = param.pattern.as_ref().and_then(|pattern| compile(&format!("^(?:{pattern})$")).err());
    if let (Some(node), Some(why)) = (fields.get("pattern"), broken) {
        return problems.error(node.span, why);
    }
    let Some((node, default)) = fields.get("default").zip(param.default.as_ref()) else { return };
    if param.kind == ParamType::Secret {
        problems.error(node.span, "a secret has no default: it would stand in the file");
    } else if let Err(why) = param.accept(default) {
        problems.error(node.span, format!("the default {why}"));
    }
}
