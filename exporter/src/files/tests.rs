use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};

use tempfile::TempDir;

use super::*;

const BOUNDS: Bounds = Bounds { bytes: 10, reads: 3 };
const SHORT: Duration = Duration::from_millis(200);
/// So long that a machine which stands still does not use it up.
const LONG: Duration = Duration::from_mins(1);

fn readers(bounds: Bounds) -> &'static Readers {
    Box::leak(Box::new(Readers::new(bounds)))
}

/// A read that ends when the test lets it.
fn hang(readers: &'static Readers, path: &str) -> Sender<()> {
    let (end, ended): (Sender<()>, Receiver<()>) = channel();

    let outcome = readers.within(Path::new(path), SHORT, move || {
        let _ = ended.recv();
    });

    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut);
    end
}

fn until<T>(mut attempt: impl FnMut() -> io::Result<T>) -> T {
    let begun = Instant::now();
    loop {
        match attempt() {
            Ok(done) => return done,
            Err(error) => assert!(begun.elapsed() < LONG, "{error}"),
        }
        thread::yield_now();
    }
}

#[test]
fn a_read_that_hangs_is_given_up_after_the_deadline() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let begun = Instant::now();

    let error = readers(BOUNDS).read(&pipe, SHORT).unwrap_err();

    assert!((SHORT..LONG).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "not read within 200ms; its file system may hang");
}

#[test]
fn while_a_read_hangs_the_next_ones_of_that_file_fail_at_once_and_take_no_thread() {
    let readers = readers(BOUNDS);
    let end = hang(readers, "/mount/a");

    let begun = Instant::now();
    for _ in 0..100 {
        let error = readers.within(Path::new("/mount/a"), SHORT, || ()).unwrap_err();
        let said = "still waiting for an earlier read of `/mount/a`; its file system may hang";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::TimedOut, said));
    }

    assert!(begun.elapsed() < Duration::from_secs(50), "{:?}", begun.elapsed());
    assert_eq!(locked(&readers.files).reads, 1);
    drop(end);
    until(|| readers.within(Path::new("/mount/a"), SHORT, || ()));
}

#[test]
fn one_that_hangs_does_not_hold_up_the_other_files_until_there_are_too_many() {
    let readers = readers(BOUNDS);
    let _first = hang(readers, "/mount/a");
    let _second = hang(readers, "/mount/b");
    assert_eq!(readers.within(Path::new("/elsewhere"), SHORT, || 7).unwrap(), 7);
    let third = hang(readers, "/mount/c");

    let error = readers.within(Path::new("/elsewhere"), SHORT, || 7).unwrap_err();

    assert_eq!(
        error.to_string(),
        "too many other reads are still running (3); their file systems may hang"
    );
    drop(third);
    assert_eq!(until(|| readers.within(Path::new("/elsewhere"), SHORT, || 7)), 7);
}

#[test]
fn many_who_read_one_file_at_once_all_get_it_although_no_two_reads_are_allowed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "text").unwrap();
    let readers = readers(Bounds { reads: 1, ..BOUNDS });

    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(readers.read(&path, LONG).unwrap(), b"text"));
        }
    });

    assert_eq!(locked(&readers.files).reads, 0);
}

#[test]
fn one_that_finds_too_many_reads_keeps_no_other_waiting() {
    let path = Path::new("/mount/a");
    let readers = readers(Bounds { reads: 1, ..BOUNDS });
    let turn = readers.turn(path, Instant::now(), LONG).unwrap();

    let errors: Vec<_> = thread::scope(|scope| {
        let wait = || readers.within(path, LONG / 6, || ()).unwrap_err().to_string();
        let waiting = [(); 3].map(|()| scope.spawn(wait));
        // Another file is read as soon as this one is free.
        locked(&readers.files).reads += 1;
        drop(turn);
        waiting.into_iter().map(|waiting| waiting.join().unwrap()).collect()
    });

    assert_eq!(
        errors,
        ["too many other reads are still running (1); their file systems may hang"; 3]
    );
}

#[test]
fn a_file_has_at_most_so_many_bytes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    let readers = readers(BOUNDS);

    fs::write(&path, "0123456789").unwrap();
    assert_eq!(readers.read(&path, LONG).unwrap(), b"0123456789");

    fs::write(&path, "0123456789+").unwrap();
    let error = readers.read(&path, LONG).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), TOO_LARGE);

    let error = readers.read(Path::new("/dev/zero"), LONG).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), TOO_LARGE);
}

const TOO_LARGE: (ErrorKind, &str) = (ErrorKind::FileTooLarge, "it is larger than 10 bytes");

#[test]
fn what_is_no_file_of_text_is_an_error_that_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, [b'a', 0xff]).unwrap();
    let dangling = folder.path().join("dangling");
    symlink("nowhere", &dangling).unwrap();
    let said = |path: &Path| text(path).unwrap_err().to_string();

    assert_eq!(said(&path), "it is not text in UTF-8");
    assert_eq!(said(folder.path()), "Is a directory (os error 21)");
    assert_eq!(said(&dangling), "No such file or directory (os error 2)");
    assert_eq!(said(Path::new("a\0b")), "file name contained an unexpected NUL byte");
}

#[test]
fn a_read_that_panics_is_an_error_and_frees_the_file() {
    let readers = readers(BOUNDS);
    let path = Path::new("/mount/a");

    let error = readers.within(path, LONG, || panic!("planted")).map(|(): ()| ()).unwrap_err();

    assert_eq!(error.to_string(), "reading it panicked");
    assert_eq!(readers.within(path, LONG, || 7).unwrap(), 7);
}
