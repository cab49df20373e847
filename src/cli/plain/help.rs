//! What `help` says of the lines that can be typed.

/// Commands that it names; each is understood as it stands.
const TYPED: [&str; 5] = [
    "ack 3 --note \"on it\"",
    "silence 3 --for 1h --note \"known\"",
    "note \"the pool is full\"",
    "playbook run NAME --alert 3",
    "incident open \"no payments\"",
];

pub fn lines() -> Vec<String> {
    let typed = TYPED.join(", ");
    vec![
        "enter or status: how it stands. alerts, or alerts FILTER: the queue; more: the next ones.".to_owned(),
        "A number: all about that alert, and which playbooks fit it. It stays that alert's number.".to_owned(),
        format!("Everything else is a command of midwatch, with numbers for alerts: {typed}. help COMMAND explains one."),
        "quit, or the end of the input: leave. What happens is said by itself.".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::plain::words;

    #[test]
    fn every_command_that_it_names_is_understood() {
        for typed in TYPED {
            let words = words::split(typed).expect("words");
            let parsed = crate::cli::tree().try_get_matches_from(std::iter::once("midwatch".to_owned()).chain(words));
            assert!(parsed.is_ok(), "{typed}: {}", parsed.map(drop).unwrap_err());
        }
    }
}
