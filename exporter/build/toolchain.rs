//! What it takes to compile for the kernel, and where it lies. `xtask` compiles this file too, so
//! that its setup and the build cannot disagree.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest bpf-linker that links against LLVM 22, which the compilers here emit.
pub(crate) const LINKER_SINCE: [u32; 2] = [0, 13];

/// A way to get `core` for a target that rustup does not ship.
#[derive(Debug)]
pub(crate) enum Compiler {
    /// Debian's: `core` lies compiled in its sysroot.
    WithCore { rustc: PathBuf },
    /// A rustup nightly with `rust-src`: cargo compiles `core` too.
    Nightly,
}

/// What the kernel of a machine with that byte order runs.
pub(crate) fn target(endian: &str) -> &'static str {
    if endian == "big" { "bpfeb-unknown-none" } else { "bpfel-unknown-none" }
}

/// The compiler for `target`, Debian's before a nightly.
pub(crate) fn find_compiler(target: &str) -> Option<Compiler> {
    let usual = PathBuf::from("/usr/bin/rustc");
    let versioned = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let versioned = versioned
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("rust-"))
        .map(|entry| entry.path().join("bin/rustc"));

    let with_core = [usual].into_iter().chain(versioned).find(|rustc| has_core(rustc, target));

    with_core
        .map(|rustc| Compiler::WithCore { rustc })
        .or_else(|| nightly_has_source().then_some(Compiler::Nightly))
}

/// The linker that `cargo xtask setup` built, else one in `PATH`.
pub(crate) fn find_linker() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path).map(|directory| directory.join("bpf-linker"));

    tools_dir()
        .map(|tools| tools.join("bin/bpf-linker"))
        .into_iter()
        .chain(in_path)
        .find(|linker| version(linker).is_some_and(|version| version >= LINKER_SINCE))
}

/// Where tools built for this project lie: beside all clones, out of reach of `cargo clean`.
pub(crate) fn tools_dir() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").filter(|path| Path::new(path).is_absolute());
    let home = || env::var_os("HOME").filter(|path| !path.is_empty());

    cache
        .map(PathBuf::from)
        .or_else(|| home().map(|home| PathBuf::from(home).join(".cache")))
        .map(|cache| cache.join("packet-exporter/tools"))
}

fn has_core(rustc: &Path, target: &str) -> bool {
    let Some(sysroot) = output(Command::new(rustc).args(["--print", "sysroot"])) else {
        return false;
    };
    let libraries = Path::new(&sysroot).join("lib/rustlib").join(target).join("lib");
    let mut files = fs::read_dir(libraries).into_iter().flatten().flatten();
    let is_core = |name: &OsStr| name.to_string_lossy().starts_with("libcore-");

    files.any(|file| is_core(&file.file_name())) && new_enough(rustc)
}

/// As the workspace's `rust-version` has it.
fn new_enough(rustc: &Path) -> bool {
    let least = parse_version(env!("CARGO_PKG_RUST_VERSION"));

    version(rustc) >= least
}

fn nightly_has_source() -> bool {
    // Asking must not install it.
    let mut ask = Command::new("rustup");
    ask.args(["run", "nightly", "rustc", "--print", "sysroot"]).env("RUSTUP_AUTO_INSTALL", "0");

    output(&mut ask)
        .is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library").is_dir())
}

/// The first two numbers of what `program --version` prints.
fn version(program: &Path) -> Option<[u32; 2]> {
    let printed = output(Command::new(program).arg("--version"))?;

    printed.split_whitespace().nth(1).and_then(parse_version)
}

fn parse_version(text: &str) -> Option<[u32; 2]> {
    let mut numbers = text.split('.').map(str::parse);

    Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
}

/// What the command prints; `None` if it cannot run or fails.
fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;

    output.status.success().then(|| text.trim().to_owned())
}
