//! One request that is refused among others.

use super::*;
use crate::config::Temporality;

/// So many points are in a request, and so many requests are a push.
const MAX_POINTS: usize = 100;
const REQUESTS: usize = 5;

/// The answers to a push of which one request is refused.
fn refused_at(place: usize, reply: &Reply) -> Vec<Reply> {
    (0..place).map(|_| Reply::OK).chain([reply.clone()]).collect()
}

async fn pushing(temporality: Temporality, max_points: usize) -> (Fake, Pushing) {
    let fake = Fake::start([]).await;
    let pushing = Pushing::new(&Otlp { temporality, max_points, ..http(fake.port) });

    (fake, pushing)
}

#[tokio::test]
async fn a_request_that_is_refused_in_every_push_keeps_no_other_from_arriving() {
    for place in 0..REQUESTS {
        for reply in [Reply::status(500), Reply::status(404)] {
            let (fake, mut pushing) = pushing(Temporality::Cumulative, MAX_POINTS).await;

            for push in 1..=4 {
                fake.then(refused_at(place, &reply));
                pushing.push_once().await;

                assert_eq!(fake.got().len(), push * REQUESTS, "all are sent, each once");
                let health = pushing.health();
                let failures = pushing.failures(PushFailure::Rejected);
                assert_eq!((health.exports, failures), (0, push as u64));
            }

            let last = if place == REQUESTS - 1 { POINTS - 400 } else { 100 };
            let health = pushing.health();
            assert_eq!((health.points, health.rejected), (4 * (POINTS - last), 0));
        }
    }
}

#[tokio::test]
async fn a_delta_that_is_refused_keeps_no_other_of_its_push_from_arriving() {
    let mut with_packets = 0;

    for place in 0.. {
        let (fake, mut pushing) = pushing(Temporality::Delta, 40).await;
        let refusal = Reply::status(500);

        pushing.show(5);
        fake.then(refused_at(place, &refusal));
        pushing.push_once().await;
        let first = fake.got();
        let requests = first.len();
        if place >= requests {
            break;
        }

        // Newer ones wait for it, and it alone is sent again: some of it may have arrived.
        for (push, packets) in [(1, 12), (2, 20)] {
            pushing.show(packets);
            fake.then([refusal.clone()]);
            pushing.push_once().await;
            let got = fake.got();
            assert_eq!(got.len(), requests + push);
            assert_eq!(got.last().unwrap().message(), first[place].message());
        }
        assert_ne!(pushing.health().rejected, 0, "it is left out");

        pushing.show(28);
        pushing.push_once().await;
        let got = fake.got();
        let taken = got
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != place && !(requests..requests + 2).contains(index));
        let sum: i64 = taken.filter_map(|(_, got)| packets(got)).sum();
        let lost = packets(&first[place]).unwrap_or(0);
        assert_eq!(sum + lost, 28, "request {place}");
        with_packets += usize::from(lost > 0);
    }
    assert_eq!(with_packets, 1);
}

#[tokio::test]
async fn deltas_that_have_not_arrived_add_up_once_the_endpoint_is_mended() {
    let refusals = [404, 302, 401, 405].map(Reply::status).map(|reply| vec![reply]);
    let grpc = vec![Reply::code(12)];
    let page = vec![Reply::Http {
        status: 200,
        headers: vec![("content-type", "text/html".into())],
        body: "log in".into(),
    }];

    for (protocol, replies) in refusals
        .into_iter()
        .chain([page])
        .map(|replies| (Protocol::HttpProtobuf, replies))
        .chain([(Protocol::Grpc, grpc)])
    {
        let reply = &replies[0];
        let fake = Fake::start([]).await;
        let otlp =
            Otlp { temporality: Temporality::Delta, max_points: 40, ..otlp(fake.port, protocol) };
        let mut pushing = Pushing::new(&otlp);

        for packets in [5, 12, 20, 28, 40] {
            pushing.show(packets);
            fake.then((0..100).map(|_| reply.clone()));
            pushing.push_once().await;
        }
        let refused = fake.got().len();
        fake.then([]);
        for packets in [41, 50] {
            pushing.show(packets);
            pushing.push_once().await;
        }

        let got = fake.got();
        let sum: i64 = got[refused..].iter().filter_map(packets).sum();
        assert_eq!(sum, 50, "{reply:?}");
        assert_eq!((pushing.health().rejected, pushing.health().exports), (0, 2), "{reply:?}");
    }
}

#[tokio::test]
async fn what_may_pass_is_repeated_after_the_others() {
    let (fake, mut pushing) = pushing(Temporality::Cumulative, MAX_POINTS).await;
    fake.then([Reply::OK, Reply::status(503)]);

    pushing.push().await;

    let got = fake.got();
    assert_eq!((got.len(), pushing.health().exports), (REQUESTS + 1, 1));
    assert_eq!(got[1].message(), got[REQUESTS].message());
    assert_eq!(pushing.health().points, POINTS);
}
