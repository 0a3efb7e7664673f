//! Where the API is.

/// Returns a path of the API.
macro_rules! under {
    ($below:literal) => {
        concat!("/api/v1", $below)
    };
}

pub(super) use under;

/// Below this is the API in all versions, and errors are problems.
pub const BASE: &str = "/api/";
/// Below this are the operations.
pub const CURRENT: &str = under!("");
/// Below this are the pages of the kinds of problems.
pub(super) const PROBLEMS: &str = under!("/problems/");
