// Made by `cargo run -p grafana`. Do not edit it; override `_config`.
(import 'config.libsonnet') +
(import 'alerts.libsonnet')
