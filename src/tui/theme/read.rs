//! A theme's file: what is wrong with it is said all at once, each at its place.

use super::{Role, Theme};
use crate::domain::node::{Node, Problems};
use ratatui::style::{Color, Modifier, Style};

const KEYS: [&str; 4] = ["about", "foreground", "background", "styles"];

pub fn theme(text: &str, problems: &mut Problems) -> Option<Theme> {
    let node = Node::parse(text, problems)?;
    let fields = node.fields(&KEYS, problems)?;
    let about = fields.need("about", problems).and_then(|node| node.text(problems)).map(str::to_owned);
    let mut ground = |name: &str| {
        let node = fields.need(name, problems)?;
        node.read("a colour as #rrggbb", problems, |text| match text.parse() {
            Ok(Color::Rgb(r, g, b)) => Some((r, g, b)),
            _ => None,
        })
    };
    let (foreground, background) = (ground("foreground"), ground("background"));
    let mut styles = vec![Style::new(); Role::ALL.len()];
    let pairs = fields.need("styles", problems).and_then(|node| node.map(problems)).unwrap_or_default();
    for (key, node) in pairs {
        let Some(role) = Role::ALL.iter().find(|role| role.name() == key.text) else {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            problems.unknown(key.span, "style", &key.text, &known);
            continue;
        };
        if let Some(style) = node.text(problems).map(str::to_owned).and_then(|words| style(&words, node, problems)) {
            styles[*role as usize] = style;
        }
    }
    let theme = Theme { about: about?, foreground: foreground?, background: background?, styles, ascii: false };
    (!problems.failed()).then_some(theme)
}

/// Reads `bold #ff7b72 on #161b22`: modifiers, then a colour, then `on` and the background's.
fn style(words: &str, node: &Node, problems: &mut Problems) -> Option<Style> {
    let (mut style, mut behind) = (Style::new(), false);
    for word in words.split_whitespace() {
        let modifier = match word {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underline" => Modifier::UNDERLINED,
            "reverse" => Modifier::REVERSED,
            "on" => {
                behind = true;
                continue;
            }
            word => {
                let Ok(colour) = word.parse() else {
                    let help = "a style is any of bold, dim, italic, underline, reverse, then a colour, then `on` and another: \
                                #rrggbb, a number from 0 to 255, or a name like red or lightblue";
                    problems.error_with_help(node.span, format!("`{word}` is not a colour"), help);
                    return None;
                };
                style = if behind { style.bg(colour) } else { style.fg(colour) };
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Some(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_a_theme_is_said_all_at_once_and_where() {
        let text =
            "about: x\nforeground: '#ffffff'\nbackground: black\nstyles:\n  critcal: red\n  ok: bold grene\n  dim: [red]\n";
        let mut problems = Problems::default();
        assert_eq!(theme(text, &mut problems), None);
        let found: Vec<_> = problems.list.iter().map(|problem| (problem.span.line, problem.message.as_str())).collect();
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 5, 6, 7], "{found:?}");
        assert!(problems.list[1].help.as_deref().is_some_and(|help| help.contains("critical")), "{:?}", problems.list[1]);
        assert!(found[2].1.contains("grene"), "{found:?}");
    }
}
