//! The attacks by name. `xtask` has this file too, so it names nothing of this crate.

/// An attack on a device.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// Short enough to be the name of a device too.
    pub name: &'static str,
    pub about: &'static str,
    /// The end of the cable that sends.
    pub from: End,
    pub traffic: Traffic,
    /// The alerts that fire on the device. No other may.
    pub alerts: &'static [&'static str],
}

/// An end of the cable whose device is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The host whose device it is.
    Host,
    Lan,
}

/// What an attack consists of.
#[derive(Clone, Copy, Debug)]
pub enum Traffic {
    /// A program with its arguments, started again when it ends. `TO` stands for the address of the
    /// other end.
    Program(&'static [&'static str]),
    /// Frames of our own, so many a second.
    Frames(Frames, u32),
    /// Nothing any more: the cable is pulled.
    Nothing,
}

/// Frames that no program at hand sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// Long answers of NTP, from 200 servers.
    Answers,
    /// Broken in several ways.
    Malformed,
    Broadcast,
    /// Short datagrams, each from another of so many sources; 0 is the sender's own address.
    Datagrams {
        sources: u32,
    },
    /// A SYN from a source that never comes twice for so many ACKs of 200 sources.
    SynsAmidAcks {
        acks: u32,
    },
    /// SYNs to one address, which does not answer.
    Syns,
    /// SYNs to one port of addresses that never come twice.
    Sweep,
}

/// As many sources as there are addresses: no source comes twice within a test.
const EVER_NEW: Frames = Frames::Datagrams { sources: 1 << 24 };

