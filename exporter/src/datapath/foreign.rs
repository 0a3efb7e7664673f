//! Programs that other processes loaded.

use std::collections::BTreeMap;
use std::fmt;

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

    /// Returns the name of the program with that number; `None` where it is not known.
    pub fn of(&self, id: u32) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }
}

/// The program that has a hook; empty where nothing is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    pub id: Option<u32>,
    pub name: Option<String>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { id: Some(id), name: Some(name) } => write!(f, ": `{name}`, id {id}"),
            Self { id: Some(id), name: None } => write!(f, ": id {id}"),
            Self { id: None, .. } => Ok(()),
        }
    }
}

/// A program or a filter of another process that is in front of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InFront {
    /// A program of TCX.
    Program(Owner),
    /// A filter of clsact.
    Filter { kind: String, priority: u16, owner: Owner },
}

impl InFront {
    /// Returns the program, as far as it is known.
    pub fn owner_mut(&mut self) -> &mut Owner {
        match self {
            Self::Program(owner) | Self::Filter { owner, .. } => owner,
        }
    }
}

impl fmt::Display for InFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(owner) => write!(f, "a TCX program{owner}"),
            Self::Filter { kind, priority, owner } => {
                write!(f, "the {kind} filter of preference {priority}{owner}")
            }
        }
    }
}
