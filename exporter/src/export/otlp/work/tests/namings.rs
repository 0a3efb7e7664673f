//! Series that lose their name, or whose program goes, and that come back: what is pushed of them
//! adds up to what is scraped.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use prost::Message;

use super::super::super::wording::Wording;
use super::*;
use crate::catalog::{Kind, MetricFamily, Sample, Sink, Value, families};
use crate::config::{Naming, Signals, Temporality};
use crate::dimension::ByDimension;
use crate::interval::Interval;
use crate::interval::balanced::hard_times;
use crate::ledger::{Ledger, Rules};
use crate::snapshot::Flow;

/// What happens in one fold.
#[derive(Clone, Debug)]
struct Fold {
    interval: Interval,
    /// Rules that change before it.
    reload: Option<Naming>,
    /// The program counts where readers see it.
    is_there: bool,
    is_pushed: bool,
}

/// What a receiver makes of deltas.
#[derive(Default)]
struct Sums(BTreeMap<String, Series>);

#[derive(Debug, Default)]
struct Series {
    sum: u64,
    /// The end of the last interval.
    end: u64,
    since: Option<SystemTime>,
    /// The sum when the count began anew.
    before: u64,
}

proptest! {
    #[test]
    fn deltas_of_a_series_add_up_to_its_count_however_often_it_loses_its_name(
        folds in folds(),
        remembered in prop_oneof![Just(usize::MAX), 0..40_usize],
    ) {
        let make = Make {
            style: Style { temporality: Temporality::Delta, began: example::at(0), ..make().style },
            ..make()
        };
        let mut flows = Flows::new();
        let mut delivered = Delivered::remembering(remembered);
        let mut sums = Sums::default();

        for fold in folds {
            let now = flows.fold(&fold);
            if fold.is_pushed {
                let work = make.work(&delivered, now.clone()).unwrap();
                sums.compare_starts(&now);
                for request in &work.requests {
                    sums.take(request)?;
                }
                sums.compare(&now, remembered == usize::MAX)?;
                delivered.whole(work.taken, work.series, work.ended);
            }
        }
    }
}

/// Both directions of a device, which see the same in another order.
struct Flows {
    ledgers: [Ledger; 2],
    /// When their programs were attached.
    since: SystemTime,
    is_there: bool,
    folded: Vec<Interval>,
    time: SystemTime,
    pushed: SystemTime,
}

impl Flows {
    fn new() -> Self {
        let ledgers = Self::ledgers();
        let since = example::at(50);

        Self {
            ledgers,
            since,
            is_there: true,
            folded: Vec::new(),
            time: example::at(100),
            pushed: example::at(100),
        }
    }

    fn ledgers() -> [Ledger; 2] {
        let naming = Naming {
            enabled: true,
            limit: 3,
            idle: Duration::from_secs(5),
            churn: 60,
            remembered: 12,
        };

        [naming; 2].map(|naming| Ledger::new(rules(naming)))
    }

    fn fold(&mut self, fold: &Fold) -> Taken {
        self.time += fold.interval.elapsed + Duration::from_millis(1);
        self.folded.push(fold.interval.clone());
        if fold.is_there && !self.is_there {
            // Another program counts anew.
            (self.ledgers, self.since) = (Self::ledgers(), self.time - fold.interval.elapsed);
        }
        self.is_there = fold.is_there;
        // Half as far in what there was: keys meet other rules.
        let behind = self.folded[self.folded.len() / 2].clone();
        let behind = Interval { elapsed: fold.interval.elapsed, ..behind };
        for (ledger, interval) in self.ledgers.iter_mut().zip([&fold.interval, &behind]) {
            let mut next = ledger.clone();
            if let Some(naming) = fold.reload {
                next = next.with_rules(rules(naming));
            }
            *ledger = next.fold(interval, self.time);
        }
        // Some time after the fold, and sometimes after the next one began.
        self.pushed = (self.time + Duration::from_millis(300)).max(self.pushed + APART);

        Taken { readings: self.readings(fold.is_there), time: self.pushed }
    }

    fn readings(&self, is_there: bool) -> Readings {
        let directions = [Direction::Receive, Direction::Transmit];
        let flow = |(ledger, direction): (&Ledger, Direction)| -> Arc<Flow> {
            Arc::new(ledger.flow("eth0".into(), direction, self.since))
        };
        let flows = self.ledgers.iter().zip(directions).map(flow).filter(|_| is_there).collect();
        let snapshot = Snapshot { flows, ..Snapshot::default() };

        Readings { snapshot: Arc::new(snapshot), ..example::readings() }
    }
}

