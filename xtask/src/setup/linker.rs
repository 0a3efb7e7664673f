//! bpf-linker, which no distribution has: built once for all clones of the project.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::tools_dir;
use crate::process;

/// Debian's, of the LLVM whose bitcode its compiler for BPF emits.
const LLVM: &str = "/usr/lib/llvm-22";

pub(crate) const ELSEWHERE: &str = "install LLVM of the compiler's major version (rustc -vV), then \
    LLVM_PREFIX=... cargo install --locked bpf-linker --no-default-features --features llvm-NN";

pub(crate) fn make() -> Result<()> {
    if !Path::new(LLVM).join("bin/llvm-config").exists() {
        bail!("it is built with LLVM 22, and {LLVM} is not there");
    }
    let tools = tools_dir()?;
    // Not below /tmp, which may be a small file system in memory.
    let scratch = tools.join("build-bpf-linker");

    // Cargo puts the program in its place only when it is whole.
    let built = process::step(
        "building bpf-linker (a minute or two)",
        process::cargo()
            .args(["install", "--locked", "bpf-linker@^0.13"])
            .args(["--no-default-features", "--features", "llvm-22", "--force", "--root"])
            .arg(&tools)
            .current_dir(&tools)
            .env("LLVM_PREFIX", LLVM)
            .env("CARGO_TARGET_DIR", &scratch),
    );
    let removed = fs::remove_dir_all(&scratch)
        .with_context(|| format!("cannot remove {}", scratch.display()));

    built.context("needs the network and 2 GB on that disk while it is built")?;
    removed
}
