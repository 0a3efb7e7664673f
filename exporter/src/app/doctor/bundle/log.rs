//! The last lines that the exporter logged.

use std::io::{self, ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use super::Item;

pub(super) const ABOUT: &str = "The last lines that the exporter logged, as the journal has them";
const FILE: &str = "log.txt";
const JOURNAL: &str = "journalctl";
const UNIT: &str = "packet-exporter";
const LINES: &str = "1000";
/// The journal may be on a disk that does not answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Most bytes that are read.
const LONGEST: u64 = 4 << 20;
const ELSEWHERE: &str = "the exporter logs to standard error; look where that goes, as in \
                         `docker logs` or `kubectl logs --previous`, and add it";

pub(super) fn items() -> Vec<Item> {
    let content = journal().map_err(|reason| format!("{reason}; {ELSEWHERE}"));

    vec![Item { is_log: true, ..Item::new(FILE, ABOUT, content) }]
}

fn journal() -> Result<String, String> {
    let child = Command::new(JOURNAL)
        .args(["--unit", UNIT, "--lines", LINES])
        .args(["--no-pager", "--quiet", "--no-hostname", "--output", "short-iso"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.map_err(|error| format!("cannot run {JOURNAL}: {error}"))?;

    match output(child, PATIENCE) {
        Err(error) => Err(format!("{JOURNAL}: {error}")),
        Ok((true, text, _)) if text.trim().is_empty() => {
            Err(format!("the journal has nothing of {UNIT}, or does not show it to this user"))
        }
        Ok((true, text, _)) => Ok(text),
        Ok((false, _, error)) => {
            Err(format!("{JOURNAL}: {}", error.lines().next().unwrap_or("it failed")))
        }
    }
}

/// Returns whether a child succeeded, and what it wrote to standard output and standard error. It
/// is ended when that takes too long.
fn output(mut child: Child, patience: Duration) -> io::Result<(bool, String, String)> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (done, read) = sync_channel(1);
    thread::Builder::new().name("journal".into()).spawn(move || {
        let _nobody_waits_any_more = done.send((text(out), text(err)));
    })?;

    let Ok((out, err)) = read.recv_timeout(patience) else {
        child.kill()?;
        child.wait()?;
        return Err(io::Error::new(ErrorKind::TimedOut, format!("no end within {patience:?}")));
    };

    // It has closed both, and has nothing left to do.
    Ok((child.wait()?.success(), out, err))
}

fn text(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    // What came before an error is a part of the log too.
    let _read = pipe.map(|pipe| pipe.take(LONGEST).read_to_end(&mut bytes));

    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, patience: Duration) -> io::Result<(bool, String, String)> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());

        output(command.spawn().unwrap(), patience)
    }

    #[test]
    fn what_a_program_writes_is_read() {
        let patience = Duration::from_secs(30);

        let good = run("echo out; echo err >&2", patience).unwrap();
        let bad = run("echo no >&2; exit 1", patience).unwrap();

        assert_eq!(good, (true, "out\n".into(), "err\n".into()));
        assert_eq!(bad, (false, String::new(), "no\n".into()));
    }

    #[test]
    fn one_that_does_not_end_is_ended() {
        let error = run("exec sleep 1000", Duration::from_millis(50)).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
