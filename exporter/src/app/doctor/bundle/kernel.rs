//! The kernel, its settings and the machine.

use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use super::{Item, lines};
use crate::causes::with_causes;
use crate::files;

/// Files that are taken as they are.
const FILES: [(&str, &str, &str); 9] = [
    ("kernel/version", "/proc/version", "The kernel's version and how it was built"),
    ("kernel/meminfo", "/proc/meminfo", "Memory"),
    ("kernel/cpus-possible", "/sys/devices/system/cpu/possible", "Possible CPUs"),
    ("kernel/cpus-online", "/sys/devices/system/cpu/online", "CPUs that run"),
    ("kernel/lockdown", "/sys/kernel/security/lockdown", "Whether the kernel is locked down"),
    ("kernel/lsm", "/sys/kernel/security/lsm", "Security modules"),
    ("kernel/softnet_stat", "/proc/net/softnet_stat", "Packets dropped before the stack, by CPU"),
    ("kernel/modules", "/proc/modules", "Modules that are loaded"),
    ("kernel/os-release", "/etc/os-release", "The distribution"),
];
const SETTINGS: [&str; 15] = [
    "kernel/osrelease",
    "kernel/unprivileged_bpf_disabled",
    "kernel/perf_event_paranoid",
    "kernel/bpf_stats_enabled",
    "kernel/kptr_restrict",
    "kernel/yama/ptrace_scope",
    "kernel/tainted",
    "net/core/bpf_jit_enable",
    "net/core/bpf_jit_harden",
    "net/core/bpf_jit_kallsyms",
    "net/core/bpf_jit_limit",
    "net/core/netdev_budget",
    "net/core/netdev_budget_usecs",
    "net/core/netdev_max_backlog",
    "net/ipv4/ip_local_port_range",
];
/// What options of the kernel matter begins with.
const OPTIONS: [&str; 22] = [
    "BPF",
    "CGROUP_BPF",
    "XDP",
    "NET_CLS",
    "NET_SCH_INGRESS",
    "NET_XGRESS",
    "NET_INGRESS",
    "NET_EGRESS",
    "NETKIT",
    "VETH",
    "DEBUG_INFO_BTF",
    "HAVE_EBPF_JIT",
    "PREEMPT",
    "HZ",
    "NR_CPUS",
    "LSM",
    "SECURITY_LOCKDOWN",
    "SECCOMP",
    "USER_NS",
    "TRACING",
    "KPROBE",
    "FTRACE",
];
/// Parameters of the command line whose values are no secrets, as those of others may be.
const PARAMETERS: [&str; 22] = [
    "BOOT_IMAGE",
    "ro",
    "rw",
    "quiet",
    "isolcpus",
    "nohz",
    "nohz_full",
    "rcu_nocbs",
    "irqaffinity",
    "mitigations",
    "lsm",
    "security",
    "lockdown",
    "maxcpus",
    "nr_cpus",
    "nosmt",
    "preempt",
    "threadirqs",
    "net.ifnames",
    "biosdevname",
    "cgroup_disable",
    "hugepages",
];
/// Most bytes of the options, unpacked.
const LONGEST: u64 = 4 << 20;

pub(super) fn items() -> Vec<Item> {
    let of_file = |(file, path, about): &(&str, &str, &'static str)| {
        // /etc is a file system like any other.
        let is_of_kernel = ["/proc/", "/sys/"].iter().any(|start| path.starts_with(start));
        let text = if is_of_kernel { files::of_kernel(path) } else { files::text(Path::new(path)) };
        Item::new(*file, about, text.map_err(|error| format!("`{path}`: {error}")))
    };
    let mut items: Vec<_> = FILES.iter().map(of_file).collect();
    items.push(Item::new("kernel/sysctl.txt", "Settings of the kernel", Ok(settings())));
    let command_line = files::of_kernel("/proc/cmdline").map(|text| without_values(&text));
    items.push(Item::new(
        "kernel/cmdline",
        "The kernel's command line, with values only where they matter",
        command_line.map_err(|error| error.to_string()),
    ));
    items.push(Item::new("kernel/config", "Options the kernel was built with", options()));

    items
}

