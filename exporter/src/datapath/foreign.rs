//! Programs that other processes loaded.

use std::collections::BTreeMap;

use aya::programs::loaded_programs;

/// The names of the programs that were in the kernel at one moment, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct ProgramNames(BTreeMap<u32, String>);

impl ProgramNames {
    /// Reads them, as far as this process may: it takes CAP_SYS_ADMIN.
    pub fn read() -> Self {
        let named = |program: aya::programs::ProgramInfo| {
            Some((program.id(), program.name_as_str()?.to_owned()))
        };

        Self(loaded_programs().map_while(Result::ok).filter_map(named).collect())
    }

    /// Gives the name of the program with that number; `None` where it is not known.
    pub fn of(&self, id: u32) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }
}
