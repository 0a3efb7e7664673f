//! How many different keys filled the registers of a HyperLogLog sketch.
//!
//! Source: Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017,
//! algorithm 6. Its estimate is unbiased from nothing to the end of the range, without the
//! tables and thresholds of HyperLogLog++.

use std::f64::consts::LN_2;

/// The highest rank: 64 bits of hash, of which 12 choose the register.
const HIGHEST: usize = 52;

/// Returns the estimated number of keys; 0 for a sketch without registers.
#[expect(clippy::cast_precision_loss, reason = "there are 4,096 registers")]
pub(super) fn estimate(registers: &[u8]) -> f64 {
    if registers.is_empty() {
        return 0.0;
    }

    let mut with_rank = [0_u32; HIGHEST + 1];
    for register in registers {
        with_rank[usize::from(*register).min(HIGHEST)] += 1;
    }

    let all = registers.len() as f64;
    let share = |rank: usize| f64::from(with_rank[rank]) / all;
    let mut z = all * tau(1.0 - share(HIGHEST));
    for with_rank in with_rank[1..HIGHEST].iter().rev() {
        z = 0.5 * (z + f64::from(*with_rank));
    }
    z += all * sigma(share(0));

    all * all / (2.0 * LN_2 * z)
}

/// Corrects for registers that are still 0: `x + sum of x^(2^k) * 2^(k - 1)`; infinite at 1.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }

    let (mut z, mut y) = (x, 1.0);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

/// Corrects for registers at the highest rank: `(1 - x - sum of (1 - x^(2^-k))^2 * 2^-k) / 3`.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }

    let (mut z, mut y) = (1.0 - x, 1.0);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use shared::{Address, SKETCH_REGISTERS, hash_address};

    use super::*;
    use crate::signals::tests::registers_of;

    /// Fills registers with `keys` addresses that follow each other.
    fn registers(keys: u32, seed: u64) -> Vec<u8> {
        let address = |key| Address::from(Ipv4Addr::from(0x0a00_0000 + key));

        registers_of((0..keys).map(|key| hash_address(address(key), [!seed, seed])))
    }

    fn error(keys: u32, seed: u64) -> f64 {
        estimate(&registers(keys, seed)) / f64::from(keys) - 1.0
    }

    #[test]
    fn an_estimate_is_off_by_less_than_three_percent_from_a_hundred_to_a_million() {
        for keys in [100, 300, 1000, 3000, 10_000, 30_000, 100_000, 1_000_000] {
            let seeds =
                [1, 2, 3, 4, 5, 6, 7, 8_u64].map(|seed| seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
            let errors = seeds.map(|seed| error(keys, seed));

            let spread = (errors.iter().map(|error| error * error).sum::<f64>() / 8.0).sqrt();
            let bias = errors.iter().sum::<f64>() / 8.0;
            assert!(spread < 0.03, "{keys} keys: {errors:?}");
            assert!(bias.abs() < 0.015, "{keys} keys: {errors:?}");
        }
    }

    #[test]
    fn ten_million_keys_are_estimated_as_well() {
        let error = error(10_000_000, 42);

        assert!(error.abs() < 0.03, "{error}");
    }

    #[test]
    fn no_key_is_estimated_as_none_and_one_as_one() {
        assert!(estimate(&[]).abs() < f64::EPSILON);
        assert!(estimate(&[0; SKETCH_REGISTERS]).abs() < f64::EPSILON);
        assert!((estimate(&registers(1, 7)) - 1.0).abs() < 0.01);
    }

    #[test]
    fn registers_that_no_kernel_writes_still_give_a_number() {
        assert!(!estimate(&[255; SKETCH_REGISTERS]).is_nan());
        assert!(estimate(&[52; SKETCH_REGISTERS]) > 1e12);
    }
}
