//! What a process takes, from `/proc`.

use std::fs;
use std::time::Duration;

/// Of a second, in which the kernel states processor times. Source: `USER_HZ`.
const TICKS: f64 = 100.0;

/// The process with this number.
pub(super) struct Process(pub(super) u32);

impl Process {
    /// Returns how long it was on a CPU.
    pub(super) fn time(&self) -> Duration {
        const USER: usize = 11;
        let text = self.read("stat");
        // The name before may have blanks in it.
        let (_, fields) = text.rsplit_once(") ").expect("fields behind the name");
        let ticks = |at: usize| fields.split(' ').nth(at).and_then(|it| it.parse::<u64>().ok());
        let ticks = ticks(USER).expect("a time") + ticks(USER + 1).expect("a time");

        Duration::from_secs_f64(ticks as f64 / TICKS)
    }

    pub(super) fn resident(&self) -> u64 {
        sum(&self.read("status"), &["VmRSS:"])
    }

    /// Returns the resident bytes that no other process has too.
    pub(super) fn private(&self) -> u64 {
        sum(&self.read("smaps_rollup"), &["Private_Clean:", "Private_Dirty:"])
    }

    pub(super) fn descriptors(&self) -> usize {
        self.list("fd").len()
    }

    /// Returns the bytes that its maps and programs state for themselves.
    pub(super) fn locked(&self) -> u64 {
        let texts =
            self.list("fdinfo").into_iter().map(|name| self.read(&format!("fdinfo/{name}")));
        let locked = |text: String| {
            let line = text.lines().find_map(|line| line.strip_prefix("memlock:"))?;
            line.trim().parse::<u64>().ok()
        };

        texts.filter_map(locked).sum()
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(format!("/proc/{}/{folder}", self.0)).expect("it runs");

        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Returns a file; empty if it is gone.
    fn read(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0)).unwrap_or_default()
    }
}

/// Adds up lines in kB, and returns bytes.
fn sum(text: &str, names: &[&str]) -> u64 {
    let value = |line: &str| {
        let rest = names.iter().find_map(|name| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse::<u64>().ok()
    };

    text.lines().filter_map(value).sum::<u64>() * 1024
}
