//! Panics that tests of the whole program plant. Releases are built without debug assertions, and so
//! without this.

use std::time::Duration;
use std::{env, future};

use tokio::time::sleep;

/// Panics when each optional part has run for so many milliseconds, if a test asks for it.
pub(super) async fn panic(part: &str) {
    let after = env::var("TEST_PANIC_AFTER_MILLISECONDS").ok();
    let Some(after) = after.and_then(|after| after.parse().ok()) else {
        return future::pending().await;
    };

    sleep(Duration::from_millis(after)).await;
    panic!("planted in {part}");
}
