//! How something is spread over many incidents: never an average alone, and nothing where there are too few of them to say.

/// Fewer than these say nothing of what is usual.
pub const FEW: usize = 10;

/// Of these values, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    pub n: usize,
    pub least: i64,
    pub most: i64,
    /// `None`: they are too few.
    pub middle: Option<Middle>,
}

/// Half of all values lie between `low` and `high`, half of them below `median`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Middle {
    pub low: i64,
    pub median: i64,
    pub high: i64,
}

impl Spread {
    /// `None` without any.
    pub fn of(mut values: Vec<i64>) -> Option<Self> {
        values.sort_unstable();
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = (values.len() >= FEW).then(|| Middle {
            low: quantile(&values, 1),
            median: quantile(&values, 2),
            high: quantile(&values, 3),
        });
        Some(Self { n: values.len(), least, most, middle })
    }
}

/// So many quarters of the way, between two values where it falls between them.
fn quantile(sorted: &[i64], quarters: usize) -> i64 {
    let place = (sorted.len() - 1) * quarters;
    let (index, rest) = (place / 4, (place % 4) as i64);
    let low = sorted[index];
    let high = sorted.get(index + 1).copied().unwrap_or(low);
    low + (high - low) * rest / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_half_is_told_of_enough_and_of_few_their_ends() {
        let spread = Spread::of((1..=9).collect()).expect("some");
        assert_eq!((spread.n, spread.least, spread.most, spread.middle), (9, 1, 9, None));
        let middle = Spread::of([50, 10, 20, 30, 40, 60, 70, 80, 90, 1000].into()).and_then(|spread| spread.middle);
        assert_eq!(middle, Some(Middle { low: 32, median: 55, high: 77 }), "one that is far out moves little");
        assert_eq!(Spread::of(vec![7; 10]).and_then(|spread| spread.middle), Some(Middle { low: 7, median: 7, high: 7 }));
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
