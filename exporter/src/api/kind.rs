//! The kinds of problems.

/// What kind of problem it is. Each has a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    MalformedRequest,
    MalformedBody,
    InvalidSetting,
    TokenInQuery,
    UnknownParameter,
    DoubledParameter,
    InvalidParameter,
    NotCountedTogether,
    LoginRequired,
    BadToken,
    PlainToken,
    ScopeMissing,
    FileOnly,
    Forbidden,
    NotFound,
    NotCounted,
    UnknownDevice,
    MethodNotAllowed,
    NotAcceptable,
    Timeout,
    CursorExpired,
    Stale,
    BodyTooLarge,
    UnsupportedType,
    TooManyRequests,
    HeadTooLarge,
    Internal,
    NotKept,
    Busy,
    NotReady,
    NotSampled,
    Gone,
    CaptureRunning,
    TooSlow,
}

impl Kind {
    pub(super) const ALL: [Self; 34] = [
        Self::MalformedRequest,
        Self::MalformedBody,
        Self::InvalidSetting,
        Self::TokenInQuery,
        Self::UnknownParameter,
        Self::DoubledParameter,
        Self::InvalidParameter,
        Self::NotCountedTogether,
        Self::LoginRequired,
        Self::BadToken,
        Self::PlainToken,
        Self::ScopeMissing,
        Self::FileOnly,
        Self::Forbidden,
        Self::NotFound,
        Self::NotCounted,
        Self::UnknownDevice,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::Timeout,
        Self::CursorExpired,
        Self::Stale,
        Self::BodyTooLarge,
        Self::UnsupportedType,
        Self::TooManyRequests,
        Self::HeadTooLarge,
        Self::Internal,
        Self::NotKept,
        Self::Busy,
        Self::NotReady,
        Self::NotSampled,
        Self::Gone,
        Self::CaptureRunning,
        Self::TooSlow,
    ];

