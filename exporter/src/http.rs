//! The HTTP server: listening, TLS, authentication, limits, routes.

mod accept;
mod basic_auth;
mod body;
mod connection;
mod encoding;
mod head;
mod landing;
mod limits;
mod listen;
mod or_default;
mod passwords;
mod peer;
mod places;
mod rate_limit;
mod refusals;
mod requests;
mod routes;
mod server;
mod streams;
mod tls;
mod web_config;
mod web_file;
mod write_deadline;

use std::fmt;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::listen::{BindError, Listeners, PassedError};
pub use self::refusals::Refusals;
pub use self::tls::{IdentityError, PemError, TlsError, TlsRefusal, Version};
pub use self::web_config::{WebConfigError, WebRefusal};
pub use self::web_file::WebFile;

use self::limits::Limits;
use self::server::Server;

/// What is served.
pub struct Site {
    /// Of the program, for people.
    pub version: String,
    pub pages: Vec<Page>,
    /// Returns why it is not ready to be scraped, if it is not.
    pub is_ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// Most pages that are rendered or sent at once; 0 for any number.
    pub max_requests: usize,
    /// Counts what is not served.
    pub refusals: Refusals,
}

/// A page that is rendered for each request.
pub struct Page {
    pub path: String,
    /// What the landing page calls it.
    pub title: &'static str,
    pub render: Render,
}

/// Renders a page for a request with this Accept header; may block.
pub type Render = Arc<dyn Fn(Option<&str>) -> Rendered + Send + Sync>;

/// A page as it is sent, but for its compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// Serves `site` on all of `listeners` until told to stop, and then no longer than 3 seconds.
pub async fn serve(
    listeners: Listeners,
    site: Site,
    web: Option<WebFile>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    serve_as(Server::new(site, web, Limits::default()), listeners, stop).await
}

async fn serve_as(
    server: Server,
    listeners: Listeners,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let server = Arc::new(server);
    let mut accepting = JoinSet::new();

    for socket in listeners.sockets {
        let listener = TcpListener::from_std(socket)?;
        accepting.spawn(accept::accept(listener, Arc::clone(&server), stop.clone()));
    }
    while accepting.join_next().await.is_some() {}

    Ok(())
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, pages, is_ready: _, max_requests, refusals: _ } = self;

        f.debug_struct("Site")
            .field("version", version)
            .field("pages", pages)
            .field("max_requests", max_requests)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, title, render: _ } = self;

        f.debug_struct("Page").field("path", path).field("title", title).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
