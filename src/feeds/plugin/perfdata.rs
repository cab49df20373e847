//! Performance data: `'label'=value[unit];[warn];[crit];[min];[max]`, separated by spaces, after a `|` on the first line or
//! on later ones. What can't be read is passed over, for plugins get it wrong in many ways.

use crate::domain::health::Limit;

/// What a plugin measured.
#[derive(Debug, Default, PartialEq)]
pub struct Figure {
    pub value: Option<f64>,
    pub unit: Option<String>,
    /// Where it would be critical.
    pub limit: Option<Limit>,
}

/// The first figure; `U` says that the plugin doesn't know and counts for nothing.
pub fn first(output: &str) -> Option<Figure> {
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

fn figure(item: &str) -> Option<Figure> {
    let mut parts = item.split(';');
    let text = parts.next()?;
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let end = (1..=text.len()).rev().find(|end| text.get(..*end).is_some_and(|number| number.parse::<f64>().is_ok()))?;
    let (number, unit) = text.split_at(end);
    // `0,5` must not be read as 0.
    let plausible = unit.chars().all(|c| c.is_alphabetic() || "%/°".contains(c));
    let value = number.parse().ok().filter(|value: &f64| plausible && value.is_finite())?;
    let limit = parts.nth(1).and_then(|range| limit(range, value));
    Some(Figure { value: Some(value), unit: (!unit.is_empty()).then(|| unit.to_owned()), limit })
}

/// The end of a range that this value is nearer to: `90` and `0:90` are good from 0 to 90, `10:` from 10 up, `~:90` up to 90. What is
/// good outside of a range (`@10:20`) is told by the plugin alone.
fn limit(range: &str, value: f64) -> Option<Limit> {
    let (low, high) = range.split_once(':').unwrap_or(("~", range));
    let bound = |text: &str| text.parse().ok().filter(|bound: &f64| bound.is_finite());
    if low.starts_with('@') { None } else { Limit::nearer(bound(high), bound(low), value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(perfdata: &str) -> Option<(f64, String)> {
        first(&format!("OK | {perfdata}")).and_then(|figure| Some((figure.value?, figure.unit.unwrap_or_default())))
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
    fn the_critical_range_says_where_it_fails() {
        let limit = |perfdata: &str| first(&format!("OK | {perfdata}")).and_then(|figure| figure.limit);
        assert_eq!(limit("'C:\\ used %'=81%;80;90"), Some(Limit::Above(90.0)));
        assert_eq!(limit("free=20%;30:;10:"), Some(Limit::Below(10.0)));
        assert_eq!((limit("t=12;;10:40"), limit("t=35;;10:40")), (Some(Limit::Below(10.0)), Some(Limit::Above(40.0))));
        assert_eq!(limit("t=12;;~:40"), Some(Limit::Above(40.0)));
        for none in ["t=1", "t=1;2", "t=1;;", "t=1;;@10:20", "t=1;;x", "t=1;;inf"] {
            assert_eq!(limit(none), None, "{none}");
        }
    }

    #[test]
    fn it_may_stand_on_later_lines() {
        let value = |output| first(output).and_then(|figure| figure.value);
        assert_eq!(value("OK\nlong text\nmore | a=3s\nb=4"), Some(3.0));
        assert_eq!(value("OK | a=1\nmore | b=2"), Some(1.0));
        assert_eq!(first("OK\nno data"), None);
    }
}
