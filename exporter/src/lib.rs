//! The service: attaches the programs, folds what they count, and exposes it.

pub mod datapath;
pub mod driver;
pub mod health;
pub mod interfaces;
pub mod interval;
