//! A filter of system calls.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::panic::resume_unwind;
use std::thread;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// A command of bpf(2). Source: include/uapi/linux/bpf.h.
pub const MAP_LOOKUP_AND_DELETE_BATCH: u64 = 25;

/// Source: include/uapi/asm-generic/errno-base.h and errno.h.
pub const EPERM: u32 = 1;
pub const ENOMEM: u32 = 12;
pub const EINVAL: u32 = 22;
pub const ENOSYS: u32 = 38;

/// Does something on a thread with a filter, which what it starts inherits.
pub fn filtered<T: Send>(
    bpf_command: Option<u64>,
    error: u32,
    work: impl FnOnce() -> T + Send,
) -> T {
    /// The number of bpf(2). Source: include/uapi/asm-generic/unistd.h, and x86's own table.
    const BPF: i64 = if cfg!(target_arch = "x86_64") { 321 } else { 280 };

    behind(&filter(BPF, bpf_command, error), work)
}

/// The same, with a filter of capset(2) and nothing else.
pub fn without_capset<T: Send>(error: u32, work: impl FnOnce() -> T + Send) -> T {
    const CAPSET: i64 = if cfg!(target_arch = "x86_64") { 126 } else { 91 };

    behind(&filter(CAPSET, None, error), work)
}

fn behind<T: Send>(filter: &BpfProgram, work: impl FnOnce() -> T + Send) -> T {
    let filtered = || {
        apply_filter(filter).unwrap();
        work()
    };

    thread::scope(|scope| scope.spawn(filtered).join()).unwrap_or_else(|it| resume_unwind(it))
}

/// Has a call fail, or only those whose first argument is `command`.
fn filter(call: i64, command: Option<u64>, error: u32) -> BpfProgram {
    let is = |command| {
        let condition =
            SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, command);
        SeccompRule::new(vec![condition.unwrap()]).unwrap()
    };
    let rules = BTreeMap::from([(call, command.map(is).into_iter().collect())]);
    let (others, these) = (SeccompAction::Allow, SeccompAction::Errno(error));

    SeccompFilter::new(rules, others, these, ARCH.try_into().unwrap()).unwrap().try_into().unwrap()
}
