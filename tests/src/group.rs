//! A control group, which counts the memory that the kernel has for a process.

use std::fs;
use std::path::PathBuf;
use std::process;

/// Where the controller of memory is: alone in version 1, among others in version 2.
const PLACES: [&str; 2] = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];

/// A group with a limit; `None` within where this machine has no controller of memory.
pub struct Group(Option<PathBuf>);

impl Group {
    pub fn make(name: &str, limit: u64) -> Self {
        let make = |place: &&str| {
            let folder = PathBuf::from(place).join(format!("{name}-{}", process::id()));
            fs::create_dir(&folder).ok()?;
            let limits = ["memory.limit_in_bytes", "memory.max"];
            let is_limited =
                limits.iter().any(|file| fs::write(folder.join(file), limit.to_string()).is_ok());
            if !is_limited {
                let _gone = fs::remove_dir(&folder);
            }
            is_limited.then_some(folder)
        };

        Self(PLACES.iter().find_map(make))
    }

    /// Returns what starts a program within the group; `None` where there is no controller of memory.
    pub fn before(&self) -> Option<[String; 4]> {
        let Self(Some(folder)) = self else { return None };
        let procs = folder.join("cgroup.procs").display().to_string();
        let script = r#"echo $$ > "$0" && exec "$@""#;

        Some(["sh".to_owned(), "-c".to_owned(), script.to_owned(), procs])
    }

    /// Moves a process into the group. What it had before stays where it was.
    pub fn add(&self, process: u32) {
        if let Self(Some(folder)) = self {
            fs::write(folder.join("cgroup.procs"), process.to_string()).expect("a process");
        }
    }

    /// Returns the bytes that the kernel has for the processes of the group.
    pub fn kernel_memory(&self) -> Option<u64> {
        let Self(Some(folder)) = self else { return None };
        if let Ok(text) = fs::read_to_string(folder.join("memory.kmem.usage_in_bytes")) {
            return text.trim().parse().ok();
        }
        let statistics = fs::read_to_string(folder.join("memory.stat")).ok()?;
        let line = statistics.lines().find_map(|line| line.strip_prefix("kernel "))?;

        line.parse().ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Self(Some(folder)) = self {
            let _gone = fs::remove_dir(folder);
        }
    }
}
