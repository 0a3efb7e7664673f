//! Everything that the project needs of a machine.

use std::path::PathBuf;

use super::need::{Check, Need, Purpose};
use super::{
    alertmanager, contract_python, dashboards, faketime, golang, kernels, linker, prometheus,
    python, receivers, systemd,
};
use crate::toolchain::{self, Compiler};

pub(crate) const NEEDS: &[Need] = &[
    program(Purpose::Run, "C compiler", &["cc", "c++"], &[&["build-essential"]]),
    Need {
        name: "Rust compiler for BPF",
        purpose: Purpose::Run,
        check: Check::Place(compiler),
        packages: &[
            // Debian 12 and 13 have a newer compiler beside their own, for browsers.
            &["rustc-web", "libstd-rust-web-dev-bpf"],
            &["rustc", "libstd-rust-dev-bpf"],
        ],
        make: None,
        elsewhere: "rustup toolchain install nightly --profile minimal --component rust-src",
    },
    Need {
        name: "bpf-linker",
        purpose: Purpose::Run,
        check: Check::Place(|| toolchain::find_linker().map(shown)),
        packages: &[&["llvm-22-dev"]],
        make: Some(linker::make),
        elsewhere: linker::ELSEWHERE,
    },
    program(Purpose::Demo, "ip", &["ip"], &[&["iproute2"]]),
    program(Purpose::Demo, "ping", &["ping"], &[&["iputils-ping"]]),
    program(Purpose::Demo, "curl", &["curl"], &[&["curl"]]),
    program(Purpose::Demo, "python3", &["python3"], &[&["python3"]]),
    program(Purpose::Demo, "iperf3", &["iperf3"], &[&["iperf3"]]),
    program(Purpose::Attack, "hping3", &["hping3"], &[&["hping3"]]),
    program(Purpose::Attack, "nmap", &["nmap"], &[&["nmap"]]),
    receiver(
        Purpose::Demo,
        "Prometheus",
        || prometheus().map(shown),
        prometheus::make,
        "prometheus and promtool in PATH",
    ),
    receiver(
        Purpose::Attack,
        "Alertmanager",
        || alertmanager().map(shown),
        prometheus::make_alertmanager,
        "alertmanager and amtool in PATH",
    ),
    program(Purpose::Test, "ethtool", &["ethtool"], &[&["ethtool"]]),
    program(Purpose::Test, "tc", &["tc"], &[&["iproute2"]]),
    program(Purpose::Test, "bpftool", &["bpftool"], &[&["bpftool"]]),
    program(Purpose::Test, "strace", &["strace"], &[&["strace"]]),
    program(Purpose::Test, "tcpdump", &["tcpdump"], &[&["tcpdump"]]),
    program(Purpose::Test, "tcpreplay", &["tcpreplay"], &[&["tcpreplay"]]),
    program(Purpose::Test, "jsonnet", &["jsonnet"], &[&["jsonnet"]]),
    Need {
        name: "Python packages",
        purpose: Purpose::Test,
        check: Check::Place(|| python().map(shown)),
        packages: &[&["python3", "python3-venv"]],
        make: Some(python::make),
        elsewhere: "Python 3.9 or newer with its modules venv and ensurepip",
    },
    receiver(
        Purpose::Suite("otlp"),
        "OpenTelemetry Collector",
        || golang::collector().map(shown),
        golang::make_collector,
        golang::ELSEWHERE,
    ),
    receiver(
        Purpose::Suite("otlp"),
        "Prometheus with OTLP",
        || golang::otlp_prometheus().map(shown),
        golang::make_prometheus,
        golang::ELSEWHERE,
    ),
    receiver(
        Purpose::Meet,
        "VictoriaMetrics",
        || receivers::victoria_metrics().map(shown),
        receivers::make_victoria_metrics,
        "victoria-metrics in PATH",
    ),
    receiver(
        Purpose::Suite("otlp"),
        "rotel",
        || receivers::rotel().map(shown),
        receivers::make_rotel,
        "pip, and glibc 2.34 or newer",
    ),
    Need {
        name: "libfaketime",
        purpose: Purpose::Meet,
        check: Check::Place(|| faketime().map(shown)),
        packages: &[&["libfaketime"]],
        make: None,
        elsewhere: "the package of your distribution that has libfaketime.so.1",
    },
    Need {
        name: "another kernel",
        purpose: Purpose::Meet,
        check: Check::Place(|| kernels().map(shown)),
        packages: &[&["qemu-system-x86"]],
        make: Some(kernels::make_quick),
        elsewhere: kernels::ELSEWHERE,
    },
    Need {
        name: "other kernels",
        purpose: Purpose::Suite("kernels"),
        check: Check::Place(|| kernels::all().map(shown)),
        packages: &[&["qemu-system-x86"]],
        make: Some(kernels::make_all),
        elsewhere: kernels::ELSEWHERE,
    },
    Need {
        name: "a system with systemd",
        purpose: Purpose::Suite("systemd"),
        check: Check::Place(|| systemd::system().map(shown)),
        packages: &[&["mmdebstrap", "systemd-container"]],
        make: Some(systemd::make),
        elsewhere: "the container is made from Debian's archive only",
    },
    program(
        Purpose::Suite("alerts"),
        "programs of DNS",
        &["dnsperf", "dnsmasq"],
        &[&["dnsperf", "dnsmasq-base"]],
    ),
    chromium("dashboards"),
    node("dashboards"),
    Need {
        name: "Grafana's font",
        purpose: Purpose::Suite("dashboards"),
        check: Check::Place(|| dashboards::font().map(shown)),
        packages: &[&["fonts-inter"]],
        make: None,
        elsewhere: "without it texts are as wide as those of another font",
    },
    Need {
        name: "Grafana's components",
        purpose: Purpose::Suite("dashboards"),
        check: Check::Place(|| dashboards::components().map(shown)),
        packages: &[],
        make: Some(dashboards::make_components),
        elsewhere: dashboards::NODE_ELSEWHERE,
    },
    Need {
        name: "reader of dashboards",
        purpose: Purpose::Suite("dashboards"),
        check: Check::Place(|| dashboards::reader().map(shown)),
        packages: &[],
        make: Some(dashboards::make_reader),
        elsewhere: golang::ELSEWHERE,
    },
    program(Purpose::Suite("api"), "tmux", &["tmux"], &[&["tmux"]]),
    program(Purpose::Suite("api"), "tshark", &["tshark"], &[&["tshark"]]),
    chromium("api"),
    node("api"),
    Need {
        name: "driver of the browser",
        purpose: Purpose::Suite("api"),
        check: Check::Place(|| dashboards::browsing().map(shown)),
        packages: &[],
        make: Some(dashboards::make_browsing),
        elsewhere: dashboards::NODE_ELSEWHERE,
    },
    Need {
        name: "Prism and Spectral",
        purpose: Purpose::Suite("api"),
        check: Check::Place(|| dashboards::contract().map(shown)),
        packages: &[],
        make: Some(dashboards::make_contract),
        elsewhere: dashboards::NODE_ELSEWHERE,
    },
    Need {
        name: "schemathesis",
        purpose: Purpose::Suite("api"),
        check: Check::Place(|| contract_python().map(shown)),
        packages: &[&["python3", "python3-venv"]],
        make: Some(python::make_contract),
        elsewhere: "Python 3.10 or newer with its modules venv and ensurepip",
    },
    receiver(
        Purpose::Suite("api"),
        "oasdiff",
        || golang::oasdiff().map(shown),
        golang::make_oasdiff,
        golang::ELSEWHERE,
    ),
];

