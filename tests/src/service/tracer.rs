//! A call of the kernel that hangs, as none should.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::patience::wait_for;

/// What holds a thread, until it is dropped.
pub struct Tracer(Child);

impl Tracer {
    /// Returns whether threads can be traced. Prints that `test` is skipped if there is no strace.
    pub fn is_there(test: &str) -> bool {
        let runs = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok();
        if !runs {
            println!("SKIPPED {test}: there is no strace; `cargo xtask setup` installs it");
        }

        runs
    }

    /// Has each bpf(2) of a thread take minutes, from its next one on. Says so if there is no strace.
    pub fn delay(thread: u32) -> Option<Self> {
        Self::inject(thread, "delay_enter=600000000")
    }

    /// Does something to each bpf(2) of a thread, in the words of strace.
    pub fn inject(thread: u32, what: &str) -> Option<Self> {
        let mut strace = Command::new("strace");
        strace.args(["-q", "-o", "/dev/null", "-e", "trace=bpf"]);
        strace.args(["-e", &format!("inject=bpf:{what}"), "-p", &thread.to_string()]);
        let Ok(tracer) = strace.stderr(Stdio::null()).spawn() else {
            println!("SKIPPED a call that hangs: there is no strace");
            return None;
        };
        let tracer = Self(tracer);
        wait_for("the thread to be traced", || is_traced(thread));

        Some(tracer)
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        let _ended = (self.0.kill(), self.0.wait());
    }
}

fn is_traced(thread: u32) -> Result<(), String> {
    let status = fs::read_to_string(format!("/proc/{thread}/status"));
    let status = status.map_err(|error| error.to_string())?;

    if status.contains("TracerPid:\t0\n") { Err("it is not".into()) } else { Ok(()) }
}
