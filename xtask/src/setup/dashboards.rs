//! Programs of npm and a reader in Go: what draws and reads the dashboards, what looks at the exporter's
//! own pages, and what checks its API.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{golang, tools_dir};
use crate::process;

/// Files by their names.
type Files = &'static [(&'static str, &'static str)];

/// Grafana's components and what bundles and shows them. npm checks each package against the lock.
const COMPONENTS: Files = &[
    (".npmrc", include_str!("../../../tests/dashboards/.npmrc")),
    ("package.json", include_str!("../../../tests/dashboards/package.json")),
    ("package-lock.json", include_str!("../../../tests/dashboards/package-lock.json")),
];

/// What drives a browser over the exporter's own pages, and what looks whether everybody can use them.
const BROWSING: Files = &[
    (".npmrc", include_str!("../../../tests/page/.npmrc")),
    ("package.json", include_str!("../../../tests/page/package.json")),
    ("package-lock.json", include_str!("../../../tests/page/package-lock.json")),
];

/// What checks the document of the API, and answers against it.
const CONTRACT: Files = &[
    (".npmrc", include_str!("../../../tests/contract/.npmrc")),
    ("package.json", include_str!("../../../tests/contract/package.json")),
    ("package-lock.json", include_str!("../../../tests/contract/package-lock.json")),
];

/// A program that reads dashboards by Grafana's types for Go.
const READER: Files = &[
    ("go.mod", include_str!("../../../tests/dashboards/strict/go.mod")),
    ("go.sum", include_str!("../../../tests/dashboards/strict/go.sum")),
    ("main.go", include_str!("../../../tests/dashboards/strict/main.go")),
];
const PROGRAM: &str = "read-dashboards";

/// The oldest Node.js that the components and their bundler run on.
const NODE: u32 = 20;
pub(crate) const NODE_ELSEWHERE: &str =
    "Node.js 20 or newer with npm in PATH, as Debian 13 and nodejs.org have it";

/// Returns Node.js, if it is new enough and there is npm.
pub(crate) fn node() -> Option<PathBuf> {
    process::find("npm")?;
    let node = process::find("node")?;

    obstacle(&version(&node)).is_none().then_some(node)
}

/// Explains why Node.js will not do where its packages are installed.
pub(crate) fn make_node() -> Result<()> {
    let node = process::find("node").context("there is no `node` in PATH")?;
    process::find("npm").context("there is no `npm` in PATH")?;
    if let Some(obstacle) = obstacle(&version(&node)) {
        bail!("{} {obstacle}", node.display());
    }

    Ok(())
}

/// Returns the folder of the components, if they are those of the lock.
pub(crate) fn components() -> Option<PathBuf> {
    let folder = made("components", COMPONENTS)?;

    node().map(|_| folder)
}

/// Returns the folder of what drives a browser, if it is that of the lock.
pub(crate) fn browsing() -> Option<PathBuf> {
    let folder = made("browsing", BROWSING)?;

    node().map(|_| folder)
}

/// Returns the folder of what checks the API, if it is that of the lock.
pub(crate) fn contract() -> Option<PathBuf> {
    let folder = made("contract", CONTRACT)?;

    node().map(|_| folder)
}

/// Returns the program that reads dashboards, if it was built from the sources here.
pub(crate) fn reader() -> Option<PathBuf> {
    made("reader", READER).map(|folder| folder.join(PROGRAM)).filter(|program| program.is_file())
}

/// Returns the file of the font Inter, which Grafana writes in.
pub(crate) fn font() -> Option<PathBuf> {
    let file = PathBuf::from("/usr/share/fonts/opentype/inter/Inter-Regular.otf");

    file.is_file().then_some(file)
}

pub(crate) fn make_components() -> Result<()> {
    make_node().context("it needs Node.js")?;

    make("components", COMPONENTS, |folder| {
        process::step(
            "installing Grafana's components (half a minute, 450 MB)",
            Command::new("npm").arg("ci").current_dir(folder),
        )
    })
}

pub(crate) fn make_browsing() -> Result<()> {
    make_node().context("it needs Node.js")?;

    make("browsing", BROWSING, |folder| {
        process::step(
            "installing what drives a browser (some seconds, 18 MB)",
            Command::new("npm").arg("ci").current_dir(folder),
        )
    })
}

pub(crate) fn make_contract() -> Result<()> {
    make_node().context("it needs Node.js")?;

    make("contract", CONTRACT, |folder| {
        process::step(
            "installing Prism and Spectral (half a minute, 150 MB)",
            Command::new("npm").arg("ci").current_dir(folder),
        )
    })
}

pub(crate) fn make_reader() -> Result<()> {
    make("reader", READER, |folder| {
        process::step(
            "building the reader of dashboards (one to three minutes)",
            golang::go(folder)?.args(["build", "-o", PROGRAM, "."]),
        )?;

        ["cache", "modules"].iter().try_for_each(|name| remove(&folder.join(name)))
    })
}

/// Returns what a program prints as its version, as `v20.19.2`.
fn version(node: &Path) -> String {
    process::output(Command::new(node).arg("--version")).unwrap_or_default()
}

/// Returns why a version will not do and what to do, if it will not.
fn obstacle(version: &str) -> Option<String> {
    let major = version.trim_start_matches('v').split('.').next()?.parse::<u32>();
    if major.is_ok_and(|major| major >= NODE) {
        return None;
    }
    let is = match version {
        "" => "shows no version".to_owned(),
        version => format!("is {version}"),
    };

    Some(format!(
        "{is}, and the dashboards need Node.js {NODE} or newer; unpack one \
         from nodejs.org and put its folder `bin` first in PATH"
    ))
}

/// Returns the folder, if it was made of these files.
fn made(name: &str, files: Files) -> Option<PathBuf> {
    let folder = folder(name).ok()?;
    let is_same = |(name, text): &(&str, &str)| {
        fs::read_to_string(folder.join(name)).is_ok_and(|it| it == *text)
    };

    files.iter().all(is_same).then_some(folder)
}

/// Makes a folder of these files; it appears whole.
fn make(name: &str, files: Files, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let folder = folder(name)?;
    let scratch = folder.with_extension("new");
    remove(&scratch)?;
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    for (name, text) in files {
        let path = scratch.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }

    fill(&scratch)?;

    remove(&folder)?;
    fs::rename(&scratch, &folder).with_context(|| format!("cannot rename {}", scratch.display()))
}

fn folder(name: &str) -> Result<PathBuf> {
    Ok(tools_dir()?.join("dashboards").join(name))
}

fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_version_of_node_is_named_with_what_to_do() {
        assert_eq!(["v20.0.0", "v24.11.1"].map(obstacle), [None, None]);
        for (version, sentence) in
            [("v18.20.4", "is v18.20.4, and "), ("", "shows no version, and "), ("x", "is x, and ")]
        {
            let obstacle = obstacle(version).unwrap();
            assert!(obstacle.starts_with(sentence), "{obstacle}");
            assert!(obstacle.contains("20 or newer") && obstacle.contains("PATH"), "{obstacle}");
        }
    }
}
