//! A capture as Wireshark reads it.

use tests::cable::Cable;
use tests::service::PORT;

use super::bed::{Bed, cable};

/// Reads a capture as it comes, and prints a line for each packet.
const SCRIPT: &str = "curl --silent --no-buffer --fail -H \"Authorization: $0\" \"$1\" \
    | tshark -n -l -i - -T fields -e frame.interface_name -e ip.src -e icmp.type 2>/dev/null";

#[test]
#[ignore = "needs root: `cargo xtask test --suite api`"]
fn wireshark_reads_a_capture_as_it_comes() {
    const PACKETS: usize = 20;
    let cable = cable("contract-capture");
    let bed = Bed::start(&cable, &["--samples.enabled"]);
    let query = format!("count={PACKETS}&protocol=icmp&direction=receive&seconds=60");
    let url = format!("http://127.0.0.1:{PORT}/api/v1/packets/capture?{query}");

    let output = bed.command("sh").args(["-c", SCRIPT, &bed.login(), &url]).output().unwrap();

    let lines = String::from_utf8(output.stdout).unwrap();
    let request = format!("{}\t{}\t8", Cable::DEVICE, Cable::THERE[0]);
    assert_eq!(lines.lines().collect::<Vec<_>>(), [&*request; PACKETS]);
}
