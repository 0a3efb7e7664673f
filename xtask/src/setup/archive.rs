//! Debian's packages unpacked, not installed: an installed one may start a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt;
use crate::process;

/// Where a package is looked for of which the release here has none that is new enough.
const SUITES: [&str; 2] = ["unstable", "testing"];
/// Of Debian's archive. The package of that name has it under both.
const KEYRINGS: [&str; 2] = [
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
];

/// Unpacks a package of the release here; returns its version.
pub(crate) fn unpack(package: &str, into: &Path) -> Result<String> {
    require_apt()?;
    let download = || {
        process::step(
            &format!("downloading {package}"),
            Command::new("apt-get").args(["--quiet", "download", package]).current_dir(into),
        )
    };
    renewing_lists(download)?;

    extract(into)
}

/// Unpacks a package in the version of Debian's next release, of which apt here learns nothing;
/// returns its version.
pub(crate) fn unpack_of_next_release(package: &str, into: &Path) -> Result<String> {
    let mirror = mirror_of_debian()?;

    let mut reasons = Vec::new();
    for suite in SUITES {
        match lists(suite, &mirror, into).and_then(|own| download(package, &own, into)) {
            Ok(()) => return extract(into),
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    bail!("cannot get {package} from Debian's archive: {}", reasons.join("; "));
}

/// Unpacks the packages that another one of a release depends on, and those that they do, whose names
/// begin with one of `stems`: one without a version in its name depends on the newest. Returns the
/// version of the last.
pub(crate) fn unpack_what_it_names(
    package: &str,
    stems: &[&str],
    suite: &str,
    into: &Path,
) -> Result<String> {
    let mirror = mirror_of_debian()?;
    let own = lists(suite, &mirror, into)?;

    let (mut version, mut left) = (None, vec![package.to_owned()]);
    while let Some(package) = left.pop() {
        let mut ask = apt(&own, "apt-cache");
        let depends = process::output(ask.args(["depends", "--important", &package]));
        let depends = depends.unwrap_or_default();
        let names = depends.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        for named in names.filter(|name| stems.iter().any(|stem| name.starts_with(stem))) {
            download(named, &own, into)?;
            version = Some(extract(into)?);
            left.push(named.to_owned());
        }
    }
    fs::remove_dir_all(&own).with_context(|| format!("cannot remove {}", own.display()))?;

    version.with_context(|| format!("{package} of Debian {suite} names no other"))
}

/// Returns the address of the archive that this machine takes Debian from.
pub(crate) fn mirror_of_debian() -> Result<String> {
    require_apt()?;

    renewing_lists(mirror)
}

fn require_apt() -> Result<()> {
    if process::find("apt-get").is_none() {
        bail!("it is taken from Debian's archive, and this is not Debian");
    }

    Ok(())
}

/// Lists that are missing or old are the usual cause of a failure, and root can renew them.
fn renewing_lists<T>(attempt: impl Fn() -> Result<T>) -> Result<T> {
    attempt().or_else(|error| {
        if apt::obstacle().is_some() {
            return Err(error);
        }
        apt::update()?;
        attempt()
    })
}

/// The archive that this machine takes Debian from.
fn mirror() -> Result<String> {
    let mut ask = Command::new("apt-get");
    ask.args(["indextargets", "--format", "$(REPO_URI)"]);
    ask.args(["Created-By: Packages", "Origin: Debian", "Label: Debian"]);
    let targets = process::output(&mut ask).unwrap_or_default();

    let first = targets
        .lines()
        .next()
        .context("apt knows no archive of Debian's; as root: apt-get update")?;
    Ok(first.to_owned())
}

/// Fetches the lists of a release, for sources, lists and a cache of their own in the folder that
/// it gives. The settings of this machine, such as a proxy, hold for them too.
fn lists(suite: &str, mirror: &str, into: &Path) -> Result<PathBuf> {
    let keyring = KEYRINGS.into_iter().find(|path| Path::new(path).is_file());
    let keyring = keyring.context("Debian's keys are missing; install debian-archive-keyring")?;
    let own = into.join("apt");
    for folder in ["lists/partial", "cache/archives/partial"] {
        let folder = own.join(folder);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(own.join("status"), "")?;
    // What is not signed by one of these keys is refused.
    let source = format!("deb [signed-by={keyring}] {mirror} {suite} main\n");
    fs::write(own.join("sources"), source)?;

    let lists = format!("fetching the package lists of Debian {suite}");
    process::step(&lists, apt(&own, "apt-get").arg("update"))?;

    Ok(own)
}

fn download(package: &str, own: &Path, into: &Path) -> Result<()> {
    process::step(
        &format!("downloading {package}"),
        apt(own, "apt-get").args(["download", package]).current_dir(into),
    )
}

fn apt(own: &Path, program: &str) -> Command {
    let within = |option: &str, name: &str| format!("{option}={}", own.join(name).display());
    let options = [
        within("Dir::Etc::SourceList", "sources"),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        // No preference for a release forbids this one.
        "Dir::Etc::Preferences=/dev/null".to_owned(),
        "Dir::Etc::PreferencesParts=/dev/null".to_owned(),
        within("Dir::State::Lists", "lists"),
        within("Dir::State::Status", "status"),
        within("Dir::Cache", "cache"),
        "Acquire::Languages=none".to_owned(),
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        // The user that apt otherwise downloads as may not enter the folder.
        "APT::Sandbox::User=root".to_owned(),
    ];
    let mut command = Command::new(program);
    command.arg("--quiet").env("LC_ALL", "C.UTF-8");
    for option in options {
        command.args(["--option", &option]);
    }

    command
}

/// Unpacks the package that lies in the folder, and removes it; returns its version.
fn extract(folder: &Path) -> Result<String> {
    let package = package_in(folder)?;
    let version =
        process::output(Command::new("dpkg-deb").args(["--field"]).arg(&package).arg("Version"));
    let version = version.with_context(|| format!("{} has no version", package.display()))?;
    process::step("unpacking it", Command::new("dpkg").arg("-x").arg(&package).arg(folder))?;
    fs::remove_file(&package).with_context(|| format!("cannot remove {}", package.display()))?;

    Ok(version)
}

fn package_in(folder: &Path) -> Result<PathBuf> {
    fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get downloaded nothing")
}
