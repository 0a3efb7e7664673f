//! The reference of the API: made from the table of operations.

use serde_json::Value;

use super::blocks::Block;
#[cfg(test)]
use super::blocks::markdown;
use super::document::{COMMON, DESCRIPTION};
use super::kind::Kind;
use super::operation::{Body, Example, Operation, Output, Serves};
use super::operations::OPERATIONS;
use super::packets::groups;
use super::page;
use super::parameter::Parameter;
use super::path::PROBLEMS;
use super::schemas::{Schemas, words};
use crate::scope::Scope;

/// Where examples look for an exporter.
const SERVER: &str = "http://localhost:10199";

/// Returns the reference as a page.
pub(super) fn page(base: &str) -> String {
    page::page("packet-exporter API", &blocks(base))
}

/// Returns the reference as a document of the project has it.
#[cfg(test)]
pub(super) fn document() -> String {
    markdown(&blocks(""))
}

/// Returns the page of a kind of problem; `None` where there is no such kind.
pub(super) fn problem_page(name: &str, base: &str) -> Option<String> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
    let (_, status, title, help) = kind.words();
    let blocks = [
        Block::Heading(1, title.into()),
        Block::Text(format!("Problem `{base}{PROBLEMS}{name}`, status {status}.")),
        Block::Text(help.into()),
    ];

    Some(page::page(title, &blocks))
}

fn blocks(base: &str) -> Vec<Block> {
    let server = if base.starts_with('/') || base.is_empty() {
        format!("{SERVER}{base}")
    } else {
        base.to_owned()
    };
    let schemas = Schemas::new();
    let mut blocks = vec![
        Block::Heading(1, "The REST API".into()),
        Block::Text(DESCRIPTION.into()),
        Block::Text(format!(
            "A request that is refused is answered by a problem of RFC 9457. All operations may have \
             these: {}. The last section explains them.",
            names(&COMMON)
        )),
    ];
    blocks.extend(access());
    let of_operations = schemas.of_operations.iter().zip(&schemas.of_bodies);
    for (operation, (schema, of_body)) in OPERATIONS.iter().zip(of_operations) {
        blocks.extend(of_operation(operation, (schema.as_ref(), of_body.as_ref()), &server));
    }
    blocks.push(Block::Heading(2, "Objects".into()));
    for (name, schema) in &schemas.by_name {
        blocks.extend(of_object(name, schema));
    }
    blocks.extend([Block::Heading(2, "Problems".into()), of_problems()]);

    blocks
}

/// Who may ask for what.
fn access() -> [Block; 5] {
    let scopes = Scope::ALL
        .into_iter()
        .map(|scope| vec![format!("`{scope}`"), scope.meaning().into(), who(scope).into()]);
    let routes = OPERATIONS.iter().map(|operation| {
        let Operation { method, path, scope, .. } = operation;
        let listener = if *scope == Scope::Metrics { "all" } else { "`api.listen_address`" };
        let method = method.upper();
        vec![format!("`{method} {path}`"), format!("`{scope}`"), listener.into()]
    });

    [
        Block::Heading(2, "Access".into()),
        Block::Text(
            "Each operation has a scope, and each scope includes those before it. A client without \
             a login that needs one gets 401, and a client whose scope is too low gets 403; the \
             problem names the scope. Where the web configuration has users, every request needs a \
             login. A login is a token, such a user, a certificate with a name of \
             `api.client_names`, or a caller whom a gateway of `api.gateway_names` names."
                .into(),
        ),
        Block::Table(vec!["scope", "allows to", "without a login"], scopes.collect()),
        Block::Text(
            "The scope of each operation, and the listeners that have it where `api.listen_address` is set; \
             without that all are on `web.listen_address`:"
                .into(),
        ),
        Block::Table(vec!["operation", "scope", "listener"], routes.collect()),
    ]
}

fn who(scope: Scope) -> &'static str {
    match scope {
        Scope::Metrics => "from anywhere",
        Scope::Read => "from the host itself",
        Scope::Inspect | Scope::Propose | Scope::Admin => "never",
    }
}

