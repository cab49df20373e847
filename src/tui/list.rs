//! A cursor in rows that move by themselves. It stands on an id and in a place: when the rows are sorted anew, the one
//! under the cursor stays where it is and the others flow around it, so that nothing jumps and nothing is hidden. A row
//! that leaves while the cursor stands on it remains visible as gone, so that no key can hit its neighbour.

use super::hits::{Shown, Target};

/// Rows that come into view beyond the cursor when it leaves what is visible, at most.
const BEYOND: usize = 4;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    selected: Option<Target>,
    /// The place of the cursor among all rows as they are shown.
    index: usize,
    /// Rows above the first visible one.
    offset: usize,
}

/// The rows as they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows above the first visible one.
    pub offset: usize,
    /// The cursor's place among all rows; `None` in an empty list.
    pub cursor: Option<usize>,
    /// Where the selected row belongs by its order; `None` for one that has gone.
    sorted: Option<usize>,
    /// How many rows are shown, the gone one too.
    count: usize,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The row of this number in its order.
    Row(usize),
    /// The selected one, which is no row any more.
    Gone,
}

impl Window {
    /// What is shown at a place among all rows.
    pub fn at(&self, place: usize) -> Option<Place> {
        let cursor = self.cursor.filter(|_| place < self.count)?;
        let row = match (place == cursor, self.sorted) {
            (true, None) => return Some(Place::Gone),
            (true, Some(sorted)) => sorted,
            (false, sorted) => {
                // Its number among the others, then among all.
                let other = if place < cursor { place } else { place - 1 };
                other + usize::from(sorted.is_some_and(|sorted| other >= sorted))
            }
        };
        Some(Place::Row(row))
    }

    /// The line of the cursor in its pane.
    pub fn line(&self) -> Option<usize> {
        self.cursor.map(|cursor| cursor - self.offset)
    }
}

impl List {
    pub fn selected(&self) -> Option<&Target> {
        self.selected.as_ref()
    }

    /// The place where the selected row was last seen: the first to look at for whoever searches it.
    pub fn place(&self) -> usize {
        self.index
    }

    pub fn select(&mut self, target: Option<Target>) {
        self.selected = target;
    }

    /// Takes over what was drawn: what the operator has seen under the cursor is what is selected.
    pub fn seen(&mut self, shown: &Shown) {
        (self.index, self.offset) = (shown.offset + shown.row, shown.offset);
        if self.selected.as_ref() != Some(&shown.target) {
            self.selected = Some(shown.target.clone());
        }
    }

    /// How `len` rows are shown in so many lines; `find` knows the number of the selected one.
    pub fn window(&self, len: usize, height: usize, find: impl Fn(&Target) -> Option<usize>) -> Window {
        let (sorted, gone) = match self.selected.as_ref().map(find) {
            None => (Some(self.index.min(len.saturating_sub(1))), 0),
            Some(Some(sorted)) => (Some(sorted), 0),
            Some(None) => (None, 1),
        };
        let count = len + gone;
        let Some(last) = count.checked_sub(1) else {
            return Window { offset: 0, cursor: None, sorted: None, count };
        };
        let cursor = self.index.min(last);
        // The cursor is always visible, and no line stays empty that could be filled. Where it leaves what is visible, a few
        // rows beyond it come into view: not every further key moves every row, which a slow line would feel.
        let (least, most, beyond) =
            ((cursor + 1).saturating_sub(height.max(1)), count.saturating_sub(height), BEYOND.min(height / 5));
        let offset = match self.offset.min(most) {
            offset if offset < least => (least + beyond).min(most.max(least)),
            offset if offset > cursor => cursor.saturating_sub(beyond),
            offset => offset,
        };
        Window { offset, cursor: Some(cursor), sorted, count }
    }

