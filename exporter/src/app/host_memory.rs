//! How much memory the maps may take where no limit is set.

use std::path::{Path, PathBuf};

use crate::config::{Auto, Bytes};
use crate::files;

const MEMORY: &str = "/proc/meminfo";
/// The control groups of this process; with the second version of them one line begins with `0::`.
const GROUP: &str = "/proc/self/cgroup";
const GROUPS: &str = "/sys/fs/cgroup";
/// What the limit lies between.
const LEAST: u64 = 32 << 20;
const MOST: u64 = 256 << 20;

/// Returns the limit of what all maps take, in bytes.
pub(super) fn limit(choice: Auto<Bytes>) -> u64 {
    match choice {
        Auto::Set(Bytes(bytes)) => bytes,
        Auto::Auto => default(read("MemTotal:"), of_group()),
    }
}

/// Returns the bytes that are free for new programs.
pub(super) fn available() -> Option<u64> {
    read("MemAvailable:")
}

/// Maps are charged to the control group of the process. There user space has its share too.
fn default(host: Option<u64>, group: Option<u64>) -> u64 {
    let of_host = host.map_or(MOST, |bytes| bytes / 16);
    let of_group = group.map_or(MOST, |bytes| bytes / 2);

    of_host.min(of_group).clamp(LEAST, MOST)
}

/// Reads a line of the kernel's account of its memory, in bytes. Source: proc_meminfo(5).
fn read(line: &str) -> Option<u64> {
    let memory = files::of_kernel(MEMORY).ok()?;
    let rest = memory.lines().find_map(|it| it.strip_prefix(line))?;
    let kibibytes: u64 = rest.trim().trim_end_matches(" kB").parse().ok()?;

    Some(kibibytes * 1024)
}

/// Reads the lowest limit of the control groups that this process is in; `None` without one.
fn of_group() -> Option<u64> {
    let text = files::of_kernel(GROUP).ok()?;
    let group = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let limit = |group: &Path| -> Option<u64> {
        files::of_kernel(&group.join("memory.max")).ok()?.trim().parse().ok()
    };
    let innermost = PathBuf::from(GROUPS).join(group);

    innermost.ancestors().take_while(|it| it.starts_with(GROUPS)).filter_map(limit).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_default_is_a_sixteenth_of_the_host_or_half_of_the_group() {
        let cases = [
            (Some(64 * GIB), None, MOST),
            (Some(2 * GIB), None, GIB / 8),
            (Some(GIB / 4), None, LEAST),
            (Some(64 * GIB), Some(GIB / 8), GIB / 16),
            (Some(64 * GIB), Some(GIB / 64), LEAST),
            (Some(2 * GIB), Some(64 * GIB), GIB / 8),
            (None, None, MOST),
        ];

        for (host, group, limit) in cases {
            assert_eq!(default(host, group), limit, "{host:?} and {group:?}");
        }
    }

    #[test]
    fn a_limit_that_is_set_stays() {
        assert_eq!(limit(Auto::Set(Bytes(8 << 20))), 8 << 20);
        assert!((LEAST..=MOST).contains(&limit(Auto::Auto)));
    }
}
