//! One thing that the project needs of a machine.

use crate::process;

/// What a machine is made ready for. Each includes the ones before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Purpose {
    Run,
    Demo,
    Test,
    /// Programs of others that some tests meet, and that not every machine can have.
    Meet,
}

pub(crate) struct Need {
    pub(crate) name: &'static str,
    /// The first purpose that needs it.
    pub(crate) purpose: Purpose,
    pub(crate) check: Check,
    /// Debian's packages: the first set that the archive has.
    pub(crate) packages: &'static [&'static [&'static str]],
    /// What is left to do once the packages are there.
    pub(crate) make: Option<fn() -> anyhow::Result<()>>,
    /// How to get it without Debian.
    pub(crate) elsewhere: &'static str,
}

pub(crate) enum Check {
    Programs(&'static [&'static str]),
    Place(fn() -> Option<String>),
}

impl Need {
    /// Where it is; `None` if it is missing.
    pub(crate) fn place(&self) -> Option<String> {
        match self.check {
            Check::Programs(names) => {
                let places: Option<Vec<_>> = names.iter().map(|name| process::find(name)).collect();
                places?.first().map(|place| place.display().to_string())
            }
            Check::Place(place) => place(),
        }
    }
}
