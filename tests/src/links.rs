//! Programs on devices, as an administrator sees and handles them.

use std::path::Path;
use std::process::Command;

use aya::programs::{SchedClassifier, TcAttachType};
use serde_json::Value;

use crate::cable::{Cable, Namespace};

/// Returns the kernel's numbers of the TCX programs that see what the cable's end in a namespace
/// receives, in their order.
pub fn receivers(namespace: &Namespace) -> Vec<u32> {
    programs(namespace, TcAttachType::Ingress)
}

/// Returns those that see what it sends.
pub fn senders(namespace: &Namespace) -> Vec<u32> {
    programs(namespace, TcAttachType::Egress)
}

fn programs(namespace: &Namespace, side: TcAttachType) -> Vec<u32> {
    let query = || SchedClassifier::query_tcx(Cable::DEVICE, side);
    let (_, programs) = namespace.within(query).expect("a kernel with TCX");

    programs.iter().map(|program| program.id()).collect()
}

/// Takes the program with this number off its device, which stays; the link is its process's.
pub fn detach(program: u32) {
    bpftool(&["link", "detach", "id", &link_of(program)]);
}

/// Pins the link of the program with this number on a BPF file system.
pub fn pin(program: u32, path: &Path) {
    bpftool(&["link", "pin", "id", &link_of(program), &path.display().to_string()]);
}

/// Returns the kernel's number of the link of a program.
fn link_of(program: u32) -> String {
    let links: Value = serde_json::from_str(&bpftool(&["-j", "link", "show"])).expect("JSON");
    let mut links = links.as_array().expect("a list").iter();
    let link = links.find(|link| link["prog_id"] == program).expect("a link of the program");

    link["id"].to_string()
}

fn bpftool(arguments: &[&str]) -> String {
    let output = Command::new("bpftool").args(arguments).output().expect("`bpftool` can be run");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "bpftool {arguments:?} failed: {error}");

    String::from_utf8_lossy(&output.stdout).into_owned()
}
