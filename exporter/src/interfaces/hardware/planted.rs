//! Hardware that tests of the whole program plant. Releases are built without debug assertions, and so
//! without this.

use std::env;

use crate::interfaces::Interface;

/// Takes the device of that name for hardware, if a test asks for it.
pub(in crate::interfaces) fn plant(interfaces: &mut [Interface]) {
    let Ok(hardware) = env::var("TEST_HARDWARE") else { return };
    for it in interfaces.iter_mut().filter(|it| *it.name == *hardware) {
        it.has_hardware = true;
    }
}
