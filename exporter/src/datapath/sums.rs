//! Sums over the CPUs.

use shared::{
    Attribution, Cast, Count, Counts, Encapsulation, Family, FragmentPosition, IpFamily, Malformed,
    Protocol, SIZE_BOUNDS, SIZE_BUCKETS, Sketch, cell,
};

use crate::interval::{self, Sketches};

/// Adds up what the CPUs counted without a key.
pub(super) fn totals<'a>(of_cpus: impl Iterator<Item = &'a Counts>) -> interval::Totals {
    let mut sum = interval::Totals::default();
    for of_cpu in of_cpus {
        sum += &of_one(of_cpu);
    }

    sum
}

/// Joins the sketches: the larger register, either bit. Of what was not seen there is no sketch.
pub(super) fn sketches<'a>(of_cpus: impl Iterator<Item = &'a Sketch>) -> Sketches {
    let mut joined = Sketches::default();
    for Sketch { distinct_sources, distinct_ports } in of_cpus {
        for (to, from) in joined.sources.iter_mut().zip(distinct_sources) {
            join(to, from, |to, from| *to = from.max(*to));
        }
        for (to, from) in joined.ports.iter_mut().zip(distinct_ports) {
            join(to, from, |to, from| *to |= from);
        }
    }

    joined
}

fn join<T: Copy + Default + PartialEq>(to: &mut Vec<T>, from: &[T], join: impl Fn(&mut T, T)) {
    if from.iter().all(|from| *from == T::default()) {
        return;
    }
    to.resize(from.len(), T::default());
    to.iter_mut().zip(from).for_each(|(to, from)| join(to, *from));
}

/// Adds up where packets without room went; the mask is the widest.
pub(super) fn attribution<'a>(of_cpus: impl Iterator<Item = &'a Attribution>) -> Attribution {
    of_cpus.fold(Attribution::default(), |sum, of_cpu| Attribution {
        misses: sum.misses + of_cpu.misses,
        threshold: sum.threshold.max(of_cpu.threshold),
        mask: sum.mask.max(of_cpu.mask),
        reserved: 0,
        admitted: interval::sum([sum.admitted, of_cpu.admitted].iter()),
        refused: interval::sum([sum.refused, of_cpu.refused].iter()),
    })
}

fn of_one(counts: &Counts) -> interval::Totals {
    let Counts {
        cells, sizes, tcp_flags, icmp, cast, fragments, malformed, encapsulations, ..
    } = counts;
    let mut of_one = interval::Totals { tcp_flags: *tcp_flags, icmp: *icmp, ..Default::default() };

    for family in Family::ALL {
        for protocol in Protocol::ALL {
            of_one.cells[family.index()][protocol.index()] =
                cells[usize::from(cell(*family, *protocol))];
        }
    }
    copy(&mut of_one.sizes, sizes);
    for family in IpFamily::ALL {
        copy(&mut of_one.fragments[family.index()], &fragments[family.index()]);
    }
    copy(&mut of_one.malformed, malformed);
    copy(&mut of_one.encapsulations, encapsulations);
    copy(&mut of_one.cast, cast);
    // The program counts only what is not unicast.
    let all = of_one.frames().packets;
    let [unicast, others @ ..] = &mut of_one.cast;
    *unicast = all.saturating_sub(others.iter().sum());

    of_one
}

fn copy<T: Copy>(to: &mut [T], from: &[T]) {
    let known = to.len();
    to.copy_from_slice(&from[..known]);
}

// Every index that the program can form has a place in what it counts into.
const _: () = {
    assert!(Family::ALL.len() <= 8);
    assert!(Protocol::ALL.len() <= 32);
    assert!(SIZE_BOUNDS.len() < SIZE_BUCKETS);
    assert!(Cast::ALL.len() <= 4);
    assert!(FragmentPosition::ALL.len() <= 4);
    assert!(Malformed::ALL.len() <= 32);
    assert!(Encapsulation::ALL.len() <= 8);
    assert!(size_of::<Count>() == 16);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_that_are_more_than_all_frames_leave_no_unicast() {
        let mut of_cpu = Counts::default();
        of_cpu.cast[Cast::Multicast.index()] = 3;

        let sum = totals([&of_cpu].into_iter());

        assert_eq!(sum.cast, [0, 3, 0]);
    }
}
