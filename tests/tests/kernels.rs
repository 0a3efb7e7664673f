//! Kernels that this machine does not run, with devices that its own may not have: the service in a
//! virtual machine.

mod kernels {
    mod cards;
    mod devices;
    mod possible;
}

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tests::cable::Namespace;
use tests::machine::{Console, Machine};
use tests::tools;

/// A kernel, and what it is to be counted by.
struct Kernel {
    /// Debian's name for the release that has it.
    release: &'static str,
    /// How its version begins.
    version: &'static str,
    /// Of what is received and of what is sent, where the driver does not run XDP natively.
    hooks: [&'static str; 2],
    /// It has netkit devices.
    has_netkit: bool,
    /// It charges maps and programs to the limit of locked memory.
    charges_memory: bool,
}

const CLSACT: [&str; 2] = ["tc_ingress", "tc_egress"];
const TCX: [&str; 2] = ["tcx_ingress", "tcx_egress"];

const OLDEST: Kernel = Kernel {
    release: "bullseye",
    version: "5.10.",
    hooks: CLSACT,
    has_netkit: false,
    charges_memory: true,
};
const CLSACT_ONLY: Kernel =
    Kernel { release: "bookworm", version: "6.1.", charges_memory: false, ..OLDEST };
const WITH_TCX: Kernel =
    Kernel { release: "trixie", version: "6.12.", hooks: TCX, has_netkit: true, ..CLSACT_ONLY };
const NEWEST: Kernel = Kernel { release: "unstable", version: "7.", ..WITH_TCX };

/// What a machine has beside a kernel.
struct Outfit<'a> {
    init: &'a str,
    modules: &'a [&'a str],
    /// Network cards, as QEMU is told of them, and where it runs then.
    cards: &'a [&'a str],
    network: Option<&'a Namespace>,
    possible_cpus: u32,
}

/// Numbers of processors of most machines.
const CPUS: u32 = 2;

/// One machine at a time: each has two processors.
static ONE: Mutex<()> = Mutex::new(());

impl Kernel {
    /// Boots it and returns what the console showed. Prints that `test` is skipped if it cannot.
    fn boot(&self, test: &str, outfit: &Outfit<'_>) -> Option<Console> {
        let folder = tools::tool(test, "PACKET_EXPORTER_KERNELS")?;
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let kernel = folder.join(self.release);
        if !kernel.is_dir() {
            let how = "`cargo xtask setup --suite kernels` unpacks it";
            println!("SKIPPED {test}: there is no kernel of {}; {how}", self.release);
            return None;
        }
        let Outfit { init, modules, cards, network, possible_cpus } = *outfit;
        let machine = Machine {
            kernel: &kernel,
            modules,
            busybox: &folder.join("busybox-static"),
            packages: &[(folder.join("wireguard-tools"), "wg")],
            cards,
            network,
            possible_cpus,
            scratch: Path::new(env!("CARGO_TARGET_TMPDIR")),
            init,
        };

        match machine.run() {
            Ok(console) => {
                println!("Linux {}", console.line("kernel "));
                assert!(console.line("kernel ").starts_with(self.version));
                Some(console)
            }
            Err(reason) => {
                println!("SKIPPED {test}: {reason}");
                None
            }
        }
    }
}
