//! A program that runs beside a test.

use std::process::{Child, Command, Stdio};

/// A program that runs until it is dropped.
pub struct Running(Child);

impl Running {
    /// Starts it; what it prints is not read.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());

        Self(command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}
