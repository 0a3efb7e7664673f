//! What the kernel reports about this process.

use std::ffi::OsStr;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use procfs::process::{LimitValue, Stat};

/// Readings of one process. `None` where /proc does not have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Time on a CPU, in user and in kernel mode.
    pub cpu: Option<Duration>,
    pub open_fds: Option<u64>,
    /// `None` also where there is no limit.
    pub max_fds: Option<u64>,
    pub virtual_memory_bytes: Option<u64>,
    /// `None` also where there is no limit.
    pub virtual_memory_max_bytes: Option<u64>,
    pub resident_memory_bytes: Option<u64>,
    pub threads: Option<u64>,
    pub started: Option<SystemTime>,
}

/// Returns whether this process is one of user 0, which owns the files of root.
pub fn is_root() -> bool {
    let myself = procfs::process::Process::myself().and_then(|myself| myself.status());

    myself.is_ok_and(|status| status.euid == 0)
}

/// What keeps a process from system calls that its capabilities would allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// A seccomp filter judges its system calls.
    pub has_filter: bool,
    /// It is in a user namespace of its own, outside of which its capabilities do not count.
    pub in_user_namespace: bool,
}

impl Confinement {
    /// Reads /proc/self. What it does not show is taken for no confinement.
    pub fn read() -> Self {
        /// Source: seccomp(2).
        const FILTER: u32 = 2;
        /// The namespace that every machine begins with.
        /// Source: `USER_NS_INIT_INO` in include/uapi/linux/nsfs.h.
        const FIRST: u64 = 0xEFFF_FFFD;

        let Ok(myself) = procfs::process::Process::myself() else {
            return Self::default();
        };
        let filter = myself.status().ok().and_then(|status| status.seccomp);
        let namespaces = myself.namespaces().ok();
        let user = namespaces.as_ref().and_then(|all| all.0.get(OsStr::new("user")));

        Self {
            has_filter: filter == Some(FILTER),
            in_user_namespace: user.is_some_and(|user| user.identifier != FIRST),
        }
    }
}

/// Writes why bpf(2) is not permitted, and what to do.
impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { has_filter, in_user_namespace } = *self;
        if !has_filter && !in_user_namespace {
            return f.write_str(
                "run as root, or give it the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; \
                 if it has them, a security module forbids it: see the kernel's log",
            );
        }

        if in_user_namespace {
            f.write_str(
                "it runs in a user namespace, where bpf(2) is not permitted; start it outside of \
                 one: as root, not in a rootless container, without `PrivateUsers=`",
            )?;
        }
        if has_filter {
            f.write_str(if in_user_namespace { "; and " } else { "" })?;
            f.write_str(
                "a seccomp filter may forbid it, which systemd and container runtimes set: add \
                 `bpf` to `SystemCallFilter=`, or use a seccomp profile that allows bpf(2); or a \
                 security module or kernel lockdown forbids it: see the kernel's log",
            )?;
        }
        Ok(())
    }
}

impl Process {
    /// Reads /proc/self.
    pub fn read() -> Self {
        let Ok(myself) = procfs::process::Process::myself() else {
            return Self::default();
        };
        let stat = myself.stat().ok();
        let limits = myself.limits().ok();

        Self {
            cpu: stat.as_ref().map(|stat| ticks(stat.utime + stat.stime)),
            open_fds: myself.fd_count().ok().map(|count| count as u64),
            max_fds: limits.as_ref().and_then(|limits| limit(limits.max_open_files.soft_limit)),
            virtual_memory_bytes: stat.as_ref().map(|stat| stat.vsize),
            virtual_memory_max_bytes: limits
                .as_ref()
                .and_then(|limits| limit(limits.max_address_space.soft_limit)),
            resident_memory_bytes: stat.as_ref().map(|stat| stat.rss * procfs::page_size()),
            threads: stat.as_ref().and_then(|stat| stat.num_threads.try_into().ok()),
            started: stat.as_ref().and_then(started),
        }
    }
}

fn started(stat: &Stat) -> Option<SystemTime> {
    let boot = Duration::from_secs(procfs::boot_time_secs().ok()?);

    Some(UNIX_EPOCH + boot + ticks(stat.starttime))
}

/// Converts the kernel's `USER_HZ`, which is 100 on nearly every machine.
fn ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / procfs::ticks_per_second())
}

fn limit(limit: LimitValue) -> Option<u64> {
    match limit {
        LimitValue::Value(value) => Some(value),
        LimitValue::Unlimited => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_confinement_has_its_remedy() {
        let text = |has_filter, in_user_namespace| {
            Confinement { has_filter, in_user_namespace }.to_string()
        };

        assert!(text(false, false).starts_with("run as root"));
        assert!(text(true, false).starts_with("a seccomp filter may forbid it"));
        assert!(text(false, true).ends_with("without `PrivateUsers=`"));
        assert!(text(true, false).contains("or a security module or kernel lockdown forbids it"));
        assert!(text(true, true).contains("; and a seccomp filter may forbid it"));
    }

    #[test]
    fn a_process_finds_itself() {
        let process = Process::read();

        assert!(process.cpu.is_some());
        assert!(process.open_fds.unwrap() >= 3, "stdin, stdout, stderr");
        assert!(process.max_fds.unwrap() >= process.open_fds.unwrap());
        assert!(process.resident_memory_bytes.unwrap() > 100_000);
        assert!(process.virtual_memory_bytes.unwrap() > process.resident_memory_bytes.unwrap());
        assert!(process.threads.unwrap() >= 1);
        let age = process.started.unwrap().elapsed().expect("it started in the past");
        assert!(age < Duration::from_hours(1), "{age:?}");
    }
}
