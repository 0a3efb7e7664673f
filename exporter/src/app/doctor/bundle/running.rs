//! Processes of the exporter: this one, and those that run.

use std::path::Path;
use std::process;

use super::Item;
use crate::files;

/// As the kernel calls its processes, in 15 bytes.
const NAME: &str = "packet-exporter";
/// Most of them, on a host with many containers.
const MOST: usize = 8;
const FILES: [&str; 5] = ["status", "limits", "cgroup", "uid_map", "stat"];

pub(super) fn items() -> Vec<Item> {
    let mut items = vec![of("self", "process/self.txt", "The process that gathered this")];
    let others = others();
    if others.is_empty() {
        let none = Err("no process is called packet-exporter, or none is shown here".to_owned());
        items.push(Item::new("process/exporter.txt", "An exporter that runs", none));
    }
    for id in others.iter().take(MOST) {
        items.push(of(id, &format!("process/{id}.txt"), "An exporter that runs"));
    }

    items
}

/// Returns the ids of the exporters that run, without this process.
fn others() -> Vec<String> {
    let myself = process::id().to_string();
    let is_other = |id: &String| {
        let is_id = id.bytes().all(|it| it.is_ascii_digit());
        is_id && *id != myself && comm(id).is_some_and(|comm| comm.trim() == NAME)
    };

    let names = files::names_in_kernel(Path::new("/proc")).unwrap_or_default();
    names.into_iter().filter(is_other).collect()
}

fn comm(id: &str) -> Option<String> {
    files::of_kernel(&format!("/proc/{id}/comm")).ok()
}

/// Without the command line and the environment, which may hold secrets.
fn of(id: &str, file: &str, about: &'static str) -> Item {
    let texts = FILES.map(|name| {
        let text = files::of_kernel(&format!("/proc/{id}/{name}"));
        let text = text.unwrap_or_else(|error| format!("({error})\n"));
        format!("== {name}\n{text}\n")
    });

    Item::new(file, about, Ok(texts.concat()))
}
