//! The words of a typed line, and which of them are numbers of alerts.

use crate::cli::tree;
use crate::domain::ids::AlertId;
use crate::domain::node::nearest;
use crate::domain::text::inert;
use clap::Command;

/// Commands whose plain words are alerts.
const ON_ALERTS: [&str; 13] = [
    "ack", "unack", "silence", "assign", "comment", "downtime", "escalate", "history", "merge", "priority", "recheck", "resolve",
    "snooze",
];
/// Options whose value is an alert, of any command.
const OF_ALERTS: [&str; 2] = ["alert", "into"];

/// As a shell has them, but for `#`: nobody types a comment here, and tickets begin so.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let (mut kept, mut quote, mut begins, mut escaped) = (String::new(), None, true, false);
    for character in line.trim().chars() {
        match (character, quote) {
            ('#', None) if begins => kept.push('\\'),
            ('\'' | '"', None) if !escaped => quote = Some(character),
            (_, Some(open)) if character == open && !escaped => quote = None,
            _ => {}
        }
        begins = quote.is_none() && character.is_whitespace() && !escaped;
        escaped = character == '\\' && !escaped && quote != Some('\'');
        kept.push(character);
    }
    shell_words::split(&kept).map_err(|_| "a quote is not closed".to_owned())
}

/// What can be typed begins with it; an option is the program's to refuse.
pub fn is_command(word: &str) -> bool {
    word.starts_with('-') || word == "help" || tree().find_subcommand(word).is_some()
}

/// What nothing is called, and what may be meant.
pub fn unknown(word: &str) -> String {
    if word == "undo" {
        return "undo is a key of the screen: here unack, unsilence and snooze take back what they name".to_owned();
    }
    let all = tree();
    let known: Vec<&str> = all.get_subcommands().filter(|known| !known.is_hide_set()).map(Command::get_name).collect();
    let near = nearest(word, &known).map_or(String::new(), |near| format!("did you mean {near}? "));
    format!("no command is called {}: {near}help says what can be typed", inert(word))
}

/// Numbers become the ids of their alerts where an alert is meant. One that nobody has is no beginning of a fingerprint.
pub fn with_ids<'a>(words: &[String], id: impl Fn(&str) -> Option<&'a AlertId>) -> Result<Vec<String>, String> {
    let all = tree();
    let command = words.first().and_then(|name| all.find_subcommand(name));
    let on_alerts = words.first().is_some_and(|name| ON_ALERTS.contains(&name.as_str()));
    let alert = |word: &str| match id(word) {
        Some(id) => Ok(id.to_string()),
        None if word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty() => {
            Err(format!("no alert has the number {word}: `alerts` says them"))
        }
        None => Ok(word.to_owned()),
    };
    let mut named: Vec<String> = Vec::new();
    let (mut value_of, mut only_words) = (None::<String>, false);
    for (at, word) in words.iter().enumerate() {
        let option = word.strip_prefix("--").filter(|_| !only_words && value_of.is_none());
        named.push(match (value_of.take(), option) {
            (Some(option), _) if OF_ALERTS.contains(&option.as_str()) => alert(word)?,
            (Some(_), _) => word.clone(),
            (None, Some("")) => {
                only_words = true;
                word.clone()
            }
            (None, Some(option)) => match option.split_once('=') {
                Some((name, value)) if OF_ALERTS.contains(&name) => format!("--{name}={}", alert(value)?),
                Some(_) => word.clone(),
                None => {
                    value_of = takes_value(&all, command, option).then(|| option.to_owned());
                    word.clone()
                }
            },
            (None, None) if on_alerts && at > 0 && (only_words || !word.starts_with('-')) => alert(word)?,
            (None, None) => word.clone(),
        });
    }
    Ok(named)
}

/// The command or, below it, any of its own has such an option, and the next word belongs to it.
fn takes_value(all: &Command, command: Option<&Command>, option: &str) -> bool {
    let has = |command: &Command| {
        let named = command.get_arguments().find(|argument| argument.get_long() == Some(option));
        named.is_some_and(|argument| argument.get_action().takes_values())
    };
    let of = |command: &Command| has(command) || command.get_subcommands().any(has);
    has(all) || command.is_some_and(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &str) -> Result<String, String> {
        let alerts = [1, 2, 3].map(|n| AlertId { source: "prod".into(), fingerprint: format!("f{n}").as_str().into() });
        let id = |word: &str| alerts.get(word.parse::<usize>().ok()?.checked_sub(1)?);
        Ok(with_ids(&split(line)?, id)?.join(" "))
    }

    #[test]
    fn numbers_are_alerts_where_alerts_are_meant_and_nowhere_else() {
        for (typed, wanted) in [
            ("ack 1 3 --note 2", "ack prod/f1 prod/f3 --note 2"),
            ("ack --for 1h 3", "ack --for 1h prod/f3"),
            ("ack --for=1h 3", "ack --for=1h prod/f3"),
            ("ack --read-only 3", "ack --read-only prod/f3"),
            ("silence --for 2h -- 2", "silence --for 2h -- prod/f2"),
            ("merge 3 --into 1", "merge prod/f3 --into prod/f1"),
            ("playbook run x --alert=3 --param A=2", "playbook run x --alert=prod/f3 --param A=2"),
            ("playbook run x --alert 3", "playbook run x --alert prod/f3"),
            ("page dba 2 replicas lost --alert 2", "page dba 2 replicas lost --alert prod/f2"),
            ("note 3 pools", "note 3 pools"),
            ("ack abc", "ack abc"),
            ("incident set 3", "incident set 3"),
        ] {
            assert_eq!(named(typed).as_deref(), Ok(wanted));
        }
    }

    #[test]
    fn a_number_that_no_alert_has_is_no_fingerprint() {
        for typed in ["ack 4", "ack --for=1h 12", "merge 1 --into 9", "playbook run x --alert=7", "silence 0"] {
            assert!(named(typed).is_err_and(|why| why.starts_with("no alert has the number")), "{typed}");
        }
    }

    #[test]
    fn a_word_that_no_command_has_is_told_with_what_may_be_meant() {
        assert!(["ack", "help", "--filter", "incident"].iter().all(|word| is_command(word)));
        assert!(!is_command("foo") && !is_command("undo"));
        assert_eq!(unknown("foo\u{1b}"), "no command is called foo␛: help says what can be typed");
        assert_eq!(unknown("anck"), "no command is called anck: did you mean ack? help says what can be typed");
        assert!(unknown("undo").contains("unack"));
    }

    #[test]
    fn words_are_a_shells_without_comments() {
        let split = |line: &str| split(line).map(|words| words.join("|"));
        assert_eq!(split("note replaced disk #3 in db-2").as_deref(), Ok("note|replaced|disk|#3|in|db-2"));
        assert_eq!(split("ack 1 --note 'on it #4711'").as_deref(), Ok("ack|1|--note|on it #4711"));
        assert_eq!(split("note \"a # b\" c#d \\# #").as_deref(), Ok("note|a # b|c#d|#|#"));
        assert_eq!(split(" ").as_deref(), Ok(""));
        assert!(split("ack 'open").is_err());
    }
}
