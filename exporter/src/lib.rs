//! The service: attaches the programs, folds what they count, and exposes it.

pub mod datapath;
pub mod health;
pub mod interval;