fn of_operation(
    operation: &Operation,
    (schema, of_body): (Option<&Value>, Option<&Value>),
    server: &str,
) -> Vec<Block> {
    let method = operation.method.upper();
    let mut blocks = vec![
        Block::Heading(2, operation.summary.into()),
        Block::Text(format!("`{method} {}`", operation.path)),
        Block::Text(operation.description.into()),
    ];
    if let Some(instead) = operation.deprecated {
        blocks.push(Block::Text(format!("Deprecated: {instead}")));
    }
    if !operation.parameters.is_empty() {
        let rows = operation.parameters.iter().map(of_parameter).collect();
        blocks.push(Block::Table(vec!["parameter", "allowed", "default", "meaning"], rows));
    }

    if let Some(Body { content_types, schema: _, most_bytes, description }) = operation.body {
        let types = content_types.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>();
        let object = of_body.map(|it| format!(" JSON is `{}`.", words(it))).unwrap_or_default();
        blocks.push(Block::Text(format!(
            "Body, of at most {} KiB, as {}: {description}{object}",
            most_bytes >> 10,
            types.join(" or ")
        )));
    }

    let answer = match (operation.output, schema) {
        (Output::Json(_), Some(schema)) => format!("Answers `{}` as JSON.", words(schema)),
        (Output::Json(_) | Output::Document, _) => "Answers JSON.".into(),
        (Output::Page, _) => "Answers HTML.".into(),
        (Output::Events, _) => "Answers a stream of events.".into(),
        (Output::Capture, _) => "Answers a stream of pcapng.".into(),
        (Output::Recording, _) => "Answers a file of pcapng.".into(),
    };
    let (scope, since) = (operation.scope.name(), operation.since);
    blocks.push(Block::Text(format!("{answer} Scope `{scope}`, since {since}.")));
    if !operation.problems.is_empty() {
        blocks.push(Block::Text(format!("Problems of its own: {}.", names(operation.problems))));
    }
    if operation.serves == Serves::Packets {
        let rows = groups().into_iter().map(|words| vec![words]).collect();
        blocks.push(Block::Table(vec!["labels that are counted together"], rows));
    }
    blocks.extend(operation.examples.iter().flat_map(|it| of_example(operation, it, server)));

    blocks
}

fn of_parameter(parameter: &Parameter) -> Vec<String> {
    let default = parameter.default.map(|default| format!("`{default}`")).unwrap_or_default();

    vec![format!("`{}`", parameter.name), parameter.allowed.words(), default, parameter.help.into()]
}

fn of_example(operation: &Operation, example: &Example, server: &str) -> [Block; 2] {
    let target = format!("'{server}{}'", example.target());
    let login = operation.scope > Scope::Read;
    let login = if login { "-H \"Authorization: Bearer $TOKEN\" " } else { "" };
    let line = match operation.body {
        None if matches!(operation.output, Output::Events) => format!("curl -sN {login}{target}"),
        None if matches!(operation.output, Output::Capture) => {
            format!("curl -sN {login}{target} | tcpdump -n -r -")
        }
        None if matches!(operation.output, Output::Recording) => {
            format!("curl -s {login}-o recording.pcapng {target}")
        }
        None => format!("curl -s {login}{target}"),
        Some(Body { content_types, .. }) => {
            let method = operation.method.upper();
            let kind = content_types.first().copied().unwrap_or_default();
            let body = example.body;
            format!("curl -s -X {method} {login}-H 'Content-Type: {kind}' -d '{body}' {target}")
        }
    };

    [Block::Text(format!("{}:", example.about)), Block::Shell(vec![line])]
}

fn of_object(name: &str, schema: &Value) -> Vec<Block> {
    let text = |of: &Value| of.get("description").and_then(Value::as_str).map(in_one_line);
    let members = schema.get("properties").and_then(Value::as_object);
    let rows = members.into_iter().flatten().map(|(name, member)| {
        vec![format!("`{name}`"), words(member), text(member).unwrap_or_default()]
    });

    let heading = Block::Heading(3, name.into());
    let about = text(schema).map(Block::Text);
    let table = Block::Table(vec!["field", "type", "meaning"], rows.collect());
    [Some(heading), about, Some(table)].into_iter().flatten().collect()
}

fn of_problems() -> Block {
    let rows = Kind::ALL.into_iter().map(|kind| {
        let (name, status, title, help) = kind.words();
        vec![format!("`{name}`"), status.to_string(), format!("{title}. {help}")]
    });

    Block::Table(vec!["kind", "status", "meaning"], rows.collect())
}

fn names(kinds: &[Kind]) -> String {
    let names: Vec<_> = kinds.iter().map(|kind| format!("`{}`", kind.name())).collect();

    names.join(", ")
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
