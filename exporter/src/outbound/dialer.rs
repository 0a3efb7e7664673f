//! Connections of TCP, through a proxy where one is named for the destination.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::error::BoxError;
use super::proxies::{Proxies, Proxy};
use super::tunnel::{ProxyError, tunnel};

/// A connection of TCP, within one of TLS to a proxy if there is one.
pub(super) type Dialed = MaybeHttpsStream<TokioIo<TcpStream>>;

/// What makes connections of TCP.
#[derive(Clone, Debug)]
pub(super) struct Dialer {
    pub(super) tcp: HttpConnector,
    pub(super) to_proxy: HttpsConnector<HttpConnector>,
    pub(super) proxies: Proxies,
    /// Most time that a proxy has to let a connection through.
    pub(super) patience: Duration,
}

impl Service<Uri> for Dialer {
    type Response = Dialed;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Dialed, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Both connectors always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.proxy(&to) else {
            let connecting = self.tcp.call(to);
            return Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) });
        };
        let (to_proxy, patience) = (self.to_proxy.clone(), self.patience);

        Box::pin(async move {
            let name = proxy.name();
            let through = timeout(patience, through(to_proxy, proxy, &to)).await;
            let silent = |_| ProxyError::Silent { proxy: name, limit: patience };
            Ok(through.map_err(silent)??)
        })
    }
}

async fn through(
    mut to_proxy: HttpsConnector<HttpConnector>,
    proxy: Proxy,
    to: &Uri,
) -> Result<Dialed, ProxyError> {
    let connected = to_proxy.call(proxy.url().clone()).await;
    let stream =
        connected.map_err(|source| ProxyError::Unreachable { proxy: proxy.name(), source })?;
    let mut stream = TokioIo::new(stream);
    tunnel(&mut stream, &proxy, to).await?;

    Ok(stream.into_inner())
}
