//! One cell of the table: the samples of a program with a kind of traffic.

/// Samples, in nanoseconds for each frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    /// One for each round.
    pub(super) samples: Vec<f64>,
}

impl Cell {
    pub(super) fn median(&self) -> f64 {
        median(&self.samples)
    }

    /// Returns half of the range that the middle half of the samples lies in.
    pub(super) fn spread(&self) -> f64 {
        let sorted = sorted(&self.samples);
        let quarter = sorted.len() / 4;

        (sorted[sorted.len() - 1 - quarter] - sorted[quarter]) / 2.0
    }

    /// Returns how many times `floor` this is: the median of the rounds, so that a machine that is
    /// slower for a while does not count.
    pub(super) fn times(&self, floor: &Self) -> f64 {
        self.with(floor, |this, floor| this / floor)
    }

    /// Returns the nanoseconds above `floor`.
    pub(super) fn above(&self, floor: &Self) -> f64 {
        self.with(floor, |this, floor| this - floor)
    }

    fn with(&self, floor: &Self, of_round: fn(f64, f64) -> f64) -> f64 {
        let rounds = self.samples.iter().zip(&floor.samples);

        median(&rounds.map(|(this, floor)| of_round(*this, *floor)).collect::<Vec<_>>())
    }
}

pub(super) fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;

    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    assert!(!values.is_empty(), "there are no samples");
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);

    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_the_same_round() {
        let slow_at_first = Cell { samples: vec![100.0, 20.0, 20.0] };
        let floor = Cell { samples: vec![50.0, 10.0, 10.0] };

        assert!((slow_at_first.times(&floor) - 2.0).abs() < 1e-9);
        assert!((slow_at_first.above(&floor) - 10.0).abs() < 1e-9);
        assert!((slow_at_first.spread() - 40.0).abs() < 1e-9);
    }
}