const APART: Duration = Duration::from_millis(1);

impl Sums {
    /// Notes which counts begin anew with a push.
    fn compare_starts(&mut self, now: &Taken) {
        each_count(now, |name, _, sample, _| {
            let series = self.0.entry(name).or_default();
            if series.since != sample.since {
                series.since = sample.since;
                series.before = series.sum;
            }
        });
    }

    fn take(&mut self, request: &Payload) -> TestCaseResult {
        let request = ExportMetricsServiceRequest::decode(request.body.clone()).unwrap();
        let scopes = request.resource_metrics.into_iter().flat_map(|it| it.scope_metrics);

        for Metric { name, data, .. } in scopes.flat_map(|it| it.metrics) {
            let Some(Data::Sum(sum)) = data else { continue };
            for point in sum.data_points {
                let NumberDataPoint { start_time_unix_nano: start, time_unix_nano: time, .. } =
                    point;
                let series = self.0.entry(format!("{name} {:?}", point.attributes)).or_default();
                prop_assert!(series.end <= start, "{name}: {start} is before {}", series.end);
                prop_assert!(start <= time);
                series.end = time;
                match (point.flags, point.value) {
                    (0, Some(Number::AsInt(more))) => series.sum += u64::try_from(more).unwrap(),
                    (1, None) | (0, Some(Number::AsDouble(_))) => {}
                    odd => return Err(TestCaseError::fail(format!("{odd:?}"))),
                }
            }
        }

        Ok(())
    }

    /// Compares the sums with the counts. Of names that a memory has forgotten too little may have
    /// been pushed, and of nothing too much.
    fn compare(&self, now: &Taken, forgets_nothing: bool) -> TestCaseResult {
        let mut outcome = Ok(());

        each_count(now, |name, family, _, count| {
            let Series { sum, before, .. } = self.0[&name];
            let is_whole = forgets_nothing || !family.may_come_back();
            let fits = sum - before == count || sum - before < count && !is_whole;
            if !fits && outcome.is_ok() {
                let text = format!("{name}: pushed {sum} - {before}, scraped {count}");
                outcome = Err(TestCaseError::fail(text));
            }
        });

        outcome
    }
}

/// Shows each count of packets and bytes, under the name by which points have it.
fn each_count(taken: &Taken, show: impl FnMut(String, MetricFamily, &Sample<'_>, u64)) {
    struct Counts<F>(MetricFamily, F);
    impl<F: FnMut(String, MetricFamily, &Sample<'_>, u64)> Sink for Counts<F> {
        fn sample(&mut self, sample: Sample<'_>) {
            let words = Wording::of(self.0, STYLE.names);
            let Value::Integer(count) = sample.value else { return };
            let name = format!("{} {:?}", words.name, words.attributes(sample.labels));
            (self.1)(name, self.0, &sample, count);
        }
    }

    let of_flows = |it: &MetricFamily| it.direction().is_some() && it.kind() == Kind::Counter;
    families().filter(of_flows).fold(show, |show, family| {
        let mut counts = Counts(family, show);
        family.read(&taken.readings, &mut counts);
        counts.1
    });
}

fn rules(naming: Naming) -> Rules {
    let signals = Signals { enabled: false, window: Duration::from_mins(1), scan_ports: 50 };

    Rules { naming: ByDimension::from_fn(|_| naming), signals, traffic_classes: false, casts: true }
}

fn folds() -> impl Strategy<Value = Vec<Fold>> {
    let idle = prop::sample::select(vec![1, 2, 5]).prop_map(Duration::from_secs);
    let remembered = prop_oneof![3 => 5..30_usize, 1 => 0..4_usize];
    let naming =
        (0..5_usize, idle, 0..100_u32, remembered).prop_map(|(limit, idle, churn, remembered)| {
            Naming { enabled: true, limit, idle, churn, remembered }
        });
    let reload = prop_oneof![6 => Just(None), 1 => naming.prop_map(Some)];
    let rest = (reload, prop::bool::weighted(0.9), prop::bool::weighted(0.6));

    (hard_times(), vec(rest, 40)).prop_map(|(intervals, rest)| {
        let fold = |(interval, (reload, is_there, is_pushed))| Fold {
            interval,
            reload,
            is_there,
            is_pushed,
        };
        intervals.into_iter().zip(rest).map(fold).collect()
    })
}
