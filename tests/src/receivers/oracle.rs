//! The judge of fields: a receiver that knows the messages from their publisher's package alone,
//! and checks each request and what follows from those before it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Receiver, Start};
use crate::cable::Namespace;
use crate::patience::wait_for;
use crate::sources::root;

/// Of gRPC and of HTTP.
pub const PORTS: [u16; 2] = [4317, 4318];

pub struct Oracle<'a>(Receiver<'a>);

/// How it is started.
#[derive(Default)]
pub struct Options<'a> {
    /// Whether a push may come in several requests. Then it cannot tell what is missing in one.
    pub in_parts: bool,
    /// Certificate and key in PEM; without them it does not speak TLS.
    pub identity: Option<(&'a str, &'a str)>,
}

impl<'a> Oracle<'a> {
    #[track_caller]
    pub fn start(namespace: &'a Namespace, python: &Path) -> Self {
        Self::start_with(namespace, python, &Options::default())
    }

    #[track_caller]
    pub fn start_with(namespace: &'a Namespace, python: &Path, options: &Options<'_>) -> Self {
        let Options { in_parts, identity } = options;
        let [grpc, http] = PORTS.map(|port| port.to_string());
        let program = folder().join("oracle.py");
        // The program's folder is part of the sources, in which nothing is to be left.
        let mut arguments = vec!["-B", program.to_str().expect("a path in UTF-8"), &grpc, &http];
        arguments.push(if *in_parts { "parts" } else { "whole" });
        let mut files = Vec::new();
        if let Some((certificate, key)) = identity {
            arguments.extend(["certificate.pem", "key.pem"]);
            files.extend([("certificate.pem", *certificate), ("key.pem", *key)]);
        }

        let start = Start { program: python, arguments: &arguments, files: &files, ports: &PORTS };
        Self(Receiver::start(namespace, &start))
    }

    /// The requests of metrics so far, the first one first.
    pub fn pushes(&self) -> Vec<Value> {
        self.said("metrics")
    }

    /// The requests of logs so far, the first one first.
    pub fn logs(&self) -> Vec<Value> {
        self.said("logs")
    }

    /// The records of logs so far.
    pub fn records(&self) -> Vec<Value> {
        let requests = self.logs();

        requests.iter().filter_map(|it| it["records"].as_array()).flatten().cloned().collect()
    }

    /// The resource of each request, of metrics and of logs.
    pub fn resources(&self) -> Vec<Value> {
        let requests = self.said("metrics").into_iter().chain(self.said("logs"));

        requests.map(|request| request["resource"].clone()).collect()
    }

    /// Waits for more requests of metrics than there were, and returns the last one.
    #[track_caller]
    pub fn next(&self) -> Value {
        let before = self.pushes().len();

        wait_for("a push", || self.pushes().split_off(before).pop().ok_or("none".into()))
    }

    /// Fails if anything was wrong with any request.
    #[track_caller]
    pub fn assert_content(&self) {
        let log = self.0.log();
        assert!(!log.contains("Traceback"), "it could not read a request:\n{log}");
        let complaints = self.lines();
        let complaints: Vec<_> =
            complaints.iter().filter_map(|it| it["complaints"].as_array()).flatten().collect();

        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    fn said(&self, signal: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["signal"] == signal).collect()
    }

    fn lines(&self) -> Vec<Value> {
        self.0.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// Where the receiver and its judge lie.
pub fn folder() -> PathBuf {
    root().join("tests/receivers")
}

/// The points of the metric in a push that have those attributes, among others.
pub fn points<'a>(push: &'a Value, name: &str, attributes: &[(&str, &str)]) -> Vec<&'a Value> {
    let metrics = push["metrics"].as_array().into_iter().flatten();
    let points = metrics.filter(|metric| metric["name"] == name);
    let points = points.filter_map(|metric| metric["points"].as_array()).flatten();

    points
        .filter(|point| attributes.iter().all(|(key, value)| point["attributes"][key] == *value))
        .collect()
}
