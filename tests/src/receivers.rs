//! Receivers of OTLP on the loopback of a namespace: those that others wrote, and one that a test directs.

pub mod collector;
pub mod dump;
pub mod json;
pub mod oracle;
pub mod prometheus;
pub mod rotel;
pub mod series;
pub mod victoria_metrics;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::cable::Namespace;
use crate::patience::wait_for;

/// A receiver; it is killed when it is dropped, and its files go with it.
pub struct Receiver<'a> {
    namespace: &'a Namespace,
    child: Child,
    folder: TempDir,
}

/// How a receiver is started.
pub struct Start<'a> {
    pub program: &'a Path,
    pub arguments: &'a [&'a str],
    /// What is in the folder that it works in: names and texts.
    pub files: &'a [(&'a str, &'a str)],
    /// Where it listens once it is up.
    pub ports: &'a [u16],
}

const LOG: &str = "log";

impl<'a> Receiver<'a> {
    /// Starts it, and waits until it listens.
    #[track_caller]
    pub fn start(namespace: &'a Namespace, start: &Start<'_>) -> Self {
        let Start { program, arguments, files, ports } = start;
        println!("receiver: {}", program.file_name().unwrap_or_default().display());
        let folder = TempDir::with_prefix("packet-exporter-").expect("a folder can be made");
        for (name, text) in *files {
            fs::write(folder.path().join(name), text).expect("files can be written there");
        }
        let log = File::create(folder.path().join(LOG)).expect("files can be written there");
        let mut command = namespace.command(program.to_str().expect("a path in UTF-8"));
        command.args(*arguments).current_dir(folder.path());
        command.stdout(Stdio::from(log.try_clone().expect("a file can be opened twice")));
        let child = command.stderr(log).spawn().expect("`ip` can be run");
        let mut receiver = Self { namespace, child, folder };

        wait_for("a receiver to listen", || {
            receiver.assert_running();
            let silent = ports.iter().find(|port| !listens(namespace, **port));
            silent.map_or(Ok(()), |port| Err(format!("nobody listens on {port}")))
        });
        receiver
    }

    pub fn namespace(&self) -> &'a Namespace {
        self.namespace
    }

    /// Everything that it said so far.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join(LOG)).expect("its log can be read");

        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[track_caller]
    fn assert_running(&mut self) {
        let ended = self.child.try_wait().expect("a child");

        assert!(ended.is_none(), "it ended ({ended:?}): {}", self.log());
    }
}

impl Drop for Receiver<'_> {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
        if thread::panicking() {
            let log = self.log();
            let last = log.char_indices().nth_back(8_000).map_or(0, |(at, _)| at);
            println!("the receiver said last:\n{}", &log[last..]);
        }
    }
}

/// Whether a program listens on the port of TCP.
pub fn listens(namespace: &Namespace, port: u16) -> bool {
    !namespace.run("ss", &["-H", "-ltn", "sport", "=", &format!(":{port}")]).is_empty()
}
