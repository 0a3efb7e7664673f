//! The service: attaches the programs, folds what they count, and exposes it.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make files of their own"))]

pub mod app;
pub mod bundle;
pub mod capture;
pub mod catalog;
pub mod causes;
pub mod config;
pub mod datapath;
pub mod dimension;
pub mod doctor;
pub mod driver;
pub mod export;
pub mod files;
pub mod folder;
pub mod health;
pub mod html;
pub mod http;
pub mod inspect;
pub mod interfaces;
pub mod interval;
pub mod ledger;
pub mod listening;
pub mod logging;
pub mod netlink;
pub mod notify;
pub mod outbound;
pub mod printable;
pub mod privileges;
pub mod process;
pub mod record;
pub mod reload;
pub mod services;
pub mod signals;
pub mod snapshot;
pub mod trusted;
pub mod version;
