//! The process ends, or refuses its configuration.

use std::fs;

use rustix::process::Signal;
use tempfile::NamedTempFile;

use super::Host;

pub(super) fn killed(host: &Host<'_>) {
    drop(host.start(&[]));
    host.until_told();

    let _service = host.start(&[]);
    host.until_the_end();
}

/// One more start than the first one and those that are no loop yet.
pub(super) fn crashing(host: &Host<'_>) {
    for _ in 0..3 {
        drop(host.start(&[]));
    }
    let _service = host.start(&[]);
    host.until_told();

    host.until_the_end();
}

pub(super) fn reload(host: &Host<'_>) {
    let file = NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let service = host.start(&["--config.file", path, "--config.watch", "false"]);
    fs::write(path, "[sources]\nlimit = \"many\"\n").unwrap();
    service.signal(Signal::HUP);
    host.until_told();

    fs::write(path, "[sources]\nlimit = 50\n").unwrap();
    service.signal(Signal::HUP);
    service.said_within("Configuration is applied", 1);
    host.until_the_end();
}
