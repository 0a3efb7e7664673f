//! The dashboards, read by Grafana's types and drawn by its components.

mod dashboards {
    mod drawn;
    mod read;
    mod typed;
}
