//! The hardware behind an interface: whether there is any, and the name of its driver.

#[cfg(debug_assertions)]
pub(super) mod planted;

use std::path::Path;
use std::sync::Arc;

use super::Interface;
use crate::files;

/// Returns the name of the driver of a device on a bus.
///
/// Not of /sys/class/net: it may be that of another network namespace.
pub(super) fn driver(bus: &str, device: &str) -> Option<Arc<str>> {
    driver_of(&Path::new("/sys/bus").join(bus).join("devices").join(device))
}

/// Finds the hardware where the kernel does not name it with the interface, as before Linux 5.14.
pub(super) fn find(interfaces: &mut [Interface]) {
    if interfaces.iter().any(|it| it.has_hardware) {
        return;
    }
    // What is of no kind has a driver of its own, which need not stand for hardware.
    for it in interfaces.iter_mut().filter(|it| it.kind.is_empty()) {
        let folder = Path::new("/sys/class/net").join(&*it.name);
        let index = files::of_kernel(&folder.join("ifindex")).ok();
        let is_of_this_namespace = index.is_some_and(|text| text.trim().parse() == Ok(it.index));
        let device = folder.join("device");
        if is_of_this_namespace && files::is_in_kernel(&device) {
            it.has_hardware = true;
            it.driver = driver_of(&device);
        }
    }
}

fn driver_of(device: &Path) -> Option<Arc<str>> {
    let driver = files::target_in_kernel(&device.join("driver")).ok()?;

    Some(driver.file_name()?.to_string_lossy().into())
}