    /// Returns the kind of what the server refuses by itself.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::LoginRequired,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 => Self::Timeout,
            412 => Self::Stale,
            413 => Self::BodyTooLarge,
            415 => Self::UnsupportedType,
            429 => Self::TooManyRequests,
            431 => Self::HeadTooLarge,
            503 => Self::Busy,
            500.. => Self::Internal,
            _ => Self::MalformedRequest,
        }
    }

    /// Returns its name in the path of its page, its status, its title, and what to do about it.
    pub(super) const fn words(self) -> (&'static str, u16, &'static str, &'static str) {
        let (name, status, title) = self.head();

        (name, status, title, self.help())
    }

    pub(super) const fn name(self) -> &'static str {
        self.words().0
    }

    /// Returns its name in the path of its page, its status, and its title.
    const fn head(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::MalformedRequest => ("malformed-request", 400, "The request is malformed"),
            Self::MalformedBody => ("malformed-body", 400, "The body cannot be read"),
            Self::InvalidSetting => ("invalid-setting", 400, "A setting is refused"),
            Self::TokenInQuery => ("token-in-query", 400, "A token is in the query"),
            Self::UnknownParameter => ("unknown-parameter", 400, "A parameter is unknown"),
            Self::DoubledParameter => ("doubled-parameter", 400, "A parameter is given twice"),
            Self::InvalidParameter => ("invalid-parameter", 400, "A parameter is invalid"),
            Self::NotCountedTogether => {
                ("not-counted-together", 400, "This was not counted together")
            }
            Self::LoginRequired => ("login-required", 401, "A login is required"),
            Self::BadToken => ("bad-token", 401, "The token is unknown or has expired"),
            Self::PlainToken => ("plain-token", 403, "A token was sent over plain HTTP"),
            Self::ScopeMissing => ("scope-missing", 403, "The scope of the client is too low"),
            Self::FileOnly => ("file-only", 403, "A setting changes by file alone"),
            Self::Forbidden => ("forbidden", 403, "The request is not allowed"),
            Self::NotFound => ("not-found", 404, "There is nothing at this path"),
            Self::NotCounted => ("not-counted", 404, "This is not counted"),
            Self::UnknownDevice => ("unknown-device", 404, "The device is not counted"),
            Self::MethodNotAllowed => ("method-not-allowed", 405, "The method is not allowed here"),
            Self::NotAcceptable => {
                ("not-acceptable", 406, "The client accepts no type that the answer can have")
            }
            Self::Timeout => ("timeout", 408, "The request took too long"),
            Self::CursorExpired => ("cursor-expired", 410, "The cursor is of an older fold"),
            Self::Stale => ("stale", 412, "The settings have changed since"),
            Self::BodyTooLarge => ("body-too-large", 413, "The body is too large"),
            Self::UnsupportedType => ("unsupported-type", 415, "The body is of another type"),
            Self::TooManyRequests => ("too-many-requests", 429, "There are too many requests"),
            Self::HeadTooLarge => ("head-too-large", 431, "The headers are too large"),
            Self::Internal => ("internal", 500, "The exporter failed"),
            Self::NotKept => ("not-kept", 500, "The change cannot be kept"),
            Self::Busy => ("busy", 503, "There are too many requests at once"),
            Self::NotReady => ("not-ready", 503, "Nothing was counted yet"),
            Self::NotSampled => ("not-sampled", 404, "Packets are not sampled"),
            Self::Gone => ("gone", 410, "This is not kept any more"),
            Self::CaptureRunning => ("capture-running", 503, "Another capture is running"),
            Self::TooSlow => ("too-slow", 503, "The answer takes too long"),
        }
    }

    /// Returns what it means and what to do about it.
    #[expect(clippy::too_many_lines, reason = "it is a table of texts")]
    const fn help(self) -> &'static str {
        match self {
            Self::MalformedRequest => {
                "The path is not encoded as it should be. Check how the client builds it. What is \
                 not HTTP at all is answered without a problem."
            }
            Self::MalformedBody => {
                "The body is not JSON or no capture, or not of the form that the operation has. The \
                 problem has what is wrong with it, and where."
            }
            Self::InvalidSetting => {
                "There is no such key, or the value is not allowed, or does not go together with \
                 others. The problem points to each, and nothing was changed."
            }
            Self::TokenInQuery => {
                "Logs and histories keep queries, so this token is no secret any more: take it out \
                 of the token file. Send tokens in the header `Authorization: Bearer`."
            }
            Self::UnknownParameter => {
                "The operation does not have this parameter. Parameters are never ignored, so \
                 that a misspelt filter cannot pass for one. The reference lists those of \
                 each operation."
            }
            Self::DoubledParameter => {
                "Each parameter may be there once. A list is one value, separated by commas."
            }
            Self::InvalidParameter => {
                "The value of a parameter is of another type or out of its range. The problem \
                 names the parameter and what is allowed."
            }
            Self::NotCountedTogether => {
                "Packets are counted by several groups of labels, and nothing is known of \
                 labels of different groups together. Nothing is estimated. The problem names \
                 the groups; all labels of a request have to be in one of them."
            }
            Self::LoginRequired => {
                "Send a token in the header `Authorization: Bearer`, or the name and the password of a \
                 user of the web configuration by basic authentication. The problem names the scope that is needed, if it is more than \
                 clients without a login have."
            }
            Self::BadToken => {
                "The token is not in the file of `api.token_file`, or its time is over. \
                 `packet-exporter token new` makes another one."
            }
            Self::PlainToken => {
                "Everybody on the way can read what is sent over plain HTTP, so this token is no \
                 secret any more: take it out of the token file. Send tokens over TLS, or from \
                 the host itself."
            }
            Self::ScopeMissing => {
                "The client is known, and may not do this. The problem names the scope that is \
                 needed. A token has its scopes in the token file, `api.users` lists those of \
                 users, `api.client_names` those of certificates, and `api.gateway_names` those of gateways."
            }
            Self::FileOnly => {
                "Keys that name files, addresses to send to or to listen on, or credentials change in \
                 the configuration file alone. The problem names them, and nothing was changed."
            }
            Self::Forbidden => {
                "The client may not do this, or the request comes from a page of another site \
                 in a browser."
            }
            Self::NotFound => "The reference lists the paths of all operations.",
            Self::NotCounted => {
                "The configuration switches it off or leaves it out of the metrics, or none \
                 of the devices has it."
            }
            Self::UnknownDevice => {
                "No device with this name is counted now. /api/v1/devices lists the devices."
            }
            Self::MethodNotAllowed => {
                "The header Allow of the answer lists the methods of this path."
            }
            Self::NotAcceptable => {
                "The header Accept excludes the type of the answer, or Accept-Encoding \
                 excludes zstd, gzip and identity. Without these headers, everything is \
                 accepted."
            }
            Self::Timeout => "The request was not read in time. Send it again.",
            Self::CursorExpired => {
                "A cursor is for the rows of one fold, and there was another one since: with \
                 the next page, rows could be missing or there twice. Begin again without a \
                 cursor, or ask for more rows at once with `top`."
            }
            Self::Stale => {
                "The header If-Match has the tag of older settings. Read them again, and send the \
                 change with their ETag."
            }
            Self::BodyTooLarge => {
                "The problem has the limit. Send a smaller body; of a capture, `editcap -c` makes pieces."
            }
            Self::UnsupportedType => {
                "The headers Content-Type and Content-Encoding have to be those that the operation \
                 takes. Bodies are not compressed, but for captures."
            }
            Self::TooManyRequests => {
                "There are more requests than `rate_limit` of the web configuration allows. \
                 Ask less often."
            }
            Self::HeadTooLarge => {
                "The headers of a request have at most 16 KiB, and there are at most 64 of \
                 them. Over HTTP/1 this is answered without a problem."
            }
            Self::Internal => {
                "This is a defect, or a file of the web configuration cannot be read. The log \
                 of the exporter has the reason."
            }
            Self::NotKept => {
                "The file of `api.state_file` cannot be written: the disk may be full. Nothing was \
                 changed."
            }
            Self::Busy => {
                "Requests that are under way reached `web.max_requests`, or too many \
                 passwords wait to be checked, or another client has packets inspected. Ask again in a \
                 second."
            }
            Self::NotReady => {
                "The exporter started a moment ago, or it cannot read its counts. \
                 /api/v1/health has the reason."
            }
            Self::NotSampled => {
                "Sampling is off by default, and then programs have no instruction for it. \
                 `samples.enabled` switches it on, in the file or by PATCH /api/v1/config."
            }
            Self::Gone => {
                "Only the last packets and recordings are kept, and an exporter that starts again begins \
                 with none. An id that is gone never leads to another packet."
            }
            Self::CaptureRunning => {
                "There is one capture at a time on a host, and each ends within a minute. The header \
                 `Retry-After` is in seconds."
            }
            Self::TooSlow => {
                "Making an answer takes 25 seconds at most, because proxies wait little longer. Ask for less, \
                 or send a smaller body; the host may be overloaded."
            }
        }
    }

    /// Returns the headers of an answer of this kind.
    pub(super) const fn headers(self) -> &'static [(&'static str, &'static str)] {
        if matches!(self, Self::CaptureRunning) { &[("retry-after", "5")] } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_and_a_page_worth_reading() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            let (name, status, title, help) = kind.words();

            assert_eq!(kind as usize, place);
            assert!(name.bytes().all(|it| it.is_ascii_lowercase() || it == b'-'), "{name}");
            assert_eq!(Kind::ALL.iter().filter(|other| other.name() == name).count(), 1, "{name}");
            assert!((400..600).contains(&status), "{name}");
            assert!(!title.ends_with('.') && help.ends_with('.'), "{name}");
        }
    }
}
