//! The server on real sockets.

mod client_certs;
mod errors;
mod gateways;
mod hanging;
mod heads;
mod http2;
mod limits;
mod logins;
mod papers;
mod places;
mod prefix;
mod refusals;
mod reload;
mod routes;
mod scopes;
mod streams;
mod table;
mod tls;
mod tokens;
mod web_config;
mod web_file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::config::Web;
use crate::health::HttpRefusal;
use crate::scope::Scope;

/// How long anything may take that is not supposed to take time.
const DEADLINE: Duration = Duration::from_secs(20);

/// A server that runs until it is dropped.
struct Running {
    addresses: Vec<SocketAddr>,
    refusals: Refusals,
    stop: CancellationToken,
    serving: JoinSet<std::io::Result<()>>,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Running {
    fn start(site: Site) -> Self {
        Self::with(site, None, Limits::default())
    }

    fn within(limits: Limits) -> Self {
        Self::with(site("metrics"), None, limits)
    }

    /// Starts with a web configuration.
    fn with_web(path: &Path) -> Self {
        let web = WebFile::open(path).expect("a valid web configuration");

        Self::with(site("metrics"), Some(web), Limits::default())
    }

    fn with(site: Site, web: Option<WebFile>, limits: Limits) -> Self {
        let any = ["127.0.0.1:0", "[::1]:0"].map(|text| text.parse().unwrap());
        let own = site.config.borrow().api.listen_address.clone();
        let listeners = Listeners::bind(&any).unwrap().with_api(&own).unwrap();
        let addresses = listeners.addresses().to_vec();
        let server = Server::new(&site, web, limits);
        let Site { refusals, .. } = site;
        let stop = CancellationToken::new();
        let mut serving = JoinSet::new();
        serving.spawn(serve_as(server, listeners, stop.clone()));

        Self { addresses, refusals, stop, serving }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addresses[0]).await.unwrap()
    }

    /// Sends a request on a connection of its own; `more` is further header lines.
    async fn ask(&self, request: &str, more: &str) -> Answer {
        ask(&mut self.connect().await, request, more).await
    }

    /// Sends these bytes on a connection of its own.
    async fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        // The server may have hung up by now, and may have said why.
        let _ = stream.write_all(bytes).await;

        answer(&mut stream).await
    }

    /// Waits until as many refusals were counted as these, and no others.
    async fn has_refused(&self, expected: &[(HttpRefusal, u64)]) {
        let expected = expected.iter().copied().collect();
        let is_so = async {
            while self.refusals.read().refusals != expected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };

        let ended = timeout(DEADLINE, is_so).await;
        ended.unwrap_or_else(|_| panic!("{expected:?} were expected: {:?}", self.refusals.read()));
    }

    async fn stopped(mut self) {
        self.stop.cancel();
        let ended = timeout(DEADLINE, self.serving.join_next()).await;
        ended.expect("the server does not stop").unwrap().unwrap().unwrap();
    }
}

impl Answer {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or("none")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: &str,
    more: &str,
) -> Answer {
    let head = format!("{request} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{more}\r\n");
    // The server may have hung up by now, and may have said why.
    let _ = stream.write_all(head.as_bytes()).await;

    answer(stream).await
}

/// Reads until the server closes the connection.
async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> Answer {
    let mut bytes = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await;
    let ended = read.unwrap_or_else(|_| panic!("still open after {} bytes", bytes.len()));

    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    let body = bytes.split_off(end);
    if ended.is_err() && bytes.is_empty() {
        bytes = b"closed reset".to_vec();
    }

    Answer { head: String::from_utf8(bytes).unwrap(), body }
}

/// A folder with a web configuration and what it names.
struct Folder(TempDir);

impl Folder {
    fn new(web: &str) -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("web.yml", web);

        folder
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn web(&self) -> PathBuf {
        self.0.path().join("web.yml")
    }

    /// Opens the web configuration, and returns the error without the path of the folder.
    fn error(&self) -> String {
        let error: &dyn std::error::Error = &WebFile::open(&self.web()).unwrap_err();
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        let folder = format!("{}/", self.0.path().display());

        format!("{error}{source}").replace(&folder, "")
    }
}

/// A ready site whose one page holds `text` and the Accept header.
fn site(text: &'static str) -> Site {
    site_of(move |accept| {
        let body = format!("{text} {}", accept.unwrap_or("-"));
        page("text/plain; version=0.0.4", body.into_bytes())
    })
}

fn site_of(render: impl Fn(Option<&str>) -> route::Answer + Send + Sync + 'static) -> Site {
    let answer = move |asked: Asked| render(asked.accept.as_deref());
    let page = Route {
        path: route::Path::Configured(|config| &config.web.telemetry_path),
        title: Some("Metrics"),
        ..route("", Handler::Blocking(Arc::new(answer)))
    };

    Site {
        routes: vec![page],
        config: configured(|_| ()),
        is_ready: Arc::new(|| Ok(())),
        reload: Arc::new(|| Box::pin(async { Ok("reloaded".into()) })),
        landing: Arc::new(|links| {
            let link = |(path, title): &(&str, &str)| format!("<a href=\"{path}\">{title}</a>\n");
            let all: String = links.iter().map(link).collect();
            route::Answer::page("text/html; charset=utf-8", all.into_bytes())
        }),
        refusals: Refusals::default(),
        tokens: None,
        errors: Arc::new(|_, _| None),
    }
}

fn page(content_type: &'static str, body: Vec<u8>) -> route::Answer {
    route::Answer::page(content_type, body)
}

/// A route for GET that ignores the query and the body.
fn route(path: &'static str, handler: Handler) -> Route {
    Route {
        methods: &[Method::Get],
        path: route::Path::Fixed(path),
        scope: Scope::Metrics,
        query: Query::Any,
        body_bytes: 0,
        handler,
        title: None,
    }
}

/// A configuration that stays as `change` makes it.
fn configured(change: impl FnOnce(&mut Web)) -> watch::Receiver<Arc<Config>> {
    let mut config = Config::default();
    change(&mut config.web);

    watch::channel(Arc::new(config)).1
}
