//! The built service, as operators and Prometheus meet it.

mod service {
    mod access;
    mod api;
    mod choices;
    mod client_certs;
    mod clients;
    mod expositions;
    mod hanging;
    mod history;
    mod inspections;
    mod kernels;
    mod listening;
    mod memory;
    mod notify;
    mod page;
    mod prefix;
    mod privileges;
    mod prometheus;
    mod refusals;
    mod samples;
    mod starting;
    mod stopping;
    mod top;
    mod web_config;

    use tests::cable::Cable;
    use tests::links;
    use tests::service::Service;

    /// Counts on the cable, and looks often.
    const QUICK: [&str; 4] = ["--devices.include", Cable::DEVICE, "--datapath.interval", "100ms"];
    const ON_CABLE: [&str; 2] = ["--devices.include", Cable::DEVICE];

    /// A network of its own, both ends plugged in.
    fn cable(test: &str) -> Cable {
        let cable = Cable::lay(test);
        cable.plug_in();

        cable
    }

    /// Nothing that was attached is left.
    #[track_caller]
    fn assert_nothing_attached(cable: &Cable) {
        let links = cable.here.ip(&["-j", "-d", "link", "show"]);

        assert!(!links.contains("xdp"), "{links}");
        assert_eq!(links::receivers(&cable.here), Vec::<u32>::new());
        assert_eq!(links::senders(&cable.here), Vec::<u32>::new());
    }

    fn quick(cable: &Cable) -> Service<'_> {
        Service::start(&cable.here, &QUICK)
    }
}