fn settings() -> String {
    let mut text = String::new();
    for name in SETTINGS {
        let value = files::of_kernel(&format!("/proc/sys/{name}"));
        let value = value.map_or_else(|error| format!("({error})"), |it| it.trim().to_owned());
        // A string takes all that is written.
        let _written = writeln!(text, "{} = {value}", name.replace('/', "."));
    }

    text
}

fn without_values(command_line: &str) -> String {
    const HIDDEN: &str = "<not shown>";
    let shown = |parameter: &str| {
        let is_open = parameter.matches('"').count() % 2 == 1;
        // Quotes are around the value or around all of it.
        match parameter.trim_start_matches('"').split_once('=') {
            Some((name, _)) if is_open || !PARAMETERS.contains(&name) => format!("{name}={HIDDEN}"),
            None if parameter.contains('"') => HIDDEN.to_owned(),
            _ => parameter.to_owned(),
        }
    };
    // What is behind `--` is for the first process.
    let of_kernel = parameters(command_line).into_iter().take_while(|it| *it != "--");
    let all: Vec<_> = of_kernel.map(shown).collect();

    all.join(" ") + "\n"
}

/// Splits a command line at the spaces that are not within double quotes. Source: `next_arg` in
/// lib/cmdline.c.
fn parameters(command_line: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let is_end = |it: char| {
        is_quoted ^= it == '"';
        it.is_whitespace() && !is_quoted
    };

    command_line.split(is_end).filter(|it| !it.is_empty()).collect()
}

fn options() -> Result<String, String> {
    let release = files::of_kernel("/proc/sys/kernel/osrelease").unwrap_or_default();
    let boot = format!("/boot/config-{}", release.trim());
    let text = match files::read(Path::new("/proc/config.gz")) {
        Ok(packed) => {
            let mut text = String::new();
            let unpacked = flate2::read::GzDecoder::new(&*packed).take(LONGEST);
            { unpacked }
                .read_to_string(&mut text)
                .map(|_| text)
                .map_err(|error| with_causes(&error))
        }
        Err(first) => files::text(Path::new(&boot))
            .map_err(|second| format!("`/proc/config.gz`: {first}; `{boot}`: {second}")),
    };

    text.map(|text| relevant(&text))
}

fn relevant(options: &str) -> String {
    let is_relevant = |line: &&str| {
        let name = line.trim_start_matches("# ").strip_prefix("CONFIG_").unwrap_or_default();
        OPTIONS.iter().any(|start| name.starts_with(start))
    };

    lines(options.lines().filter(is_relevant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_keeps_its_secrets() {
        let line = "BOOT_IMAGE=/vmlinuz quiet isolcpus=2-3 systemd.set_credential=a:secret pw=b=c -- secret\n";

        assert_eq!(
            without_values(line),
            "BOOT_IMAGE=/vmlinuz quiet isolcpus=2-3 systemd.set_credential=<not shown> \
             pw=<not shown>\n"
        );
    }

    #[test]
    fn a_quoted_value_is_one_value() {
        let cases = [
            ("a=\"x secret y\" quiet", "a=<not shown> quiet\n"),
            ("\"a=x secret\" quiet", "a=<not shown> quiet\n"),
            ("isolcpus=\"2 3\" a=\"x -- secret\" ro", "isolcpus=\"2 3\" a=<not shown> ro\n"),
            ("\"lsm=a b\" \"one secret\" rw", "\"lsm=a b\" <not shown> rw\n"),
            ("lsm=\"a secret", "lsm=<not shown>\n"),
        ];

        for (line, shown) in cases {
            assert_eq!(without_values(line), shown);
        }
    }

    #[test]
    fn the_options_that_matter_are_kept() {
        let options = "CONFIG_BPF_JIT=y\n# CONFIG_PREEMPT_RT is not set\nCONFIG_SOUND=m\n# BPF\n";

        assert_eq!(relevant(options), "CONFIG_BPF_JIT=y\n# CONFIG_PREEMPT_RT is not set\n");
    }
}
