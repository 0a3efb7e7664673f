//! Alerts end to end: traffic, the exporter, Prometheus with the rules, and Alertmanager.

mod alerts {
    mod attacks;
    mod harmless;
    mod own;
    mod played;
    mod routes;
}
