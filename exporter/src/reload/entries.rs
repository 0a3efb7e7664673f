//! The entries of directories that decide which file a path leads to.
#![expect(clippy::disallowed_methods, reason = "it runs within the bounds of `files`")]

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::{Component, Path, PathBuf, absolute};

/// As many symbolic links as the kernel follows. Source: include/linux/namei.h, `MAXSYMLINKS`.
const MOST_LINKS: usize = 40;

/// The entries that lead to a file.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Each symbolic link on the way, and the file itself or whatever is missing first.
    pub(super) decisive: BTreeSet<PathBuf>,
    /// Each directory on the way, in whose place another one may come.
    pub(super) passed: BTreeSet<PathBuf>,
}

/// Returns the entries that lead to a file. Blocks.
pub(super) fn entries(path: &Path) -> io::Result<Entries> {
    let mut entries = Entries::default();
    let mut here = PathBuf::from("/");
    let path = absolute(path)?;
    let mut left: VecDeque<_> = path.components().map(owned).collect();
    let mut links = 0;

    while let Some(component) = left.pop_front() {
        let name = match component {
            Step::Root => {
                here = "/".into();
                continue;
            }
            Step::Up => {
                here.pop();
                continue;
            }
            Step::Here => continue,
            Step::Name(name) => name,
        };
        let entry = here.join(name);
        match entry.read_link() {
            Ok(target) if links < MOST_LINKS => {
                links += 1;
                target.components().rev().map(owned).for_each(|it| left.push_front(it));
                entries.decisive.insert(entry);
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidInput && !left.is_empty() => {
                entries.passed.insert(entry.clone());
                here = entry;
            }
            Ok(_) | Err(_) => {
                entries.decisive.insert(entry);
                break;
            }
        }
    }

    Ok(entries)
}

enum Step {
    Root,
    Here,
    Up,
    Name(PathBuf),
}

fn owned(component: Component<'_>) -> Step {
    match component {
        Component::RootDir | Component::Prefix(_) => Step::Root,
        Component::ParentDir => Step::Up,
        Component::CurDir => Step::Here,
        Component::Normal(name) => Step::Name(name.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// The entries below a folder, without its own path.
    fn below(folder: &TempDir, path: &str) -> Vec<String> {
        let root = folder.path().canonicalize().unwrap();
        let entries = entries(&root.join(path)).unwrap();

        let below = entries.decisive.iter().map(|entry| entry.strip_prefix(&root).unwrap());
        below.map(|entry| entry.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_plain_file_is_one_entry() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("config.toml"), "").unwrap();

        assert_eq!(below(&folder, "config.toml"), ["config.toml"]);
        assert_eq!(below(&folder, "./a/../config.toml"), ["a"]);
    }

    #[test]
    fn every_link_on_the_way_counts_as_with_kubernetes() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("volume/..1")).unwrap();
        fs::write(path("volume/..1/config.toml"), "").unwrap();
        symlink("..1", path("volume/..data")).unwrap();
        symlink("..data/config.toml", path("volume/config.toml")).unwrap();
        symlink("volume", path("etc")).unwrap();

        assert_eq!(
            below(&folder, "etc/config.toml"),
            ["etc", "volume/..1/config.toml", "volume/..data", "volume/config.toml"]
        );
    }

    #[test]
    fn of_what_is_missing_the_first_part_counts() {
        let folder = TempDir::new().unwrap();
        symlink("nowhere/config.toml", folder.path().join("config.toml")).unwrap();

        assert_eq!(below(&folder, "a/b/config.toml"), ["a"]);
        assert_eq!(below(&folder, "config.toml"), ["config.toml", "nowhere"]);
    }

    #[test]
    fn links_in_a_circle_come_to_an_end() {
        let folder = TempDir::new().unwrap();
        symlink("b", folder.path().join("a")).unwrap();
        symlink("a", folder.path().join("b")).unwrap();

        assert_eq!(below(&folder, "a/config.toml"), ["a", "b"]);
    }

    #[test]
    fn each_directory_on_the_way_is_passed() {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        symlink("a", root.join("link")).unwrap();

        let passed = entries(&root.join("link/b/config.toml")).unwrap().passed;

        let up: Vec<_> = root.ancestors().filter(|it| it.parent().is_some()).collect();
        assert!(up.iter().all(|it| passed.contains(*it)), "{passed:?}");
        assert!(passed.contains(&root.join("a")) && passed.contains(&root.join("a/b")));
        assert_eq!(passed.len(), up.len() + 2);
    }
}
