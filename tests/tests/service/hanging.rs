//! What hangs, as a mount that does not answer or a call of the kernel, does not take the rest with it.

use std::io::{self, Write};
use std::time::Instant;

use rustix::pipe::fcntl_setpipe_size;
use rustix::process::Signal;
use tests::hanging::Hanging;
use tests::patience::wait_for;
use tests::service::{self, Service, Tracer};

use super::refusals::File;
use super::stopping::LONGEST;
use super::{QUICK, assert_nothing_attached, cable, quick};

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_web_configuration_that_hangs_leaves_the_last_one_in_force() {
    let cable = cable("hangweb");
    let file = File::with("hanging-web.yml", "rate_limit: {}\n");
    let path = file.path();
    let arguments = [&QUICK[..], &["--web.config.file", &path]].concat();
    let mut service = Service::start(&cable.here, &arguments);

    let hanging = Hanging::in_place_of(&path);
    for _ in 0..3 {
        assert_eq!(service.get("/-/healthy").unwrap().status, 200);
        service.wait_for_fold();
    }
    assert_eq!(
        service.said_within("Cannot read the web configuration in time", 1),
        1,
        "{}",
        service.log()
    );

    hanging.end("basic_auth_usres: {}\n");
    service.wait_until("the new file is read", |service| {
        service.get("/-/healthy").is_ok_and(|answer| answer.status == 500)
    });
    let _hanging = Hanging::in_place_of(&path);
    assert_eq!(service.get("/-/healthy").unwrap().status, 500);
    let asked = Instant::now();
    service.signal(Signal::TERM);

    assert_eq!(service.end().code(), Some(0), "{}", service.log());
    assert!(asked.elapsed() < LONGEST, "{:?}", asked.elapsed());
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_file_that_hangs_at_the_start_is_refused_with_its_name() {
    let cable = cable("hangstart");
    let file = |name| File::with(name, "");
    let files = ["hang.toml", "hang.yml", "hang.pem", "hang-headers"].map(file);
    let paths = files.each_ref().map(File::path);
    let _hanging = paths.each_ref().map(|path| Hanging::in_place_of(path));
    let [config, web, authorities, headers] = paths.each_ref().map(String::as_str);
    let cases = [
        (config, ["--config.file", config, "--otlp.endpoints", "http://localhost:1"]),
        (web, ["--web.config.file", web, "--otlp.endpoints", "http://localhost:1"]),
        (authorities, ["--otlp.ca-file", authorities, "--otlp.endpoints", "https://localhost:1"]),
        (headers, ["--otlp.headers-file", headers, "--otlp.endpoints", "http://localhost:1"]),
    ];

    // They wait at the same time.
    let services = cases.map(|(path, arguments)| {
        let arguments = [&["--config.check"], &arguments[..]].concat();
        (path, Service::spawn(&cable.here, service::command(&arguments)))
    });
    for (path, mut service) in services {
        assert_eq!(service.end().code(), Some(2), "{path}");
        let log = service.log();
        println!("{log}");
        assert!(log.contains(path) && log.contains("not read within 5s"), "{log}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_standard_error_that_nobody_reads_stops_neither_folds_nor_scrapes_nor_the_end() {
    let cable = cable("hangerr");
    let (_unread, mut full) = io::pipe().unwrap();
    let size = fcntl_setpipe_size(&full, 4096).unwrap();
    full.write_all(&vec![b'x'; size]).unwrap();
    let file = File::with("hangerr.toml", "");
    let path = file.path();
    let more = ["--config.file", &path, "--config.watch=false", "--web.enable-lifecycle"];
    let mut command = service::command(&[&QUICK[..], &more].concat());
    command.stderr(full);
    let mut service = Service::spawn(&cable.here, command);
    service.wait_until_ready();

    // Each refusal is a line, and 1,024 may wait.
    for number in 0..1100 {
        file.write(&format!("wrong{number} = 1"));
        assert_eq!(service.request("POST /-/reload", &[]).unwrap().status, 500);
    }
    wait_for("lines that are lost", || {
        match service.scrape().find("packet_exporter_log_events_lost_total", &[]) {
            Some(lost) if lost > 0 => Ok(()),
            lost => Err(format!("{lost:?}")),
        }
    });
    service.wait_for_fold();
    let asked = Instant::now();
    service.signal(Signal::TERM);

    assert_eq!(service.end().code(), Some(0));
    println!("it took {:?}", asked.elapsed());
    assert!(asked.elapsed() < LONGEST, "{:?}", asked.elapsed());
    assert_nothing_attached(&cable);
}

/// The control that the end does not wait for the thread which folds.
#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_fold_that_hangs_leaves_pages_and_is_named_at_the_end() {
    let cable = cable("hangfold");
    let mut service = quick(&cable);
    let (thread, _) = service
        .threads()
        .into_iter()
        .find(|(_, name)| name == "folder")
        .expect("a thread of its own");
    let Some(tracer) = Tracer::delay(thread) else { return };
    // From its next call of bpf(2) on; the last look after a stop makes some.
    assert_eq!(service.get("/metrics").unwrap().status, 200);
    let asked = Instant::now();

    service.signal(Signal::TERM);
    wait_for("the last line", || match service.said("did not stop within 8s: folder") {
        0 => Err(service.log()),
        _ => Ok(()),
    });
    let took = asked.elapsed();
    // What strace holds is no end of a process for those who wait for it.
    drop(tracer);
    let status = service.end();

    println!("it took {took:?}: {}", service.log());
    assert_eq!(status.code(), Some(1), "{}", service.log());
    assert!(took < LONGEST, "{took:?}");
    assert_nothing_attached(&cable);
}
