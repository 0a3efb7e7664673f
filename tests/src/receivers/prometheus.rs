//! A Prometheus, asked as its users ask it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::Ipv4Addr;
use std::path::Path;

use serde_json::Value;

use super::{Receiver, Start};
use crate::cable::Namespace;
use crate::http;
use crate::patience::wait_for;
use crate::scrape;

pub const PORT: u16 = 9090;

pub struct Prometheus<'a>(Receiver<'a>);

impl<'a> Prometheus<'a> {
    /// Starts it with that configuration and more options.
    #[track_caller]
    pub fn start(namespace: &'a Namespace, program: &Path, config: &str, options: &[&str]) -> Self {
        let address = format!("--web.listen-address=127.0.0.1:{PORT}");
        let usual = ["--config.file=config.yml", "--storage.tsdb.path=data", "--log.level=debug"];
        let arguments = [&usual, &[address.as_str()][..], options].concat();
        let files = [("config.yml", config)];
        let start = Start { program, arguments: &arguments, files: &files, ports: &[PORT] };
        let prometheus = Self(Receiver::start(namespace, &start));

        wait_for("Prometheus to be ready", || {
            match http::request(namespace, PORT, "GET /-/ready", &[]) {
                Ok(answer) if answer.status == 200 => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
        prometheus
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        get(self.0.namespace(), PORT, path)
    }

    /// The series that a query returns: their labels, and their value.
    #[track_caller]
    pub fn series(&self, query: &str) -> Vec<(Value, String)> {
        series(&self.get(&asking("/api/v1/query?", query)))
    }

    /// The series of a query between two times in seconds since 1970, with a step in seconds.
    #[track_caller]
    pub fn courses(&self, query: &str, [from, to]: [u64; 2], step: u64) -> Vec<Course> {
        let path = format!("/api/v1/query_range?start={from}&end={to}&step={step}&");
        let answer = self.get(&asking(&path, query));
        let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let course = |it: Value| Course {
            labels: serde_json::from_value(it["metric"].clone()).expect("labels are texts"),
            last: it["values"].as_array().and_then(|all| all.last()?[1].as_str()?.parse().ok()),
        };

        results.into_iter().map(course).collect()
    }

    /// The first sample of each series of a range: its labels, and when it was, in seconds since 1970.
    #[track_caller]
    pub fn first_samples(&self, range: &str) -> Vec<(Value, f64)> {
        let answer = self.get(&asking("/api/v1/query?", range));
        let results = answer["data"]["result"].as_array().into_iter().flatten();

        results
            .filter_map(|it| Some((it["metric"].clone(), it["values"][0][0].as_f64()?)))
            .collect()
    }

    /// The value of a query that has one series or none.
    #[track_caller]
    pub fn text(&self, query: &str) -> Option<String> {
        self.series(query).into_iter().next().map(|(_, value)| value)
    }

    #[track_caller]
    pub fn value(&self, query: &str) -> Option<f64> {
        self.text(query)?.parse().ok()
    }

    /// Its metrics of itself.
    pub fn own_metrics(&self) -> String {
        text(self.0.namespace(), PORT, "/metrics")
    }

    pub fn log(&self) -> String {
        self.0.log()
    }
}

/// One series of a query over a time.
#[derive(Clone, Debug)]
pub struct Course {
    pub labels: BTreeMap<String, String>,
    /// Its last value, if it is a number.
    pub last: Option<f64>,
}

/// Reads a page of an API of Prometheus, which is JSON.
#[track_caller]
pub(super) fn get(namespace: &Namespace, port: u16, path: &str) -> Value {
    serde_json::from_str(&text(namespace, port, path)).expect("it answers with JSON")
}

/// Gets a page as a client of HTTP/1.0, to which nothing is sent in chunks.
#[track_caller]
fn text(namespace: &Namespace, port: u16, path: &str) -> String {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let answer = namespace.within(|| scrape::get(address, path));
    let (status, body) = answer.expect("it answers");
    assert_eq!(status, 200, "{body}");

    body
}

/// The path of a query, each of its bytes escaped.
pub(super) fn asking(path: &str, query: &str) -> String {
    let mut path = format!("{path}query=");
    for byte in query.bytes() {
        write!(path, "%{byte:02x}").expect("a text can grow");
    }

    path
}

pub(super) fn series(answer: &Value) -> Vec<(Value, String)> {
    let results = answer["data"]["result"].as_array().into_iter().flatten();

    results
        .map(|it| (it["metric"].clone(), it["value"][1].as_str().unwrap_or_default().to_owned()))
        .collect()
}
