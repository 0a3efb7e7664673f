//! What is looked at of the host.

use super::{Check, Facts, State};

/// The oldest kernel that the exporter is for.
const KERNEL: (u32, u32) = (5, 10);
/// The first one with TCX.
const TCX: (u32, u32) = (6, 6);

pub(super) fn of(facts: &Facts, memory: Check) -> Vec<Check> {
    let otlp = facts.otlp.as_ref();
    let otlp = otlp.map(|otlp| outcome("otlp", otlp, "certificates and headers can be read"));
    let pins = facts.pins.as_ref().map(|pins| outcome("pins", pins, "can be made"));
    let mut checks = vec![
        kernel(&facts.kernel),
        preemption(facts.realtime),
        btf(facts.btf),
        jit(facts.jit),
        privileges(facts),
        loading(facts.loading.as_ref()),
        listening(facts.listening.as_ref()),
        outcome("web_config", &facts.web, "can be read"),
        outcome("token_file", &facts.tokens, "can be read"),
        memory,
    ];
    checks.extend(otlp.into_iter().chain(pins));

    checks
}

fn check(check: &'static str, state: State, found: impl Into<String>) -> Check {
    Check { check, state, found: found.into(), remedy: None }
}

fn with_remedy(check: Check, remedy: &str) -> Check {
    Check { remedy: Some(remedy.into()), ..check }
}

fn kernel(release: &str) -> Check {
    let name = "kernel";
    match version(release) {
        None => check(name, State::Unknown, release),
        Some(version) if version < KERNEL => with_remedy(
            check(
                name,
                State::Warning,
                format!("{release}, older than the versions this is tested on"),
            ),
            "run on Linux 5.10 or newer",
        ),
        Some(version) if version < TCX => {
            check(name, State::Ok, format!("{release}, without TCX: egress needs clsact"))
        }
        Some(_) => check(name, State::Ok, format!("{release}, with TCX for egress")),
    }
}

/// Reads the first two numbers of a release.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|it: char| !it.is_ascii_digit()).map(str::parse);

    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// On a CPU the program counts one frame after the other, because bottom halves do not interrupt each
/// other. With PREEMPT_RT a lock of the CPU sees to that, which Linux may be built without from 6.18
/// on. Source: CONFIG_PREEMPT_RT_NEEDS_BH_LOCK in kernel/Kconfig.preempt, `__local_bh_disable_ip` in
/// kernel/softirq.c.
fn preemption(is_realtime: bool) -> Check {
    if !is_realtime {
        return check("preemption", State::Ok, "a CPU counts one frame at a time");
    }

    with_remedy(
        check(
            "preemption",
            State::Warning,
            "PREEMPT_RT: a CPU may start on another frame while it counts one, and counts get lost",
        ),
        "count on a kernel without PREEMPT_RT, or with PREEMPT_RT_NEEDS_BH_LOCK; \
         `packet_exporter_imbalanced_intervals_total` shows whether counts got lost",
    )
}

fn btf(is_there: bool) -> Check {
    let none = "the kernel has no type information; the exporter does not need it";

    check("btf", State::Ok, if is_there { "the kernel has type information" } else { none })
}

fn jit(setting: Option<u8>) -> Check {
    match setting {
        Some(0) => with_remedy(
            check("jit", State::Warning, "off: each packet costs several times more CPU time"),
            "`sysctl net.core.bpf_jit_enable=1`",
        ),
        Some(_) => check("jit", State::Ok, "on"),
        None => check("jit", State::Unknown, "not visible in this network namespace"),
    }
}

fn privileges(facts: &Facts) -> Check {
    let name = "privileges";
    let names = |held: bool| -> Vec<&str> {
        let names = facts.capabilities.iter().filter(|(_, is_held)| *is_held == held);
        names.map(|(name, _)| name.as_str()).collect()
    };
    let missing = names(false);
    if missing.is_empty() {
        return rights_left(name, &names(true).join(", "), facts);
    }

    with_remedy(
        check(name, State::Refused, format!("this process has no {}", missing.join(" and no "))),
        "run as root, or give it the capability, as systemd does with \
         `AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON`",
    )
}

/// Reports which rights `run` keeps besides the capabilities that it needs.
fn rights_left(name: &'static str, needed: &str, facts: &Facts) -> Check {
    let user = "run as a user of its own, as systemd does with `User=` and `AmbientCapabilities=CAP_BPF \
         CAP_NET_ADMIN CAP_PERFMON`";
    if !facts.kept.is_empty() {
        let found = format!("{needed}; others are kept: {}", facts.kept.join("; "));
        return with_remedy(check(name, State::Warning, found), user);
    }
    if facts.is_root {
        let found = format!("{needed}; others are given up; the files of root stay accessible");
        return with_remedy(check(name, State::Ok, found), user);
    }

    check(name, State::Ok, needed)
}

fn loading(loading: Option<&Result<(), String>>) -> Check {
    match loading {
        None => check("programs", State::Unknown, "not loaded: privileges are missing"),
        Some(loading) => outcome("programs", loading, "the kernel's verifier accepts them"),
    }
}

fn listening(listening: Option<&Result<(), String>>) -> Check {
    match listening {
        None => check("addresses", State::Unknown, "systemd passes the sockets; not checked here"),
        Some(listening) => outcome("addresses", listening, "the exporter can listen on them"),
    }
}

fn outcome(name: &'static str, outcome: &Result<(), String>, good: &str) -> Check {
    match outcome {
        Ok(()) => check(name, State::Ok, good),
        // The messages of refusals have their remedies.
        Err(error) => check(name, State::Refused, error),
    }
}
