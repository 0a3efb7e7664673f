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

/// It starts again and again. Each time it lives for long enough that folds are seen to be done.
pub(super) fn crashing(host: &Host<'_>) {
    while host.played.goes_on() {
        let mut service = host.start(&[]);
        host.until_it_folds(&mut service);
    }

    let _service = host.start(&[]);
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
