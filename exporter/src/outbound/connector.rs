//! What makes connections to one destination, and clients of HTTP on them.

use std::time::Duration;

use http_body::Body;
use hyper::Uri;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::dialer::Dialer;
use super::error::OutboundError;
use super::listening::Listening;
use super::proxies::Proxies;
use super::tls::{self, Identity};

/// A client of HTTP.
pub type Client<B> = legacy::Client<Listening, B>;

/// Where connections go.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub url: &'a Uri,
    pub versions: Versions,
    /// Most time for a request.
    pub timeout: Duration,
}

/// Which versions of HTTP are offered in a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    All,
    Http2,
}

/// Returns what makes connections, after reading the certificates that they need. Blocks.
pub fn connector(
    target: &Target<'_>,
    identity: &Identity,
    proxies: &Proxies,
) -> Result<Listening, OutboundError> {
    let Target { url, versions, timeout } = *target;
    let is_secure = url.scheme_str() == Some("https");
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);

    let is_proxy_secure = proxies.proxy(url).is_some_and(|proxy| proxy.is_secure());
    let to_proxy = HttpsConnectorBuilder::new()
        .with_tls_config(tls::to_proxy(identity, is_proxy_secure)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp.clone());
    // The rest of the time is for the request itself.
    let patience = timeout * 3 / 4;
    let dialer = Dialer { tcp, to_proxy, proxies: proxies.clone(), patience };
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls::config(identity, is_secure)?)
        .https_or_http();

    Ok(Listening::new(match versions {
        Versions::Http2 => connector.enable_http2().wrap_connector(dialer),
        Versions::All => connector.enable_all_versions().wrap_connector(dialer),
    }))
}

/// Returns a client that makes its connections by `connector`.
pub fn client<B>(connector: &Listening, http2_only: bool) -> Client<B>
where
    B: Body + Send,
    B::Data: Send,
{
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder.http2_only(http2_only).timer(TokioTimer::new()).pool_timer(TokioTimer::new());

    builder.build(connector.clone())
}
