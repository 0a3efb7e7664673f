//! Errors and what caused them.

use std::error::Error;
use std::io;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Returns an error and what caused it, the outermost first.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);

    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Returns the error of TLS that caused another one, if one did.
pub(super) fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    chain(error).find_map(of_tls)
}

/// An error of the operating system may carry one of TLS, which is not its source.
fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);

    error.downcast_ref().or_else(|| of_tls(inner?))
}
