//! Receivers that speak TLS.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

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

/// What becomes of a push to a receiver whose certificate is its own authority.
async fn by_itself(
    change: impl FnOnce(&mut CertificateParams),
    host: &str,
    protocol: Protocol,
) -> Arc<Push> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let papers = Papers::by_itself(&params, &key, &key, &["h2", "http/1.1"]);
    let trusting = Otlp { ca_file: papers.path("ca.pem"), ..Otlp::default() };

    outcome(&papers, host, protocol, trusting).await
}

#[tokio::test]
async fn a_certificate_that_is_its_own_authority_is_trusted_if_it_is_the_given_one() {
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let taken = by_itself(|_| {}, "localhost", protocol).await;
        let no_authority =
            by_itself(|params| params.is_ca = IsCa::NoCa, "localhost", protocol).await;

        for push in [taken, no_authority] {
            assert_eq!(push.exports, 1, "{protocol:?} {push:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_its_own_authority_is_checked_for_name_time_and_use() {
    use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};

    let http = Protocol::HttpProtobuf;
    let year = |params: &mut CertificateParams, from: i32, to: i32| {
        (params.not_before, params.not_after) =
            (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
    };
    let limit = |params: &mut CertificateParams, uses: &[ExtendedKeyUsagePurpose]| {
        params.extended_key_usages = uses.to_vec();
    };

    let taken = by_itself(|it| limit(it, &[ClientAuth, ServerAuth]), "localhost", http).await;
    let refused = [
        ("name", by_itself(|_| {}, "127.0.0.1", http).await),
        ("expired", by_itself(|it| year(it, 2000, 2001), "localhost", http).await),
        ("future", by_itself(|it| year(it, 3000, 3001), "localhost", http).await),
        ("use", by_itself(|it| limit(it, &[ClientAuth]), "localhost", http).await),
    ];

    assert_eq!(taken.exports, 1, "{taken:?}");
    for (why, push) in refused {
        assert_eq!(push.failures.get(&PushFailure::Tls), Some(&1), "{why}: {push:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_shows_the_given_certificate_must_have_its_key() {
    let [key, other] = [(); 2].map(|()| KeyPair::generate().unwrap());
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let papers = Papers::by_itself(&params, &key, &other, &["http/1.1"]);
    let trusting = Otlp { ca_file: papers.path("ca.pem"), ..Otlp::default() };

    let push = outcome(&papers, "localhost", Protocol::HttpProtobuf, trusting).await;

    assert_eq!(push.failures.get(&PushFailure::Tls), Some(&1), "{push:?}");
}

#[tokio::test]
async fn only_a_certificate_that_may_issue_others_vouches_for_a_receiver() {
    type Change = fn(&mut CertificateParams);
    let cases: [(&str, Change, bool); 6] = [
        ("an authority", |_| {}, true),
        ("signs nothing", |it| it.is_ca = IsCa::NoCa, false),
        ("says so", |it| it.is_ca = IsCa::ExplicitNoCa, false),
        ("signs lists", |it| it.key_usages = vec![KeyUsagePurpose::CrlSign], false),
        ("expired", |it| it.not_after = date_time_ymd(2001, 1, 1), false),
        (
            "for clients",
            |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            false,
        ),
    ];

    for (why, change, is_taken) in cases {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "issuer");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        let papers = Papers::issued(&params);
        for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
            let trusting = Otlp { ca_file: papers.path("ca.pem"), ..Otlp::default() };
            let push = outcome(&papers, "localhost", protocol, trusting).await;
            let refused = push.failures.get(&PushFailure::Tls).copied().unwrap_or(0);

            assert_eq!((push.exports, refused), (is_taken.into(), (!is_taken).into()), "{why}");
        }
    }
}
