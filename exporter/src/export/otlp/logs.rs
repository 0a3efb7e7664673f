//! The exporter's own log, pushed.

mod client;
mod connection;
mod http;
mod tries;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::Severity;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogProcessor, SdkLogRecord, SdkLogger, SdkLoggerProvider};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::sender::UNDER_WAY;
use client::Undelivered;

pub use client::LogClient;
pub use connection::LogConnection;

/// What events become logs of OTLP with.
pub type Bridge = OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger>;

/// Events that wait to be pushed.
#[derive(Debug)]
pub struct Events {
    waiting: mpsc::Receiver<Event>,
    lost: Lost,
    is_wanted: Arc<AtomicBool>,
}

/// How many events were lost so far.
#[derive(Clone, Debug, Default)]
pub struct Lost(Arc<AtomicU64>);

type Event = (SdkLogRecord, InstrumentationScope);

/// Most events that wait, and most that are pushed at once.
/// Source: OpenTelemetry specification, "Batch LogRecord Processor".
const WAITING: usize = 2048;
const AT_ONCE: usize = 512;
/// How long an event waits for others.
const TOGETHER: Duration = Duration::from_secs(1);
/// How often a receiver may refuse events for good before they are lost. Once is not enough: over
/// gRPC a connection that breaks amid a call looks the same (tonic, `Status::from_error`).
const MOST_REFUSALS: u32 = 2;
/// How long after a stop other parts have to say something, and how long that may take to push.
const AFTERWARDS: Duration = Duration::from_millis(500);
const LAST: Duration = Duration::from_secs(2);

/// Returns what accepts events without ever waiting, and where they are read.
pub fn bridge() -> (Bridge, Events) {
    let (queue, waiting) = mpsc::channel(WAITING);
    let lost = Lost::default();
    let is_wanted = Arc::new(AtomicBool::new(true));
    let processor = Queue { events: queue, lost: lost.clone(), is_wanted: Arc::clone(&is_wanted) };
    let provider = SdkLoggerProvider::builder().with_log_processor(processor).build();

    (OpenTelemetryTracingBridge::new(&provider), Events { waiting, lost, is_wanted })
}

#[derive(Debug)]
struct Queue {
    events: mpsc::Sender<Event>,
    lost: Lost,
    /// There is somebody to push to.
    is_wanted: Arc<AtomicBool>,
}

impl Lost {
    /// Returns how many.
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, events: usize) {
        self.0.fetch_add(events as u64, Ordering::Relaxed);
    }
}

impl LogProcessor for Queue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.events.try_send((record.clone(), scope.clone())).is_err() {
            self.lost.add(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    /// What pushing the log has to say would have to be pushed in turn, and so for ever; the
    /// libraries that carry it have no say either.
    fn event_enabled(&self, _: Severity, target: &str, _: Option<&str>) -> bool {
        let is_ours = target.starts_with("exporter") || target.starts_with("packet_exporter");

        is_ours && !target.starts_with(module_path!()) && self.is_wanted.load(Ordering::Relaxed)
    }
}

/// What carries events to a receiver.
struct Carrier {
    client: LogConnection,
    backoff: Backoff,
    lost: Lost,
    /// How many lost events the log has told of.
    told: u64,
    is_failing: bool,
}

/// The events that are to be pushed, and what carries them.
pub struct LogSender {
    waiting: mpsc::Receiver<Event>,
    /// Those that are being pushed.
    events: Vec<Event>,
    carrier: Carrier,
    is_wanted: Arc<AtomicBool>,
}

impl Events {
    /// Returns what counts the events that are lost.
    pub fn lost(&self) -> Lost {
        self.lost.clone()
    }

    /// Returns what pushes them.
    pub fn to(self, client: LogConnection) -> LogSender {
        let Self { waiting, lost, is_wanted } = self;
        let backoff = Backoff::default();
        let carrier = Carrier { client, backoff, lost, told: 0, is_failing: false };
        is_wanted.store(true, Ordering::Relaxed);

        LogSender { waiting, events: Vec::new(), carrier, is_wanted }
    }

