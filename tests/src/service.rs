//! The built service, started in any way that an operator may think of.

mod tracer;

use std::io::{self, Read};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::{env, fs};

use rustix::process::{Pid, Signal, kill_process};

use crate::cable::Namespace;
use crate::http::{self, Answer};
use crate::log::Log;
use crate::patience::wait_for;
use crate::scrape::Scrape;
use crate::tools;

pub use tracer::Tracer;

pub const PORT: u16 = 10_199;
const FOLDS: &str = "packet_exporter_folds_total";

/// A service that runs in a namespace; it is killed when it is dropped.
pub struct Service<'a> {
    namespace: &'a Namespace,
    port: u16,
    child: Child,
    log: Log,
    reader: Option<JoinHandle<()>>,
    may_panic: bool,
}

/// How a service ended that was to be refused.
#[derive(Debug)]
pub struct Refusal {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The service with those arguments.
pub fn command(arguments: &[&str]) -> Command {
    behind(&[], arguments)
}

/// The service with those arguments, started by the program and the arguments `before`.
///
/// Whoever runs the tests may have settings for it; they do not count here.
pub fn behind(before: &[&str], arguments: &[&str]) -> Command {
    let service = tools::service();
    let mut command = match before {
        [] => Command::new(&service),
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(&service);
            command
        }
    };
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in env::vars_os() {
        let is_setting = |prefix| name.to_string_lossy().starts_with(prefix);
        let is_proxy = name.to_string_lossy().to_ascii_lowercase().ends_with("_proxy");
        if is_setting("PACKET_EXPORTER_") || is_setting("OTEL_") || is_proxy {
            command.env_remove(name);
        }
    }

    command
}

/// Runs it to its end, which is to come soon.
#[track_caller]
pub fn refused(namespace: &Namespace, command: Command) -> Refusal {
    let mut service = Service::spawn(namespace, command);
    let code = service.end().code();
    let mut stdout = String::new();
    if let Some(output) = &mut service.child.stdout {
        output.read_to_string(&mut stdout).expect("the output is text");
    }

    Refusal { code, stdout, stderr: service.log() }
}

impl<'a> Service<'a> {
    /// Starts it, and waits until it is ready.
    #[track_caller]
    pub fn start(namespace: &'a Namespace, arguments: &[&str]) -> Self {
        let mut service = Self::spawn(namespace, command(arguments));
        service.wait_until_ready();

        service
    }

    pub fn spawn(namespace: &'a Namespace, command: Command) -> Self {
        Self::spawn_at(namespace, PORT, command)
    }

    /// Starts one that listens on another port, as its arguments say too.
    pub fn spawn_at(namespace: &'a Namespace, port: u16, command: Command) -> Self {
        let mut command = command;
        let child = namespace.within(|| command.spawn());
        let mut child = child.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let log = Log::default();
        // It may be a pipe that nothing reads.
        let reader = child.stderr.take().map(|stderr| log.follow(stderr));

        Self { namespace, port, child, log, reader, may_panic: false }
    }

    /// Some of its parts are to panic.
    pub fn may_panic(&mut self) {
        self.may_panic = true;
    }

    #[track_caller]
    pub fn wait_until_ready(&mut self) {
        self.wait_until("it is ready", |service| {
            service.get("/-/ready").is_ok_and(|answer| answer.status == 200)
        });
    }

    /// Waits for something that is seen from outside while it runs.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, is_seen: impl Fn(&Self) -> bool) {
        wait_for(what, || match self.child.try_wait() {
            Ok(None) if is_seen(self) => Ok(()),
            Ok(None) => Err(self.log()),
            ended => panic!("{what}: it ended ({ended:?}): {}", self.log()),
        });
    }

    /// Waits until another fold has begun and ended.
    #[track_caller]
    pub fn wait_for_fold(&mut self) {
        let folds = |service: &Self| service.scrape().find(FOLDS, &[]).unwrap_or_default();
        let before = folds(self);

        self.wait_until("it folds", |service| folds(service) >= before + 2);
    }

    /// Everything that it said so far.
    pub fn log(&self) -> String {
        self.log.lines().join("\n")
    }

    /// How many lines of the log have `text`.
    pub fn said(&self, text: &str) -> usize {
        self.log.said(text)
    }

    /// Waits until the log has the text so often, as a thread of its own writes it; returns how often
    /// it has it then.
    #[track_caller]
    pub fn said_within(&self, text: &str, times: usize) -> usize {
        self.log.said_within(text, times)
    }

    pub fn connect(&self) -> io::Result<TcpStream> {
        http::connect(self.namespace, self.port)
    }

    pub fn get(&self, path: &str) -> io::Result<Answer> {
        self.request(&format!("GET {path}"), &[])
    }

    pub fn request(&self, line: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        http::request(self.namespace, self.port, line, headers)
    }

    #[track_caller]
    pub fn scrape(&self) -> Scrape {
        let answer = self.get("/metrics").expect("it answers");
        assert_eq!(answer.status, 200, "{}", answer.text());

        Scrape::read(&answer.text())
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);

        kill_process(pid.expect("a child has a number"), signal).expect("it runs");
    }

    /// Waits until it has ended, and all that it said was read.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let status = wait_for("its end", || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            _ => Err(self.log()),
        });
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader of the log");
        }

        status
    }

    /// The numbers and names of its threads.
    pub fn threads(&self) -> Vec<(u32, String)> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs");
        let thread = |entry: fs::DirEntry| {
            let name = fs::read_to_string(entry.path().join("comm")).ok()?.trim().to_owned();
            Some((entry.file_name().to_str()?.parse().ok()?, name))
        };

        threads.flatten().filter_map(thread).collect()
    }

    /// How many files it has open.
    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs").count()
    }

    /// A line of its `/proc/PID/status`.
    pub fn status(&self, name: &str) -> String {
        let path = format!("/proc/{}/status", self.child.id());

        line(&fs::read_to_string(path).expect("it runs"), name)
    }

    /// A line of the `status` of each of its threads.
    pub fn status_of_threads(&self, name: &str) -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs");
        let statuses = tasks.flatten().map(|task| fs::read_to_string(task.path().join("status")));

        statuses.flatten().map(|status| line(&status, name)).collect()
    }
}

/// The line of a `/proc/PID/status` that begins with `name`.
fn line(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));

    line.unwrap_or_else(|| panic!("no {name} in {status}")).trim().to_owned()
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
        if thread::panicking() {
            println!("the service said:\n{}", self.log());
        } else {
            let has_panicked = self.log().contains("panicked");
            assert!(self.may_panic || !has_panicked, "the service panicked:\n{}", self.log());
        }
    }
}
