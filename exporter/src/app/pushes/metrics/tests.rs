use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use shared::{Count, Direction};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::*;
use crate::catalog::{Readings, example};
use crate::config::{MetricNames, Protocol};
use crate::export::otlp::fake::papers::Papers;
use crate::export::otlp::fake::{DEADLINE, Fake, Got, Reply, until};
use crate::health::PushFailure;
use crate::snapshot::Snapshot;

/// Long enough that nothing comes between two steps of a test.
const INTERVAL: Duration = Duration::from_millis(500);

/// What pushes to receivers that a test changes.
struct House {
    metrics: Metrics,
    parts: OptionalParts,
    snapshot: watch::Sender<Arc<Snapshot>>,
    source: Source,
    stop: CancellationToken,
}

fn deltas(endpoints: &[String]) -> Otlp {
    Otlp {
        endpoints: endpoints.iter().map(|it| it.parse().unwrap()).collect(),
        protocol: Protocol::HttpProtobuf,
        temporality: Temporality::Delta,
        names: MetricNames::Prometheus,
        interval: INTERVAL,
        max_points: 40,
        ..Otlp::default()
    }
}

fn url(fake: &Fake) -> String {
    format!("http://127.0.0.1:{}", fake.port)
}

impl House {
    fn start(otlp: &Otlp) -> Self {
        let stop = CancellationToken::new();
        let parts = OptionalParts::on(Handle::current(), stop.clone());
        let (snapshot, reader) = watch::channel(example::readings().snapshot);
        let read = Arc::new(|snapshot| Readings { snapshot, ..example::readings() });
        let source = Source { snapshot: reader, read, is_ending: CancellationToken::new() };
        let metrics = Metrics::new(otlp, &HostResource::detect()).unwrap();
        let mut house = Self { metrics, parts, snapshot, source, stop };
        house.show(3);
        house.metrics.start(&house.parts, &house.source).unwrap();

        house
    }

    /// Shows one device that has counted so many packets.
    fn show(&self, packets: u64) {
        let mut flow = example::empty("eth0", Direction::Receive);
        Arc::make_mut(&mut flow.totals).cells[0][0] = Count { packets, bytes: packets * 100 };
        let flows = vec![Arc::new(flow)];
        let snapshot = Snapshot { flows, ..Snapshot::clone(&example::readings().snapshot) };

        self.snapshot.send_replace(Arc::new(snapshot));
    }

    async fn apply(&mut self, otlp: &Otlp) {
        let applied = self.metrics.apply(otlp, &self.parts, &self.source);

        timeout(DEADLINE, applied).await.expect("it is applied in time");
    }

    /// Waits until the first push is doing as it should.
    async fn wait_for(&self, what: &str, is_so: impl Fn(&Push) -> bool) {
        let health = self.metrics.health();

        let is_so = || health.borrow().first().is_some_and(|push| is_so(&push.borrow()));
        until(what, is_so).await;
    }

    async fn end(self) {
        self.stop.cancel();
        timeout(DEADLINE, self.parts.ended()).await.expect("it ends in time");
    }
}

fn packets(got: &Got) -> Option<i64> {
    let metric = got.metrics().into_iter().find(|it| it.name == "packet.receive.packets")?;
    let Some(Data::Sum(sum)) = metric.data else { panic!("no sum") };
    let values = sum.data_points.into_iter().map(|point| match point.value {
        Some(Value::AsInt(value)) => value,
        other => panic!("{other:?}"),
    });

    Some(values.sum())
}

fn sum(got: &[Got]) -> i64 {
    got.iter().filter_map(packets).sum()
}

#[tokio::test]
async fn what_arrived_in_part_at_a_receiver_is_not_pushed_to_the_next_one() {
    let (first, second) = (Fake::start([]).await, Fake::start([]).await);
    let mut house = House::start(&deltas(&[url(&first)]));
    house.wait_for("the first push", |push| push.exports == 1).await;
    assert_eq!(sum(&first.got()), 3);

    house.show(5);
    let before = first.got().len();
    first.then([Reply::OK].into_iter().chain(std::iter::repeat_n(Reply::status(503), 1000)));
    until("a request that fails", || first.got().len() >= before + 2).await;
    assert_eq!(packets(&first.got()[before]), Some(2), "it is in the part that arrived");
    house.show(9);
    house.apply(&deltas(&[url(&second)])).await;
    house.wait_for("pushes", |push| push.exports >= 2).await;

    assert_eq!(sum(&second.got()), 4);
    house.end().await;
}

#[tokio::test]
async fn a_receiver_in_the_place_of_a_wrong_one_gets_everything() {
    let wrong = "http://127.0.0.1:1".to_owned();
    let second = Fake::start([]).await;
    let mut house = House::start(&deltas(&[wrong]));
    house.wait_for("a failure", |push| !push.failures.is_empty()).await;

    house.show(5);
    house.apply(&deltas(&[url(&second)])).await;
    house.wait_for("a push", |push| push.exports >= 1).await;

    assert_eq!(sum(&second.got()), 5);
    house.end().await;
}

#[tokio::test]
async fn a_receiver_beside_another_gets_what_is_counted_from_now_on() {
    let (first, second) = (Fake::start([]).await, Fake::start([]).await);
    let mut house = House::start(&deltas(&[url(&first)]));
    house.wait_for("the first push", |push| push.exports >= 1).await;

    house.apply(&deltas(&[url(&second), url(&first)])).await;
    house.show(5);
    let is_all = || sum(&second.got()) >= 2 && sum(&first.got()) >= 5;
    until("all of it", is_all).await;

    assert_eq!((sum(&first.got()), sum(&second.got())), (5, 2));
    let names: Vec<_> = house.metrics.running.iter().map(|it| &*it.receiver.name).collect();
    assert_eq!(names, [&*url(&second), &*url(&first)].map(|it| format!("{it}/v1/metrics")));
    house.end().await;
}

/// A file may change between the check and the change.
#[tokio::test]
async fn a_receiver_whose_files_cannot_be_read_is_tried_until_they_can() {
    let papers = Papers::new(false);
    let fake = Fake::with([], Some(papers.acceptor.clone())).await;
    let folder = TempDir::new().unwrap();
    let ca_file = folder.path().join("ca.pem");
    let mut house = House::start(&deltas(&[]));
    let endpoint = format!("https://localhost:{}", fake.port);

    house.apply(&Otlp { ca_file: ca_file.clone(), ..deltas(&[endpoint]) }).await;
    let local = |push: &Push| push.failures.get(&PushFailure::Local).copied().unwrap_or_default();
    house.wait_for("failures", |push| local(push) >= 2).await;
    std::fs::copy(papers.path("ca.pem"), &ca_file).unwrap();

    house.wait_for("a push", |push| push.exports >= 1).await;
    house.end().await;
}
