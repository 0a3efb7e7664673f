//! What each CPU writes alone in one generation; it begins with the frame at hand.

use std::mem::offset_of;

use shared::{Attribution, GENERATIONS, Parsed, PoolCpu, Totals};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::tables::Load;
use super::wire::Mapping;

/// Returns the entries of a generation in maps with one for each CPU with a number below `cpus`.
pub(super) fn entries(cpus: usize, generation: usize) -> impl Iterator<Item = usize> {
    (0..cpus).map(move |cpu| cpu * GENERATIONS + generation)
}

/// Returns whether a frame came to a CPU in a generation: each leaves its length there.
pub(super) fn is_any<T>(of_cpus: &Mapping<T>, entry: usize) -> bool
where
    T: FromBytes + IntoBytes + Immutable,
{
    of_cpus.word(entry, offset_of!(Parsed, length)) != 0
}

/// Returns what each CPU counted in some entries, in the dimension whose [`Attribution`] has this place
/// there.
pub(super) fn loads<T>(
    of_cpus: &Mapping<T>,
    entries: impl Iterator<Item = usize>,
    dimension: usize,
    ages: bool,
) -> Vec<Load>
where
    T: FromBytes + IntoBytes + Immutable,
{
    let misses = dimension + offset_of!(Attribution, misses);
    let load = |entry| Load {
        is_any: is_any(of_cpus, entry),
        is_short: of_cpus.word(entry, misses) > 0,
        ages,
    };

    entries.map(load).collect()
}

const _: () = {
    assert!(offset_of!(Totals, parsed) == 0);
    assert!(offset_of!(PoolCpu, parsed) == 0);
};
