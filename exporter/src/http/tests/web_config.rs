use super::*;
use crate::http::web_config::WebConfig;

const SUITES: &str = "TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, \
    TLS_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, \
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, \
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";

/// Puts `lines` into a section.
fn section(name: &str, lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| format!("  {line}\n")).collect();

    format!("{name}:\n{}", lines.concat())
}

fn tls(lines: &[&str]) -> String {
    section("tls_server_config", &[&["cert_file: a", "key_file: b"], lines].concat())
}

#[test]
fn what_exporter_toolkit_takes_is_taken() {
    let cases = [
        ("an empty file", String::new()),
        ("comments only", "# nothing\n".to_owned()),
        ("an empty section", "tls_server_config: {}\n".to_owned()),
        ("versions without certificates", section("tls_server_config", &["min_version: TLS13"])),
        ("no users", "basic_auth_users: {}\n".to_owned()),
        ("no HTTP/2", section("http_server_config", &["http2: false"])),
        ("a header", section("http_server_config", &["headers:", "  X-Frame-Options: Deny"])),
        ("no limit of rate", section("rate_limit", &["interval: 0s", "burst: 0"])),
        ("no limit of rate as a number", section("rate_limit", &["interval: 0", "burst: 0"])),
        ("a limit of rate", section("rate_limit", &["interval: 1m30s", "burst: 10"])),
    ];

    for (name, web) in cases {
        let file = WebFile::open(&Folder::new(&web).web());
        assert!(!file.unwrap_or_else(|error| panic!("{name}: {error}")).has_tls(), "{name}");
    }
}

/// What yaml.v2 does with them under `UnmarshalStrict`, but that it does not keep the defaults.
#[test]
fn keys_without_a_value_set_nothing() {
    let tls = [
        "cert",
        "cert_file",
        "key",
        "key_file",
        "client_ca",
        "client_ca_file",
        "client_auth_type",
        "client_allowed_sans",
        "min_version",
        "max_version",
        "cipher_suites",
        "curve_preferences",
        "prefer_server_cipher_suites",
    ];
    let keys = tls.map(|key| ("tls_server_config", key)).into_iter();
    let keys = keys.chain(["http2", "headers"].map(|key| ("http_server_config", key)));
    let keys = keys.chain(["interval", "burst"].map(|key| ("rate_limit", key)));
    let path = Path::new("web.yml");

    for value in ["", "~", "null", "# a comment"] {
        for section in ["tls_server_config", "http_server_config", "rate_limit", "basic_auth_users"]
        {
            let web = format!("{section}: {value}\n");
            assert_eq!(WebConfig::parse(path, &web).unwrap(), WebConfig::default(), "{web}");
        }
        for (name, key) in keys.clone() {
            let web = section(name, &[&format!("{key}: {value}")]);
            let config =
                WebConfig::parse(path, &web).unwrap_or_else(|error| panic!("{web}{error:?}"));
            assert_eq!(config, WebConfig::default(), "{web}");
        }
        let header = format!("headers:\n    X-Frame-Options: {value}");
        let config = WebConfig::parse(path, &section("http_server_config", &[&header])).unwrap();
        assert_eq!(config.http_server_config.headers().count(), 0, "{value}");
    }
    assert!(WebConfig::default().http_server_config.http2());
}

