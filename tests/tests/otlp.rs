//! What is pushed, as receivers that others wrote read it.

mod otlp {
    mod by_hand;
    mod clock;
    mod comparison;
    mod dns;
    mod dumps;
    mod faults;
    mod fields;
    mod hanging;
    mod logs;
    mod namings;
    mod panics;
    mod proxies;
    mod tls;

    use std::net::UdpSocket;

    use tests::cable::Cable;
    use tests::programs;
    use tests::receivers::series::Leeway;
    use tests::service::{self, Service};

    const COLLECTOR: &str = "PACKET_EXPORTER_COLLECTOR";
    const OTLP_PROMETHEUS: &str = "PACKET_EXPORTER_OTLP_PROMETHEUS";
    const PYTHON: &str = "PACKET_EXPORTER_PYTHON";
    const ROTEL: &str = "PACKET_EXPORTER_ROTEL";
    const VICTORIA_METRICS: &str = "PACKET_EXPORTER_VICTORIA_METRICS";

    const INTERVAL: &str = "300ms";
    const GRPC: &str = "http://127.0.0.1:4317";
    const HTTP: &str = "http://127.0.0.1:4318";
    const HTTP_METRICS: &str = "http://127.0.0.1:4318/v1/metrics";

    /// Values of which a scrape and a push at another moment say different things: times, what a
    /// fold, a scrape or a push itself counts, what the history takes, and the process.
    const MOVING: [&str; 6] = [
        "process_",
        "packet_exporter_fold",
        "packet_exporter_otlp_",
        "packet_exporter_last_fold_timestamp_seconds",
        "packet_exporter_memory_bytes{part=\"history\"",
        "packet_exporter_listening_age_seconds",
    ];
    const EXACT: Leeway<'_> = Leeway { moving: &MOVING, fraction: 0.0 };
    /// VictoriaMetrics keeps some 15 digits, of seconds since 1970 five behind the point, and the
    /// collectors print six there.
    const SHORTENED: Leeway<'_> = Leeway { moving: &MOVING, fraction: 1e-5 };

    /// A network of its own, both ends plugged in.
    fn cable(test: &str) -> Cable {
        let cable = Cable::lay(test);
        cable.plug_in();

        cable
    }

    /// The arguments of a service that looks and pushes often, to those endpoints.
    fn pushing<'a>(endpoints: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["--devices.include", Cable::DEVICE, "--devices.linger", "1s"];
        arguments.extend(["--datapath.interval", "100ms", "--otlp.interval", INTERVAL]);
        for endpoint in endpoints {
            arguments.extend(["--otlp.endpoints", endpoint]);
        }
        arguments.extend(more);

        arguments
    }

    /// A service that is ready, and pushes over gRPC unless `more` says otherwise.
    #[track_caller]
    fn start<'a>(cable: &'a Cable, endpoints: &[&str], more: &[&str]) -> Service<'a> {
        Service::start(&cable.here, &pushing(endpoints, more))
    }

    /// A service with variables of its environment.
    #[track_caller]
    fn start_in<'a>(
        cable: &'a Cable,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Service<'a> {
        let mut command = service::command(arguments);
        command.envs(environment.iter().copied());
        let mut service = Service::spawn(&cable.here, command);
        service.wait_until_ready();

        service
    }

    /// Sends something of everything, and ends.
    fn send(cable: &Cable) {
        programs::ping(cable, Cable::THERE[0], 20, 56);
        programs::ping(cable, Cable::THERE[3], 20, 1000);
        cable.there.within(|| {
            let socket = UdpSocket::bind((Cable::THERE[1], 0)).unwrap();
            for port in 1..150 {
                socket.send_to(b"knock", (Cable::HERE[0], port)).unwrap();
            }
        });
    }
}
