//! The OpenAPI document, as programs of others judge it, and what of it may change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::service;
use tests::sources::root;
use tests::tools::tool;

type Change = fn(&mut Value);

const PACKETS: &str = "/paths/~1api~1v1~1packets/get";
const ANSWER: &str = "/paths/~1api~1v1~1packets/get/responses/200/content/application~1json/schema";

/// Changes that break clients.
const BREAKS: [(&str, Change); 9] = [
    ("an operation less", |it| {
        it["paths"].as_object_mut().unwrap().remove("/api/v1/signals");
    }),
    ("a method less", |it| {
        it["paths"]["/api/v1/config"].as_object_mut().unwrap().remove("patch");
    }),
    ("a parameter less", |it| {
        parameters(it).remove(0);
    }),
    ("a parameter that has to be there", |it| parameters(it)[0]["required"] = true.into()),
    ("a parameter that allows less", |it| top(it)["schema"]["maximum"] = 10.into()),
    ("a value of a parameter less", |it| {
        let order = named(parameters(it), "order");
        order["schema"]["enum"].as_array_mut().unwrap().remove(0);
    }),
    ("a field of an answer less", |it| {
        schema(it, "Counts")["properties"].as_object_mut().unwrap().remove("packets");
        schema(it, "Counts")["required"] = json!([]);
    }),
    ("a field of another type", |it| {
        schema(it, "Counts")["properties"]["packets"] = json!({ "type": "string" });
    }),
    ("an answer of another type", |it| {
        let content = it.pointer_mut(&format!("{PACKETS}/responses/200/content")).unwrap();
        *content = json!({ "text/csv": { "schema": { "type": "string" } } });
    }),
];

/// Changes that break no client: those that the document allows.
const ADDITIONS: [(&str, Change); 3] = [
    ("an operation more", |it| {
        let more = it["paths"]["/api/v1/health"].clone();
        it["paths"]["/api/v1/more"] = more;
        it["paths"]["/api/v1/more"]["get"]["operationId"] = "getMore".into();
    }),
    ("a parameter more", |it| {
        parameters(it).push(json!({
            "name": "more", "in": "query", "required": false, "schema": { "type": "string" },
        }));
    }),
    ("a field of an answer more", |it| {
        schema(it, "Counts")["properties"]["more"] = json!({ "type": "string" });
    }),
];

fn parameters(document: &mut Value) -> &mut Vec<Value> {
    document.pointer_mut(&format!("{PACKETS}/parameters")).unwrap().as_array_mut().unwrap()
}

fn named<'a>(parameters: &'a mut [Value], name: &str) -> &'a mut Value {
    parameters.iter_mut().find(|it| it["name"] == name).unwrap()
}

fn top(document: &mut Value) -> &mut Value {
    named(parameters(document), "top")
}

fn schema<'a>(document: &'a mut Value, name: &str) -> &'a mut Value {
    &mut document["components"]["schemas"][name]
}

/// Writes what the program prints to a file, and returns its path.
fn printed(folder: &Path, format: &str) -> PathBuf {
    let output = service::command(&["openapi", "--format", format]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = folder.join(format!("printed.{format}"));
    fs::write(&path, output.stdout).unwrap();

    path
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Runs a program to its end; returns whether it found nothing, and what it printed.
fn judged(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [out, error] =
        [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());

    (output.status.success(), format!("{out}{error}"))
}

#[test]
#[ignore = "needs Spectral: `cargo xtask test --suite api`"]
fn spectral_and_the_validator_have_nothing_to_say() {
    let test = "spectral_and_the_validator_have_nothing_to_say";
    let Some(modules) = tool(test, "PACKET_EXPORTER_CONTRACT") else { return };
    let Some(python) = tool(test, "PACKET_EXPORTER_CONTRACT_PYTHON") else { return };
    let folder = TempDir::new().unwrap();
    let lint = |path: &Path| {
        let mut spectral = Command::new(modules.join("node_modules/.bin/spectral"));
        spectral.args(["lint", "--fail-severity", "hint", "--ruleset"]);
        judged(spectral.arg(root().join("tests/contract/spectral.yaml")).arg(path))
    };
    let validate = |path: &Path| {
        judged(Command::new(&python).args(["-m", "openapi_spec_validator"]).arg(path))
    };

    let spoilt = folder.path().join("spoilt.json");
    for format in ["json", "yaml"] {
        let path = printed(folder.path(), format);
        for (is_good, words) in [lint(&path), validate(&path)] {
            assert!(is_good, "{format}: {words}");
        }
    }
    let mut document = read(&folder.path().join("printed.json"));
    document["paths"]["/api/v1/health"]["get"]["responses"] = json!({});
    document["paths"]["/api/v1/signals"]["get"]["operationId"] = "getHealth".into();
    fs::write(&spoilt, document.to_string()).unwrap();

    for (is_good, words) in [lint(&spoilt), validate(&spoilt)] {
        assert!(!is_good, "nothing is noticed: {words}");
    }
}

#[test]
#[ignore = "needs oasdiff: `cargo xtask test --suite api`"]
fn nothing_breaks_clients_of_a_version_that_is_released() {
    let test = "nothing_breaks_clients_of_a_version_that_is_released";
    let Some(oasdiff) = tool(test, "PACKET_EXPORTER_OASDIFF") else { return };
    let folder = TempDir::new().unwrap();
    let breaks = |old: &Path, new: &Path| {
        let mut command = Command::new(&oasdiff);
        judged(command.args(["breaking", "--fail-on", "WARN"]).args([old, new]))
    };
    let now = printed(folder.path(), "json");
    let version = read(&now)["info"]["version"].as_str().unwrap().to_owned();
    let major = |version: &str| version.split('.').next().unwrap().to_owned();

    let released = fs::read_dir(root().join("docs/openapi")).unwrap().map(|it| it.unwrap().path());
    let released = released.filter(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        major(name) == major(&version)
    });
    let mut compared = 0;
    for path in released {
        let (is_kept, words) = breaks(&path, &now);
        assert!(is_kept, "{}: {words}", path.display());
        compared += 1;
    }
    assert!(compared > 0, "docs/openapi has no document");

    assert!(read(&now).pointer(ANSWER).is_some());
    let changed = folder.path().join("changed.json");
    for (changes, breaks_clients) in [(&BREAKS[..], true), (&ADDITIONS[..], false)] {
        for (what, change) in changes {
            let mut document = read(&now);
            change(&mut document);
            assert_ne!(document, read(&now), "{what}");
            fs::write(&changed, document.to_string()).unwrap();
            let (is_kept, words) = breaks(&now, &changed);
            assert_eq!(is_kept, !breaks_clients, "{what}: {words}");
        }
    }
    println!("{compared} versions are kept, {} breaks were noticed", BREAKS.len());
}
