use super::logins::authorization;
use super::*;

/// One user with a hash of low cost.
fn users(name: &str, password: &str) -> String {
    logins::users(name, password, 4)
}

#[tokio::test]
async fn only_users_with_their_passwords_are_answered() {
    let folder = Folder::new(&users("alice", "secret"));
    let server = Running::with_web(&folder.web());
    let cases = [
        ("nobody", String::new(), "401"),
        ("alice", authorization("alice:secret"), "200"),
        ("alice again", authorization("alice:secret"), "200"),
        ("a wrong password", authorization("alice:guess"), "401"),
        ("a stranger", authorization("mallory:secret"), "401"),
        ("another scheme", "authorization: Bearer secret\r\n".to_owned(), "401"),
    ];

    for (who, header, status) in cases {
        for path in ["/", "/metrics", "/-/healthy", "/x"] {
            let answer = server.ask(&format!("GET {path}"), &header).await;
            let status = if path == "/x" && status == "200" { "404" } else { status };
            assert_eq!(answer.status(), status, "{who}, {path}");
            let challenge = answer.header("www-authenticate");
            assert_eq!(challenge, (status == "401").then_some("Basic"), "{who}, {path}");
        }
    }
}

#[tokio::test]
async fn users_change_with_the_file_and_a_broken_file_is_answered_500() {
    let folder = Folder::new(&users("alice", "old"));
    let server = Running::with_web(&folder.web());
    let old = authorization("alice:old");
    let new = authorization("alice:new");

    assert_eq!(server.ask("GET /metrics", &old).await.status(), "200");

    folder.write("web.yml", &users("alice", "new"));
    assert_eq!(server.ask("GET /metrics", &old).await.status(), "401");
    assert_eq!(server.ask("GET /metrics", &new).await.status(), "200");

    folder.write("web.yml", "basic_auth_user: {}");
    assert_eq!(server.ask("GET /metrics", &new).await.status(), "500");
    assert_eq!(server.ask("GET /-/healthy", "").await.status(), "500");

    std::fs::remove_file(folder.web()).unwrap();
    assert_eq!(server.ask("GET /metrics", &new).await.status(), "500");

    folder.write("web.yml", "");
    assert_eq!(server.ask("GET /metrics", "").await.status(), "200");
}

#[tokio::test]
async fn headers_are_on_every_answer() {
    let folder = Folder::new(
        "http_server_config:\n  headers:\n    X-Frame-Options: DENY\n    \
         Content-Security-Policy: default-src 'none'\n",
    );
    let server = Running::with_web(&folder.web());

    for path in ["/", "/metrics", "/x"] {
        let answer = server.ask(&format!("GET {path}"), "").await;
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, Some("default-src 'none'"), "{path}");
    }
}

#[tokio::test]
async fn above_the_rate_requests_are_answered_429() {
    let folder = Folder::new("rate_limit:\n  interval: 1h\n  burst: 2\n");
    let server = Running::with_web(&folder.web());

    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(server.ask("GET /-/healthy", "").await.status().to_owned());
    }

    assert_eq!(statuses, ["200", "200", "429"]);
}

#[tokio::test]
async fn tls_is_not_switched_on_while_running() {
    let folder = Folder::new("");
    let server = Running::with_web(&folder.web());

    folder.write("web.yml", "tls_server_config:\n  cert_file: a\n  key_file: b\n");

    assert_eq!(server.ask("GET /metrics", "").await.status(), "500");
}
