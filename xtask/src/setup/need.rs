//! One thing that the project needs of a machine.

use crate::process;

/// What a machine is made ready for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Run,
    Demo,
    /// The demo of attacks.
    Attack,
    Test,
    /// Programs of others that tests of the default run meet, and that not every machine can have.
    Meet,
    /// Programs of others that only the tests of one suite meet.
    Suite(&'static str),
}

impl Purpose {
    /// Returns whether a machine that is ready for this purpose is ready for `other` too.
    pub(crate) fn includes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Suite(own), Self::Suite(suite)) => own == suite,
            (own, other) => own.rank() >= other.rank(),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Run => 0,
            Self::Demo => 1,
            Self::Attack => 2,
            Self::Test => 3,
            Self::Meet => 4,
            Self::Suite(_) => 5,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_includes_the_default_run_and_no_other_suite() {
        use Purpose::{Attack, Demo, Meet, Run, Suite, Test};

        assert!([Run, Demo, Attack, Test, Meet].iter().all(|it| Suite("otlp").includes(*it)));
        assert!(Suite("otlp").includes(Suite("otlp")));
        assert!(!Suite("otlp").includes(Suite("kernels")));
        assert!(!Meet.includes(Suite("otlp")));
        assert!(Meet.includes(Test) && !Test.includes(Meet));
        assert!(Test.includes(Attack) && Attack.includes(Demo) && !Demo.includes(Attack));
    }
}
