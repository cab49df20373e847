//! Families of kinds, and the other tables that the program works by.

use super::table::{code, table};
use crate::config;
use crate::domain::node::FieldSpec;
use crate::domain::playbook::Place;
use crate::model::filter;
use crate::playbook::{self, BUNDLED, FIELDS, FRONT_KEYS, PARAM_KEYS, RULES, scenario};
use crate::ports::Tls;
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::theme::{EMBEDDED, Theme};
use crate::{exports, steps};

fn row(cells: [&str; 2]) -> Vec<String> {
    vec![code(cells[0]), cells[1].to_owned()]
}

/// Keys with what they mean, and what holds without them.
fn keys_of(groups: &[&'static [FieldSpec]]) -> String {
    let rows =
        FieldSpec::told(groups).into_iter().map(|(key, of)| vec![code(&key), of.value.to_owned(), of.otherwise.to_owned()]);
    table(&["key", "meaning", "otherwise"], rows.collect::<Vec<_>>())
}

fn below(heading: &str, groups: &[&'static [FieldSpec]]) -> String {
    format!("\n### {heading}\n\n{}", keys_of(groups))
}

pub fn configuration() -> String {
    let rows = config::keys::ALL
        .iter()
        .map(|(key, meaning, otherwise)| vec![(*key).to_owned(), (*meaning).to_owned(), (*otherwise).to_owned()]);
    let all = table(&["key", "meaning", "otherwise"], rows);
    all + &below("services", &[config::SERVICE]) + &below("maintenance", &[config::WINDOW]) + &below("tls", &[Tls::KEYS])
}

/// A family: what all of them have, what there is, and the keys of each.
fn family(all: &'static [FieldSpec], word: &str, kinds: &[(&str, &str, &[&'static [FieldSpec]])]) -> String {
    let list = table(&["kind", "is"], kinds.iter().map(|(name, about, _)| row([name, about])));
    let each: String = kinds.iter().map(|(name, _, keys)| below(&format!("{word} {name}"), keys)).collect();
    format!("Each has a name and exactly one key that says its kind:\n\n{}\n{list}{each}", keys_of(&[all]))
}

pub fn sources() -> String {
    let kinds: Vec<_> = crate::sources::KINDS.iter().map(|kind| (kind.name, kind.about, kind.keys)).collect();
    family(config::SOURCE, "source", &kinds)
}

pub fn feeds() -> String {
    let kinds: Vec<_> = crate::feeds::KINDS.iter().map(|kind| (kind.name, kind.about, kind.keys)).collect();
    family(config::FEED, "feed", &kinds)
}

pub fn tellers() -> String {
    let kinds: Vec<_> = crate::tellers::KINDS.iter().map(|kind| (kind.name, kind.about, kind.keys)).collect();
    family(config::DESTINATION, "update by", &kinds)
}

pub fn filters() -> String {
    table(
        &["term", "holds for", "like"],
        filter::TERMS.iter().map(|(term, about, like)| vec![code(term), (*about).to_owned(), code(like)]),
    )
}

pub fn keys() -> String {
    let keymap = Keymap::default();
    let rows = keymap.all().iter().filter(|binding| !binding.keys.is_empty()).map(|binding| {
        let keys: Vec<String> = binding.keys.iter().map(|key| code(&key.to_string())).collect();
        let places: Vec<&str> = binding.contexts.iter().map(|context| context.title()).collect();
        vec![keys.join(" "), code(binding.action.name()), places.join(", ")]
    });
    table(&["keys", "action", "where"], rows.collect::<Vec<_>>())
}

pub fn actions() -> String {
    table(&["action", "does"], Action::ALL.iter().map(|action| row([action.name(), action.about()])))
}

pub fn themes() -> String {
    let about = |name: &str| Theme::embedded(name).map(|theme| theme.about).unwrap_or_default();
    table(&["theme", "is"], EMBEDDED.iter().map(|(name, _)| row([name, &about(name)])))
}

fn fields_of<'f>(head: &[&str], fields: impl IntoIterator<Item = &'f FieldSpec>) -> String {
    let rows = fields.into_iter().map(|field| vec![code(field.key), field.value.to_owned(), field.otherwise.to_owned()]);
    table(head, rows.collect::<Vec<_>>())
}

pub fn front() -> String {
    fields_of(&["key", "value", "missing"], FRONT_KEYS)
}

pub fn params() -> String {
    fields_of(&["key", "value", "otherwise"], PARAM_KEYS)
}

pub fn steps() -> String {
    table(&["kind", "is"], steps::KINDS.iter().map(|kind| row([kind.name, kind.about])))
}

pub fn fields() -> String {
    let of_kinds = steps::KINDS.iter().flat_map(|kind| kind.fields);
    fields_of(&["field", "value", "otherwise"], FIELDS.iter().chain(of_kinds))
}

pub fn problems() -> String {
    table(&["code", "finds"], RULES.iter().map(|rule| row([rule.code, rule.about])))
}

pub fn scenarios() -> String {
    table(&["code", "finds"], scenario::RULES.iter().map(|(code, about)| row([code, about])))
}

pub fn bundled() -> String {
    let rows = BUNDLED.iter().map(|(file, text)| {
        let book = playbook::read(text, Place::Bundled(file), steps::KINDS);
        let practice = book.meta.practice.map_or("", |practice| practice.word());
        vec![code(book.id.as_str()), practice.to_owned(), book.title]
    });
    table(&["id", "practice", "for"], rows.collect::<Vec<_>>())
}

pub fn exports() -> String {
    table(&["format", "is"], exports::KINDS.iter().map(|kind| row([kind.name, kind.about])))
}
