//! What is pushed does not arrive, or a part fails again and again.

use tests::receivers::json::{JsonReceiver, TAKEN};

use super::Host;

/// What is said of three points that are not kept. Source: OTLP 1.5, partial success.
const REJECTED: &str =
    r#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"out of order"}}"#;

pub(super) fn no_receiver(host: &Host<'_>) {
    let _service = host.start(&pushing(&endpoint(host)));
    host.until_told();

    let _receiver = JsonReceiver::forgetful(&host.net.host, port(host));
    host.until_the_end();
}

pub(super) fn rejected(host: &Host<'_>) {
    let receiver = JsonReceiver::forgetful(&host.net.host, port(host));
    receiver.answer(REJECTED);
    let _service = host.start(&pushing(&endpoint(host)));
    host.until_told();

    receiver.answer(TAKEN);
    host.until_the_end();
}

/// The part that pushes panics whenever it is started, as builds with debug assertions can be told.
pub(super) fn panicking(host: &Host<'_>) {
    let _receiver = JsonReceiver::forgetful(&host.net.host, port(host));
    let endpoint = endpoint(host);
    let mut command = host.command(&pushing(&endpoint));
    command.envs([("TEST_PANIC_AFTER_MILLISECONDS", "1"), ("RUST_BACKTRACE", "0")]);
    let mut service = host.start_by(|| host.spawn(command));
    service.may_panic();
    host.until_told();

    drop(service);
    let _service = host.start(&pushing(&endpoint));
    host.until_the_end();
}

/// Returns arguments of an exporter that pushes to an endpoint.
fn pushing(endpoint: &str) -> [&str; 8] {
    let protocol = ["--otlp.protocol", "http/json", "--otlp.compression", "none"];
    let [protocol, json, compression, none] = protocol;

    ["--otlp.endpoints", endpoint, "--otlp.interval", "1s", protocol, json, compression, none]
}

fn endpoint(host: &Host<'_>) -> String {
    format!("http://127.0.0.1:{}", port(host))
}

/// Returns the port of the receiver of one exporter.
fn port(host: &Host<'_>) -> u16 {
    host.target.address.port() + 1000
}
