//! Panels that more than one dashboard has.

use crate::dashboards::field::Scale;
use crate::dashboards::panel::Panel;
use crate::dashboards::unit::Unit;

/// How many exporters cannot be scraped any more.
pub(super) fn exporters_gone() -> Panel {
    Panel::number(
        "Exporters gone",
        "Exporters that were scraped within the last day and cannot be scraped now.",
        Unit::Count,
        "count(up{<host>} == 0 and on (job, instance) \
         last_over_time(packet_exporter_build_info{<host>}[1d])) or vector(0)",
    )
    .scale(Scale::BadAboveZero)
    .runbooks(&["PacketExporterDown"])
}

/// How many programs are wanted and not attached.
pub(super) fn programs_missing() -> Panel {
    Panel::number(
        "Programs missing",
        "Programs that are wanted on a device and are not attached: nothing is counted there.",
        Unit::Count,
        "count(packet_exporter_program_attached{<device>} == 0) or vector(0)",
    )
    .scale(Scale::BadAboveZero)
    .runbooks(&["PacketExporterProgramNotAttached"])
}
