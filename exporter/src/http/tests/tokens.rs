//! Tokens: which are valid, how they may be sent, and what is said about the others.

use std::fs;

use super::scopes::scoped;
use super::*;

const EXPIRED: &str = "expires = \"2020-01-01T00:00:00Z\"";

/// A folder with a file of tokens, and the tokens of which it was made.
struct Tokens {
    folder: TempDir,
    texts: Vec<TokenText>,
}

impl Tokens {
    /// One token for each pair of a scope and further lines.
    fn of(entries: &[(&str, &str)]) -> Self {
        let texts: Vec<_> = entries.iter().map(|_| TokenText::random().unwrap()).collect();
        let tokens = Self { folder: TempDir::new().unwrap(), texts };
        let text = entries.iter().zip(&tokens.texts).enumerate().map(|(at, ((scope, more), text))| {
            let sha256 = text.sha256_text();
            format!("[[token]]\nname = \"{at}\"\nsha256 = \"{sha256}\"\nscopes = [\"{scope}\"]\n{more}\n")
        });
        fs::write(tokens.path(), text.collect::<Vec<_>>().concat()).unwrap();

        tokens
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tokens.toml")
    }

    fn start(&self, web: Option<WebFile>) -> Running {
        self.start_as(Config::default(), web)
    }

    fn start_as(&self, config: Config, web: Option<WebFile>) -> Running {
        let tokens = Some(Arc::new(TokenFile::open(&self.path()).unwrap()));
        let site = Site { tokens, ..scoped(config) };

        Running::with(site, web, Limits::default())
    }

