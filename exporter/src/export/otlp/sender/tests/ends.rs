//! Series that end while pushes fail.

use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use super::*;

const SOURCE: &str = "192.0.2.9";
const THERE: &[&str] = &[SOURCE];
const GONE: &[&str] = &[];

/// A push: the sources at that time, and how the first requests are answered; the rest is taken.
type Step<'a> = (&'a [&'a str], Vec<Reply>);

/// What each request of each push says of the source: that it is there, or that it has ended.
async fn told(steps: Vec<Step<'_>>) -> Vec<Vec<Option<Said>>> {
    let fake = Fake::start([]).await;
    let mut pushing = Pushing::new(&Otlp { max_points: 40, ..http(fake.port) });
    let mut told = Vec::new();

    for (sources, replies) in steps {
        pushing.show_sources(sources);
        fake.then(replies);
        let before = fake.got().len();
        pushing.push_once().await;
        told.push(fake.got()[before..].iter().map(said).collect());
    }

    told
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    There,
    Ended,
}

fn said(got: &Got) -> Option<Said> {
    let metrics = got.metrics();
    let metric = metrics.iter().find(|it| it.name == "packet.receive.source.packets")?;
    let Some(Data::Sum(sum)) = &metric.data else { panic!("no sum") };
    let points = sum.data_points.iter();
    let mut ours = points.filter(|it| format!("{:?}", it.attributes).contains(SOURCE));
    let said = ours.next().map(|it| if it.flags == 1 { Said::Ended } else { Said::There });

    assert!(ours.next().is_none(), "one push says one thing of a series");
    said
}

/// The first `taken` requests are, and the next one is not. The others are, if they are sent.
fn in_part(taken: usize, failure: &Reply) -> Vec<Reply> {
    (0..taken).map(|_| Reply::OK).chain([failure.clone()]).collect()
}

#[tokio::test]
async fn what_a_receiver_may_have_of_a_push_that_failed_is_ended() {
    // After some failures the others are sent, and after some they are not.
    for (failure, may_have_it) in [
        (Reply::status(404), false),
        (Reply::status(403), false),
        (Reply::status(500), true),
        (Reply::status(503), true),
        (Reply::Half, true),
    ] {
        let mut cases = Vec::new();
        for failing in 0.. {
            let steps = vec![
                (GONE, vec![]),
                (THERE, in_part(failing, &failure)),
                (GONE, vec![]),
                (GONE, vec![]),
            ];
            let told = told(steps).await;
            if told[1].len() <= failing {
                break;
            }

            let sent = told[1].iter().enumerate();
            let arrived = sent.filter(|(request, _)| *request != failing || may_have_it);
            let arrived: Vec<_> = arrived.map(|(_, said)| *said).collect();
            let has = arrived.contains(&Some(Said::There));
            let is_ended = |push: usize| told[push].contains(&Some(Said::Ended));
            // If it has the others it may have that one, and one end too many does no harm.
            assert!(!has || is_ended(2), "{failure:?} at {failing}: {told:?}");
            assert!(!arrived.is_empty() || !is_ended(2), "{failure:?} at {failing}: {told:?}");
            assert!(!is_ended(3), "it is said once");
            cases.push(has);
        }
        assert!(cases.contains(&true), "{failure:?}: {cases:?}");
    }
}

#[tokio::test]
async fn an_end_that_did_not_arrive_is_sent_until_it_does() {
    // After the first of them the others are sent, and after the second they are not.
    for failure in [Reply::status(500), Reply::status(503)] {
        let mut arrived_late = 0;
        for failing in 0.. {
            let steps = vec![
                (THERE, vec![]),
                (GONE, in_part(failing, &failure)),
                (GONE, in_part(1, &failure)),
                (GONE, vec![]),
                (GONE, vec![]),
            ];
            let told = told(steps).await;
            if told[1].len() <= failing {
                break;
            }

            let mut others = told[1].iter().enumerate().filter(|(request, _)| *request != failing);
            let at_first = others.any(|(_, said)| *said == Some(Said::Ended));
            // It is in the first request then, which is taken.
            let later = told[2][0] == Some(Said::Ended);
            assert!(at_first != later, "{failure:?} at {failing}: {told:?}");
            let rest = told[3].iter().chain(&told[4]);
            assert!(rest.flatten().next().is_none(), "it is said once: {told:?}");
            arrived_late += usize::from(later);
        }
        assert!(arrived_late > 0);
    }
}

#[tokio::test]
async fn a_series_that_is_back_has_not_ended() {
    let failure = [Reply::status(500)].to_vec();
    let steps = vec![(THERE, vec![]), (GONE, failure), (THERE, vec![]), (THERE, vec![])];

    let told = told(steps).await;

    for push in &told[2..] {
        let said: Vec<_> = push.iter().flatten().collect();
        assert_eq!(said, [&Said::There], "{told:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_takes_no_push_is_not_owed_more_than_it_can_have() {
    let fake = Fake::start([]).await;
    let mut pushing = Pushing::new(&http(fake.port));
    let mut most = 0;

    // What is owed without a bound would be several times as much.
    for push in 0..1000_u32 {
        let source = std::net::Ipv4Addr::from(push).to_string();
        pushing.show_sources(&[&source]);
        fake.then([Reply::status(500)].to_vec());
        pushing.push_once().await;
        let points: usize = fake.got().last().unwrap().metrics().iter().map(points).sum();
        most = most.max(points as u64);
    }

    assert!(most < POINTS * 3, "{most}");
}

fn points(metric: &opentelemetry_proto::tonic::metrics::v1::Metric) -> usize {
    match &metric.data {
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        _ => 0,
    }
}