    /// Moves the cursor by so many rows; gives the number of the row on which it then stands.
    pub fn step(&mut self, by: isize, len: usize, height: usize, find: impl Fn(&Target) -> Option<usize>) -> Option<usize> {
        let window = self.window(len, height, find);
        let from = window.cursor?;
        let to = from.saturating_add_signed(by).min(window.count - 1);
        let Some(Place::Row(row)) = window.at(to).filter(|_| to != from) else { return window.sorted };
        // Once it is left, a row that has gone makes room, and one that was kept in place goes where it belongs: with it out of
        // the way all rows stand in their order, and none jumps over the cursor to where the next key was to lead. Where it belongs
        // beside its place the two just change places, so that the one that was left is not come by again.
        let beside = window.sorted.is_some_and(|sorted| sorted.abs_diff(from) == 1);
        (self.index, self.offset) = (if beside { to } else { row }, window.offset);
        Some(row)
    }

    /// Lets the rows settle: the selected one goes where it belongs, a gone one goes.
    pub fn settle(&mut self, find: impl Fn(&Target) -> Option<usize>) {
        match self.selected.as_ref().map(find) {
            Some(Some(sorted)) => self.index = sorted,
            Some(None) => *self = Self::default(),
            None => {}
        }
    }

    /// The selected one stands where it belongs, and the cursor's line stays the same where the rows can be scrolled for it; a gone
    /// one stays.
    pub fn follow(&mut self, find: impl Fn(&Target) -> Option<usize>) {
        if let Some(sorted) = self.selected.as_ref().and_then(find) {
            self.offset = (self.offset + sorted).saturating_sub(self.index);
            self.index = sorted;
        }
    }

    /// To the top.
    pub fn rewind(&mut self) {
        *self = Self::default();
    }

    /// Puts the cursor on a row in its own place.
    pub fn put(&mut self, target: Option<Target>, index: usize) {
        (self.selected, self.index) = (target, index);
    }
}

