//! What the last lines of the screen tell somebody who is led: a tour's next step, or where a replay is. It has lines of its own,
//! so it covers nothing.

use super::canvas::wrap;

/// More columns have room for two lines of it alone.
const SMALL: u16 = 60;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hint {
    /// Which step of how many, where they are counted.
    pub step: Option<(usize, usize)>,
    /// What to do.
    pub text: String,
    /// What it is good for: told where there is room.
    pub why: String,
}

impl Hint {
    pub fn of(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// Its lines at this width, with what else stands behind it.
    pub fn lines(&self, columns: u16, behind: &str) -> Vec<String> {
        let most = if columns < SMALL { 3 } else { 2 };
        let columns = usize::from(columns.saturating_sub(2));
        let step = self.step.map_or_else(String::new, |(at, all)| format!("{at}/{all}  "));
        let wrapped = |text: &str| wrap(&format!("{step}{text}{behind}"), columns, usize::MAX);
        let whole = wrapped(&format!("{} {}", self.text, self.why));
        match self.why.is_empty() || whole.len() > most {
            true => wrap(&format!("{step}{}{behind}", self.text), columns, most),
            false => whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_told_only_where_there_is_room() {
        let hint = |times| {
            let why = "It is yours then: others see that ".repeat(times);
            Hint { step: Some((3, 9)), text: "Press a.".to_owned(), why }
        };
        assert_eq!(hint(3).lines(120, "").len(), 1);
        assert_eq!(hint(3).lines(80, "").len(), 2);
        assert_eq!(hint(4).lines(40, ""), ["3/9  Press a."]);
        assert_eq!(hint(4).lines(40, " (u undoes it)"), ["3/9  Press a. (u undoes it)"]);
    }
}
