//! The rows of a queue that is in no groups: alerts as they stand, symptoms in one row where the first of them would stand.
//! Only as much is looked at as is asked for: what a row has told of already is passed over in one step.

use super::rows::Row;
use super::shape::Shape;
use crate::domain::ids::ServiceName;
use crate::model::groups::{Group, Groups, Stand};
use crate::tui::hits::Fold;
use crate::tui::view::View;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::btree_set::Range;

/// The alerts of one service, from the one that is to be told next.
struct Lane<'a> {
    group: &'a Group,
    rest: Range<'a, Stand>,
    /// What its symptoms have one row by, and whether that has been told.
    fold: Option<(ServiceName, bool)>,
}

/// The lanes of all services, merged as their alerts stand.
pub(super) fn rows<'a>(shape: &'a Shape, groups: &'a Groups, view: &'a View) -> impl Iterator<Item = Row> + 'a {
    let mut lanes: Vec<Lane> = groups.iter().map(|(key, group)| Lane::of(shape, key, group)).collect();
    let firsts = lanes.iter_mut().enumerate().filter_map(|(lane, it)| Some(Reverse((it.rest.next()?, lane))));
    let mut heads: BinaryHeap<_> = firsts.collect();
    let next = move || {
        let Reverse((stand, index)) = heads.pop()?;
        let lane = lanes.get_mut(index)?;
        let rows = lane.tell(stand, shape, view);
        heads.extend(lane.rest.next().map(|next| Reverse((next, index))));
        Some(rows)
    };
    std::iter::from_fn(next).flatten()
}

impl<'a> Lane<'a> {
    fn of(shape: &Shape, key: &str, group: &'a Group) -> Self {
        let service = ServiceName::from(key);
        let folded = shape.folds_causes() && shape.count(&Fold::Symptoms(service.clone())).is_some();
        Self { group, rest: group.standing(), fold: folded.then_some((service, false)) }
    }

    fn tell(&mut self, (rank, id): &Stand, shape: &Shape, view: &View) -> Vec<Row> {
        let (group, Reverse(severity), ..) = *rank;
        match &mut self.fold {
            Some((service, told)) if group == 0 && shape.explains(service, severity) => {
                self.rest = self.group.behind_open(severity);
                match std::mem::replace(told, true) {
                    true => Vec::new(),
                    false => shape.fold_rows(Fold::Symptoms(service.clone()), view),
                }
            }
            _ => view.world.alerts.get(id).map(|tracked| Row::of(tracked, false)).into_iter().collect(),
        }
    }
}
