//! The last lines that the exporter logged.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Item;

pub(super) const ABOUT: &str = "The last lines that the exporter logged, as the journal has them";
const FILE: &str = "log.txt";
const JOURNAL: &str = "journalctl";
const UNIT: &str = "packet-exporter";
const LINES: &str = "1000";
/// The journal may be on a disk that does not answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Most bytes that are kept, which are the last ones. It leaves room for notes.
const LONGEST: usize = (4 << 20) - 1024;
const CUT: &str = "(the lines before are left out)\n";
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

    let output = output(child, PATIENCE).map_err(|error| format!("{JOURNAL}: {error}"))?;
    judged(output)
}

/// Returns the log that a child wrote, with a note if it failed later, or why there is none.
fn judged((is_good, text, error): (bool, String, String)) -> Result<String, String> {
    let error = error.lines().next().unwrap_or("it failed");

    match (is_good, text.trim().is_empty()) {
        (true, false) => Ok(text),
        (true, true) => {
            Err(format!("the journal has nothing of {UNIT}, or does not show it to this user"))
        }
        // A damaged journal has readable lines too.
        (false, false) => Ok(format!("{}\n({JOURNAL} failed: {error})\n", text.trim_end())),
        (false, true) => Err(format!("{JOURNAL}: {error}")),
    }
}

/// Returns whether a child succeeded, and what it wrote to standard output and standard error. It
/// is ended when that takes too long.
fn output(mut child: Child, patience: Duration) -> io::Result<(bool, String, String)> {
    let begun = Instant::now();
    // Beside each other: a child that fills one pipe writes no more to the other.
    let out = reading(child.stdout.take())?;
    let err = reading(child.stderr.take())?;
    let text =
        |pipe: &Receiver<String>| pipe.recv_timeout(patience.saturating_sub(begun.elapsed())).ok();

    let (Some(out), Some(err)) = (text(&out), text(&err)) else {
        child.kill()?;
        child.wait()?;
        return Err(io::Error::new(ErrorKind::TimedOut, format!("no end within {patience:?}")));
    };

    // It has closed both, and has nothing left to do.
    Ok((child.wait()?.success(), out, err))
}

fn reading(pipe: Option<impl Read + Send + 'static>) -> io::Result<Receiver<String>> {
    let (done, read) = sync_channel(1);
    thread::Builder::new().name("journal".into()).spawn(move || {
        let text = pipe.map(|pipe| ending(pipe, LONGEST)).unwrap_or_default();
        let _nobody_waits_any_more = done.send(text);
    })?;

    Ok(read)
}

/// Reads to the end, and returns at most the last `most` bytes, in whole lines if it has any.
fn ending(mut pipe: impl Read, most: usize) -> String {
    let mut kept = VecDeque::new();
    let mut is_cut = false;
    let mut room = vec![0; 1 << 16];
    loop {
        match pipe.read(&mut room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // What came before an error is a part of the log too.
            Ok(0) | Err(_) => break,
            Ok(read) => kept.extend(&room[..read]),
        }
        let over = kept.len().saturating_sub(most);
        is_cut |= over > 0;
        kept.drain(..over);
    }

    let bytes = kept.make_contiguous();
    if !is_cut {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let first = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let first = if first < bytes.len() { first } else { 0 };
    CUT.to_owned() + &String::from_utf8_lossy(&bytes[first..])
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
    fn a_long_log_is_shortened_and_standard_error_does_not_stop_it() {
        let script = "seq 100000 >&2; seq 1000000; echo last";

        let (is_good, text, _) = run(script, Duration::from_mins(1)).unwrap();

        assert!(is_good);
        assert!(text.starts_with(CUT) && text.ends_with("\n1000000\nlast\n"));
        assert!(text.len() <= LONGEST + CUT.len() && text.len() > LONGEST - 100);
        assert!(text.lines().nth(1).unwrap().parse::<u32>().is_ok(), "it begins with a line");
    }

    #[test]
    fn what_is_kept_is_the_end() {
        let cases = [
            ("a\nbc\n", 9, "a\nbc\n"),
            ("a\nbc\nd\n", 4, "d\n"),
            ("abcdef\n", 3, "ef\n"),
            ("", 0, ""),
        ];

        for (text, most, kept) in cases {
            let ending = ending(text.as_bytes(), most);
            assert_eq!(ending.strip_prefix(CUT).unwrap_or(&ending), kept);
        }
    }

    #[test]
    fn a_failure_after_some_lines_is_a_note() {
        let noted = judged((false, "a\nb\n".into(), "corrupt\nmore".into()));
        let empty = judged((false, "\n".into(), "no rights".into()));

        assert_eq!(noted.unwrap(), "a\nb\n(journalctl failed: corrupt)\n");
        assert_eq!(empty.unwrap_err(), "journalctl: no rights");
    }

    #[test]
    fn one_that_does_not_end_is_ended() {
        let error = run("exec sleep 1000", Duration::from_millis(50)).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
