//! VictoriaMetrics, which takes OTLP over HTTP.

use std::path::Path;

use serde_json::Value;

use super::{Receiver, Start, prometheus};
use crate::cable::Namespace;

pub const PORT: u16 = 8428;
/// Where it takes metrics.
pub const ENDPOINT: &str = "http://127.0.0.1:8428/opentelemetry/v1/metrics";

pub struct VictoriaMetrics<'a>(Receiver<'a>);

impl<'a> VictoriaMetrics<'a> {
    #[track_caller]
    pub fn start(namespace: &'a Namespace, program: &Path) -> Self {
        let address = format!("-httpListenAddr=127.0.0.1:{PORT}");
        let arguments = [
            "-storageDataPath=data",
            "-retentionPeriod=1d",
            "-opentelemetry.usePrometheusNaming",
            // What came is to be found soon.
            "-inmemoryDataFlushInterval=1s",
            &address,
        ];
        let start = Start { program, arguments: &arguments, files: &[], ports: &[PORT] };

        Self(Receiver::start(namespace, &start))
    }

    /// The series that a query returns: their labels, and their value.
    #[track_caller]
    pub fn series(&self, query: &str) -> Vec<(Value, String)> {
        // It takes no latency of 0.
        let path = prometheus::asking("/api/v1/query?latency_offset=1ms&nocache=1&", query);

        prometheus::series(&prometheus::get(self.0.namespace(), PORT, &path))
    }
}
