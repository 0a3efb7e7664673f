//! Load for the program that counts: generated in the kernel, on CPUs of the test's choice.

mod cpu;
mod expected;
mod generator;
mod inspectors;
#[path = "../../exporter-ebpf/src/bench/profile.rs"]
pub mod profile;
mod running;
mod traffic;

pub use cpu::{cpus, pin, timed};
pub use expected::{Expected, address};
pub use generator::{Entry, Flag, Generator};
pub use inspectors::aimed;
pub use running::{Running, run_each};
pub use traffic::{Traffic, frame, zipf};
