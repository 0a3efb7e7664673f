//! Which keys change by file only.

/// Keys that the API does not set, because with them it would give more than its scope: they name files,
/// addresses to send to and to listen on, or credentials, or say who may do what, or what people send to
/// each other is read.
const BY_FILE: [&str; 28] = [
    "datapath.pin_path",
    "samples.payload",
    "otlp.endpoints",
    "otlp.headers",
    "otlp.headers_file",
    "otlp.ca_file",
    "otlp.cert_file",
    "otlp.key_file",
    "otlp.insecure",
    "otlp.logs_endpoint",
    "otlp.logs_headers",
    "otlp.logs_ca_file",
    "otlp.logs_cert_file",
    "otlp.logs_key_file",
    "web.listen_address",
    "web.systemd_socket",
    "web.config_file",
    "web.route_prefix",
    "web.external_url",
    "web.trusted_proxies",
    "web.enable_lifecycle",
    "api.listen_address",
    "api.token_file",
    "api.users",
    "api.client_names",
    "api.gateway_names",
    "api.state_file",
    "api.history_memory",
];

/// Returns whether a key changes by file only.
pub(super) fn is_by_file(key: &str) -> bool {
    BY_FILE.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;

    /// Keys that the API may set. A new key is listed here or above.
    const BY_API: &[&str] = &[
        "devices.include",
        "devices.exclude",
        "devices.linger",
        "datapath.interval",
        "datapath.mode",
        "datapath.transmit",
        "datapath.memory",
        "datapath.source_table_kib",
        "datapath.port_table_kib",
        "datapath.source_overflow_entries",
        "datapath.port_overflow_entries",
        "datapath.miss_budget",
        "datapath.pin",
        "datapath.override",
        "parser.vxlan_ports",
        "parser.geneve_ports",
        "sources.enabled",
        "sources.limit",
        "sources.idle",
        "sources.churn",
        "sources.remembered",
        "ports.enabled",
        "ports.limit",
        "ports.idle",
        "ports.churn",
        "ports.remembered",
        "ports.ephemeral",
        "ports.services",
        "vlans.enabled",
        "vlans.limit",
        "dscp.enabled",
        "signals.enabled",
        "signals.window",
        "signals.scan_ports",
        "samples.enabled",
        "samples.one_in",
        "samples.per_second",
        "samples.matching",
        "samples.snap_length",
        "samples.kept",
        "metrics.exclude",
        "otlp.enabled",
        "otlp.protocol",
        "otlp.interval",
        "otlp.timeout",
        "otlp.push_timeout",
        "otlp.compression",
        "otlp.temporality",
        "otlp.histogram",
        "otlp.names",
        "otlp.max_points",
        "otlp.logs",
        "otlp.logs_protocol",
        "otlp.logs_timeout",
        "otlp.logs_compression",
        "web.telemetry_path",
        "web.max_requests",
        "log.level",
        "log.format",
        "config.watch",
    ];

    #[test]
    fn every_key_is_set_by_the_api_or_by_file_alone() {
        let keys: Vec<_> = keys::all().into_iter().map(|key| key.name).collect();

        for key in &keys {
            let is_by_api = BY_API.contains(&key.as_str());
            assert_ne!(is_by_api, is_by_file(key), "`{key}` has to be in BY_FILE or in BY_API");
        }
        for key in BY_FILE.iter().chain(BY_API) {
            assert!(keys.iter().any(|it| it == key), "there is no `{key}`");
        }
    }

    #[test]
    fn what_names_files_addresses_to_send_to_and_credentials_is_by_file() {
        for key in keys::all() {
            let parts = ["_file", "_path", "endpoint", "header", "listen", "insecure", "token"];
            let is_suspect = parts.iter().any(|part| key.name.contains(part));
            let is_exempt = key.name == "web.telemetry_path";

            assert!(!is_suspect || is_exempt || is_by_file(&key.name), "{}", key.name);
            assert!(!key.name.starts_with("api.") || is_by_file(&key.name), "{}", key.name);
        }
    }
}
