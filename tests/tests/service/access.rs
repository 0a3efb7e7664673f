//! Who may do what with a running service, and what is changed through its API.

use std::fs;
use std::path::PathBuf;

use exporter::api::{Kind, Method, OPERATIONS, Operation, Output};
use exporter::scope::Scope;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tests::cable::{Cable, Namespace};
use tests::http;
use tests::service::{PORT, Service, command};

use super::{QUICK, cable};

const PATCH: &str = "Content-Type: application/merge-patch+json";

/// A folder with a file of tokens, and what the service needs to know of it.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        fs::write(folder.path("tokens.toml"), "").unwrap();

        folder
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Makes a token as an operator does, and returns it.
    pub(super) fn token(&self, name: &str, arguments: &[&str]) -> String {
        let all = [&["token", "new", "--name", name], arguments].concat();
        let printed = command(&all).output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        let (token, entry) = printed.split_once('\n').unwrap();
        let file = fs::read_to_string(self.path("tokens.toml")).unwrap();
        fs::write(self.path("tokens.toml"), file + entry + "\n").unwrap();

        token.to_owned()
    }

    /// Adds a token whose time is over.
    fn expired_token(&self) -> String {
        self.token("expired", &["--scope", "admin", "--expires", "2020-01-01T00:00:00Z"])
    }

    /// Writes the certificates of the server and of clients: `NAME.crt` and `NAME.key`, and of clients
    /// their alternative names.
    fn write_certificates(&self, clients: &[(&str, &[SanType])]) {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(self.path("ca.crt"), authority.pem()).unwrap();
        let server = [SanType::DnsName("localhost".try_into().unwrap())];
        for (name, names) in clients.iter().chain([&("web", &server[..])]) {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new([]).unwrap();
            params.subject_alt_names = names.to_vec();
            let certificate = params.signed_by(&key, &authority).unwrap();
            fs::write(self.path(&format!("{name}.crt")), certificate.pem()).unwrap();
            fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        let text = "tls_server_config:\n  cert_file: web.crt\n  key_file: web.key\n  \
            client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.crt\n";
        fs::write(self.path("web.yml"), text).unwrap();
    }

    /// What curl shows the certificate of a client with.
    fn shown(&self, name: &str) -> [String; 4] {
        [
            "--cert".into(),
            self.text(&format!("{name}.crt")),
            "--key".into(),
            self.text(&format!("{name}.key")),
        ]
    }

    pub(super) fn start<'a>(&self, cable: &'a Cable, more: &[&str]) -> Service<'a> {
        let tokens = self.text("tokens.toml");
        let arguments = [&QUICK[..], &["--api.token-file", &tokens], more].concat();

        Service::spawn(&cable.here, command(&arguments))
    }
}

/// Sends a request with curl, and returns the status.
fn status(from: &Namespace, url: &str, arguments: &[&str]) -> u16 {
    let mut curl = from.command("curl");
    curl.args(["--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}"]);
    let output = curl.args(arguments).arg(url).output().unwrap();

    String::from_utf8(output.stdout).unwrap().parse().unwrap()
}

