//! The service under a real systemd, in a container with a kernel of its own devices.

mod systemd {
    mod booted;

    use std::time::Duration;

    use tests::cable::Cable;
    use tests::patience::{Reason, let_pass, wait_for};
    use tests::programs;
    use tests::scrape::{self, Scrape};
    use tests::sources::root;
    use tests::tools::tool;

    use booted::{Booted, hang};

    /// The folder of a small Debian with systemd.
    const SYSTEM: &str = "PACKET_EXPORTER_SYSTEMD";
    const UNIT: &str = "packet-exporter.service";

    /// The unit as the document has it.
    fn documented() -> String {
        let document = std::fs::read_to_string(root().join("docs/systemd.md")).unwrap();
        let (_, unit) = document.split_once("```ini\n").expect("an example");

        unit.split_once("```").expect("its end").0.to_owned()
    }

    fn get(cable: &Cable, path: &str) -> Option<(u16, String)> {
        let address = "127.0.0.1:10199".parse().unwrap();

        cable.here.within(|| scrape::get(address, path)).ok()
    }

    fn received(cable: &Cable) -> u64 {
        let (_, text) = get(cable, "/metrics").expect("it answers");

        Scrape::read(&text).received("", &[("protocol", "icmp")]).packets
    }

    #[track_caller]
    fn assert_counts(cable: &Cable, pings: u64) {
        wait_for("the pings to be counted", || match received(cable) {
            counted if counted == pings => Ok(()),
            counted => Err(format!("{counted} of {pings}")),
        });
    }

    #[test]
    #[ignore = "needs root: `cargo xtask test --suite systemd`"]
    fn the_unit_of_the_document_is_started_once_it_counts_and_stops_in_order() {
        let test = "the_unit_of_the_document_is_started_once_it_counts_and_stops_in_order";
        let Some(system) = tool(test, SYSTEM) else { return };
        let cable = Cable::lay("systemd");
        cable.plug_in();
        let booted = Booted::boot(&system, &cable, &documented());

        booted.run(&["systemctl", "start", UNIT]);

        let ready = get(&cable, "/-/ready").map(|(status, _)| status);
        assert_eq!(ready, Some(200), "started means ready");
        assert_eq!(booted.property("ActiveState"), "active");
        assert_eq!(booted.property("StatusText"), "Counting on 1 device.");
        programs::ping(&cable, Cable::THERE[0], 20, 56);
        assert_counts(&cable, 20);
        booted.run(&["systemctl", "stop", UNIT]);
        assert_eq!(booted.property("ActiveState"), "inactive");
        assert_eq!(booted.property("Result"), "success");
    }

    #[test]
    #[ignore = "needs root: `cargo xtask test --suite systemd`"]
    fn the_watchdog_starts_a_service_again_whose_fold_hangs() {
        let test = "the_watchdog_starts_a_service_again_whose_fold_hangs";
        let Some(system) = tool(test, SYSTEM) else { return };
        let cable = Cable::lay("watchdog");
        cable.plug_in();
        let unit = documented().replace("WatchdogSec=30s", "WatchdogSec=3s");
        assert!(unit.contains("WatchdogSec=3s"), "{unit}");
        let booted = Booted::boot(&system, &cable, &unit);
        booted.run(&["systemctl", "start", UNIT]);
        let before = booted.property("MainPID");
        // Long enough for a watchdog that nothing feeds.
        let_pass(Duration::from_secs(8), Reason::Nothing);
        assert_eq!(booted.property("MainPID"), before, "folds go on, and so does the service");

        let Some(tracer) = hang(&booted, "folder") else { return };
        wait_for("the watchdog", || match booted.property("Result") {
            result if result == "watchdog" => Ok(()),
            result => Err(result),
        });
        drop(tracer);

        wait_for("another service", || {
            let now = (booted.property("ActiveState"), booted.property("MainPID"));
            if now.0 == "active" && now.1 != before { Ok(()) } else { Err(format!("{now:?}")) }
        });
        assert_eq!(booted.property("NRestarts"), "1");
        programs::ping(&cable, Cable::THERE[0], 20, 56);
        assert_counts(&cable, 20);
    }
}
