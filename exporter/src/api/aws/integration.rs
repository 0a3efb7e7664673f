//! How the gateway asks the exporter.

use serde_json::{Map, Value, json};

use crate::api::operation::{Operation, Output};
use crate::api::parameter::Place;
use crate::config::Gateway;

/// Most milliseconds for a whole answer. Source: "Quotas for configuring and running a REST API".
const WHOLE: u32 = 29_000;
/// Most milliseconds for a stream. Source: "Stream the integration response for your proxy integrations".
const STREAM: u32 = 900_000;

/// Describes how the gateway passes an operation on.
///
/// The stage is in front of the path of `uri` when the request arrives, and a proxy integration has no
/// mapping template that could change `$context.requestOverride.path`: the exporter has the stage in its
/// prefix.
pub(super) fn integration(operation: &Operation, gateway: &Gateway) -> Value {
    let is_stream = matches!(operation.output, Output::Events | Output::Capture);
    let method = operation.method.upper();
    let mut integration = json!({
        "type": "http_proxy",
        "httpMethod": method,
        "uri": format!("{}{}", gateway.uri.trim_end_matches('/'), operation.path),
        "connectionType": "VPC_LINK",
        "connectionId": "${stageVariables.vpcLinkId}",
        "passthroughBehavior": "when_no_match",
        "timeoutInMillis": if is_stream { STREAM } else { WHOLE },
        "requestParameters": passed(operation),
    });
    if let Some(target) = &gateway.target {
        integration["integrationTarget"] = target.as_str().into();
    }
    if is_stream {
        integration["responseTransferMode"] = "STREAM".into();
    }

    integration
}

/// Queries and headers are passed on by themselves; these replace what the caller has sent.
fn passed(operation: &Operation) -> Value {
    let in_path = operation.parameters.iter().filter(|it| it.place == Place::Path);
    let in_path = in_path.map(|it| {
        let name = it.name;
        (format!("integration.request.path.{name}"), format!("method.request.path.{name}"))
    });
    let headers = [
        ("X-Caller-Arn", "context.identity.userArn"),
        ("X-Request-Id", "context.requestId"),
        ("Accept-Encoding", "'identity'"),
    ];
    let headers = headers
        .map(|(name, value)| (format!("integration.request.header.{name}"), value.to_owned()));

    let all = in_path.chain(headers).map(|(name, value)| (name, value.into()));
    all.collect::<Map<_, _>>().into()
}
