//! The project's own sources, for the tests that read them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that everything is in.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are in a folder of the project")
}

/// A file and its text.
pub struct TextFile {
    /// From the root on.
    pub path: String,
    pub text: String,
}

/// Returns the files that are text and belong to the project: tracked, or new and not ignored.
pub fn text_files() -> Vec<TextFile> {
    let listed = listed_by_git().unwrap_or_else(|| below(root()));
    let text_file = |path: String| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some(TextFile { path, text })
    };

    listed.into_iter().filter_map(text_file).collect()
}

/// Returns the Rust files below one of the folders.
pub fn rust_files(folders: &[&str]) -> Vec<TextFile> {
    let wanted = |path: &Path| {
        path.extension().is_some_and(|extension| extension == "rs")
            && folders.iter().any(|folder| path.starts_with(folder))
    };
    let files: Vec<_> =
        text_files().into_iter().filter(|file| wanted(Path::new(&file.path))).collect();

    assert!(!files.is_empty(), "no Rust files below {folders:?}");
    files
}

fn listed_by_git() -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let output = git.output().ok().filter(|output| output.status.success())?;

    Some(String::from_utf8_lossy(&output.stdout).lines().map(Into::into).collect())
}

/// Without git, as in an archive of the sources: everything but what was built.
fn below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project can be read").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_file() {
                let path = path.strip_prefix(root()).expect("it is below the root");
                files.push(path.display().to_string());
            } else if name != "target" && name != ".git" {
                folders.push(path);
            }
        }
    }
    files.sort();

    files
}
