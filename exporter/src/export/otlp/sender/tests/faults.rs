//! Receivers that do not do what they should.

use std::time::Instant as Clock;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message;
use tonic_types::{ErrorDetails, StatusExt};

use super::*;
use crate::config::Temporality;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_receiver_that_wants_to_be_left_alone_is_for_as_long() {
    let retry_after = |status| Reply::Http {
        status,
        headers: vec![("retry-after", "1".into())],
        body: Bytes::default(),
    };
    let details = ErrorDetails::with_retry_info(Some(SECOND));
    let status = tonic::Status::with_error_details(tonic::Code::ResourceExhausted, "", details);
    let details =
        status.into_http::<tonic::body::Body>().headers()["grpc-status-details-bin"].clone();
    let details = Some(details.to_str().unwrap().to_owned());
    let retry_info = Reply::Grpc { code: 8, details, message: Bytes::default() };
    let cases = [
        (Protocol::HttpProtobuf, retry_after(429), PushFailure::Throttled),
        (Protocol::HttpProtobuf, retry_after(503), PushFailure::Unavailable),
        (Protocol::Grpc, retry_info, PushFailure::Throttled),
    ];

    for (protocol, reply, reason) in cases {
        let fake = Fake::start([reply]).await;
        let mut pushing = Pushing::new(&otlp(fake.port, protocol));
        let begun = Clock::now();

        pushing.push().await;

        assert!(begun.elapsed() >= SECOND, "{:?}", begun.elapsed());
        assert_eq!((pushing.failures(reason), pushing.health().exports), (1, 1));
        assert_eq!(fake.got().len(), 2);
    }
}

#[tokio::test]
async fn one_that_asks_for_longer_than_a_push_lasts_is_left_alone_beyond_it() {
    let headers = vec![("retry-after", "120".into())];
    let reply = Reply::Http { status: 503, headers, body: Bytes::default() };
    let fake = Fake::start([reply]).await;
    let mut pushing = Pushing::new(&http(fake.port));

    pushing.push().await;

    assert_eq!(fake.got().len(), 1);
    let left = pushing.sender.not_before.saturating_duration_since(Instant::now());
    assert!(left > Duration::from_secs(110), "{left:?}");
}

#[tokio::test]
async fn what_may_pass_is_repeated_and_what_may_not_is_not() {
    use PushFailure::{Rejected, Response, Timeout, Unauthorized, Unavailable};

    let http = Protocol::HttpProtobuf;
    let grpc = Protocol::Grpc;
    let cases = [
        (http, Reply::status(502), Unavailable, true),
        (http, Reply::status(504), Unavailable, true),
        (http, Reply::Half, Response, true),
        (http, Reply::status(500), Rejected, false),
        (http, Reply::status(404), Rejected, false),
        (http, Reply::status(401), Unauthorized, false),
        (http, Reply::status(302), Rejected, false),
        (grpc, Reply::code(14), Unavailable, true),
        (grpc, Reply::code(10), Unavailable, true),
        (grpc, Reply::code(4), Timeout, true),
        (grpc, Reply::code(8), Rejected, false),
        (grpc, Reply::code(13), Rejected, false),
        (grpc, Reply::code(12), Rejected, false),
        (grpc, Reply::code(16), Unauthorized, false),
        (grpc, Reply::status(503), Unavailable, true),
    ];
    let mut pushes = tokio::task::JoinSet::new();

    for (protocol, reply, reason, is_passing) in cases {
        pushes.spawn(async move {
            let fake = Fake::start([reply.clone()]).await;
            let mut pushing = Pushing::new(&otlp(fake.port, protocol));

            pushing.push().await;

            let expected = if is_passing { (1, 1, 2) } else { (1, 0, 1) };
            let found = (pushing.failures(reason), pushing.health().exports, fake.got().len());
            assert_eq!(found, expected, "{reply:?}: {:?}", pushing.health());
        });
    }
    pushes.join_all().await;
}

#[tokio::test]
async fn a_receiver_that_says_nothing_is_given_up_and_asked_on_another_connection() {
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let fake = Fake::start([Reply::Silence]).await;
        let limit = Duration::from_secs(2);
        let mut pushing = Pushing::new(&Otlp { timeout: limit, ..otlp(fake.port, protocol) });

        pushing.push().await;

        assert_eq!((pushing.failures(PushFailure::Timeout), pushing.health().exports), (1, 1));
        let on: Vec<_> = fake.got().iter().map(|got| got.connection).collect();
        assert_eq!(on, [0, 1], "{protocol:?}");
    }
}

#[tokio::test]
async fn a_push_ends_at_its_limit_whatever_the_receiver_does() {
    let fake = Fake::start([Reply::Silence]).await;
    let mut pushing = Pushing::new(&http(fake.port));
    let begun = Clock::now();

    pushing.push_within(Duration::from_millis(300)).await;

    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(pushing.failures(PushFailure::Timeout), 1);
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    // A name server may take its time, or be out of reach.
    let nobody = Otlp { endpoints: vec!["http://nobody.invalid".parse().unwrap()], ..http(1) };
    let mut unresolved = Pushing::new(&nobody);
    unresolved.push_once().await;
    let reasons = [PushFailure::Connect, PushFailure::Timeout];
    let failures = reasons.map(|reason| unresolved.failures(reason));
    assert_eq!(failures.iter().sum::<u64>(), 1, "{:?}", unresolved.health());

    for otlp in [otlp(port, Protocol::Grpc), http(port)] {
        let mut pushing = Pushing::new(&otlp);

        pushing.push_once().await;

        assert_eq!(pushing.failures(PushFailure::Connect), 1, "{:?}", pushing.health());
    }
}

