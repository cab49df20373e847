//! How wide the columns of the queue are.

use super::row::{Line, named, which};
use unicode_width::UnicodeWidthStr;

/// What a mark has at least.
const MARK: u16 = 12;

/// Widths of the columns that depend on the width of the pane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Columns {
    pub name: u16,
    pub service: u16,
    pub target: u16,
}

impl Columns {
    /// Bar and severity take 6; age and mark 19 at the end.
    pub fn of(width: u16) -> Self {
        let rest = width.saturating_sub(6 + 1 + 7 + MARK);
        match rest {
            0..=23 => Self { name: rest.max(6), service: 0, target: 0 },
            24..=35 => Self { name: rest - 11, service: 0, target: 10 },
            _ => {
                let (name, service) = (rest * 45 / 100, rest * 25 / 100);
                Self { name, service, target: rest - name - service - 2 }
            }
        }
    }

    /// The same for these rows, of which some may stand in a group and the longest mark is so wide: what they leave of the other columns
    /// goes to a name that would be cut, and then to the mark. Where none is, every column stays where it is.
    pub fn fitted(width: u16, shown: &[Line], mark: usize) -> Self {
        let columns = Self::of(width);
        let mut widest = Self { name: 0, service: 0, target: 0 };
        for (tracked, line) in shown.iter().filter_map(|line| Some((line.tracked?, line))) {
            let wide = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
            widest.name = widest.name.max(wide(&named(tracked, line.inside)));
            widest.service = widest.service.max(wide(tracked.service.as_ref().map_or("", |service| service.as_str())));
            widest.target = widest.target.max(wide(&line.apart.said(which(tracked, columns.service == 0))));
        }
        columns.for_the_widest(widest).for_a_mark(u16::try_from(mark).unwrap_or(u16::MAX), widest)
    }

    fn for_the_widest(self, widest: Self) -> Self {
        let missing = widest.name.saturating_sub(self.name);
        let of_target = missing.min(self.target.saturating_sub(widest.target.max(1)));
        let of_service = (missing - of_target).min(self.service.saturating_sub(widest.service.max(1)));
        Self { name: self.name + of_target + of_service, service: self.service - of_service, target: self.target - of_target }
    }

    fn for_a_mark(self, mark: u16, widest: Self) -> Self {
        let missing = mark.saturating_sub(MARK);
        let name = missing.min(self.name.saturating_sub(widest.name));
        let target = (missing - name).min(self.target.saturating_sub(widest.target.max(1)));
        let service = (missing - name - target).min(self.service.saturating_sub(widest.service.max(1)));
        Self { name: self.name - name, service: self.service - service, target: self.target - target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_be_cut_gets_what_the_other_columns_leave_and_no_more_than_it_needs() {
        let of = |name, service, target| Columns { name, service, target };
        let usual = Columns::of(118);
        assert_eq!(usual, of(41, 23, 26));
        let cases = [
            ((41, 4, 4), usual),
            ((50, 4, 4), of(50, 23, 17)),
            ((70, 8, 12), of(70, 8, 12)),
            ((70, 8, 26), of(56, 8, 26)),
            ((200, 40, 40), usual),
            ((200, 0, 0), of(88, 1, 1)),
        ];
        for ((name, service, target), expected) in cases {
            assert_eq!(usual.for_the_widest(of(name, service, target)), expected, "{name} {service} {target}");
        }
        let long = |mark, widest: (u16, u16, u16)| usual.for_a_mark(mark, of(widest.0, widest.1, widest.2));
        assert_eq!(long(12, (8, 8, 8)), usual);
        assert_eq!(long(16, (8, 8, 8)), of(37, 23, 26), "a mark is not cut for what a name leaves");
        assert_eq!(long(30, (38, 20, 20)), of(38, 20, 20), "and no name for a mark");
        assert_eq!(long(20, (38, 20, 20)), of(38, 23, 21), "the target gives way before the service");
        assert_eq!(long(200, (38, 0, 0)), of(38, 1, 1), "no column goes by itself");
        assert_eq!(Columns::of(50).for_the_widest(of(30, 9, 5)), of(18, 0, 5), "without a column for the service");
        assert_eq!(Columns::of(40).for_the_widest(of(30, 9, 5)), Columns::of(40));
    }
}
