//! Requests that schemathesis makes from the document, good and bad ones.

use std::fs;

use serde_json::{Value, json};
use tests::service::PORT;
use tests::sources::root;
use tests::tools::tool;

use super::bed::{Bed, cable};

/// All that is about answers. That what the document allows is accepted is left out: it cannot say which
/// labels were counted together, nor which devices there are.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,\
    missing_required_header,unsupported_method,allow_header_conformance,ignored_auth";

/// Returns whether all answers were as that document has it, and what schemathesis printed.
fn judged(
    bed: &Bed<'_>,
    document: &Value,
    with_token: bool,
    arguments: &[&str],
) -> Option<(bool, String)> {
    let test = "every_answer_is_as_the_document_says_with_and_without_a_login";
    let python = tool(test, "PACKET_EXPORTER_CONTRACT_PYTHON")?;
    let path = bed.folder.path().join("document.json");
    fs::write(&path, document.to_string()).unwrap();

    let mut command = bed.command(python.with_file_name("schemathesis").to_str().unwrap());
    command.arg("run").arg(&path).args(["--url", &format!("http://127.0.0.1:{PORT}")]);
    command.args(["--checks", CHECKS, "--seed", "1", "--request-timeout", "20"]);
    command.arg("--continue-on-failure").args(arguments);
    if with_token {
        command.args(["--header", &format!("Authorization: {}", bed.login())]);
    }
    command.current_dir(bed.folder.path());
    command.env("PYTHONPATH", root().join("tests/contract"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("SCHEMATHESIS_HOOKS", "streams").env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();

    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &error))
}

#[test]
#[ignore = "needs schemathesis: `cargo xtask test --suite api`"]
fn every_answer_is_as_the_document_says_with_and_without_a_login() {
    let cable = cable("contract-made");
    let bed = Bed::start(&cable, &[]);
    let document = bed.document();
    let operations = bed.operations().len();

    for with_token in [true, false] {
        let phases = ["--phases", "examples,coverage,fuzzing", "--max-examples", "40"];
        let Some((is_good, words)) = judged(&bed, &document, with_token, &phases) else { return };
        assert!(is_good, "with a token: {with_token}: {words}\n{}", bed.service.log());
        assert!(words.contains(&format!("Tested: {operations}")), "{words}");
        let cases = words.lines().find(|line| line.contains("generated,"));
        println!("with a token: {with_token}: {}", cases.unwrap_or_default().trim());
    }
    assert_eq!(bed.service.said("level=error"), 0, "{}", bed.service.log());
    assert_eq!(bed.ask("GET", "/api/v1/health").status, 200);

    let mut spoilt = document;
    spoilt["components"]["schemas"]["Health"]["properties"]["ready"] = json!({ "type": "string" });
    let phases = ["--phases", "examples,coverage", "--include-path", "/api/v1/health"];
    let Some((is_good, words)) = judged(&bed, &spoilt, true, &phases) else { return };
    assert!(!is_good && words.contains("Response violates schema"), "{words}");
}
