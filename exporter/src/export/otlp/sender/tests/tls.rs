//! Receivers that speak TLS.

use super::super::super::fake::papers::Papers;
use super::*;

/// What becomes of one push to `host`.
async fn outcome(papers: &Papers, host: &str, protocol: Protocol, otlp: Otlp) -> Arc<Push> {
    let fake = Fake::with([], Some(papers.acceptor.clone())).await;
    let endpoints = vec![format!("https://{host}:{}", fake.port).parse().unwrap()];
    let mut pushing = Pushing::new(&Otlp { endpoints, protocol, ..otlp });
    pushing.push_once().await;

    pushing.health()
}

#[tokio::test]
async fn a_receiver_is_trusted_by_its_authority_and_its_name() {
    let papers = Papers::new(false);
    let trusting = || Otlp { ca_file: papers.path("ca.pem"), ..Otlp::default() };

    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let known = outcome(&papers, "localhost", protocol, trusting()).await;
        let other_name = outcome(&papers, "127.0.0.1", protocol, trusting()).await;
        let stranger = outcome(&papers, "localhost", protocol, Otlp::default()).await;

        assert_eq!(known.exports, 1, "{protocol:?} {known:?}");
        for push in [other_name, stranger] {
            assert_eq!(push.failures.get(&PushFailure::Tls), Some(&1), "{protocol:?} {push:?}");
        }
    }
}

#[tokio::test]
async fn a_receiver_may_ask_who_pushes() {
    let papers = Papers::new(true);
    let unnamed = || Otlp { ca_file: papers.path("ca.pem"), ..Otlp::default() };
    let named = || Otlp {
        cert_file: papers.path("client.pem"),
        key_file: papers.path("client.key"),
        ..unnamed()
    };

    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let named = outcome(&papers, "localhost", protocol, named()).await;
        let unnamed = outcome(&papers, "localhost", protocol, unnamed()).await;

        assert_eq!(named.exports, 1, "{protocol:?} {named:?}");
        // The receiver's alert comes after its side of the handshake, amid the answer as it were.
        let [tls, amid] = [PushFailure::Tls, PushFailure::Response]
            .map(|reason| unnamed.failures.get(&reason).copied().unwrap_or(0));
        assert!(unnamed.exports == 0 && tls + amid > 0, "{protocol:?} {unnamed:?}");
    }
}
