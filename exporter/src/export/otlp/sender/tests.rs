//! A sender and receivers on real sockets.

mod again;
mod answers;
mod ends;
mod faults;
mod phase;
mod proxies;
mod refusals;
mod tls;
mod transport;

use std::path::PathBuf;

use shared::Direction;

use super::super::client::Client;
use super::super::fake::{DEADLINE, Fake, Got, Reply, until};
use super::super::point::nanos;
use super::super::receiver::Receiver;
use super::super::request::Style;
use super::super::request::tests::STYLE;
use super::super::resource::HostResource;
use super::*;
use crate::catalog::{Readings, example};
use crate::config::{Compression, Otlp, Protocol};
use crate::health::PushFailure;
use crate::snapshot::Flow;

/// A sender that pushes when it is told to.
struct Pushing {
    sender: Sender,
    health: watch::Receiver<Arc<Push>>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    source: Source,
}

fn otlp(port: u16, protocol: Protocol) -> Otlp {
    Otlp {
        endpoints: vec![format!("http://127.0.0.1:{port}").parse().unwrap()],
        protocol,
        ..Otlp::default()
    }
}

fn http(port: u16) -> Otlp {
    otlp(port, Protocol::HttpProtobuf)
}

impl Pushing {
    fn new(otlp: &Otlp) -> Self {
        Self::to(Receiver::of_metrics(otlp).unwrap().remove(0), otlp)
    }

    fn to(receiver: Receiver, otlp: &Otlp) -> Self {
        let style = Style {
            temporality: otlp.temporality,
            max_points: otlp.max_points,
            began: example::at(0),
            ..STYLE
        };
        let make = Make {
            style,
            origin: HostResource::detect(),
            protocol: otlp.protocol,
            compression: otlp.compression,
        };
        let times = Times {
            interval: otlp.interval,
            phase: Duration::ZERO,
            push_timeout: otlp.push_timeout,
        };
        let (sender, health) = Sender::new(Client::new(receiver).unwrap().into(), make, times);
        let (snapshot, reader) = watch::channel(example::readings().snapshot);
        let read = Arc::new(|snapshot| Readings { snapshot, ..example::readings() });
        let source = Source { snapshot: reader, read, is_ending: CancellationToken::new() };

        Self { sender, health, snapshot, source }
    }

    /// Pushes once, with repetitions for as long.
    async fn push_within(&mut self, limit: Duration) {
        let stop = CancellationToken::new();
        let deadline = Instant::now() + limit;
        let turn = Turn { deadline, until: deadline, stop: &stop };

        timeout(DEADLINE, self.sender.push(&self.source, turn)).await.expect("a push ends");
    }

    async fn push(&mut self) {
        self.push_within(Duration::from_secs(10)).await;
    }

    /// Pushes once, without repetitions.
    async fn push_once(&mut self) {
        let stop = CancellationToken::new();
        let now = Instant::now();
        let turn = Turn { deadline: now + DEADLINE / 2, until: now, stop: &stop };

        timeout(DEADLINE, self.sender.push(&self.source, turn)).await.expect("a push ends");
    }

    fn health(&self) -> Arc<Push> {
        Arc::clone(&self.health.borrow())
    }

    fn failures(&self, reason: PushFailure) -> u64 {
        self.health().failures.get(&reason).copied().unwrap_or(0)
    }

    /// Shows one device with these sources.
    fn show_sources(&self, sources: &[&str]) {
        let named = sources.iter().map(|it| example::named(example::address(it), 1, 100));
        let flow = example::of_sources(named);
        let snapshot = Snapshot {
            flows: vec![Arc::new(flow)],
            ..Snapshot::clone(&example::readings().snapshot)
        };

        self.snapshot.send_replace(Arc::new(snapshot));
    }

    /// Shows one device that has counted so many packets.
    fn show(&self, packets: u64) {
        let mut flow: Flow = example::empty("eth0", Direction::Receive);
        Arc::make_mut(&mut flow.totals).cells[0][0] =
            shared::Count { packets, bytes: packets * 100 };
        let snapshot = Snapshot {
            flows: vec![Arc::new(flow)],
            ..Snapshot::clone(&example::readings().snapshot)
        };

        self.snapshot.send_replace(Arc::new(snapshot));
    }
}

/// Returns the time of a request's first point.
fn time(got: &Got) -> u64 {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;

    match got.metrics().remove(0).data {
        Some(Data::Sum(sum)) => sum.data_points[0].time_unix_nano,
        other => panic!("{other:?}"),
    }
}

/// Returns the packets of IPv4 and TCP in a request, if they are in it.
fn packets(got: &Got) -> Option<i64> {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

    let metric = got.metrics().into_iter().find(|it| it.name == "packet.receive.packets")?;
    let Some(Data::Sum(sum)) = metric.data else { panic!("no sum") };
    match sum.data_points[0].value {
        Some(Value::AsInt(value)) => Some(value),
        other => panic!("{other:?}"),
    }
}

/// How many points the example has.
const POINTS: u64 = 499;
