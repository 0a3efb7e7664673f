//! Why a connection cannot be prepared here.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::config::HeaderError;

/// An error of others.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What a connection needs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("cannot read `{}`", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` has no {what} in PEM", .path.display())]
    Pem { path: PathBuf, what: &'static str },
    #[error("line {line} of `{}` is not a header", .path.display())]
    Header { path: PathBuf, line: usize, source: HeaderError },
    #[error(
        "the certificate in `{}` and the key in `{}` cannot be used", .cert.display(), .key.display()
    )]
    Certificate { cert: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("cannot set up TLS")]
    Tls { source: rustls::Error },
}
