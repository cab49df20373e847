//! Where each service of the map stands: as deep as the longest way to it from one that nothing needs.

use crate::domain::catalogue::Catalogue;
use std::collections::BTreeSet;

/// One line of the map.
pub enum Row {
    Heading(&'static str),
    Cells(Vec<usize>),
}

impl Row {
    pub fn cells(&self) -> Option<&Vec<usize>> {
        match self {
            Self::Heading(_) => None,
            Self::Cells(cells) => Some(cells),
        }
    }
}

/// The places of the services, layer by layer; those that have to do with no other one in a layer at the end.
pub fn layers(map: &Catalogue) -> Vec<Vec<usize>> {
    let mut depth = vec![0usize; map.len()];
    for at in map.upwards().iter().rev() {
        for below in map.needs(*at) {
            depth[*below] = depth[*below].max(depth[*at] + 1);
        }
    }
    let alone = |at: usize| map.needs(at).is_empty() && map.needed_by(at).is_empty();
    let deepest = depth.iter().max().map_or(0, |deepest| deepest + 1);
    let mut layers = vec![Vec::new(); deepest + 1];
    for (at, depth) in depth.iter().enumerate() {
        layers[if alone(at) { deepest } else { *depth }].push(at);
    }
    layers
}

/// Each layer in as many lines as it needs.
pub fn rows(layers: &[Vec<usize>], columns: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (depth, layer) in layers.iter().enumerate().filter(|(_, layer)| !layer.is_empty()) {
        rows.push(Row::Heading(match depth {
            _ if depth + 1 == layers.len() => "By themselves",
            0 => "Needed by none",
            _ => "Needed above",
        }));
        rows.extend(layer.chunks(columns).map(|cells| Row::Cells(cells.to_vec())));
    }
    rows
}

/// What has to do with the selected one.
pub struct Kin {
    pub selected: Option<usize>,
    /// Whoever feels it when it fails.
    pub feels: BTreeSet<usize>,
    /// All that it needs.
    pub needed: BTreeSet<usize>,
}

pub fn kin(map: &Catalogue, selected: Option<usize>) -> Kin {
    let places = |found: Vec<(usize, usize)>| found.into_iter().map(|(at, _)| at).collect();
    let feels = selected.map(|at| places(map.blast(at))).unwrap_or_default();
    Kin { selected, feels, needed: selected.map(|at| places(map.below(at))).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::Service;

    #[test]
    fn what_is_needed_stands_below_all_that_need_it() {
        let service = |(name, needs): (&str, &[&str])| Service {
            depends_on: needs.iter().map(|name| (*name).into()).collect(),
            ..Service::new(name)
        };
        let all: [(&str, &[&str]); 5] =
            [("shop", &["db", "api"]), ("mail", &[]), ("api", &["db"]), ("db", &[]), ("app", &["api"])];
        let map: Catalogue = all.into_iter().map(service).collect();
        let layers = layers(&map);
        assert_eq!(layers, [vec![0, 4], vec![2], vec![3], vec![1]]);
        let lines = rows(&layers, 1).iter().filter(|row| row.cells().is_some()).count();
        assert_eq!((rows(&layers, 2).len(), lines), (8, 5));
        let headings = |layers: &[Vec<usize>]| -> Vec<&str> {
            let heading = |row: Row| if let Row::Heading(words) = row { Some(words) } else { None };
            rows(layers, 9).into_iter().filter_map(heading).collect()
        };
        assert_eq!(headings(&layers), ["Needed by none", "Needed above", "Needed above", "By themselves"]);
        assert_eq!(headings(&[vec![0], vec![1], vec![]]), ["Needed by none", "Needed above"], "none stands by itself");
        assert_eq!(headings(&[vec![], vec![0]]), ["By themselves"], "none needs another");
    }
}
