//! The built exporter, running in a namespace.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

use crate::cable::{Cable, Namespace};
use crate::patience::wait_for;
use crate::scrape::{self, Scrape};
use crate::service::PORT;

/// Arguments for XDP in the driver.
pub const NATIVE: [&str; 2] = ["--datapath.mode", "native"];

/// The exporter; it is killed when it is dropped.
pub struct Exporter<'a> {
    namespace: &'a Namespace,
    address: SocketAddr,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl<'a> Exporter<'a> {
    /// Starts it on the cable's end here, unless told otherwise, and waits until it counts.
    pub fn start(namespace: &'a Namespace, arguments: &[&str]) -> Self {
        let mut exporter = Self::spawn(namespace, PORT, arguments);
        let is_ready = exporter.becomes_ready();
        assert!(is_ready, "it ended: {:#?}", exporter.lines());

        exporter
    }

    /// Starts it likewise, and returns the last line of its log if it ends by itself.
    pub fn attempt(namespace: &'a Namespace, arguments: &[&str]) -> Result<Self, String> {
        let mut exporter = Self::spawn(namespace, PORT, arguments);
        if exporter.becomes_ready() {
            return Ok(exporter);
        }
        let (_, mut lines) = exporter.end();

        Err(lines.pop().unwrap_or_default())
    }

    /// Starts it on the cable's end here with an HTTP port of its own.
    pub fn spawn(namespace: &'a Namespace, port: u16, arguments: &[&str]) -> Self {
        Self::spawn_behind(namespace, port, &[], arguments)
    }

    /// Starts it by another program, which it takes the place of, and does not wait for it.
    pub fn behind(namespace: &'a Namespace, before: &[&str], arguments: &[&str]) -> Self {
        Self::spawn_behind(namespace, PORT, before, arguments)
    }

    fn spawn_behind(
        namespace: &'a Namespace,
        port: u16,
        before: &[&str],
        arguments: &[&str],
    ) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let program = program();
        let program = program.to_str().expect("a path in UTF-8");
        let all = [before, &[program]].concat();
        let mut command = namespace.command(all[0]);
        // The command line comes before the environment.
        command.env("PACKET_EXPORTER_DEVICES__INCLUDE", Cable::DEVICE);
        command.env("PACKET_EXPORTER_DATAPATH__INTERVAL", "100ms");
        command.env("PACKET_EXPORTER_DEVICES__LINGER", "1s");
        command.args(&all[1..]);
        command.args(["run", "--web.listen-address", &address.to_string()]).args(arguments);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("`ip` can be run");
        let lines = Arc::default();
        let reader = follow(&mut child, Arc::clone(&lines));

        Self { namespace, address, child, lines, reader: Some(reader) }
    }

    /// Waits until every device was tried; returns `false` if it ends before that.
    fn becomes_ready(&mut self) -> bool {
        wait_for("the exporter to be ready, or to end", || match self.get("/-/ready") {
            _ if self.has_ended() => Ok(false),
            Ok((200, _)) => Ok(true),
            other => Err(format!("{other:?}")),
        })
    }

    /// Returns the number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns whether every device was tried.
    pub fn is_ready(&self) -> bool {
        self.get("/-/ready").is_ok_and(|(status, _)| status == 200)
    }

    pub fn scrape(&self) -> Scrape {
        let (status, body) = self.get("/metrics").expect("the exporter answers");
        assert_eq!(status, 200, "{body}");

        Scrape::read(&body)
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);

        kill_process(pid.expect("a child has a number"), signal).expect("the exporter runs");
    }

    /// Waits until it has ended, and returns how, and everything that it logged.
    pub fn end(&mut self) -> (ExitStatus, Vec<String>) {
        let child = &mut self.child;
        let status = wait_for("the exporter to end", || {
            child.try_wait().expect("a child").ok_or_else(|| "it runs".to_owned())
        });
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader of its log");
        }

        (status, self.lines())
    }

    /// Returns what it logged so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns how many lines of its log have `text`.
    pub fn said(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(text)).count()
    }

    /// Waits until the log has the text so often, as a thread of its own writes it; returns how often
    /// it has it then.
    #[track_caller]
    pub fn said_within(&self, text: &str, times: usize) -> usize {
        wait_for("the log to have it", || {
            let said = self.said(text);
            if said >= times {
                Ok(said)
            } else {
                Err(format!("{said} of {times}: {:#?}", self.lines()))
            }
        })
    }

    fn get(&self, path: &str) -> std::io::Result<(u16, String)> {
        self.namespace.within(|| scrape::get(self.address, path))
    }

    /// Returns whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }
}

impl Drop for Exporter<'_> {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
        if thread::panicking() {
            println!("the exporter logged:\n{}", self.lines().join("\n"));
        }
    }
}

/// The binary that `cargo xtask test` names, else the one that cargo built beside this test.
fn program() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/packet-exporter");
    let program = env::var_os("PACKET_EXPORTER_BIN").map_or_else(built, PathBuf::from);
    let advice = "run `cargo build -p exporter`";
    assert!(program.is_file(), "there is no {}; {advice}", program.display());

    program
}

fn follow(child: &mut Child, lines: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    let stderr = BufReader::new(child.stderr.take().expect("standard error is a pipe"));

    thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    })
}
