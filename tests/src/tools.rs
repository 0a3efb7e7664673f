//! Programs that `cargo xtask test` finds for the tests.

use std::env;
use std::path::PathBuf;

use crate::sources::root;

/// What installs the tools that not every machine can have, and where.
const HOW: [(&str, &str); 14] = [
    ("PACKET_EXPORTER_COLLECTOR", "setup --suite otlp` builds it where `go` is in PATH"),
    ("PACKET_EXPORTER_OTLP_PROMETHEUS", "setup --suite otlp` builds it where `go` is in PATH"),
    ("PACKET_EXPORTER_VICTORIA_METRICS", "setup` unpacks it where Debian's archive is"),
    ("PACKET_EXPORTER_FAKETIME", "setup` installs Debian's libfaketime"),
    ("PACKET_EXPORTER_KERNELS", "setup` installs QEMU and unpacks kernels on Debian"),
    (
        "PACKET_EXPORTER_SYSTEMD",
        "setup --suite systemd` makes a small Debian where mmdebstrap and systemd-nspawn are",
    ),
    ("PACKET_EXPORTER_ROTEL", "setup --suite otlp` unpacks it for x86_64 and aarch64"),
    ("PACKET_EXPORTER_BROWSER", "setup --suite dashboards` installs Debian's Chromium"),
    (
        "PACKET_EXPORTER_BROWSING",
        "setup --suite api` installs it where Node.js 20 or newer is in PATH, and npm",
    ),
    (
        "PACKET_EXPORTER_CONTRACT",
        "setup --suite api` installs it where Node.js 20 or newer is in PATH, and npm",
    ),
    (
        "PACKET_EXPORTER_CONTRACT_PYTHON",
        "setup --suite api` installs it where Python 3.10 or newer is",
    ),
    ("PACKET_EXPORTER_OASDIFF", "setup --suite api` builds it where `go` is in PATH"),
    (
        "PACKET_EXPORTER_COMPONENTS",
        "setup --suite dashboards` installs it where Node.js 20 or newer is in PATH, and npm",
    ),
    (
        "PACKET_EXPORTER_DASHBOARD_READER",
        "setup --suite dashboards` builds it where `go` is in PATH",
    ),
];

/// Returns a tool by its variable. Prints that `test` is skipped if there is none.
pub fn tool(test: &str, variable: &str) -> Option<PathBuf> {
    let found = env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        let how =
            HOW.iter().find(|(name, _)| *name == variable).map_or("setup` installs it", |it| it.1);
        println!("SKIPPED {test}: {variable} is not set; `cargo xtask {how}");
    }

    found
}

/// The service as it was built.
pub fn service() -> PathBuf {
    env::var_os("PACKET_EXPORTER_BIN")
        .map_or_else(|| root().join("target/debug/packet-exporter"), PathBuf::from)
}