    fn header(&self, at: usize) -> String {
        bearer(self.texts[at].secret())
    }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

#[tokio::test]
async fn a_token_allows_what_its_scope_includes() {
    let tokens = Tokens::of(&[("metrics", ""), ("inspect", ""), ("admin", "")]);
    let server = tokens.start(None);
    let expected = [
        (0, ["200", "403", "403", "403", "403"]),
        (1, ["200", "200", "200", "403", "403"]),
        (2, ["200", "200", "200", "200", "200"]),
    ];

    for (at, expected) in expected {
        for (scope, expected) in Scope::ALL.into_iter().zip(expected) {
            let answer = server.ask(&format!("GET /of/{scope}"), &tokens.header(at)).await;
            assert_eq!(answer.status(), expected, "token {at}, {scope}");
            assert_eq!(answer.text().contains(&format!("token `{at}` has")), expected == "403");
        }
    }
}

#[tokio::test]
async fn tokens_that_are_unknown_expired_or_taken_out_are_refused_everywhere() {
    let tokens = Tokens::of(&[("admin", ""), ("admin", EXPIRED)]);
    let server = tokens.start(None);
    let unknown = bearer(TokenText::random().unwrap().secret());
    let long = bearer(&format!("pxt_{}", "x".repeat(10_000)));
    let strange = "authorization: Bearer pxt_\u{e4}\u{fffd}%00\r\n".to_owned();

    for header in [&unknown, &tokens.header(1), &long, &strange] {
        for page in ["/of/metrics", "/of/admin", "/metrics"] {
            let answer = server.ask(&format!("GET {page}"), header).await;
            assert_eq!(answer.status(), "401", "{page}: {header}");
            let challenge = answer.header("www-authenticate");
            assert_eq!(challenge, Some("Bearer error=\"invalid_token\""), "{page}: {header}");
        }
    }
    let expired = server.ask("GET /metrics", &tokens.header(1)).await;
    assert_eq!(expired.text(), "The token expired at 2020-01-01T00:00:00Z.\n");
    assert_eq!(server.ask("GET /of/admin", &tokens.header(0)).await.status(), "200");
    fs::write(tokens.path(), "").unwrap();
    assert_eq!(server.ask("GET /of/admin", &tokens.header(0)).await.status(), "401");
    server.has_refused(&[(HttpRefusal::Login, 14)]).await;
}

#[tokio::test]
async fn tokens_of_others_are_no_login_and_no_fault() {
    let tokens = Tokens::of(&[("admin", "")]);
    let server = tokens.start(None);

    for header in ["Bearer eyJhbGciOiJSUzI1NiJ9.e30.x", "Bearer", "Negotiate pxt_abc", ""] {
        let more = format!("authorization: {header}\r\n");
        assert_eq!(server.ask("GET /metrics", &more).await.status(), "200", "{header}");
        assert_eq!(server.ask("GET /of/admin", &more).await.status(), "401", "{header}");
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_refused_and_not_repeated() {
    let tokens = Tokens::of(&[("admin", "")]);
    let server = tokens.start(None);
    let token = tokens.texts[0].secret();

    for query in
        [format!("access_token={token}"), token.to_owned(), format!("a=%70xt_{}", &token[4..])]
    {
        for page in ["/of/admin", "/metrics", "/nowhere"] {
            let answer = server.ask(&format!("GET {page}?{query}"), "").await;
            assert_eq!(answer.status(), "400", "{page}");
            assert!(answer.text().contains("in the header `Authorization: Bearer`"));
            assert!(!answer.text().contains(&token[4..]), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_token_is_a_login_where_there_are_users() {
    let folder = Folder::new(&logins::users("alice", "secret", 4));
    let tokens = Tokens::of(&[("metrics", "")]);
    let server = tokens.start(Some(WebFile::open(&folder.web()).unwrap()));

    let with = server.ask("GET /metrics", &tokens.header(0)).await;
    let both = format!("{}{}", logins::authorization("alice:wrong"), tokens.header(0));
    let both = server.ask("GET /metrics", &both).await;
    let without = server.ask("GET /metrics", "").await;

    assert_eq!([&with, &both, &without].map(Answer::status), ["200", "200", "401"]);
    assert_eq!(without.header("www-authenticate"), Some("Basic"));
}

#[tokio::test]
async fn tokens_travel_over_tls_from_trusted_proxies_and_within_the_host_alone() {
    let tokens = Tokens::of(&[("admin", "")]);
    let mut config = Config::default();
    config.web.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let token = tokens.header(0);
    let ask = async |server: &Running, header: &str| {
        let answer = server.ask("GET /of/admin", &format!("{token}{header}")).await;
        (answer.status().to_owned(), answer.text().contains("over plain HTTP"))
    };

    let local = tokens.start(None);
    assert_eq!(ask(&local, "").await, ("200".into(), false));
    // A proxy on this host that is not listed may have got it over plain HTTP.
    assert_eq!(
        ask(&local, "x-forwarded-proto: https\r\nvia: 1.1 a\r\n").await,
        ("403".into(), true)
    );
    let behind = tokens.start_as(config, None);
    assert_eq!(ask(&behind, "x-forwarded-proto: https\r\n").await, ("200".into(), false));
    assert_eq!(ask(&behind, "x-forwarded-proto: http\r\n").await, ("403".into(), true));
    // A proxy may read nothing without a login, wherever its client is.
    let without = behind.ask("GET /of/read", "x-forwarded-for: 127.0.0.1\r\n").await;
    assert_eq!(without.status(), "401");
}

#[tokio::test]
async fn with_addresses_of_its_own_the_api_is_there_alone() {
    let tokens = Tokens::of(&[("admin", "")]);
    let mut config = Config::default();
    config.api.listen_address = vec!["127.0.0.1:0".parse().unwrap()];
    let server = tokens.start_as(config, None);
    let api = *server.addresses.last().unwrap();
    let header = tokens.header(0);

    for scope in Scope::ALL {
        let page = format!("GET /of/{scope}");
        let here = server.ask(&page, &header).await;
        let mut there = TcpStream::connect(api).await.unwrap();
        let there = ask(&mut there, &page, &header).await;
        let expected = if scope == Scope::Metrics { "200" } else { "404" };
        assert_eq!((here.status(), there.status()), (expected, "200"), "{scope}");
    }
    let method = server.ask("POST /of/admin", &header).await;
    assert_eq!((method.status(), method.header("allow")), ("404", None));
}
