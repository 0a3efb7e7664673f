//! What was counted is what windows have, in the memory that there is.

mod laws;
mod room;
mod scene;
mod speed;
mod times;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use shared::{Count, Direction};

use super::packed::{pack, unpack};
use super::*;
use crate::catalog::example;
use crate::dimension::{ByDimension, Dimension};
use crate::interval::Interval;
use crate::interval::balanced::{Burst, interval};
use crate::snapshot::Flow;

use scene::Scene;

const SECOND: Duration = Duration::from_secs(1);
const LIMIT: usize = 16 << 20;

/// A second with so many packets of one source.
fn busy(packets: u64) -> Interval {
    interval(&[Burst::from(Ipv4Addr::LOCALHOST.into(), packets)], SECOND)
}

fn frames(sum: &Sum) -> u64 {
    sum.flows.iter().map(|flow| flow.totals.frames().packets).sum()
}

fn all(window: &Window) -> Sum {
    window.sum(Of::All, |_, _| true)
}
