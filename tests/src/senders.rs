//! Senders that count what they send, fast enough for a measurement.

mod frames;
mod paced;
mod relay;
mod stream;

pub use frames::{Mix, Sender, VIRTIO_HEADER, checksum};
pub use paced::{at_rate, paced};
pub use relay::relay;
pub use stream::{Streamed, stream};
