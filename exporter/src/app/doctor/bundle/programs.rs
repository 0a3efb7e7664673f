//! BPF programs and maps, of this exporter and of others.

use std::error::Error;
use std::fmt::Display;

use super::{Item, lines};
use crate::causes::with_causes;
use crate::datapath::{loaded, loaded_maps};

pub(super) fn items() -> Vec<Item> {
    vec![
        Item::new("bpf/programs.txt", "BPF programs in the kernel", listed(loaded())),
        Item::new("bpf/maps.txt", "BPF maps in the kernel", listed(loaded_maps())),
    ]
}

fn listed<E: Error + 'static>(all: Result<Vec<impl Display>, E>) -> Result<String, String> {
    let all =
        all.map_err(|error| format!("{}; listing them needs CAP_SYS_ADMIN", with_causes(&error)))?;

    Ok(lines(all.iter()))
}
