//! Builds the programs that run in the kernel, and notes what was built from what.
#![expect(clippy::disallowed_methods, reason = "a build reads and writes files")]

#[path = "build/object.rs"]
mod object;
#[path = "build/provenance.rs"]
mod provenance;
#[path = "build/slim.rs"]
mod slim;
#[path = "build/toolchain.rs"]
mod toolchain;

use std::process::ExitCode;

fn main() -> ExitCode {
    provenance::emit();

    object::build(&["packet-exporter-ebpf", "packet-exporter-pool"])
}
