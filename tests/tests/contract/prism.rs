//! Requests that pass a proxy, Prism, which answers with an error where something is not as in the document.

use std::fs;
use std::io::Write;

use serde_json::{Value, json};
use tests::cable::Cable;
use tests::http::{self, Answer};
use tests::patience::wait_for;
use tests::running::Running;
use tests::service::PORT;
use tests::tools::tool;

use super::bed::{Bed, cable};
use super::spec::{Operation, encoded};

const TEST: &str = "nothing_that_passes_a_proxy_violates_the_document";
const MERGE_PATCH: &str = "Content-Type: application/merge-patch+json";

/// The proxy, and what is asked through it.
struct Proxy<'a> {
    cable: &'a Cable,
    port: u16,
    login: String,
    _program: Running,
}

impl<'a> Proxy<'a> {
    fn start(
        cable: &'a Cable,
        bed: &Bed<'_>,
        document: &Value,
        (port, validates): (u16, bool),
    ) -> Option<Self> {
        let modules = tool(TEST, "PACKET_EXPORTER_CONTRACT")?;
        let path = bed.folder.path().join(format!("document-{port}.json"));
        fs::write(&path, document.to_string()).unwrap();
        let mut prism = bed.command(modules.join("node_modules/.bin/prism").to_str().unwrap());
        prism.arg("proxy").arg(path).arg(format!("http://127.0.0.1:{PORT}")).arg("--errors");
        prism.args(["--port", &port.to_string(), &format!("--validate-request={validates}")]);
        let program = Running::start(&mut prism);
        wait_for("Prism", || http::connect(&cable.here, port).map_err(|error| error.to_string()));

        Some(Self { cable, port, login: bed.login(), _program: program })
    }

    fn ask(&self, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let login = format!("Authorization: {}", self.login);
        let mut head = vec![format!("{method} {target} HTTP/1.1"), "Host: test".into(), login];
        if !body.is_empty() {
            head.extend([MERGE_PATCH.into(), format!("Content-Length: {}", body.len())]);
        }
        let request = format!("{}\r\nConnection: close\r\n\r\n{body}", head.join("\r\n"));

        let mut stream = http::connect(&self.cable.here, self.port).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        http::answer(&mut stream).unwrap_or_else(|error| panic!("{method} {target}: {error}"))
    }
}

/// Returns what the proxy has to say, if anything.
fn violations(answer: &Answer) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.body);
    let is_of_proxy = text.contains("stoplight.io/prism") || text.contains("FetchError");
    let said = answer.header("sl-violations");

    (is_of_proxy || !said.is_empty()).then(|| format!("{} {said} {text}", answer.status))
}

/// Targets that the document allows, by each parameter once.
fn good(operation: &Operation) -> Vec<String> {
    let parameters = operation.of("query");
    let each = parameters
        .iter()
        .map(|it| operation.asking(&format!("{}={}", it.name(), encoded(&it.good()))));

    [operation.target()].into_iter().chain(each).collect()
}

/// Targets that the document does not allow.
fn bad(operation: &Operation) -> Vec<String> {
    let parameters = operation.of("query");
    let of = |name: &str, value: &str| operation.asking(&format!("{name}={}", encoded(value)));
    let each = parameters.iter().flat_map(|it| it.bad().into_iter().map(|bad| of(it.name(), &bad)));

    each.chain([of("nonsense", "1")]).collect()
}

#[test]
#[ignore = "needs Prism: `cargo xtask test --suite api`"]
fn nothing_that_passes_a_proxy_violates_the_document() {
    let cable = cable("contract-proxy");
    let bed = Bed::start(&cable, &[]);
    let document = bed.document();
    let Some(strict) = Proxy::start(&cable, &bed, &document, (4010, true)) else { return };
    let Some(lax) = Proxy::start(&cable, &bed, &document, (4011, false)) else { return };
    let mut passed = 0;
    let mut check = |proxy: &Proxy<'_>, operation: &Operation, target: &str| {
        let answer = proxy.ask(&operation.method, target, operation.body());
        assert_eq!(violations(&answer), None, "{} {target}", operation.method);
        passed += 1;
    };

    // The proxy reads an answer to its end before it passes it on, as text.
    for operation in bed.operations() {
        if operation.is_whole_text() && operation.has_its_body() {
            for target in good(&operation) {
                check(&strict, &operation, &target);
            }
        }
        for target in bad(&operation) {
            check(&lax, &operation, &target);
        }
    }
    println!("{passed} answers passed Prism");
    assert_eq!(bed.service.said("level=error"), 0, "{}", bed.service.log());

    let mut spoilt = document;
    spoilt["components"]["schemas"]["Health"]["properties"]["ready"] = json!({ "type": "string" });
    let Some(proxy) = Proxy::start(&cable, &bed, &spoilt, (4012, true)) else { return };
    let noticed = violations(&proxy.ask("GET", "/api/v1/health", None));
    assert!(noticed.is_some_and(|it| it.contains("ready")), "a wrong type passes");
}
