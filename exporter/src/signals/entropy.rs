//! How evenly packets are spread over keys.

use std::ops::AddAssign;

/// A mean that is weighted with packets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mean {
    sum: f64,
    weight: f64,
}

/// Returns the normalised Shannon entropy of one interval, weighted with its packets: 0 where all
/// have one key, 1 where all keys have as many. `packets` are those of each key; each of the
/// `single` ones counts as a key of its own.
///
/// Over a window it is the mean of its intervals, each with the weight of its packets: exact
/// would mean to keep a count of every key of the window.
#[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than 53 bits")]
pub(super) fn entropy(packets: impl Iterator<Item = u64>, single: u64) -> Mean {
    // One packet of one key adds no logarithm.
    let (mut keys, mut all, mut logs) = (single, single as f64, 0.0);

    for packets in packets.filter(|packets| *packets > 0) {
        let packets = packets as f64;
        keys += 1;
        all += packets;
        logs += packets * packets.ln();
    }
    let ratio = match keys {
        0 | 1 => 0.0,
        _ => ((all.ln() - logs / all) / (keys as f64).ln()).clamp(0.0, 1.0),
    };

    Mean { sum: ratio * all, weight: all }
}

impl Mean {
    /// Returns the mean; `None` of nothing.
    pub(super) fn value(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

impl AddAssign for Mean {
    fn add_assign(&mut self, more: Self) {
        self.sum += more.sum;
        self.weight += more.weight;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(packets: &[u64]) -> Option<f64> {
        entropy(packets.iter().copied(), 0).value()
    }

    #[test]
    fn one_key_has_no_entropy_and_equal_keys_have_all_of_it() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[0, 0]), None);
        assert_eq!(of(&[1000]), Some(0.0));
        assert!((of(&vec![7; 5000]).unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn three_quarters_on_one_of_two_keys_are_0_81_bits() {
        assert!((of(&[3, 1]).unwrap() - 0.811_278).abs() < 1e-6);
    }

    #[test]
    fn a_busy_interval_weighs_more_than_a_quiet_one() {
        let mut mean = entropy([50, 50].into_iter(), 0);
        mean += entropy([300].into_iter(), 0);

        assert!((mean.value().unwrap() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn single_packets_are_keys_of_their_own() {
        for (keys, single) in [(vec![], 5), (vec![3], 1), (vec![3, 4], 1000)] {
            let spelt_out: Vec<_> = keys.iter().copied().chain((0..single).map(|_| 1)).collect();

            let ratio = entropy(keys.iter().copied(), single).value().unwrap();

            assert!((ratio - of(&spelt_out).unwrap()).abs() < 1e-9, "{keys:?} and {single}");
        }
    }

    proptest! {
        #[test]
        fn entropy_is_a_ratio(packets: Vec<u32>) {
            let packets: Vec<_> = packets.into_iter().map(u64::from).collect();

            let ratio = of(&packets);

            prop_assert_eq!(ratio.is_some(), packets.iter().any(|packets| *packets > 0));
            prop_assert!(ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
        }
    }
}
