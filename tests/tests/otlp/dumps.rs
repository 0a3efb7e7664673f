//! Collectors print what they decoded, and it is what is scraped.

use tests::patience::wait_for;
use tests::receivers::collector::Collector;
use tests::receivers::dump::Request;
use tests::receivers::rotel::Rotel;
use tests::receivers::series::differences;
use tests::service::Service;
use tests::tools::tool;

use super::{COLLECTOR, GRPC, HTTP, ROTEL, SHORTENED, cable, pushing, send, start_in};

/// Every way of saying the same: protocol and compression.
const WAYS: [(&str, &str); 9] = [
    ("grpc", "none"),
    ("grpc", "gzip"),
    ("grpc", "zstd"),
    ("http/protobuf", "none"),
    ("http/protobuf", "gzip"),
    ("http/protobuf", "zstd"),
    ("http/json", "none"),
    ("http/json", "gzip"),
    ("http/json", "zstd"),
];

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn the_collector_reads_every_protocol_and_compression() {
    let test = "the_collector_reads_every_protocol_and_compression";
    let Some(program) = tool(test, COLLECTOR) else { return };
    let cable = cable("collector");
    let collector = Collector::start(&cable.here, &program);

    for (protocol, compression) in WAYS {
        let endpoint = if protocol == "grpc" { GRPC } else { HTTP };
        let over = ["--otlp.protocol", protocol, "--otlp.compression", compression];
        let arguments = pushing(&[endpoint], &over);
        // So that it is seen which service a request is of.
        let way = format!("{protocol}-{compression}");
        let attributes = format!("way={way}");
        let variable = [("OTEL_RESOURCE_ATTRIBUTES", attributes.as_str())];
        let service = start_in(&cable, &arguments, &variable);
        send(&cable);

        wait_for(&format!("{way}, as it is scraped"), || {
            is_as_scraped(&service, collector.last_request().as_ref(), &way)
        });
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn rotel_reads_what_is_pushed_over_grpc() {
    let test = "rotel_reads_what_is_pushed_over_grpc";
    let Some(program) = tool(test, ROTEL) else { return };
    let cable = cable("rotel");
    let rotel = Rotel::start(&cable.here, &program);
    let service =
        start_in(&cable, &pushing(&[GRPC], &[]), &[("OTEL_RESOURCE_ATTRIBUTES", "way=rotel")]);
    send(&cable);

    wait_for("what is scraped", || is_as_scraped(&service, rotel.last_request().as_ref(), "rotel"));
}

/// Whether the request is of the service that pushes in that way, and says what is scraped.
fn is_as_scraped(
    service: &Service<'_>,
    request: Option<&Request>,
    way: &str,
) -> Result<(), String> {
    let request = request.ok_or("nothing was pushed")?;
    if request.resource.get("way").is_none_or(|it| it != way) {
        return Err(format!("the last request is of {:?}", request.resource));
    }

    let differences = differences(&service.scrape().series(), &request.series(), SHORTENED);
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}