    /// Takes no more events until there is somebody to push to.
    #[must_use]
    pub fn ignored(mut self) -> Self {
        self.is_wanted.store(false, Ordering::Relaxed);
        while self.waiting.try_recv().is_ok() {}

        self
    }
}

impl LogSender {
    /// Returns what counts the events that are lost.
    pub fn lost(&self) -> Lost {
        self.carrier.lost.clone()
    }

    /// Goes on with another client, between two runs.
    pub fn change(&mut self, client: LogConnection) {
        self.carrier.client = client;
        self.carrier.backoff.reset();
    }

    /// Returns the events without what pushes them.
    #[must_use]
    pub fn into_events(self) -> Events {
        let Self { waiting, events: _, carrier: Carrier { lost, .. }, is_wanted } = self;

        Events { waiting, lost, is_wanted }
    }

    /// Pushes events until told to stop, and those that are there a little later.
    ///
    /// After a panic it may be called again: those that were being pushed then are counted as lost.
    pub async fn run(&mut self, stop: CancellationToken) {
        let Self { waiting, events, carrier, is_wanted: _ } = self;
        carrier.lost.add(std::mem::take(events).len());

        while !stop.is_cancelled() {
            let first = stop.run_until_cancelled(waiting.recv()).await.flatten();
            events.extend(first);
            stop.run_until_cancelled(sleep(TOGETHER)).await;
            if stop.is_cancelled() {
                break;
            }
            if !events.is_empty() {
                while events.len() < AT_ONCE
                    && let Ok(event) = waiting.try_recv()
                {
                    events.push(event);
                }
                tokio::select! {
                    () = carrier.push(events, &stop) => events.clear(),
                    // A receiver that does not answer gets them once more below, and briefly.
                    () = async { stop.cancelled().await; sleep(UNDER_WAY).await } => break,
                }
            }
        }

        sleep(AFTERWARDS).await;
        while let Ok(event) = waiting.try_recv() {
            events.push(event);
        }
        if !events.is_empty() && timeout(LAST, carrier.push(events, &stop)).await.is_err() {
            carrier.lost.add(events.len());
        }
        events.clear();
    }
}

impl Carrier {
    /// Pushes events, again and again as long as that may help.
    async fn push(&mut self, events: &[Event], stop: &CancellationToken) {
        let records: Vec<_> = events.iter().map(|(record, scope)| (record, scope)).collect();
        let mut refusals = 0;

        let error = loop {
            let begun = Instant::now();
            match self.client.send(LogBatch::new(&records)).await {
                Ok(()) => return self.recovered(),
                Err(Undelivered { text, is_final }) => {
                    self.failed(&text);
                    refusals += u32::from(is_final);
                    // Among what it took is what the receiver asked for.
                    let wait = self.backoff.next(Some(begun.elapsed()));
                    let waited = stop.run_until_cancelled(sleep(wait)).await;
                    if refusals == MOST_REFUSALS || waited.is_none() {
                        break text;
                    }
                }
            }
        };

        tracing::debug!(error, events = events.len(), "Log events are lost");
        self.lost.add(events.len());
    }

    fn failed(&mut self, error: &str) {
        if !self.is_failing {
            let endpoint = &**self.client.name();
            tracing::warn!(endpoint, error, "Cannot push the log; it still goes to standard error");
        }
        self.is_failing = true;
    }

    fn recovered(&mut self) {
        self.backoff.reset();
        let all = self.lost.read();
        let lost = all - std::mem::replace(&mut self.told, all);
        let endpoint = &**self.client.name();

        if self.is_failing {
            tracing::info!(endpoint, "The log is pushed again");
        }
        if lost > 0 {
            tracing::warn!(endpoint, lost, "Log events did not reach the receiver");
        }
        self.is_failing = false;
    }
}

#[cfg(test)]
mod tests;
