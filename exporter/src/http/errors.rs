//! Errors in the form that clients of a path expect.

use std::fmt;

use axum::body::Body;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::{PLAIN, Sentence, Whole};
use super::refused::Refused;
use super::route::{Answer, Content};
use super::{Errors, Site};

/// Writes errors that the server has as plain text in the form of their path.
pub(super) struct Forms(Errors);

impl Forms {
    pub(super) fn of(site: &Site) -> Self {
        Self(site.errors.clone())
    }

    /// Returns the response in the form of its path: status and headers stay as they are.
    pub(super) fn apply(
        &self,
        mut response: Response<Body>,
        path: &str,
        id: Option<&str>,
    ) -> Response<Body> {
        let (status, content_type) = (response.status(), response.headers().get(CONTENT_TYPE));
        let is_plain = content_type.is_none_or(|it| it == PLAIN);
        if status < StatusCode::BAD_REQUEST || !is_plain {
            return response;
        }
        let reason = response.extensions_mut().remove();
        let sentence = response.extensions_mut().remove();
        let sentence = sentence.map(|Sentence(text)| text).unwrap_or_default();
        let sentence = &String::from_utf8_lossy(&sentence);
        let Some(answer) = (self.0)(path, Refused { status, reason, sentence, id }) else {
            return response;
        };

        let Answer { status: _, content_type, headers, content } = answer;
        if let Content::Whole(bytes) = content {
            *response.body_mut() = Body::new(Whole::new(bytes, None));
            // The router had set that of the text.
            response.headers_mut().remove(CONTENT_LENGTH);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            response.headers_mut().extend(headers);
        }
        response
    }
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forms")
    }
}
