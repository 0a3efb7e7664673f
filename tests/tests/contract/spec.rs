//! The OpenAPI document, as tests go through it: an operation that is new is tried like all others.

use serde_json::Value;
use tests::http::Answer;

const PROBLEM: &str = "application/problem+json";
const STREAM: &str = "text/event-stream";

/// An operation as the document has it.
pub(super) struct Operation {
    /// In upper case.
    pub(super) method: String,
    path: String,
    described: Value,
}

/// A parameter as the document has it.
pub(super) struct Parameter<'a>(&'a Value);

/// Returns all operations of the document.
pub(super) fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, described)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            described: described.clone(),
        })
    });
    let all: Vec<_> = all.collect();
    assert!(all.len() >= 12, "{} operations", all.len());

    all
}

impl Operation {
    /// Returns the path with its parameters filled in.
    pub(super) fn target(&self) -> String {
        self.of("path").iter().fold(self.path.clone(), |path, parameter| {
            path.replace(&format!("{{{}}}", parameter.name()), &encoded(&parameter.good()))
        })
    }

    /// Returns the target with that query.
    pub(super) fn asking(&self, query: &str) -> String {
        format!("{}?{query}", self.target())
    }

    /// Returns the parameters that are there: `path`, `query` or `header`.
    pub(super) fn of(&self, place: &str) -> Vec<Parameter<'_>> {
        let all = self.described["parameters"].as_array().into_iter().flatten();

        all.filter(|it| it["in"] == place).map(Parameter).collect()
    }

    /// Returns whether a good answer is text that has an end.
    pub(super) fn is_whole_text(&self) -> bool {
        let content = self.described["responses"]["200"]["content"].as_object();
        let is_text = |it: &String| it.ends_with("json") || it.starts_with("text/") && it != STREAM;

        content.is_some_and(|content| content.keys().all(is_text))
    }

    /// Returns whether it takes no body, or there is an example of one.
    pub(super) fn has_its_body(&self) -> bool {
        self.body_types().is_empty() || self.body().is_some()
    }

    /// Returns the types that a body may have; none where no body is read.
    pub(super) fn body_types(&self) -> Vec<&str> {
        let content = self.described["requestBody"]["content"].as_object();

        content.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// Returns an example of a body, if there is one.
    pub(super) fn body(&self) -> Option<&Value> {
        let content = self.described["requestBody"]["content"].as_object();

        content.into_iter().flatten().find_map(|(_, it)| it.get("example"))
    }

    /// Fails unless the document has an answer with this status and type.
    #[track_caller]
    pub(super) fn assert_promised(&self, answer: &Answer, asked: &str) {
        let shown = String::from_utf8_lossy(&answer.body);
        let shown: String = shown.chars().take(300).collect();
        assert!(answer.status < 500, "{self}: {asked}: {} {shown}", answer.status);
        let promised = &self.described["responses"][answer.status.to_string()];
        let content_type = answer.header("content-type").split(';').next().unwrap();
        let types = promised["content"].as_object();

        assert!(
            types.is_some_and(|it| it.contains_key(content_type)),
            "{self}: {asked}: {} {content_type} is not in the document: {shown}",
            answer.status
        );
    }

    /// Fails unless it was refused so, and returns the problem.
    #[track_caller]
    pub(super) fn assert_refused(&self, answer: &Answer, status: u16, kind: &str) -> Value {
        let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        assert_eq!(
            (answer.status, answer.header("content-type"), problem["type"].as_str()),
            (status, PROBLEM, Some(&*format!("/api/v1/problems/{kind}"))),
            "{self}: {problem}"
        );

        problem
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Parameter<'_> {
    pub(super) fn name(&self) -> &str {
        self.0["name"].as_str().expect("a parameter has a name")
    }

    /// Returns a value that is allowed.
    pub(super) fn good(&self) -> String {
        let schema = &self.0["schema"];
        let first = [&self.0["example"], &schema["enum"][0], &schema["items"]["enum"][0]];
        let text = first.into_iter().find_map(Value::as_str).map(Into::into);
        let number = schema["minimum"].as_i64().map(|it| it.to_string());

        text.or(number).unwrap_or_else(|| panic!("no good value: {}", self.0))
    }

    /// Returns values that are not allowed.
    pub(super) fn bad(&self) -> Vec<String> {
        let schema = &self.0["schema"];
        let of_enum = |first: &str| vec![String::new(), format!("{first}x"), "\0".into()];

        match schema["type"].as_str() {
            Some("integer") => {
                let numbers = [("minimum", -1), ("maximum", 1)];
                let outside = numbers.iter().filter_map(|(name, step)| {
                    Some((i128::from(schema[name].as_i64()?) + step).to_string())
                });
                let none = ["", "1.5", "+1", "1e3", "0x10", "one"].map(String::from);
                outside.chain(none).chain(["9".repeat(40)]).collect()
            }
            Some("array") => {
                let first = schema["items"]["enum"][0].as_str().expect("items are named");
                let more = [format!("{first},{first}"), format!("{first},")];
                of_enum(first).into_iter().chain(more).collect()
            }
            _ if schema["enum"].is_array() => of_enum(&self.good()),
            // No pattern has an end of line in the middle.
            _ if schema["pattern"].is_string() => {
                vec!["/\n/".into(), "/\n".repeat(300), format!("{}\n/\0", self.good())]
            }
            _ => Vec::new(),
        }
    }
}

/// Encodes a text for a query. Source: RFC 3986, section 2.3.
pub(super) fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);

    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}
