//! The HTTP server: listening, TLS, authentication, limits, routes.

mod accept;
mod basic_auth;
mod body;
mod caller;
mod connection;
mod cross_site;
mod encoding;
mod endpoint;
mod errors;
mod forwarded;
mod head;
mod limits;
mod line;
mod listen;
mod logins;
mod marks;
mod or_default;
mod own;
mod passwords;
mod peer;
mod places;
mod prefix;
mod principal;
mod query;
mod rate_limit;
mod reads;
mod refusals;
mod refused;
mod requests;
mod route;
mod routes;
mod server;
mod streamed;
mod streams;
mod tls;
mod token;
mod token_file;
mod turns;
mod visit;
mod web_config;
mod web_file;
mod write_deadline;

use std::fmt;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use hyper::{HeaderMap, StatusCode};

pub use self::listen::{BindError, Listeners, PassedError};
pub use self::principal::{Principal, Who};
pub use self::refusals::Refusals;
pub use self::refused::{Reason, Refused};
pub use self::route::{
    Answer, Asked, Chunks, Content, Handler, Method, Path, Query, Route, Waited, pieces,
};
pub use self::tls::{IdentityError, PemError, TlsError, TlsRefusal, Version};
pub use self::token::{NoRandomness, TokenText};
pub use self::token_file::{TokenFile, TokenFileError};
pub use self::web_config::{WebConfigError, WebRefusal};
pub use self::web_file::WebFile;

use self::limits::Limits;
use self::server::Server;
use crate::config::Config;

/// What is served.
pub struct Site {
    /// Beside those that the server has by itself.
    pub routes: Vec<Route>,
    /// What is configured at the moment.
    pub config: watch::Receiver<Arc<Config>>,
    /// Returns why it is not ready to be scraped, if it is not.
    pub is_ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    pub reload: Reload,
    pub landing: Landing,
    /// Counts what is not served.
    pub refusals: Refusals,
    pub errors: Errors,
    /// Those of the REST API, if there are some.
    pub tokens: Option<Arc<TokenFile>>,
}

/// Returns what is answered at a path in place of an error; `None` leaves its text. The status stays as
/// it is.
pub type Errors = Arc<dyn Fn(&str, Refused<'_>) -> Option<Answer> + Send + Sync>;

/// Returns the page at `/`. Other pages are linked there, by their paths and titles.
pub type Landing = Arc<dyn Fn(&[(&str, &str)]) -> Answer + Send + Sync>;

/// Reads the configuration again. Returns what became of it, or why it is refused.
///
/// What it returns is dropped if the client hangs up; what was begun has to go on without.
pub type Reload = Arc<dyn Fn() -> Waited<Result<String, String>> + Send + Sync>;

/// Serves `site` on all of `listeners` until told to stop, and then no longer than 3 seconds.
pub async fn serve(
    listeners: Listeners,
    site: Site,
    web: Option<WebFile>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    serve_as(Server::new(&site, web, Limits::default()), listeners, stop).await
}

async fn serve_as(
    server: Server,
    listeners: Listeners,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let server = Arc::new(server);
    let mut accepting = JoinSet::new();

    for (socket, door) in listeners.sockets {
        let listener = TcpListener::from_std(socket)?;
        accepting.spawn(accept::accept((listener, door), Arc::clone(&server), stop.clone()));
    }
    while accepting.join_next().await.is_some() {}

    Ok(())
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("routes", &self.routes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
