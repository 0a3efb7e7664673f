//! Connections to other hosts: TLS, proxies, secrets in files. No other part makes clients.

mod causes;
mod connector;
mod dialer;
mod error;
mod headers;
mod listening;
mod proxies;
mod reader;
mod tls;
mod trust;
mod tunnel;

pub use self::causes::{is_connect, is_of_connection, proxy_error, tls_error};
pub use self::connector::{Client, Target, Versions, client, connector};
pub use self::error::{BoxError, OutboundError};
pub use self::headers::headers_in;
pub use self::listening::{Heard, Listening};
pub use self::proxies::{Proxies, ProxyProblem};
pub use self::reader::{Limits, Reader, ReaderError, Unread};
pub use self::tls::Identity;
pub use self::tunnel::ProxyError;