const fn chromium(suite: &'static str) -> Need {
    program(Purpose::Suite(suite), "Chromium", &["chromium"], &[&["chromium"]])
}

const fn node(suite: &'static str) -> Need {
    Need {
        name: "Node.js",
        purpose: Purpose::Suite(suite),
        check: Check::Place(|| dashboards::node().map(shown)),
        packages: &[&["nodejs", "npm"]],
        make: Some(dashboards::make_node),
        elsewhere: dashboards::NODE_ELSEWHERE,
    }
}

const fn program(
    purpose: Purpose,
    name: &'static str,
    programs: &'static [&'static str],
    packages: &'static [&'static [&'static str]],
) -> Need {
    Need {
        name,
        purpose,
        check: Check::Programs(programs),
        packages,
        make: None,
        elsewhere: "the package of your distribution that has it in PATH",
    }
}

/// Made by ourselves wherever it can be had: packages of servers start them.
const fn receiver(
    purpose: Purpose,
    name: &'static str,
    place: fn() -> Option<String>,
    make: fn() -> anyhow::Result<()>,
    elsewhere: &'static str,
) -> Need {
    Need { name, purpose, check: Check::Place(place), packages: &[], make: Some(make), elsewhere }
}

fn compiler() -> Option<String> {
    let endian = if cfg!(target_endian = "big") { "big" } else { "little" };

    Some(match toolchain::find_compiler(toolchain::target(endian))? {
        Compiler::WithCore { rustc } => shown(rustc),
        Compiler::Nightly => "the nightly of rustup".to_owned(),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it ends chains on Option<PathBuf>")]
fn shown(path: PathBuf) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::Suites;

    #[test]
    fn each_suite_that_needs_something_is_there() {
        let suites = Suites::of_project().unwrap();

        for need in NEEDS {
            if let Purpose::Suite(name) = need.purpose {
                assert!(suites.find(name).is_some(), "{} is for the suite {name}", need.name);
            }
        }
    }
}
