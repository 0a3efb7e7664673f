//! Connections that carry requests of both protocols.

use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use tonic::body::Body;

use super::local::LocalError;
use super::mismatch::Listening;
use super::receiver::Receiver;
use super::tls;
use crate::config::Protocol;

/// What carries requests of both protocols.
pub(super) type Carrier = HyperClient<Listening, Body>;

/// Returns what makes connections, after reading the certificates that they need.
pub(super) fn connector(receiver: &Receiver) -> Result<Listening, LocalError> {
    let tls = tls::config(receiver)?;
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();

    Ok(Listening::new(match receiver.protocol {
        Protocol::Grpc => connector.enable_http2().wrap_connector(http),
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            connector.enable_all_versions().wrap_connector(http)
        }
    }))
}