#[tokio::test]
async fn who_speaks_another_protocol_breaks_the_connection_or_turns_it_away() {
    let fake = Fake::start([Reply::status(404), Reply::status(404)]).await;
    let mut pushing = Pushing::new(&otlp(fake.port, Protocol::Grpc));

    pushing.push_once().await;

    assert_eq!(pushing.health().exports, 0);
    assert_eq!(pushing.health().failures.values().sum::<u64>(), 1);
}

#[tokio::test]
async fn points_that_are_turned_away_are_counted_and_not_sent_again() {
    let partial_success = Some(ExportMetricsPartialSuccess {
        rejected_data_points: 34,
        error_message: "too old".into(),
    });
    let message = ExportMetricsServiceResponse { partial_success }.encode_to_vec();
    let json = r#"{"partialSuccess":{"rejectedDataPoints":"34","errorMessage":"too old"}}"#;
    let ok = |body: Vec<u8>| Reply::Http { status: 200, headers: Vec::new(), body: body.into() };
    let cases = [
        (Protocol::HttpProtobuf, ok(message.clone())),
        (Protocol::HttpJson, ok(json.into())),
        (Protocol::Grpc, Reply::Grpc { code: 0, details: None, message: message.into() }),
    ];

    for (protocol, reply) in cases {
        let fake = Fake::start([reply]).await;
        let mut pushing = Pushing::new(&otlp(fake.port, protocol));

        pushing.push().await;

        let health = pushing.health();
        assert_eq!((health.rejected, health.points, health.exports), (34, POINTS - 34, 1));
        assert_eq!(fake.got().len(), 1, "{protocol:?}");
    }
}

#[tokio::test]
async fn a_request_that_was_taken_with_too_many_words_is_not_sent_again() {
    let body = Bytes::from(vec![b' '; 2 << 20]);
    let fake = Fake::start([Reply::Http { status: 200, headers: Vec::new(), body }]).await;
    let mut pushing = Pushing::new(&http(fake.port));

    pushing.push().await;

    assert_eq!((pushing.health().exports, fake.got().len()), (1, 1));
}

#[tokio::test]
async fn the_newest_counts_follow_a_failure_and_nothing_is_caught_up_on() {
    let fake = Fake::start([Reply::status(404), Reply::status(404)]).await;
    let mut pushing = Pushing::new(&http(fake.port));

    for packets in [1, 2, 3] {
        pushing.show(packets);
        pushing.push().await;
    }

    let got: Vec<_> = fake.got().iter().filter_map(packets).collect();
    assert_eq!(got, [1, 2, 3]);
}

#[tokio::test]
async fn deltas_add_up_to_the_counts_whatever_request_fails() {
    const REQUESTS: usize = 6;
    for failing in 0..REQUESTS {
        let replies = (0..failing).map(|_| Reply::OK).chain([Reply::status(404)]);
        let fake = Fake::start(replies).await;
        let otlp = Otlp { temporality: Temporality::Delta, max_points: 30, ..http(fake.port) };
        let mut pushing = Pushing::new(&otlp);

        for packets in [5, 12, 20] {
            pushing.show(packets);
            pushing.push().await;
        }

        let got = fake.got();
        // The one that was refused did not count.
        let taken = got.iter().enumerate().filter(|(index, _)| *index != failing);
        let sum: i64 = taken.filter_map(|(_, got)| packets(got)).sum();
        assert_eq!(sum, 20, "request {failing} fails");
    }
}

#[tokio::test]
async fn a_delta_that_is_always_refused_does_not_hold_up_the_newer_ones_for_ever() {
    let fake = Fake::start([(); 3].map(|()| Reply::status(500))).await;
    let mut pushing = Pushing::new(&Otlp { temporality: Temporality::Delta, ..http(fake.port) });

    for packets in [5, 12, 20, 28] {
        pushing.show(packets);
        pushing.push().await;
    }

    let sent: Vec<_> = fake.got().iter().filter_map(packets).collect();
    assert_eq!(sent, [5, 5, 5, 23], "the newer ones come after three refusals");
    assert_ne!(pushing.health().rejected, 0);
}

#[tokio::test]
async fn a_delta_whose_answer_is_lost_is_sent_again_as_it_was() {
    for failing in 0..3 {
        let replies = (0..failing).map(|_| Reply::OK).chain([Reply::Half]);
        let fake = Fake::start(replies).await;
        let otlp = Otlp { temporality: Temporality::Delta, max_points: 30, ..http(fake.port) };
        let mut pushing = Pushing::new(&otlp);

        for packets in [5, 12] {
            pushing.show(packets);
            pushing.push_once().await;
        }

        let got = fake.got();
        assert_eq!(got[failing].message(), got[failing + 1].message(), "request {failing}");
        let others = got.iter().enumerate().filter(|(index, _)| *index != failing);
        assert_eq!(others.filter_map(|(_, got)| packets(got)).sum::<i64>(), 12);
    }
}

#[tokio::test]
async fn a_request_that_will_never_be_taken_holds_up_no_other() {
    let fake = Fake::start([Reply::status(400)]).await;
    let mut pushing = Pushing::new(&Otlp { max_points: 100, ..http(fake.port) });

    pushing.push().await;

    let health = pushing.health();
    assert_eq!((health.rejected, health.points, health.exports), (100, POINTS - 100, 0));
    assert_eq!(fake.got().len(), 5);
}
