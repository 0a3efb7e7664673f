//! What the gateway answers by itself, as problems.

use serde_json::{Map, Value, json};

/// Type of a response, its status and its title. Source: "Gateway response types for API Gateway".
const RESPONSES: [(&str, u16, &str); 17] = [
    ("ACCESS_DENIED", 403, "Forbidden"),
    ("API_CONFIGURATION_ERROR", 500, "Internal Server Error"),
    ("BAD_REQUEST_BODY", 400, "Bad Request"),
    ("BAD_REQUEST_PARAMETERS", 400, "Bad Request"),
    ("EXPIRED_TOKEN", 403, "Forbidden"),
    ("INTEGRATION_FAILURE", 504, "Gateway Timeout"),
    ("INTEGRATION_TIMEOUT", 504, "Gateway Timeout"),
    ("INVALID_API_KEY", 403, "Forbidden"),
    ("INVALID_SIGNATURE", 403, "Forbidden"),
    // Also what comes without a signature to a path that is not there.
    ("MISSING_AUTHENTICATION_TOKEN", 403, "Forbidden"),
    ("QUOTA_EXCEEDED", 429, "Too Many Requests"),
    ("REQUEST_TOO_LARGE", 413, "Content Too Large"),
    ("RESOURCE_NOT_FOUND", 404, "Not Found"),
    ("THROTTLED", 429, "Too Many Requests"),
    ("UNAUTHORIZED", 401, "Unauthorized"),
    ("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type"),
    ("WAF_FILTERED", 403, "Forbidden"),
];
/// For all others, which keep their own status.
const DEFAULTS: [(&str, &str); 2] =
    [("DEFAULT_4XX", "The gateway refuses the request"), ("DEFAULT_5XX", "The gateway failed")];

/// Returns all responses as problems; of `about:blank`, the title is that of the status. Source: RFC 9457,
/// section 4.2.1.
pub(super) fn all() -> Value {
    let known = RESPONSES.into_iter().map(|(name, status, title)| {
        let mut response = problem(&format!("\"title\":\"{title}\",\"status\":{status}"));
        response["statusCode"] = status.into();
        if name == "THROTTLED" {
            response["responseParameters"]["gatewayresponse.header.Retry-After"] = "'1'".into();
        }
        (name.to_owned(), response)
    });
    let others = DEFAULTS
        .into_iter()
        .map(|(name, title)| (name.to_owned(), problem(&format!("\"title\":\"{title}\""))));

    known.chain(others).collect::<Map<_, _>>().into()
}

/// Not JSON before the gateway has filled it in: the message is a string with its quotes.
fn problem(head: &str) -> Value {
    let template = format!(
        "{{\"type\":\"about:blank\",{head},\"detail\":$context.error.messageString,\
         \"instance\":\"$context.requestId\",\"errors\":[]}}"
    );

    json!({
        "responseParameters": {
            "gatewayresponse.header.Content-Type": "'application/problem+json'",
            "gatewayresponse.header.Cache-Control": "'no-store'",
        },
        "responseTemplates": { "application/json": template },
    })
}