/// The number of the row that is wanted, looked for at its likely place before anywhere else: long lists are not searched
/// from their beginning at every key.
pub fn find_near<T>(rows: &[T], place: usize, wanted: impl Fn(&T) -> bool) -> Option<usize> {
    match rows.get(place).is_some_and(&wanted) {
        true => Some(place),
        false => rows.iter().position(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn find(rows: &[usize]) -> impl Fn(&Target) -> Option<usize> + '_ {
        |target| rows.iter().position(|row| *target == Target::Line(*row))
    }

    /// Draws the list as a pane does, lets the operator see it, and gives what stands on each line.
    fn draw(list: &mut List, rows: &[usize], height: usize) -> Vec<usize> {
        let window = list.window(rows.len(), height, find(rows));
        let of = |target: &Target| if let Target::Line(row) = target { *row } else { usize::MAX };
        let shown = |place| {
            Some(match window.at(place)? {
                Place::Row(row) => rows[row],
                Place::Gone => list.selected().map_or(usize::MAX, of),
            })
        };
        let lines: Vec<usize> = (window.offset..window.offset + height).map_while(shown).collect();
        if let Some(row) = window.line() {
            list.seen(&Shown { target: Target::Line(lines[row]), row, offset: window.offset });
        }
        lines
    }

    fn step(list: &mut List, by: isize, rows: &[usize], height: usize) {
        if let Some(index) = list.step(by, rows.len(), height, find(rows)) {
            list.select(Some(Target::Line(rows[index])));
        }
    }

    #[test]
    fn the_selected_row_stays_in_place_and_the_others_flow_around_it() {
        let mut list = List::default();
        assert_eq!(draw(&mut list, &[1, 2, 3, 4], 5), [1, 2, 3, 4]);
        step(&mut list, 1, &[1, 2, 3, 4], 5);
        assert_eq!(draw(&mut list, &[1, 2, 3, 4], 5), [1, 2, 3, 4]);
        assert_eq!(draw(&mut list, &[9, 1, 2, 3, 4], 5), [9, 2, 1, 3, 4], "a new first row hides nothing");
        assert_eq!(draw(&mut list, &[9, 1, 3, 4, 2], 5), [9, 2, 1, 3, 4], "the selected one now belongs to the end");
        step(&mut list, 1, &[9, 1, 3, 4, 2], 5);
        assert_eq!(list.selected(), Some(&Target::Line(1)), "down leads to what stood below");
        assert_eq!(draw(&mut list, &[9, 1, 3, 4, 2], 5), [9, 1, 3, 4, 2], "and the one that was left goes where it belongs");
        step(&mut list, 1, &[9, 1, 3, 4, 2], 5);
        assert_eq!(list.selected(), Some(&Target::Line(3)), "what stood below is still there");
    }

    #[test]
    fn a_row_that_leaves_under_the_cursor_does_not_hand_it_to_its_neighbour() {
        let mut list = List::default();
        draw(&mut list, &[1, 2, 3], 5);
        step(&mut list, 1, &[1, 2, 3], 5);
        draw(&mut list, &[1, 2, 3], 5);
        assert_eq!(draw(&mut list, &[1, 3], 5), [1, 2, 3], "still the one that has gone");
        step(&mut list, 1, &[1, 3], 5);
        assert_eq!(draw(&mut list, &[1, 3], 5), [1, 3]);
        assert_eq!(list.selected(), Some(&Target::Line(3)));
    }

    #[test]
    fn rows_beyond_the_cursor_come_into_view_so_that_not_every_key_moves_all() {
        let (mut list, rows) = (List::default(), (0..40).collect::<Vec<_>>());
        let mut tops = |by: isize, keys: usize| -> Vec<usize> {
            let mut tops: Vec<_> = (0..keys)
                .map(|_| {
                    step(&mut list, by, &rows, 20);
                    draw(&mut list, &rows, 20)[0]
                })
                .collect();
            tops.dedup();
            tops
        };
        draw(&mut List::default(), &rows, 20);
        assert_eq!(tops(1, 39), [0, 5, 10, 15, 20], "and no line stays empty at the end");
        assert_eq!(tops(-1, 39), [20, 15, 10, 5, 0]);
    }

    #[test]
    fn a_row_is_found_wherever_it_is() {
        let rows = [7, 8, 9];
        for place in 0..5 {
            assert_eq!(find_near(&rows, place, |row| *row == 9), Some(2), "{place}");
            assert_eq!(find_near(&rows, place, |row| *row == 1), None, "{place}");
        }
    }

    #[test]
    fn an_empty_list_has_no_cursor_and_settling_drops_what_has_gone() {
        let mut list = List::default();
        assert!(draw(&mut list, &[], 5).is_empty());
        assert_eq!(list.step(1, 0, 5, find(&[])), None);
        draw(&mut list, &[7, 8], 5);
        list.settle(find(&[8]));
        assert_eq!(draw(&mut list, &[8], 5), [8]);
    }

    proptest! {
        /// Whatever happens to the rows, the cursor is visible, every row is shown once, and what is under the cursor
        /// changes only when it is moved.
        #[test]
        fn the_cursor_is_always_visible(steps in prop::collection::vec((-9isize..9, prop::collection::vec(0usize..30, 0..20), 1usize..8), 1..20)) {
            let mut list = List::default();
            for (by, mut rows, height) in steps {
                rows.sort_unstable();
                rows.dedup();
                let before = list.selected().cloned();
                let lines = draw(&mut list, &rows, height);
                prop_assert!(before.is_none() || list.selected() == before.as_ref());
                let window = list.window(rows.len(), height, find(&rows));
                prop_assert!(window.line().is_none_or(|line| line < height));
                prop_assert_eq!(lines.len(), window.count.min(height));
                let mut all: Vec<_> = (0..window.count).filter_map(|place| window.at(place)).filter(|place| *place != Place::Gone).collect();
                all.sort_by_key(|place| if let Place::Row(row) = place { *row } else { 0 });
                prop_assert_eq!(all, (0..rows.len()).map(Place::Row).collect::<Vec<_>>());
                step(&mut list, by, &rows, height);
            }
        }
    }
}
