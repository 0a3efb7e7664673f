//! `/-/reload`.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::logins::{authorization, users};
use super::*;

const POST: &str = "POST /-/reload";

/// A site that counts how often it was reloaded, and refuses every second time.
fn counting(count: &Arc<AtomicUsize>) -> Site {
    let count = Arc::clone(count);
    let reload = move || -> Waited<Result<String, String>> {
        let number = count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if number.is_multiple_of(2) { Ok("applied\n".into()) } else { Err("refused".into()) }
        })
    };

    Site {
        config: configured(|web| web.enable_lifecycle = true),
        reload: Arc::new(reload),
        ..site("metrics")
    }
}

#[tokio::test]
async fn a_reload_answers_what_became_of_it() {
    let count = Arc::default();
    let server = Running::start(counting(&count));

    let applied = server.ask(POST, "").await;
    let refused = server.ask("PUT /-/reload", "").await;
    let not_asked = server.ask("GET /-/reload", "").await;

    assert_eq!((applied.status(), applied.text()), ("200", "applied\n"));
    assert_eq!((refused.status(), refused.text()), ("500", "refused\n"));
    assert_eq!((not_asked.status(), not_asked.header("allow")), ("405", Some("POST, PUT")));
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn it_is_off_until_the_configuration_of_the_moment_switches_it_on() {
    let count = Arc::default();
    let (config, read) = watch::channel(Arc::new(Config::default()));
    let server = Running::start(Site { config: read, ..counting(&count) });

    let off = server.ask(POST, "").await;
    let mut enabled = Config::default();
    enabled.web.enable_lifecycle = true;
    config.send_replace(Arc::new(enabled));
    let on = server.ask(POST, "").await;

    assert_eq!((off.status(), on.status()), ("403", "200"));
    assert!(off.text().contains("`web.enable_lifecycle = true`"), "{}", off.text());
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_ask_for_it() {
    let count = Arc::default();
    let server = Running::start(counting(&count));
    let address = server.addresses[0];

    let elsewhere = server.ask(POST, "origin: http://evil.example\r\n").await;
    let fetched = server.ask(POST, "sec-fetch-site: cross-site\r\n").await;
    // The name `test` may be another's that has the address of this host by now.
    let rebound = server.ask(POST, "origin: http://test\r\n").await;
    let own = format!(
        "POST /-/reload HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n\
         sec-fetch-site: same-origin\r\nuser-agent: Mozilla/5.0\r\nconnection: close\r\n\r\n"
    );
    let own = server.send(own.as_bytes()).await;

    for (answer, header) in [(elsewhere, "Origin"), (fetched, "Sec-Fetch-Site"), (rebound, "Host")]
    {
        assert_eq!(answer.status(), "403", "{header}");
        assert!(answer.text().contains(&format!("`{header}`")), "{}", answer.text());
    }
    assert_eq!((own.status(), count.load(Ordering::SeqCst)), ("200", 1));
}

#[tokio::test]
async fn it_needs_the_login_where_there_is_one() {
    let count = Arc::default();
    let folder = Folder::new(&users("alice", "secret", 4));
    let web = WebFile::open(&folder.web()).unwrap();
    let server = Running::with(counting(&count), Some(web), Limits::default());

    let without = server.ask(POST, "").await;
    let with = server.ask(POST, &authorization("alice:secret")).await;

    assert_eq!((without.status(), with.status()), ("401", "200"));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_takes_no_encoding_of_ours_is_refused_before_anything_is_done() {
    let count = Arc::default();
    let server = Running::start(counting(&count));

    let answer = server.ask(POST, "accept-encoding: *;q=0\r\n").await;

    assert_eq!((answer.status(), count.load(Ordering::SeqCst)), ("406", 0));
}
