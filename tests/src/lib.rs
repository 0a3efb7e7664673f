//! Fixtures of the integration tests.
#![deny(unsafe_code)]

pub mod bench;
pub mod cable;
pub mod capture;
pub mod claims;
pub mod convert;
pub mod corpus;
pub mod exporter;
pub mod filter;
pub mod graph;
pub mod group;
pub mod hanging;
pub mod http;
pub mod inspection;
pub mod kinds;
pub mod links;
pub mod load;
pub mod machine;
pub mod oracle;
pub mod outcome;
pub mod patience;
pub mod probes;
pub mod programs;
pub mod raw;
pub mod receivers;
pub mod rows;
pub mod rust_paths;
pub mod scrape;
pub mod senders;
pub mod service;
pub mod service_port;
pub mod skb;
pub mod sources;
pub mod tools;
pub mod truth;
pub mod veths;
