//! Performance data: `'label'=value[unit];[warn];[crit];[min];[max]`, separated by spaces, after a `|` on the first line or
//! on later ones. What can't be read is passed over, for plugins get it wrong in many ways.

/// The first figure with its unit; `U` says that the plugin doesn't know and counts for nothing.
pub fn first(output: &str) -> Option<(f64, Option<String>)> {
    let (line, rest) = output.split_once('\n').unwrap_or((output, ""));
    let parts = [line, rest].into_iter().filter_map(|part| Some(part.split_once('|')?.1));
    parts.flat_map(items).find_map(figure)
}

/// What stands after each label.
fn items(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let rest = after_label(text.trim_start())?;
        let (item, next) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        text = next;
        Some(item)
    })
}

/// A label with a space, `=` or quote stands in quotes, its own quotes doubled.
fn after_label(text: &str) -> Option<&str> {
    let Some(mut rest) = text.strip_prefix('\'') else { return Some(text.split_once('=')?.1) };
    loop {
        rest = rest.split_once('\'')?.1;
        match rest.strip_prefix('\'') {
            Some(doubled) => rest = doubled,
            None => return rest.strip_prefix('='),
        }
    }
}

fn figure(item: &str) -> Option<(f64, Option<String>)> {
    let text = item.split(';').next()?;
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let end = (1..=text.len()).rev().find(|end| text.get(..*end).is_some_and(|number| number.parse::<f64>().is_ok()))?;
    let (number, unit) = text.split_at(end);
    // `0,5` must not be read as 0.
    let plausible = unit.chars().all(|c| c.is_alphabetic() || "%/°".contains(c));
    plausible.then(|| Some((number.parse().ok()?, (!unit.is_empty()).then(|| unit.to_owned()))))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(perfdata: &str) -> Option<(f64, String)> {
        first(&format!("OK | {perfdata}")).map(|(value, unit)| (value, unit.unwrap_or_default()))
    }

    #[test]
    fn real_plugins_are_understood() {
        assert_eq!(read("time=0.000075s;;;0.000000;10.000000"), Some((0.000_075, "s".into())));
        assert_eq!(read("/=2643MB;5948;5958;0;5968 /boot=68MB"), Some((2643.0, "MB".into())));
        assert_eq!(read("load1=0.010;15.000;30.000;0;"), Some((0.01, String::new())));
        assert_eq!(read("rta=0.04ms;100;500;0 pl=0%;20;60;0"), Some((0.04, "ms".into())));
        assert_eq!(read("'C:\\ used %'=81%;80;90"), Some((81.0, "%".into())));
        assert_eq!(read("'it''s a = b'=1.5e-05c"), Some((1.5e-5, "c".into())));
        assert_eq!(read("t=-3"), Some((-3.0, String::new())));
    }

    #[test]
    fn the_first_figure_that_is_one_counts() {
        assert_eq!(read("a=U b=nonsense c=0,5 d=7B"), Some((7.0, "B".into())));
        for none in ["", "a", "a=", "'a=1", "a=inf", "a=NaN", "===", "'''"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn it_may_stand_on_later_lines() {
        assert_eq!(first("OK\nlong text\nmore | a=3s\nb=4"), Some((3.0, Some("s".into()))));
        assert_eq!(first("OK | a=1\nmore | b=2"), Some((1.0, None)));
        assert_eq!(first("OK\nno data"), None);
    }
}
