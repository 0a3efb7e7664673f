//! Errors that the server has as plain text, for those that write them in another form.

use hyper::StatusCode;

/// An error that the server has as plain text.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    pub status: StatusCode,
    /// `None` where the status says it.
    pub reason: Option<Reason>,
    pub sentence: &'a str,
    /// What a trusted proxy calls the request.
    pub id: Option<&'a str>,
}

/// What an error is about, where its status leaves that open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client may not do this, or has to log in first.
    ScopeMissing,
    /// The token is unknown or has expired.
    BadToken,
    /// A token was sent so that others can read it.
    PlainToken,
    TokenInQuery,
    /// The answer takes longer than proxies wait.
    TooSlow,
}
