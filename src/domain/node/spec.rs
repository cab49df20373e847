//! What may stand in a map: whoever reads it, messages and the documentation go by one list.

/// One key that may be written, as help, messages and the documentation tell it.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    pub key: &'static str,
    /// What may stand there, as Markdown.
    pub value: &'static str,
    /// What holds where it doesn't stand.
    pub otherwise: &'static str,
    /// The keys of the map that stands there.
    pub below: &'static [Self],
}

impl FieldSpec {
    pub const fn new(key: &'static str, value: &'static str, otherwise: &'static str) -> Self {
        Self { key, value, otherwise, below: &[] }
    }

    /// What stands there is a map with these keys.
    pub const fn map(key: &'static str, below: &'static [Self]) -> Self {
        Self { key, value: "", otherwise: "", below }
    }

    pub fn keys(list: &[Self]) -> Vec<&'static str> {
        list.iter().map(|field| field.key).collect()
    }

    /// Of what has keys of its own and some that it has in common with others.
    pub fn all(groups: &[&[Self]]) -> Vec<&'static str> {
        groups.iter().flat_map(|group| Self::keys(group)).collect()
    }

    /// Each with those below it, as they are told: `ack.carry`.
    pub fn told(groups: &[&'static [Self]]) -> Vec<(String, &'static Self)> {
        let below = |above: &'static Self| {
            let of = move |one: &'static Self| (format!("{}.{}", above.key, one.key), one);
            let own = (!above.value.is_empty()).then(|| (above.key.to_owned(), above));
            own.into_iter().chain(above.below.iter().map(of))
        };
        groups.iter().flat_map(|group| group.iter()).flat_map(below).collect()
    }
}
