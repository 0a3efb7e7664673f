//! rotel, a collector that prints what it received much as the OpenTelemetry Collector does.

use std::path::Path;

use super::dump::{self, Request};
use super::series::Series;
use super::{Receiver, Start};
use crate::cable::Namespace;

/// Of gRPC and of HTTP.
pub const PORTS: [u16; 2] = [4317, 4318];
/// It wants to know where to send on, and prints before it does. Nothing listens there.
const NOBODY: &str = "http://127.0.0.1:1/";

pub struct Rotel<'a>(Receiver<'a>);

impl<'a> Rotel<'a> {
    #[track_caller]
    pub fn start(namespace: &'a Namespace, program: &Path) -> Self {
        let arguments = [
            &["start", "--pid-file", "pid", "--log-file", "own-log"][..],
            &["--otlp-grpc-endpoint", "127.0.0.1:4317", "--otlp-http-endpoint", "127.0.0.1:4318"],
            &["--debug-log", "metrics", "--debug-log-verbosity", "detailed"],
            &["--exporter", "otlp", "--otlp-exporter-protocol", "http"],
            &["--otlp-exporter-metrics-endpoint", NOBODY, "--otlp-exporter-logs-endpoint", NOBODY],
            &["--otlp-exporter-traces-endpoint", NOBODY],
        ];

        Self(Receiver::start(
            namespace,
            &Start { program, arguments: &arguments.concat(), files: &[], ports: &PORTS },
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
}
