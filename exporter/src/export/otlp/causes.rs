//! Errors of others, and those of TLS within them.

use std::error::Error;
use std::io;

use crate::causes::chain;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Returns the error of TLS that caused another one, if one did.
pub(super) fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    chain(error).find_map(of_tls)
}

/// An error of the operating system may carry one of TLS, which is not its source.
fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);

    error.downcast_ref().or_else(|| of_tls(inner?))
}
