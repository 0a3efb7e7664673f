//! The page that draws the dashboards, and what opens it, have the types that they claim.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tests::sources::root;
use tests::tools::tool;

#[test]
fn the_page_that_draws_dashboards_has_no_wrong_type() {
    let test = "the_page_that_draws_dashboards_has_no_wrong_type";
    let Some(components) = tool(test, "PACKET_EXPORTER_COMPONENTS") else { return };
    let folder = copy(&components);

    assert_eq!(strays(folder.path()), Vec::<String>::new());

    // The control.
    let wrong = "export const wrong: number = 'a text';\n";
    fs::write(folder.path().join("page/wrong.ts"), wrong).unwrap();
    let strays = strays(folder.path());
    assert!(strays.len() == 1 && strays[0].starts_with("page/wrong.ts(1,14)"), "{strays:#?}");
}

/// Returns a folder with the sources beside the packages that they use.
fn copy(components: &Path) -> TempDir {
    let sources = root().join("tests/dashboards");
    let folder = TempDir::with_prefix("packet-exporter-").unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    let page = fs::read_dir(sources.join("page")).unwrap();
    let page = page.map(|entry| Path::new("page").join(entry.unwrap().file_name()));
    for file in page.chain(["draw.mjs", "tsconfig.json"].map(Into::into)) {
        fs::copy(sources.join(&file), folder.path().join(&file)).unwrap();
    }
    symlink(components.join("node_modules"), folder.path().join("node_modules")).unwrap();

    folder
}

/// Returns what the compiler of TypeScript finds wrong.
fn strays(folder: &Path) -> Vec<String> {
    let compiler = folder.join("node_modules/typescript/bin/tsc");
    let mut node = Command::new("node");
    let output = node.arg(compiler).args(["--pretty", "false"]).current_dir(folder).output();
    let output = output.expect("`node` can be run");
    let strays: Vec<_> =
        String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), strays.is_empty(), "{strays:#?} {error}");

    strays
}