/// What an operation answers to a client with that scope, who has a login or not. A change without a body is
/// refused only after the login.
fn expected(operation: &Operation, scope: Scope, has_login: bool) -> u16 {
    match (scope >= operation.scope, operation.method) {
        // Nothing is sampled here.
        (true, Method::Get) if operation.problems.contains(&Kind::NotSampled) => 404,
        (true, Method::Get) => 200,
        (true, Method::Post | Method::Patch) => 415,
        (false, _) => {
            if has_login {
                403
            } else {
                401
            }
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn every_operation_is_answered_by_the_scope_of_the_client() {
    let cable = cable("access-walk");
    let folder = Folder::new();
    let dns = |name: &str| SanType::DnsName(name.try_into().unwrap());
    let certified = Scope::ALL.map(|it| [dns(&format!("{it}.example")), dns("any.example")]);
    let clients = Scope::ALL.iter().zip(&certified);
    let clients: Vec<_> = clients.map(|(it, names)| (it.name(), &names[..])).collect();
    let unlisted =
        [dns("unlisted.example"), SanType::Rfc822Name("admin.example".try_into().unwrap())];
    folder.write_certificates(&[&clients[..], &[("unlisted", &unlisted)]].concat());
    let listed = Scope::ALL.map(|it| format!("'dns:{it}.example={it}'")).join(", ");
    let config = format!("[api]\nclient_names = ['dns:any.example=metrics', {listed}]\n");
    fs::write(folder.path("config.toml"), config).unwrap();
    let config = folder.text("config.toml");
    let scopes = Scope::ALL.map(|it| (it, folder.token(it.name(), &["--scope", it.name()])));
    let expired = folder.expired_token();
    let wrong = format!("pxt_{}", "x".repeat(43));
    let web = folder.text("web.yml");

    let more = ["--config.file", &config, "--web.config.file", &web];
    for (scheme, more) in [("http", &more[..2]), ("https", &more)] {
        let mut service = folder.start(&cable, more);
        let here = format!("{scheme}://127.0.0.1:{PORT}");
        // The history has a step after the second fold.
        service.wait_until("there is an answer to everything", |_| {
            let answers = |path| status(&cable.here, &format!("{here}{path}"), &[]) == 200;
            answers("/-/ready") && answers("/api/v1/history")
        });
        let sides = [
            (&cable.here, here.clone(), Scope::Read, true),
            (
                &cable.there,
                format!("{scheme}://{}:{PORT}", Cable::HERE[0]),
                Scope::Metrics,
                scheme == "https",
            ),
        ];
        for (side, base, without, takes_tokens) in sides {
            for operation in &OPERATIONS {
                let url = format!(
                    "{base}{}",
                    operation.path.replace("{name}", "busy").replace("{id}", "1-1")
                );
                let method = operation.method.name().to_uppercase();
                let ask_with = |login: &[&str]| {
                    // Events never end; their head does.
                    let is_endless = matches!(operation.output, Output::Events);
                    let how = if is_endless { &["--head"][..] } else { &["-X", &method] };
                    status(side, &url, &[how, login].concat())
                };
                let ask = |token: &str| {
                    let header = format!("Authorization: Bearer {token}");
                    if token.is_empty() { ask_with(&[]) } else { ask_with(&["-H", &header]) }
                };
                let ask_as = |name: &str| ask_with(&folder.shown(name).each_ref().map(|it| &**it));
                let place = format!("{method} {url}");
                assert_eq!(ask(""), expected(operation, without, false), "{place} without a login");
                for (scope, token) in &scopes {
                    let taken = expected(operation, *scope, true);
                    let expected = if takes_tokens { taken } else { 403 };
                    assert_eq!(ask(token), expected, "{place} with {scope}");
                }
                for scope in Scope::ALL.iter().filter(|_| scheme == "https") {
                    let expected = expected(operation, *scope, true);
                    assert_eq!(ask_as(scope.name()), expected, "{place} with a certificate");
                }
                if scheme == "https" {
                    let expected = expected(operation, without, false);
                    assert_eq!(ask_as("unlisted"), expected, "{place} with another certificate");
                }
                for (token, what) in [(&expired, "expired"), (&wrong, "wrong")] {
                    let expected = if takes_tokens { 401 } else { 403 };
                    assert_eq!(ask(token), expected, "{place} with an {what} token");
                }
                assert_eq!(ask("eyJhbGciOi.e30.x"), expected(operation, without, false), "{place}");
            }
        }
        let secrets = scopes.iter().map(|(_, token)| token).chain([&expired, &wrong]);
        let log = service.log();
        for secret in secrets {
            assert!(!log.contains(&secret[4..]), "a token is in the log");
        }
    }
}

/// Sends a change with a token and headers on a connection of its own.
fn patch(service: &Service<'_>, token: &str, query: &str, body: &str) -> http::Answer {
    use std::io::Write;

    let mut stream = service.connect().unwrap();
    let length = body.len();
    let head = format!(
        "PATCH /api/v1/config{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{PATCH}\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();

    http::answer(&mut stream).unwrap()
}

fn json(answer: &http::Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// Returns the value of `sources.limit`, what has set it, and the tag of the settings.
fn limit(service: &Service<'_>) -> (Value, Value, String) {
    let answer = service.get("/api/v1/config").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let document = json(&answer);
    let keys = document["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["key"] == "sources.limit").unwrap();
    let value = document["values"]["sources"]["limit"].clone();

    (value, key["origin"].clone(), answer.header("etag").to_owned())
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn settings_that_the_api_changes_survive_reloads_and_with_a_file_of_state_restarts() {
    let cable = cable("access-patch");
    let folder = Folder::new();
    let token = folder.token("operator", &["--scope", "admin"]);
    let state = folder.text("state.json");
    let keeping = ["--api.state-file", &state, "--sources.limit", "50"];
    let mut service = folder.start(&cable, &keeping);
    service.wait_until_ready();
    let (value, origin, tag) = limit(&service);
    assert_eq!((value, origin), (50.into(), "flag".into()));

    let dry = patch(&service, &token, "?dry_run=true", r#"{"sources": {"limit": 60}}"#);
    assert_eq!((dry.status, &json(&dry)["live"][0]["after"]), (200, &"60".into()));
    assert_eq!(
        limit(&service),
        (50.into(), "flag".into(), tag.clone()),
        "a dry run changes nothing"
    );
    let body = r#"{"sources": {"limit": 60}, "log": {"format": "json"}}"#;
    let changed = json(&patch(&service, &token, "", body));
    assert_eq!(changed["live"][0]["key"], "sources.limit", "{changed}");
    assert_eq!(
        (&changed["live"][0]["before"], &changed["restart"][0]["key"]),
        (&"50".into(), &"log.format".into())
    );
    assert_eq!(changed["kept"], true);
    let by = "token `operator` at 127.0.0.1";
    assert_eq!(service.said_within("changes=\"sources.limit: 50 -> 60", 1), 1, "{}", service.log());
    assert!(service.said(by) >= 1, "{}", service.log());

    service.signal(Signal::HUP);
    assert_eq!(service.said_within("Configuration was read again; nothing has changed", 1), 1);
    let (value, origin, next) = limit(&service);
    assert_eq!((value, origin), (60.into(), "api".into()));
    assert_ne!(next, tag);
    service.signal(Signal::TERM);
    service.end();

    let mut service = folder.start(&cable, &keeping);
    service.wait_until_ready();
    assert_eq!(limit(&service).0, 60);
    let back = json(&patch(&service, &token, "", r#"{"sources": null, "log": null}"#));
    assert_eq!(back["live"][0]["after"], "50", "{back}");
    assert_eq!(fs::read_to_string(folder.path("state.json")).unwrap(), "{}\n");
    service.signal(Signal::TERM);
    service.end();

    fs::write(folder.path("state.json"), "{\"sources\": {").unwrap();
    let mut service = folder.start(&cable, &keeping);
    service.wait_until_ready();
    assert_eq!(limit(&service).0, 50, "counting goes on without what is broken");
    assert_eq!(service.said_within("is ignored, and with it all that was changed", 1), 1);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_change_that_may_not_be_is_refused_whole() {
    let cable = cable("access-refused");
    let folder = Folder::new();
    let token = folder.token("operator", &["--scope", "admin"]);
    let state = folder.text("missing/state.json");
    let mut service = folder.start(&cable, &["--api.state-file", &state]);
    service.wait_until_ready();
    let huge = format!("{{\"sources\": {{\"limit\": \"{}\"}}}}", "x".repeat(100_000));
    let cases = [
        (r#"{"sources": {"limit": 7}, "otlp": {"endpoints": ["http://evil"]}}"#, 403, "file-only"),
        (r#"{"sources": {"limit": 7}, "otlp": {"headers_file": "/etc/shadow"}}"#, 403, "file-only"),
        (r#"{"sources": {"limit": 7}, "api": {"users": ["eve=admin"]}}"#, 403, "file-only"),
        (r#"{"sources": {"limit": 7, "idle": "soon"}}"#, 400, "invalid-setting"),
        (r#"{"sources": {"limit": 7, "limt": 7}}"#, 400, "invalid-setting"),
        (r#"{"sources": {"limit": 7}"#, 400, "malformed-body"),
        (r#"[{"sources": {"limit": 7}}]"#, 400, "malformed-body"),
        (&huge, 413, "body-too-large"),
        // It cannot be kept.
        (r#"{"sources": {"limit": 7}}"#, 500, "not-kept"),
    ];

    for (body, status, kind) in cases {
        let shown = &body[..body.len().min(80)];
        let answer = patch(&service, &token, "", body);
        assert_eq!(answer.status, status, "{shown}: {}", answer.text());
        assert_eq!(json(&answer)["type"], format!("/api/v1/problems/{kind}"), "{shown}");
        assert_eq!(limit(&service).0, 100, "{shown}");
    }
    let of_a_page = ["-X", "PATCH", "-H", "Origin: http://evil.example", "-H", PATCH, "-d", "{}"];
    let bearer = format!("Authorization: Bearer {token}");
    let url = format!("http://127.0.0.1:{PORT}/api/v1/config");
    let from_page = status(&cable.here, &url, &[&of_a_page[..], &["-H", &bearer]].concat());
    assert_eq!(from_page, 403);
    let in_query = format!("{url}?access_token={token}");
    assert_eq!(status(&cable.here, &in_query, &[]), 400);
    assert!(!service.log().contains(&token[4..]), "a token is in the log");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_broken_file_of_tokens_is_refused_at_the_start_and_keeps_those_before_it_later() {
    let cable = cable("access-tokens");
    let folder = Folder::new();
    let token = folder.token("reader", &["--scope", "read"]);
    let good = fs::read_to_string(folder.path("tokens.toml")).unwrap();
    let bearer = format!("Authorization: Bearer {token}");
    let url = format!("http://127.0.0.1:{PORT}/api/v1/config");
    let broken =
        format!("{good}[[token]]\nname = \"b\"\nsha256 = \"secret\"\nscopes = [\"read\"]\n");
    let ask = || status(&cable.here, &url, &["-H", &bearer]);
    let mut service = folder.start(&cable, &[]);
    service.wait_until_ready();

    assert_eq!(ask(), 200);
    fs::write(folder.path("tokens.toml"), &broken).unwrap();
    assert_eq!([ask(), ask()], [200, 200]);
    let line = "Cannot use the token file; the tokens before it stay valid";
    assert_eq!(service.said_within(line, 1), 1, "{}", service.log());
    assert!(service.said("`sha256` has to be 64 hexadecimal digits") == 1, "{}", service.log());
    assert!(!service.log().contains("secret"));
    fs::write(folder.path("tokens.toml"), "").unwrap();
    assert_eq!(ask(), 401, "it was taken out");
    service.signal(Signal::TERM);
    service.end();

    fs::write(folder.path("tokens.toml"), &broken).unwrap();
    let mut refused = folder.start(&cable, &[]);
    assert_eq!(refused.end().code(), Some(2));
    assert!(refused.log().contains("is refused: line"), "{}", refused.log());
    assert!(refused.log().contains("`packet-exporter token new`"), "{}", refused.log());
}