#[test]
fn a_user_without_a_password_is_refused() {
    for value in ["", "~", "null", "\"\""] {
        let error = Folder::new(&format!("basic_auth_users:\n  alice: {value}\n")).error();
        assert!(error.contains("line 2, column"), "{error}");
        assert!(error.contains("the password of a user has to be a bcrypt hash"), "{error}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_what_can() {
    let cases = [
        (tls(&["min_version: TLS10"]), "`min_version` TLS10: TLS below 1.2 is not supported; set TLS12 or TLS13".to_owned()),
        (tls(&["max_version: TLS11"]), "`max_version` TLS11: TLS below 1.2 is not supported; set TLS12 or TLS13".to_owned()),
        (tls(&["min_version: TLS13", "max_version: TLS12"]), "`min_version` is above `max_version`".to_owned()),
        (
            tls(&["cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]"]),
            format!("`cipher_suites`: no support for TLS_RSA_WITH_AES_128_CBC_SHA; supported are {SUITES}"),
        ),
        (
            tls(&["cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]"]),
            format!("`cipher_suites`: no support for TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA; supported are {SUITES}"),
        ),
        (tls(&["curve_preferences: [X25519, CurveP521]"]), "`curve_preferences`: no support for CurveP521; supported are X25519, CurveP256, CurveP384".to_owned()),
        (tls(&["cert: x"]), "`cert` and `cert_file` are both set; keep one of them".to_owned()),
        (section("tls_server_config", &["cert_file: a"]), "TLS needs `key` or `key_file`".to_owned()),
        (section("tls_server_config", &["key_file: a"]), "TLS needs `cert` or `cert_file`".to_owned()),
        (tls(&["client_ca_file: c"]), "`client_ca` is set and `client_auth_type` is not; set it to RequireAndVerifyClientCert or VerifyClientCertIfGiven".to_owned()),
        (tls(&["client_allowed_sans: [x]"]), "`client_allowed_sans` needs a `client_auth_type` that asks for a certificate".to_owned()),
        (
            section("http_server_config", &["headers:", "  X-Powered-By: me"]),
            "`headers`: X-Powered-By is not allowed; allowed are Content-Security-Policy, Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, X-XSS-Protection".to_owned(),
        ),
        (section("http_server_config", &["headers:", "  X-Frame-Options: maybe"]), "`headers`: X-Frame-Options has to be deny or sameorigin".to_owned()),
        (section("http_server_config", &["headers:", "  X-XSS-Protection: \"a\\nb\""]), "`headers`: the value of X-XSS-Protection has characters that HTTP does not allow".to_owned()),
        (section("rate_limit", &["interval: 1s"]), "`rate_limit.burst` has to be 1 or more where `interval` is set".to_owned()),
    ];

    for (web, refusal) in cases {
        let error = Folder::new(&web).error();
        assert_eq!(error, format!("the web configuration `web.yml` is refused:\n  {refusal}"));
    }
}

#[test]
fn refusals_are_reported_at_once() {
    let web = tls(&["min_version: TLS10", "client_ca_file: c"])
        + &section("rate_limit", &["interval: 1s"]);

    assert_eq!(Folder::new(&web).error().lines().count(), 4);
}

#[test]
fn what_cannot_be_understood_is_refused_with_the_place_and_without_secrets() {
    let cases = [
        ("tls_server_config:\n  certfile: a\n", "line 2, column 3", "unknown field"),
        ("users: {}\n", "line 1, column 1", "unknown field"),
        ("basic_auth_users:\n  alice: secret\n", "line 2, column 10", "has to be a bcrypt hash"),
        ("basic_auth_users:\n  a: x\n  a: y\n", "line ", ""),
        ("http_server_config:\n  http2: secret\n", "line 2, column 10", "bool"),
        ("rate_limit:\n  interval: secret\n", "line 2, column 3", "duration"),
        ("tls_server_config:\n  client_auth_type: Maybe\n", "line 2, column 21", "variant"),
        ("tls_server_config:\n  min_version: SSL30\n", "line 2, column 16", "variant"),
        ("[secret\n", "line ", ""),
    ];

    for (web, place, what) in cases {
        let error = Folder::new(web).error();
        assert!(error.starts_with("cannot parse the web configuration `web.yml`: "), "{error}");
        assert!(error.contains(place) && error.contains(what), "{web}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(!error.contains("secret") || web.contains("interval"), "{error}");
    }
}

#[test]
fn files_that_are_missing_or_wrong_are_refused_by_name() {
    let folder = Folder::new(&tls(&[]));
    assert_eq!(
        folder.error(),
        "cannot read `a`, which the web configuration names: No such file or directory (os error 2)"
    );

    folder.write("a", "no certificate");
    folder.write("b", "no key");
    assert_eq!(folder.error(), "`a` has no certificate in PEM form: no items found");

    let rcgen::CertifiedKey { cert, .. } =
        rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
    folder.write("a", &cert.pem());
    assert_eq!(folder.error(), "`b` has no private key in PEM form: no items found");
}
