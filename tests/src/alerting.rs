//! Alerts from the packet to the message: devices, the exporter, Prometheus with rules whose times
//! are shorter, and an Alertmanager that tells the test.

mod history;
mod hook;
mod monitoring;
mod net;
mod talk;
mod watching;

pub use history::{Alerted, History};
pub use hook::{Labels, Notice};
pub use monitoring::Monitoring;
pub use net::Net;
pub use talk::talk;
pub use watching::{SCALE, Target, Watch, alertmanager_arguments, alertmanager_config};
