//! The parser of the programs that count packets, and what they do with its result. The same
//! source runs in the kernel and on the host.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch, likely_unlikely))]

pub mod attribute;
pub mod count;
pub mod packet;
pub mod parse;
pub mod segments;
pub mod service;
mod settle;

pub use parse::{parse_bytes, parse_captured, parse_first_buffer, parse_live};
pub use settle::settle;
