//! What was counted while its key had no name, and why it had none.

use super::contract::{Counts, Other, Reasons};
use super::selection::Selection;
use crate::catalog::Choice;
use crate::snapshot::{Flow, Unattributed};

/// Returns the rest beside the named keys; `None` where no key needs a name.
pub(super) fn other(
    selection: &Selection<'_>,
    flows: &[&Flow],
    counts: Option<Counts>,
    choice: &Choice,
) -> Option<Other> {
    let dimension = selection.counted.dimension?;
    let breakdowns = flows.iter().filter_map(|flow| flow.breakdowns[dimension].as_ref());
    let reasons =
        breakdowns.clone().map(|it| it.unattributed).fold(Unattributed::default(), |sum, more| {
            Unattributed {
                guard: sum.guard + more.guard,
                evicted: sum.evicted + more.evicted,
                unnamed: sum.unnamed + more.unnamed,
            }
        });
    // Reasons are counted by device and direction alone.
    let is_narrowed =
        selection.filters.iter().any(|(label, _)| Some(*label) != selection.counted.keyed());
    let Unattributed { guard, evicted, unnamed } = reasons;

    Some(Other {
        counts: counts?,
        reasons: (!is_narrowed && choice.has_name("packet_exporter_unattributed"))
            .then_some(Reasons { guard, evicted, unnamed }),
        sampled: breakdowns.clone().any(|it| it.guarded),
    })
}
