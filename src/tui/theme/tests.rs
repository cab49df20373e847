//! What every theme of the program promises: all styles, readable, told apart.

use super::*;
use ratatui::style::Color;

fn all() -> impl Iterator<Item = (&'static str, Theme)> {
    EMBEDDED.iter().map(|(name, text)| {
        let mut problems = Problems::default();
        let theme = Theme::parse(text, &mut problems);
        (*name, theme.unwrap_or_else(|| panic!("{name}: {:?}", problems.list)))
    })
}

#[test]
fn every_embedded_theme_gives_every_role_a_style() {
    for (name, text) in EMBEDDED {
        let missing: Vec<_> = Role::ALL.iter().filter(|role| !text.contains(&format!("\n  {}: ", role.name()))).collect();
        assert_eq!(missing, Vec::<&Role>::new(), "{name}");
    }
    assert_eq!(all().count(), EMBEDDED.len());
}

#[test]
fn without_colours_none_is_left_and_the_cursor_is_reversed() {
    for (name, theme) in all() {
        let theme = theme.at_depth(Depth::None);
        assert!(theme.styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()), "{name}");
        assert!(theme.style(Role::Cursor).add_modifier.contains(Modifier::REVERSED), "{name}");
    }
}

#[test]
fn the_one_without_colours_has_none() {
    let mono = Theme::embedded("mono").expect("a theme");
    assert!(mono.styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()));
}

/// The terminal's own sixteen, whatever they look like there.
#[test]
fn the_one_of_the_terminal_names_its_colours_only() {
    let theme = Theme::embedded("terminal").expect("a theme");
    let colours = theme.styles.iter().flat_map(|style| [style.fg, style.bg]).flatten();
    assert!(colours.into_iter().all(|colour| !matches!(colour, Color::Rgb(..) | Color::Indexed(16..))));
}

/// As light as the eye finds it, of linear red, green and blue.
fn luminance(colour: [f64; 3]) -> f64 {
    0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
}

fn linear((r, g, b): (u8, u8, u8)) -> [f64; 3] {
    [r, g, b].map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

/// By the formula of WCAG 2: 1 for none, 21 for black on white.
fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
    let (a, b) = (luminance(linear(a)), luminance(linear(b)));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn rgb(colour: Option<Color>, otherwise: (u8, u8, u8)) -> (u8, u8, u8) {
    match colour {
        Some(Color::Rgb(r, g, b)) => (r, g, b),
        _ => otherwise,
    }
}

#[test]
fn what_is_read_can_be_read() {
    for (name, least) in [("midwatch", 4.5), ("midwatch-light", 4.5), ("safe", 4.5), ("contrast", 7.0)] {
        let theme = Theme::embedded(name).expect("a theme");
        for role in Role::ALL.iter().filter(|role| **role != Role::Border) {
            let style = theme.style(*role);
            let found = contrast(rgb(style.fg, theme.foreground), rgb(style.bg, theme.background));
            assert!(found >= least, "{name}: {} has {found:.2} to 1", role.name());
        }
        assert!(contrast(rgb(theme.style(Role::Border).fg, theme.foreground), theme.background) >= 1.8, "{name}: borders");
    }
}

/// How whoever lacks one kind of cone sees linear colours (Machado, Oliveira and Fernandes, 2009).
const KINDS: [(&str, [[f64; 3]; 3]); 4] = [
    ("everybody else", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("no red", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    ("no green", [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    ("no blue", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
];

/// Lightness, and the two axes of colour (CIE 1976 L*a*b*).
fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let bend = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let x = bend((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
    let y = bend(luminance([r, g, b]));
    let z = bend((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn states_are_told_apart_by_whoever_sees_colours_otherwise() {
    let theme = Theme::embedded("safe").expect("a theme");
    let states = [Role::Critical, Role::Warning, Role::Info, Role::Ok, Role::Stale];
    for (kind, matrix) in KINDS {
        let seen = |role: Role| {
            let colour = linear(rgb(theme.style(role).fg, theme.foreground));
            lab(matrix.map(|row| (0..3).map(|part| row[part] * colour[part]).sum::<f64>().clamp(0.0, 1.0)))
        };
        for (place, one) in states.iter().enumerate() {
            for other in &states[place + 1..] {
                let apart = (0..3).map(|part| (seen(*one)[part] - seen(*other)[part]).powi(2)).sum::<f64>().sqrt();
                assert!(apart >= 20.0, "{} and {} are {apart:.1} apart for {kind}", one.name(), other.name());
            }
        }
    }
}
