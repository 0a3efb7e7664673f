//! Debian's packages.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::Result;

use super::need::{Need, Purpose};
use crate::process;

type Packages = &'static [&'static str];

/// Installs the packages of `needs`; returns the reason for each need that it cannot serve.
pub(crate) fn install(needs: &[&'static Need]) -> BTreeMap<&'static str, String> {
    let mut reasons = BTreeMap::new();
    let lacking: Vec<_> = needs.iter().copied().filter(|need| lacks_packages(need)).collect();
    if lacking.is_empty() {
        return reasons;
    }
    if let Some(obstacle) = obstacle() {
        reasons.extend(lacking.iter().map(|need| (need.name, obstacle.to_owned())));
        return reasons;
    }

    repair();
    // Another list that cannot be had must not stop this; Debian's own may be fine.
    if let Err(error) = update() {
        println!("{error:#}\ngoing on with the package lists that are there");
    }
    // What tests want must not keep the build from what it needs.
    let (build, rest): (Vec<_>, Vec<_>) =
        lacking.into_iter().partition(|need| need.purpose == Purpose::Run);
    for group in [build, rest] {
        install_group(&group, &mut reasons);
    }

    reasons
}

pub(crate) fn update() -> Result<()> {
    process::step("apt-get update", apt_get().arg("update"))
}

/// Whether something is left to install for a need.
pub(crate) fn cannot_serve(need: &Need) -> bool {
    lacks_packages(need) || process::find("apt-get").is_none()
}

/// What Debian's releases call what is wanted.
pub(crate) fn packages(needs: impl Iterator<Item = &'static Need>) -> Vec<&'static str> {
    distinct(needs.filter_map(|need| need.packages.first()).copied().flatten().copied())
}

/// Why packages cannot be installed here, if they cannot.
pub(crate) fn obstacle() -> Option<&'static str> {
    if process::find("apt-get").is_none() || process::find("dpkg-query").is_none() {
        return Some("packages are installed only on Debian");
    }
    if !process::is_root() {
        return Some("packages are installed only by root");
    }

    None
}

fn install_group(needs: &[&'static Need], reasons: &mut BTreeMap<&'static str, String>) {
    let mut served = Vec::new();
    let mut packages = Vec::new();
    for need in needs {
        let is_available = |set: &&Packages| set.iter().all(|package| is_available(package));
        let Some(set) = need.packages.iter().find(is_available) else {
            let sets: Vec<_> = need.packages.iter().map(|set| set.join(" ")).collect();
            let reason = format!("the package lists here do not have {}", sets.join(", nor "));
            reasons.insert(need.name, reason);
            continue;
        };
        served.push(need.name);
        packages.extend(set.iter().copied());
    }
    let packages = distinct(packages);
    if packages.is_empty() {
        return;
    }

    let name = format!("installing {}", packages.join(" "));
    let mut command = apt_get();
    command.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    if let Err(error) = process::step(&name, &mut command) {
        println!("{error:#}");
        let reason = "apt-get failed, as above".to_owned();
        reasons.extend(served.into_iter().map(|need| (need, reason.clone())));
    }
}

/// Finishes what an installation that was killed has left half done.
fn repair() {
    let audit = process::output(Command::new("dpkg").arg("--audit"));
    if audit.is_some_and(|audit| audit.is_empty()) {
        return;
    }
    let mut configure = Command::new("dpkg");
    configure.args(["--configure", "--pending"]).env("DEBIAN_FRONTEND", "noninteractive");
    if let Err(error) = process::step("finishing an interrupted installation", &mut configure) {
        println!("{error:#}");
    }
}

fn distinct(packages: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    packages.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    // Another apt may be at work; it ends some time.
    command.args(["--quiet", "--option", "DPkg::Lock::Timeout=300"]);
    command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");

    command
}

fn lacks_packages(need: &Need) -> bool {
    let is_complete = |set: &Packages| set.iter().all(|package| is_installed(package));

    !need.packages.is_empty() && !need.packages.iter().any(is_complete)
}

fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat", "${db:Status-Status}", package]);

    process::output(&mut query).is_some_and(|status| status == "installed")
}

fn is_available(package: &str) -> bool {
    let mut query = Command::new("apt-cache");
    query.args(["policy", package]).env("LC_ALL", "C.UTF-8");
    let policy = process::output(&mut query).unwrap_or_default();

    policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))
        .is_some_and(|candidate| candidate != "(none)")
}
