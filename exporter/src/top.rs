//! `packet-exporter top`: what is counted now, for a terminal; pure.

mod choice;
mod keys;
mod number;
mod screen;
mod seen;
mod state;
mod table;
#[cfg(test)]
mod tests;

pub use self::choice::{Choice, Direction, Order};
pub use self::keys::Reaction;
pub use self::screen::draw;
pub use self::seen::{Answers, Malformed, Seen, problem};
pub use self::state::State;
pub use self::table::table;
