//! Which numbers a CPU can have.

use std::io;

use crate::files;

/// CPUs that can ever be there, also those that are not yet. Source:
/// Documentation/admin-guide/cputopology.rst.
const POSSIBLE: &str = "/sys/devices/system/cpu/possible";

/// CPUs that run now.
const ONLINE: &str = "/sys/devices/system/cpu/online";

/// How many numbers of CPUs maps are laid out for: the highest number and one more, because the
/// program finds its part of a map by the number of its CPU, and numbers may leave gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpus {
    /// Numbers that a CPU can ever have. What needs no key has a part for each.
    pub possible: usize,
    /// Numbers up to that of the last CPU that runs now. Tables of keys have a part for each; a CPU
    /// that comes later counts its keys in the second level.
    pub online: usize,
}

impl Cpus {
    /// Reads which CPUs this host can have and which run.
    pub fn read() -> io::Result<Self> {
        let possible = end_of_numbers(POSSIBLE)?;
        let online = end_of_numbers(ONLINE)?.min(possible);

        Ok(Self { possible, online })
    }
}

/// Returns the number from which on no CPU of a list has one.
fn end_of_numbers(list: &str) -> io::Result<usize> {
    let text = files::of_kernel(list)?;

    end_of(&text).ok_or_else(|| {
        let reason = format!("`{list}` is not a list of CPUs: {:?}", text.trim());
        io::Error::new(io::ErrorKind::InvalidData, reason)
    })
}

/// Reads a list such as `0,2-3`, which the kernel writes in rising order. Source: `bitmap_list_string`
/// in lib/vsprintf.c.
fn end_of(list: &str) -> Option<usize> {
    let highest = list.trim().rsplit([',', '-']).next()?;

    highest.parse::<usize>().ok()?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_between_the_numbers_of_cpus_leave_the_last_one_its_place() {
        for (list, end) in [
            ("0\n", 1),
            ("0-1\n", 2),
            ("0,2-3", 4),
            ("0-3,8,10-11", 12),
            ("1,5", 6),
            ("0-239", 240),
        ] {
            assert_eq!(end_of(list), Some(end), "{list:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for list in ["", "\n", "all", "0-", "0-x", "18446744073709551615"] {
            assert_eq!(end_of(list), None, "{list:?}");
        }
    }

    #[test]
    fn this_machine_has_a_place_for_each_cpu() {
        let here = std::thread::available_parallelism().unwrap().get();

        let Cpus { possible, online } = Cpus::read().unwrap();

        assert!((here..=possible).contains(&online), "{here}, {online} and {possible}");
    }
}
