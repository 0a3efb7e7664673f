//! Gateways and balancers in front: what they say of requests, and how long they wait.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::scopes::scoped;
use super::tls::{Authority, PLAIN, client_of, folder};
use super::*;

const ARN: &str = "arn:aws:iam::111122223333:user/ann";
const TRACE: &str = "1-67891233-abcdef012345678912345678";

/// A site that trusts these proxies, and whose errors have what the request is called.
fn behind(proxies: &str) -> Site {
    let config = configured(|web| {
        web.trusted_proxies = proxies.split_whitespace().map(|it| it.parse().unwrap()).collect();
    });
    let errors: Errors = Arc::new(|_, refused| {
        let text = format!("{:?}", refused.id);
        Some(route::Answer::text(StatusCode::OK, text))
    });

    Site { config, errors, ..site("metrics") }
}

#[tokio::test]
async fn a_trusted_proxy_has_its_id_back_and_in_problems_and_others_have_not() {
    let headers = format!("x-request-id: a-1\r\nx-amzn-trace-id: Root={TRACE}\r\n");
    let cases = [("127.0.0.1", Some("a-1"), format!("Some({TRACE:?})")), ("", None, "None".into())];

    for (proxies, repeated, id) in cases {
        let server = Running::start(behind(proxies));
        let found = server.ask("GET /metrics", &headers).await;
        let missed = server.ask("GET /nowhere", &headers).await;
        assert_eq!((found.status(), found.header("x-request-id")), ("200", repeated));
        assert_eq!((missed.status(), missed.header("x-request-id")), ("404", repeated));
        assert_eq!(missed.text(), id, "{proxies}");
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_refused_in_time() {
    let waits = Handler::Waiting(Arc::new(|_| Box::pin(std::future::pending())));
    let thread = Handler::Blocking(Arc::new(|_| {
        std::thread::sleep(Duration::from_millis(500));
        route::Answer::text(StatusCode::OK, "late")
    }));
    let mut site = site("metrics");
    site.routes.extend([route("/waits", waits), route("/thread", thread)]);
    let limits = Limits { work: Duration::from_millis(50), ..Limits::default() };
    let server = Running::with(site, None, limits);

    for path in ["/waits", "/thread"] {
        let answer = server.ask(&format!("GET {path}"), "").await;
        assert_eq!(answer.status(), "503", "{path}");
        assert!(answer.text().contains("longer than 25 seconds"), "{}", answer.text());
    }
    assert!(Limits::default().work < Duration::from_secs(29), "gateways wait so long");
}

#[tokio::test]
async fn who_asks_is_believed_of_a_gateway_alone_and_has_its_scope_at_most() {
    let authority = Authority::new();
    let web = format!(
        "{PLAIN}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
    );
    let folder = folder(&authority, &web);
    let named = format!("x-caller-arn: {ARN}\r\n");

    for proxies in ["", "127.0.0.1"] {
        let mut config = Config::default();
        config.web.trusted_proxies =
            proxies.split_whitespace().map(|it| it.parse().unwrap()).collect();
        config.api.gateway_names = vec!["dns:gateway.example=inspect".parse().unwrap()];
        config.api.client_names = vec!["dns:other.example=read".parse().unwrap()];
        let web = WebFile::open(&folder.web()).unwrap();
        let server = Running::with(scoped(config), Some(web), Limits::default());
        let of = async |name: &str, page: &str, more: &str| {
            let identity = authority.vouch(&[name]);
            let client = client_of(&authority, Some(&identity), rustls::DEFAULT_VERSIONS);
            let mut stream = server.shake_hands(client).await.unwrap();
            ask(&mut stream, &format!("GET /of/{page}"), more).await
        };

        let inspect = of("gateway.example", "inspect", &named).await;
        let admin = of("gateway.example", "admin", &named).await;
        let nobody = of("gateway.example", "read", "").await;
        let two = of("gateway.example", "read", &format!("{named}{named}")).await;
        let other = of("other.example", "inspect", &named).await;

        assert_eq!((inspect.status(), admin.status()), ("200", "403"), "{proxies}");
        assert!(admin.text().contains(ARN), "{}", admin.text());
        assert_eq!((nobody.status(), two.status()), ("401", "401"));
        assert!(!other.text().contains(ARN) && other.status() != "200", "{}", other.text());
    }
}

#[tokio::test]
async fn a_gateway_whose_certificate_has_no_name_is_known_by_its_sum() {
    let authority = Authority::new();
    let web = format!(
        "{PLAIN}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
    );
    let folder = folder(&authority, &web);
    let [gateway, other] = [(); 2].map(|()| authority.vouch(&[]));
    let der = CertificateDer::from_pem_slice(gateway.cert.as_bytes()).unwrap();
    let sum = ring::digest::digest(&ring::digest::SHA256, &der);
    let sum: Vec<_> = sum.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let mut config = Config::default();
    config.api.gateway_names = vec![format!("sha256:{}=inspect", sum.join(":")).parse().unwrap()];
    let server = Running::with(
        scoped(config),
        Some(WebFile::open(&folder.web()).unwrap()),
        Limits::default(),
    );

    for (identity, status) in [(&gateway, "200"), (&other, "401")] {
        let client = client_of(&authority, Some(identity), rustls::DEFAULT_VERSIONS);
        let mut stream = server.shake_hands(client).await.unwrap();
        let named = format!("x-caller-arn: {ARN}\r\n");
        assert_eq!(ask(&mut stream, "GET /of/inspect", &named).await.status(), status);
    }
}
