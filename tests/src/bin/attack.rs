//! Plays an attack until its standard input ends: `cargo xtask demo --attack` runs this in one of its
//! namespaces.

use std::io::{self, Read};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tests::attacks::list::{Attack, find, listed};
use tests::attacks::{Way, play};

const USAGE: &str = "usage: attack NAME DEVICE FROM TO ETHERNET-ADDRESS-OF-TO; the attacks are:";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((attack, way)) = read(&arguments) else {
        eprint!("{USAGE}\n{}", listed());
        return ExitCode::from(2);
    };
    let has_ended = Arc::new(AtomicBool::new(false));
    let at_end = Arc::clone(&has_ended);
    thread::spawn(move || {
        let _broken_is_ended_too = io::stdin().read_to_end(&mut Vec::new());
        at_end.store(true, Ordering::Relaxed);
    });

    match play(attack, &way, || !has_ended.load(Ordering::Relaxed)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attack: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: &[String]) -> Option<(&'static Attack, Way)> {
    let [name, device, from, to, ethernet] = arguments else { return None };
    let bytes = ethernet.split(':').map(|byte| u8::from_str_radix(byte, 16).ok());
    let to_device = bytes.collect::<Option<Vec<_>>>()?.try_into().ok()?;
    let way =
        Way { device: device.clone(), from: from.parse().ok()?, to: to.parse().ok()?, to_device };

    Some((find(name)?, way))
}
