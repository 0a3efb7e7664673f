//! What the binary was built from, for the metric `build_info`: `BUILD_REVISION`, `BUILD_BRANCH`,
//! `BUILD_RUSTVERSION` and `BUILD_TARGET`. What cannot be told is `unknown`.

use std::env;
use std::process::{Command, Stdio};

pub(crate) fn emit() {
    // A copy of the sources inside somebody else's checkout is not that checkout's revision.
    let ours = git(&["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix == "exporter/");
    let git = |arguments: &[&str]| ours.then(|| git(arguments)).flatten();

    // Every commit and every checkout adds a line to the reflog.
    if let Some(log) = git(&["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }

    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let release = output(Command::new(rustc).arg("--version"))
        .and_then(|version| Some(version.split_whitespace().nth(1)?.to_owned()));
    for (name, value) in [
        ("BUILD_REVISION", git(&["rev-parse", "HEAD"])),
        ("BUILD_BRANCH", git(&["rev-parse", "--abbrev-ref", "HEAD"])),
        ("BUILD_RUSTVERSION", release),
        ("BUILD_TARGET", env::var("TARGET").ok()),
    ] {
        // Packagers build without a checkout, and say what it was.
        println!("cargo::rerun-if-env-changed={name}");
        let value = env::var(name).ok().or(value).unwrap_or_else(|| "unknown".into());
        println!("cargo::rustc-env={name}={value}");
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    output(Command::new("git").args(arguments))
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;

    output.status.success().then(|| text.trim().to_owned())
}