pub const ATTACKS: &[Attack] = &[
    Attack {
        name: "syn-flood",
        about: "hping3: SYNs from forged addresses",
        from: End::Lan,
        traffic: Traffic::Program(&[
            "hping3",
            "-q",
            "-S",
            "-p",
            "80",
            "--rand-source",
            "-i",
            "u300",
            "TO",
        ]),
        alerts: &["PacketSynFlood", "PacketDistinctSourcesSurge"],
    },
    Attack {
        name: "syn-flood-busy",
        about: "crafted: SYNs from forged addresses amid four times as many ACKs",
        from: End::Lan,
        traffic: Traffic::Frames(Frames::SynsAmidAcks { acks: 4 }, 5000),
        alerts: &["PacketSynFlood", "PacketDistinctSourcesSurge"],
    },
    Attack {
        name: "syn-flood-sent",
        about: "crafted: this host takes part in a flood of SYNs",
        from: End::Host,
        traffic: Traffic::Frames(Frames::Syns, 1500),
        alerts: &["PacketSynFloodSent"],
    },
    Attack {
        name: "backscatter",
        about: "hping3: answers to connections that this host never opened",
        from: End::Lan,
        traffic: Traffic::Program(&[
            "hping3", "-q", "-S", "-A", "-s", "443", "-k", "-p", "40000", "-i", "u500", "TO",
        ]),
        alerts: &["PacketBackscatter"],
    },
    Attack {
        name: "amplification",
        about: "crafted: answers of 200 NTP servers that were not asked",
        from: End::Lan,
        traffic: Traffic::Frames(Frames::Answers, 2000),
        alerts: &["PacketUdpAmplification"],
    },
    Attack {
        name: "icmp-flood",
        about: "hping3: echo requests",
        from: End::Lan,
        traffic: Traffic::Program(&["hping3", "-q", "--icmp", "-i", "u300", "TO"]),
        alerts: &["PacketIcmpFlood"],
    },
    Attack {
        name: "fragment-flood",
        about: "hping3: first fragments of datagrams that never become whole",
        from: End::Lan,
        traffic: Traffic::Program(&[
            "hping3", "-q", "--udp", "-x", "-d", "400", "-p", "9", "-i", "u300", "TO",
        ]),
        alerts: &["PacketFragmentFlood"],
    },
    Attack {
        name: "malformed",
        about: "crafted: headers that contradict themselves",
        from: End::Lan,
        traffic: Traffic::Frames(Frames::Malformed, 200),
        alerts: &["PacketMalformedSurge"],
    },
    Attack {
        name: "broadcast-storm",
        about: "crafted: broadcasts, as of a loop",
        from: End::Lan,
        traffic: Traffic::Frames(Frames::Broadcast, 3000),
        alerts: &["PacketBroadcastStorm"],
    },
    Attack {
        name: "spoofed-flood",
        about: "crafted: datagrams whose sources never come twice",
        from: End::Lan,
        traffic: Traffic::Frames(EVER_NEW, 25_000),
        alerts: &["PacketSpoofedFlood", "PacketDistinctSourcesSurge", "PacketReceiveSurge"],
    },
    Attack {
        name: "port-scan",
        about: "nmap: SYNs to 2,000 ports of this host",
        from: End::Lan,
        traffic: Traffic::Program(SCAN),
        alerts: &["PacketPortScanReceived"],
    },
    Attack {
        name: "port-scan-sent",
        about: "nmap: this host scans another one",
        from: End::Host,
        traffic: Traffic::Program(SCAN),
        alerts: &["PacketPortScanSent"],
    },
    Attack {
        name: "udp-scan-sent",
        about: "nmap: this host scans another one over UDP",
        from: End::Host,
        traffic: Traffic::Program(&[
            "nmap",
            "-sU",
            "-Pn",
            "-n",
            "--disable-arp-ping",
            "--max-retries",
            "0",
            "--min-rate",
            "500",
            "--max-rate",
            "600",
            "-p",
            "1-4000",
            "TO",
        ]),
        alerts: &["PacketPortScanSent"],
    },
    Attack {
        name: "sweep-sent",
        about: "crafted: a worm on this host tries port 445 of ever new addresses",
        from: End::Host,
        traffic: Traffic::Frames(Frames::Sweep, 100),
        alerts: &["PacketSweepSent"],
    },
    Attack {
        name: "xmas-scan",
        about: "nmap: FIN, PSH and URG to 2,000 ports",
        from: End::Lan,
        traffic: Traffic::Program(&[
            "nmap",
            "-sX",
            "-Pn",
            "-n",
            "--disable-arp-ping",
            "--max-rate",
            "150",
            "-p",
            "1-2000",
            "TO",
        ]),
        alerts: &["PacketStrangeFlags", "PacketPortScanReceived"],
    },
    Attack {
        name: "icmp-redirect",
        about: "hping3: redirects to another gateway",
        from: End::Lan,
        traffic: Traffic::Program(&[
            "hping3", "-q", "--icmp", "-C", "5", "-K", "1", "-i", "u50000", "TO",
        ]),
        alerts: &["PacketIcmpRedirect"],
    },
    Attack {
        name: "surge",
        about: "crafted: far more datagrams than usual, from 200 sources",
        from: End::Lan,
        traffic: Traffic::Frames(Frames::Datagrams { sources: 200 }, 15_000),
        alerts: &["PacketReceiveSurge"],
    },
    Attack {
        name: "one-source",
        about: "crafted: far more datagrams than usual, all from one source",
        from: End::Lan,
        traffic: Traffic::Frames(Frames::Datagrams { sources: 0 }, 15_000),
        alerts: &["PacketSourceDominates", "PacketReceiveSurge"],
    },
    Attack {
        name: "new-sources",
        about: "crafted: few datagrams, but each from a new source",
        from: End::Lan,
        traffic: Traffic::Frames(EVER_NEW, 500),
        alerts: &["PacketDistinctSourcesSurge"],
    },
    Attack {
        name: "transmit-surge",
        about: "crafted: this host takes part in a flood",
        from: End::Host,
        traffic: Traffic::Frames(Frames::Datagrams { sources: 0 }, 15_000),
        alerts: &["PacketTransmitSurge"],
    },
    Attack {
        name: "odd-protocol",
        about: "hping3: ESP where there was none",
        from: End::Lan,
        traffic: Traffic::Program(&[
            "hping3",
            "-q",
            "--rawip",
            "--ipproto",
            "50",
            "-d",
            "64",
            "-i",
            "u500",
            "TO",
        ]),
        alerts: &["PacketUnusualProtocolShare"],
    },
    Attack {
        name: "collapse",
        about: "the cable is pulled",
        from: End::Lan,
        traffic: Traffic::Nothing,
        alerts: &["PacketReceiveCollapse"],
    },
];

/// Below the floor of a SYN flood.
const SCAN: &[&str] =
    &["nmap", "-sS", "-Pn", "-n", "--disable-arp-ping", "--max-rate", "150", "-p", "1-2000", "TO"];

/// Returns the attack of that name.
pub fn find(name: &str) -> Option<&'static Attack> {
    ATTACKS.iter().find(|attack| attack.name == name)
}

/// Returns a line for each attack.
pub fn listed() -> String {
    let lines: Vec<_> =
        ATTACKS.iter().map(|it| format!("  {:<16}{}\n", it.name, it.about)).collect();

    lines.concat()
}
