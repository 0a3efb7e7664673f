//! Counts are read from the kernel late, in vain, or no more.

use tests::filter::{EINVAL, MAP_LOOKUP_AND_DELETE_BATCH, filtered};
use tests::service::{Service, Tracer};

use super::Host;

/// A call of the kernel hangs.
pub(super) fn hanging(host: &Host<'_>) {
    while_injected(host, &[], "delay_enter=600000000");
}

/// Calls of the kernel take so long that there is no fold in each interval.
pub(super) fn slow(host: &Host<'_>) {
    while_injected(host, &["--datapath.interval", "100ms"], "delay_enter=30000");
}

/// The kernel refuses to hand the counts over.
pub(super) fn unreadable(host: &Host<'_>) {
    let spawn = || host.spawn(host.command(&[]));
    let service = host.start_by(|| filtered(Some(MAP_LOOKUP_AND_DELETE_BATCH), EINVAL, spawn));
    host.until_told();

    drop(service);
    let _service = host.start(&[]);
    host.until_the_end();
}

/// Does something to the calls of bpf(2) by the thread that folds, until the alerts were told.
fn while_injected(host: &Host<'_>, arguments: &[&str], what: &str) {
    let service = host.start(arguments);
    let tracer = Tracer::inject(folder(&service), what).expect("strace");
    host.until_told();

    drop(tracer);
    host.until_the_end();
}

fn folder(service: &Service<'_>) -> u32 {
    let mut threads = service.threads().into_iter();

    threads.find(|(_, name)| name == "folder").expect("a thread of its own").0
}
