//! Memory of this process.

use crate::files;

/// Free memory that is not kept, in bytes: at the end of the heap, or of a single allocation.
#[cfg(target_env = "gnu")]
const NOT_KEPT: i32 = 64 * 1024;

/// Has all threads of the process share one heap, and the heap return what is free. To be called while
/// there is one thread.
///
/// Otherwise each thread that ever reads an object keeps megabytes that no other one uses: on a host
/// whose devices come and go, 60 MiB instead of 18. And the limits above which memory goes back to
/// the kernel grow with what was freed, up to 32 MiB. Source: `M_MMAP_THRESHOLD` in mallopt(3).
pub fn share_heap() {
    #[cfg(target_env = "gnu")]
    for (option, value) in [
        (libc::M_ARENA_MAX, 1),
        (libc::M_TRIM_THRESHOLD, NOT_KEPT),
        (libc::M_MMAP_THRESHOLD, NOT_KEPT),
    ] {
        // SAFETY: the call takes no memory of ours; it may be made at any time, by any thread.
        unsafe { libc::mallopt(option, value) };
    }
}

/// Returns freed memory to the kernel: reading the object for a load takes some megabytes that are
/// not needed again soon, and the allocator keeps them.
pub(in super::super) fn give_back() {
    // SAFETY: the call takes no memory of ours; it may be made at any time, by any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Takes the code of this program out of its resident memory. What runs comes back from the page cache
/// with the next call; what only the start needs, a loader and a parser of arguments, does not.
///
/// Source: `MADV_DONTNEED` in madvise(2), of private mappings of files that were not written to. Code
/// never is; what lies beside it may hold addresses that the linker wrote at the start.
pub(in super::super) fn give_back_code() {
    let (Ok(maps), Ok(program)) = (files::of_kernel("/proc/self/maps"), std::env::current_exe())
    else {
        return;
    };
    let program = program.to_string_lossy();
    for line in maps.lines().filter(|line| line.ends_with(&*program)) {
        let Some((start, end)) = code(line) else { continue };
        // SAFETY: the range is a mapping of this process that nobody can write to, and is read again from its
        // file where it is reached.
        unsafe {
            libc::madvise(
                std::ptr::with_exposed_provenance_mut(start),
                end - start,
                libc::MADV_DONTNEED,
            );
        }
    }
}

/// Returns the addresses of a mapping of code. Source: proc_pid_maps(5).
fn code(line: &str) -> Option<(usize, usize)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();

    rest.starts_with("r-xp ").then_some((address(start)?, address(end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_can_be_run_and_not_written() {
        let lines = [
            ("7f00-8f00 r-xp 00001000 fe:00 12  /usr/bin/exporter", Some((0x7f00, 0x8f00))),
            ("7f00-8f00 r--p 00000000 fe:00 12  /usr/bin/exporter", None),
            ("7f00-8f00 rwxp 00000000 fe:00 12  /usr/bin/exporter", None),
            ("7f00 r-xp", None),
            ("", None),
        ];

        for (line, expected) in lines {
            assert_eq!(code(line), expected, "{line}");
        }
    }

    #[test]
    fn a_program_runs_on_without_its_code_in_memory() {
        give_back_code();

        assert_eq!((1..=100).sum::<u32>(), 5050);
    }
}
