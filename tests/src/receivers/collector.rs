//! The OpenTelemetry Collector, which prints what it received.

use std::path::Path;

use super::dump::{self, Request};
use super::series::Series;
use super::{Receiver, Start};
use crate::cable::Namespace;

/// Of gRPC and of HTTP.
pub const PORTS: [u16; 2] = [4317, 4318];
/// A request is printed as it came: nothing is batched.
const CONFIG: &str = "
receivers:
  otlp: {protocols: {grpc: {endpoint: '127.0.0.1:4317'}, http: {endpoint: '127.0.0.1:4318'}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    metrics: {receivers: [otlp], exporters: [debug]}
    logs: {receivers: [otlp], exporters: [debug]}
";

pub struct Collector<'a>(Receiver<'a>);

impl<'a> Collector<'a> {
    #[track_caller]
    pub fn start(namespace: &'a Namespace, program: &Path) -> Self {
        Self(Receiver::start(
            namespace,
            &Start {
                program,
                arguments: &["--config", "file:config.yaml"],
                files: &[("config.yaml", CONFIG)],
                ports: &PORTS,
            },
        ))
    }

    /// The last request of metrics. While it is being printed it may be there in part.
    pub fn last_request(&self) -> Option<Request> {
        dump::last_request(&self.0.log())
    }

    /// The series of the last request.
    pub fn series(&self) -> Series {
        self.last_request().map(|request| request.series()).unwrap_or_default()
    }

    /// What it printed.
    pub fn log(&self) -> String {
        self.0.log()
    }
}
