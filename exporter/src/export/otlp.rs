//! OTLP: what is counted, pushed to receivers.

mod backoff;
mod before;
mod client;
mod connection;
mod encoding;
mod failure;
#[cfg(test)]
pub(crate) mod fake;
mod grpc;
mod local;
mod logs;
mod memory;
mod mismatch;
mod point;
mod receiver;
mod reports;
mod request;
mod resource;
mod said;
mod sender;
mod signal;
mod source;
mod taken;
mod wording;
mod work;

pub use before::Delivered;
pub use client::Client;
pub use connection::Connection;
pub use local::LocalError;
pub use logs::{Bridge, Events, LogClient, LogConnection, LogSender, Lost, bridge};
pub use receiver::Receiver;
pub use request::Style;
pub use resource::HostResource;
pub use sender::{Sender, Times};
pub use source::Source;
pub use taken::Taken;
pub use work::{Make, Payload, Work};
