//! Programs that `cargo xtask test` finds for the tests.

use std::env;
use std::path::PathBuf;

use crate::sources::root;

/// What setup does for tools that not every machine can have.
const HOW: [(&str, &str); 6] = [
    ("PACKET_EXPORTER_COLLECTOR", "builds it where `go` is in PATH"),
    ("PACKET_EXPORTER_OTLP_PROMETHEUS", "builds it where `go` is in PATH"),
    ("PACKET_EXPORTER_VICTORIA_METRICS", "unpacks it where Debian's archive is"),
    ("PACKET_EXPORTER_FAKETIME", "installs Debian's libfaketime"),
    ("PACKET_EXPORTER_KERNELS", "installs QEMU and unpacks kernels where Debian's archive is"),
    ("PACKET_EXPORTER_ROTEL", "unpacks it for x86_64 and aarch64"),
];

/// A tool by its variable. Says that `test` is skipped if there is none.
pub fn tool(test: &str, variable: &str) -> Option<PathBuf> {
    let found = env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        let how = HOW.iter().find(|(name, _)| *name == variable).map_or("gets the tool", |it| it.1);
        println!("SKIPPED {test}: {variable} is not set; `cargo xtask setup` {how}");
    }

    found
}

/// The service as it was built.
pub fn service() -> PathBuf {
    env::var_os("PACKET_EXPORTER_BIN")
        .map_or_else(|| root().join("target/debug/packet-exporter"), PathBuf::from)
}
