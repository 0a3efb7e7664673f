//! Compiles `exporter-ebpf` for the kernel with a cargo of its own.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::slim;
use super::toolchain::{self, Compiler};

/// Between two flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

enum Failure {
    Compiler,
    /// Names what is missing and how to get it.
    Missing(String),
    /// Names an object that cannot be read or written, and why.
    Object(String),
}

/// Compiles these binaries of `exporter-ebpf` and leaves the objects in `OUT_DIR`, from where
/// `include_bytes!` takes them. Returns what the build script ends with.
pub(crate) fn build(bins: &[&str]) -> ExitCode {
    match compile(bins) {
        Ok(()) => ExitCode::SUCCESS,
        // The compiler has said what is wrong, and cargo shows it when the script fails.
        Err(Failure::Compiler) => ExitCode::FAILURE,
        // Cargo stops at this line and shows it alone.
        Err(Failure::Missing(what) | Failure::Object(what)) => {
            println!("cargo::error={what}");
            ExitCode::SUCCESS
        }
    }
}

fn compile(bins: &[&str]) -> Result<(), Failure> {
    // Asked when it runs, and paths from here: a target folder may have been copied from a clone.
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let workspace = package.parent().unwrap_or(Path::new("."));
    for part in ["exporter-ebpf", "shared", "exporter/build", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed=../{part}");
    }
    println!("cargo::rerun-if-changed=build.rs");

    let target = toolchain::target(&variable("CARGO_CFG_TARGET_ENDIAN").to_string_lossy());
    let compiler = toolchain::find_compiler(target)
        .ok_or_else(|| missing(&format!("a Rust compiler with `core` for {target}")))?;
    let [major, minor] = toolchain::LINKER_SINCE;
    let linker = toolchain::find_linker()
        .ok_or_else(|| missing(&format!("bpf-linker {major}.{minor} or newer")))?;
    println!("cargo::rerun-if-changed={}", linker.display());
    if let Compiler::WithCore { rustc } = &compiler {
        println!("cargo::rerun-if-changed={}", rustc.display());
    }

    let out_dir = PathBuf::from(variable("OUT_DIR"));
    // `target/ebpf`: every profile, and clippy, has its own OUT_DIR, but wants the same object.
    let target_dir = out_dir.ancestors().nth(4).unwrap_or(&out_dir).join("ebpf");
    let status = cargo(&compiler)
        .current_dir(workspace)
        .args(["build", "--quiet", "--locked", "--package", "exporter-ebpf"])
        .args(bins.iter().flat_map(|bin| ["--bin", bin]))
        .args(["--features", "kernel", "--profile", "kernel", "--target", target, "--target-dir"])
        .arg(&target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(&linker))
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(Failure::Compiler);
    }

    let objects = target_dir.join(target).join("kernel");
    for bin in bins {
        slim::copy(&objects.join(bin), &out_dir.join(bin)).map_err(Failure::Object)?;
    }
    Ok(())
}

/// A cargo that inherits the way to the registry and the jobserver, and nothing else of the cargo
/// that runs this: neither its flags nor its target nor clippy's wrapper are for the kernel.
fn cargo(compiler: &Compiler) -> Command {
    const KEPT: [&str; 7] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_MAKEFLAGS",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
    ];
    let foreign = |name: &str| {
        let ours = ["CARGO", "CLIPPY", "RUSTC", "RUSTDOC", "RUSTFLAGS"];
        ours.iter().any(|prefix| name.starts_with(prefix))
            && !KEPT.iter().any(|prefix| name.starts_with(prefix))
    };

    let mut command = match compiler {
        Compiler::WithCore { rustc } => {
            let mut command = Command::new(variable("CARGO"));
            clear(&mut command, foreign);
            command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
            command
        }
        Compiler::Nightly => {
            let mut command = Command::new("rustup");
            clear(&mut command, foreign);
            command.env_remove("RUSTUP_TOOLCHAIN");
            command.args(["run", "nightly", "cargo", "-Zbuild-std=core"]);
            command
        }
    };
    // An empty name switches off a wrapper that the user's cargo configuration asks for.
    command.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");

    command
}

fn clear(command: &mut Command, foreign: impl Fn(&str) -> bool) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(&foreign) {
            command.env_remove(name);
        }
    }
}

fn rustflags(linker: &Path) -> OsString {
    let arch = variable("CARGO_CFG_TARGET_ARCH");
    // As aya-ebpf spells it.
    let arch = if arch.to_string_lossy().starts_with("riscv64") { "riscv64".into() } else { arch };

    let mut flags = OsString::from("--cfg=bpf_target_arch=\"");
    flags.push(arch);
    flags.push("\"");
    // v3: 32-bit jumps and atomics that return, as every kernel since 5.12 has them.
    // Headers lie where they lie; every processor that the service runs on loads them there.
    let misaligned = "-Clink-arg=--cpu-features=+allows-misaligned-mem-access";
    let flags_for_all = ["-Cdebuginfo=2", "-Ctarget-cpu=v3", "-Clink-arg=--btf", misaligned];
    for flag in flags_for_all.into_iter().chain(["-Clinker="]) {
        flags.push(SEPARATOR);
        flags.push(flag);
    }
    flags.push(linker);

    flags
}

fn missing(what: &str) -> Failure {
    Failure::Missing(format!(
        "{what} is missing, and the program for the kernel cannot be built; \
         `cargo xtask setup` installs it or says how to"
    ))
}

/// A variable that cargo sets for every build script.
fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_default()
}
