//! Errors of others, and those of TLS, proxies and connections within them.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use super::tunnel::ProxyError;
use crate::causes::chain;

/// Returns the error of TLS that caused another one, if one did.
pub fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    chain(error).find_map(of_tls)
}

/// An error of the operating system may carry one of TLS, which is not its source.
fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);

    error.downcast_ref().or_else(|| of_tls(inner?))
}

/// Returns what a proxy had to do with an error, if it had.
pub fn proxy_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a ProxyError> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// Returns whether there was no connection at all.
pub fn is_connect(error: &(dyn Error + 'static)) -> bool {
    chain(error)
        .any(|error| error.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect))
}

/// Returns whether this is an error of a connection, and not of what came over it.
pub fn is_of_connection(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|error| error.is::<legacy::Error>() || error.is::<hyper::Error>())
}
