//! Builds the programs of `exporter-ebpf` that only tests and benchmarks load.

#[path = "../exporter/build/object.rs"]
mod object;
#[path = "../exporter/build/slim.rs"]
mod slim;
#[path = "../exporter/build/toolchain.rs"]
mod toolchain;

use std::process::ExitCode;

fn main() -> ExitCode {
    object::build(&["packet-exporter-bench"])
}
