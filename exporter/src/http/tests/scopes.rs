//! Who may do what.

use super::logins::{authorization, users};
use super::*;

/// A site with a page for each scope, and a change that anyone may ask for.
pub(super) fn scoped(config: Config) -> Site {
    let text = |asked: &Asked| route::Answer::text(StatusCode::OK, format!("{:?}", asked.body));
    let page = |path, scope| Route { scope, ..route(path, Handler::Quick(Arc::new(text))) };
    let mut site = site("metrics");
    site.config = watch::channel(Arc::new(config)).1;
    site.routes.extend([
        page("/of/metrics", Scope::Metrics),
        page("/of/read", Scope::Read),
        page("/of/inspect", Scope::Inspect),
        page("/of/propose", Scope::Propose),
        page("/of/admin", Scope::Admin),
    ]);
    site.routes.push(Route { methods: &[Method::Post], ..page("/change", Scope::Metrics) });

    site
}

/// Returns the statuses of the pages, from the lowest scope on.
async fn statuses(server: &Running, more: &str) -> Vec<String> {
    let mut statuses = Vec::new();
    for scope in Scope::ALL {
        let answer = server.ask(&format!("GET /of/{scope}"), more).await;
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        let has_challenge = challenge.contains(&format!("scope=\"{scope}\""));
        assert_eq!(has_challenge, answer.status() != "200", "{scope}: {challenge}");
        let is_named = answer.text().contains(&format!("the scope `{scope}`"));
        assert_eq!(is_named, answer.status() != "200", "{scope}: {}", answer.text());
        statuses.push(answer.status().to_owned());
    }

    statuses
}

#[tokio::test]
async fn without_a_login_this_host_may_read_and_others_get_the_metrics() {
    let server = Running::start(scoped(Config::default()));

    let here = statuses(&server, "").await;
    let forwarded = statuses(&server, "x-forwarded-for: 127.0.0.1\r\n").await;
    let of_a_page = statuses(&server, "user-agent: Mozilla/5.0\r\n").await;

    assert_eq!(here, ["200", "200", "401", "401", "401"]);
    assert_eq!(forwarded, ["200", "401", "401", "401", "401"]);
    assert_eq!(of_a_page, ["200", "401", "401", "401", "401"], "`test` may be another's name");
    server.has_refused(&[(HttpRefusal::Login, 11)]).await;
}

#[tokio::test]
async fn a_user_may_read_and_what_the_configuration_lists() {
    let mut config = Config::default();
    config.api.users = vec!["carol=propose".parse().unwrap(), "bob=metrics".parse().unwrap()];
    let lines: Vec<_> = ["alice", "bob", "carol"].map(|name| users(name, "secret", 4)).into();
    let text = format!("basic_auth_users:\n{}", lines.join("").replace("basic_auth_users:\n", ""));
    let folder = Folder::new(&text);
    let web = WebFile::open(&folder.web()).unwrap();
    let server = Running::with(scoped(config), Some(web), Limits::default());
    let of = |name: &str| authorization(&format!("{name}:secret"));

    assert_eq!(statuses(&server, &of("alice")).await, ["200", "200", "403", "403", "403"]);
    assert_eq!(statuses(&server, &of("bob")).await, ["200", "403", "403", "403", "403"]);
    assert_eq!(statuses(&server, &of("carol")).await, ["200", "200", "200", "200", "403"]);
    // Where there are users, everyone needs a login.
    for scope in Scope::ALL {
        let answer = server.ask(&format!("GET /of/{scope}"), "").await;
        assert_eq!((answer.status(), answer.header("www-authenticate")), ("401", Some("Basic")));
    }
}

#[tokio::test]
async fn no_page_of_another_site_changes_anything() {
    let server = Running::start(scoped(Config::default()));

    let own = server.ask("POST /change", "origin: http://test\r\n").await;
    let other = server.ask("POST /change", "origin: http://evil.example\r\n").await;
    let read = server.ask("GET /of/metrics", "origin: http://evil.example\r\n").await;

    assert_eq!((own.status(), other.status(), read.status()), ("403", "403", "200"));
    assert!(own.text().contains("`Host`") && other.text().contains("`Origin`"));
}
