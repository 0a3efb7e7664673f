//! What is played until its alerts were told, and then until they are resolved.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use tests::alerting::{Alerted, History};
use tests::patience::{Reason, let_pass, pause, wait_for_long};

/// Ten times what the slowest alert takes.
pub(super) const PATIENCE: Duration = Duration::from_mins(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Something that goes wrong, and its alerts.
pub(super) struct Played<'a> {
    /// The device, or the exporter, that the alerts are about.
    pub(super) subject: &'a str,
    alerts: &'a [&'a str],
    goes_on: AtomicBool,
    is_over: AtomicBool,
    /// When all of its alerts had been told.
    told: OnceLock<Instant>,
}

/// How it is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How long it goes on once its alerts were told: others may be slower.
    pub(super) on: Duration,
    /// How many times as long as it should an alert may take.
    pub(super) late: f64,
}

impl Pace {
    /// That of the default run, whose machine may be busy: alerts may take ten times as long.
    pub(super) const QUICK: Self = Self { on: Duration::ZERO, late: 10.0 };
}

impl<'a> Played<'a> {
    pub(super) fn new(subject: &'a str, alerts: &'a [&'a str]) -> Self {
        let [goes_on, is_over] = [true, false].map(AtomicBool::new);

        Self { subject, alerts, goes_on, is_over, told: OnceLock::new() }
    }

    pub(super) fn goes_on(&self) -> bool {
        self.goes_on.load(Ordering::Relaxed)
    }

    /// Returns whether nothing is waited for any more, of this or of others.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.goes_on.store(false, Ordering::Relaxed);
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Ends it some time after its alerts were told. Returns what is missing until they are resolved.
    fn look(&self, alerted: &[Alerted], on: Duration) -> Result<(), String> {
        let Self { subject, alerts, goes_on, told, .. } = self;
        let own = || alerted.iter().filter(|it| it.subject == *subject);
        let all = |is_so: fn(&Alerted) -> bool| {
            alerts.iter().all(|name| own().any(|it| it.name == *name && is_so(it)))
        };

        if all(|_| true) && told.get_or_init(Instant::now).elapsed() >= on {
            goes_on.store(false, Ordering::Relaxed);
        }
        if !self.goes_on() && all(|it| it.is_resolved) {
            return Ok(());
        }
        Err(format!("{subject}: {:?}", own().map(ToString::to_string).collect::<Vec<_>>()))
    }
}

/// Ends what is played when it is dropped, so that its threads end whatever fails.
pub(super) struct Ends<'a>(pub(super) &'a [Played<'a>]);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(Played::end);
    }
}

/// Waits until every alert was told and resolved; fails at once if one of the threads does.
pub(super) fn wait_for_all(
    all: &[Played<'_>],
    threads: &mut Vec<ScopedJoinHandle<'_, ()>>,
    history: &mut History<'_>,
    on: Duration,
) {
    wait_for_long("every alert to be told, and resolved after that", PATIENCE, || {
        assert_none_failed(threads);
        // Each look asks Prometheus.
        let_pass(BETWEEN_LOOKS, Reason::Sampling);
        let alerted = history.look();
        // All of them are looked at, whatever one of them lacks.
        let lacking: Vec<_> = all.iter().filter_map(|it| it.look(&alerted, on).err()).collect();
        if lacking.is_empty() { Ok(()) } else { Err(lacking.join("\n")) }
    });
}

/// Goes on with the panic of a thread, if one has panicked.
fn assert_none_failed(threads: &mut Vec<ScopedJoinHandle<'_, ()>>) {
    for thread in threads.extract_if(.., |thread| thread.is_finished()) {
        thread.join().unwrap_or_else(|panic| resume_unwind(panic));
    }
}

/// Each alert came in time, and there was no other.
pub(super) fn assert_as_declared(all: &[Played<'_>], history: &mut History<'_>, late: f64) {
    let alerted = history.look();
    let declared: BTreeSet<(String, String)> = all
        .iter()
        .flat_map(|it| it.alerts.iter().map(|name| ((*name).to_owned(), it.subject.to_owned())))
        .collect();
    for alerted in &alerted {
        println!("{alerted}");
    }
    let only_pending: Vec<_> = history.pending().difference(&declared).cloned().collect();
    println!("were pending without being declared: {only_pending:?}");

    assert_eq!(history.fired(), declared, "by Prometheus");
    let told: BTreeSet<_> =
        alerted.iter().map(|it| (it.name.clone(), it.subject.clone())).collect();
    assert_eq!(told, declared, "by Alertmanager");
    let too_late: Vec<_> =
        alerted.iter().filter(|it| it.is_late(late)).map(ToString::to_string).collect();
    assert!(too_late.is_empty(), "{too_late:#?}");
}

#[test]
#[should_panic(expected = "the flood failed: no hping3")]
fn a_thread_that_fails_is_noticed_while_others_go_on() {
    let others = [Played::new("eth0", &["A"])];

    thread::scope(|scope| {
        let _ends = Ends(&others);
        let mut threads = vec![
            scope.spawn(|| {
                while !others[0].is_over() {
                    pause();
                }
            }),
            scope.spawn(|| panic!("the flood failed: no hping3")),
        ];
        wait_for_long("the failure", PATIENCE, || -> Result<(), String> {
            assert_none_failed(&mut threads);
            Err("none".into())
        });
    });
}
