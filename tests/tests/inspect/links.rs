//! Captures of other link types than Ethernet: the same packets give the same counts.

use tempfile::TempDir;
use tests::cable::Namespace;
use tests::capture::pcap_of;
use tests::convert::{OF_IP, WITH_ETHERTYPE, cooked, ip};
use tests::inspection::expected_of;
use tests::patience::wait_for;

use super::*;

/// The frames of the corpus, and of public captures where they are.
fn frames() -> Vec<Frame> {
    let public = truth::captures().unwrap_or_default();
    let public = public.iter().flat_map(|it| capture::read(&it.path));

    let all = capture::read(&corpus_path()).into_iter().chain(public);

    // One states less than it has of a packet.
    all.filter(|frame| frame.wire_length as usize >= frame.bytes.len()).collect()
}

/// Of each link type a capture, its frames, and the same ones as they were with Ethernet.
fn converted(folder: &TempDir) -> Vec<(u16, PathBuf, Vec<Frame>, Vec<Frame>)> {
    let frames = frames();
    let of = |link: u16, convert: fn(&Frame, u16) -> Option<Frame>| {
        let pairs = frames.iter().filter_map(|frame| Some((convert(frame, link)?, frame.clone())));
        let (cooked, ethernet): (Vec<_>, Vec<_>) = pairs.unzip();
        let path = folder.path().join(format!("{link}.pcap"));
        fs::write(&path, pcap_of(link, &cooked)).unwrap();
        (link, path, cooked, ethernet)
    };

    let named = WITH_ETHERTYPE.map(|link| of(link, cooked));
    let of_ip = OF_IP.map(|link| of(link, ip));
    named.into_iter().chain(of_ip).collect()
}

#[test]
fn packets_count_the_same_behind_every_link_layer() {
    let folder = TempDir::new().unwrap();

    for (link, path, frames, as_ethernet) in converted(&folder) {
        let report = sorted(report(&HOST, &path));

        assert_eq!(report, expected_of(link, &frames, &RULES), "link type {link}");
        // A frame of IP alone does not show its destination type.
        let has_cast = WITH_ETHERTYPE.contains(&link);
        let original = expected(&as_ethernet, &RULES);
        let [ours, originals] = [report, original].map(|it| without_bytes(it, has_cast));
        assert_eq!(ours, originals, "link type {link}");
        println!("link type {link}: {} packets count as behind Ethernet", frames.len());
        // Public captures have more of them.
        assert!(frames.len() > 50, "{}", frames.len());
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test inspect`"]
fn the_kernel_says_the_same_of_packets_without_ethernet() {
    let folder = TempDir::new().unwrap();

    for (link, path, frames, _) in converted(&folder) {
        let [kernel, host] = [KERNEL, HOST].map(|arguments| report(&arguments, &path));
        let [by_kernel, by_host] = [KERNEL, HOST].map(|it| each(&it, &path));

        assert_eq!(kernel, host, "link type {link}");
        assert_eq!(by_kernel, by_host, "link type {link}");
        let summary = String::from_utf8(run(&KERNEL, &path).stdout).unwrap();
        let parser = summary.lines().nth(1).unwrap();
        println!("link type {link}, {} packets: {parser}", frames.len());
        assert!(parser.contains("Parsed by the program in the kernel: "), "{parser}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test inspect`"]
fn what_tcpdump_writes_of_any_device_is_read() {
    /// Two requests and their replies, over each IP version.
    const PACKETS: usize = 8;
    let folder = TempDir::new().unwrap();
    let namespace = Namespace::make("any");

    for link in ["LINUX_SLL", "LINUX_SLL2"] {
        let path = folder.path().join(link);
        let count = PACKETS.to_string();
        let mut tcpdump = namespace.command("tcpdump");
        tcpdump.args(["-i", "any", "-y", link, "-U", "-c", &count, "-w"]).arg(&path);
        let mut tcpdump = tcpdump.arg("icmp or icmp6").stderr(Stdio::null()).spawn().unwrap();
        // It writes the file's header when it has begun to capture.
        let size = || fs::metadata(&path).map_or(0, |file| file.len());
        wait_for("tcpdump", || if size() > 0 { Ok(()) } else { Err("no header yet".into()) });
        for address in ["127.0.0.1", "::1"] {
            namespace.run("ping", &["-c", "2", "-i", "0.2", address]);
        }
        wait_for("the capture", || match tcpdump.try_wait() {
            Ok(Some(_)) => Ok(()),
            _ => Err(format!("{} bytes", size())),
        });

        let report = report(&HOST, &path);

        let cells = report["cells"].as_array().unwrap();
        let cells: Vec<_> =
            cells.iter().map(|it| (it["family"].clone(), it["packets"].clone())).collect();
        assert_eq!(cells, [("ipv4".into(), 4.into()), ("ipv6".into(), 4.into())], "{link}");
        assert_eq!(report["malformed"], Value::Object(serde_json::Map::new()), "{link}");
        println!("{link}: {}", report["icmp"]);
    }
}

fn each(arguments: &[&str], path: &Path) -> String {
    String::from_utf8(run(&[arguments, &["--each"]].concat(), path).stdout).unwrap()
}

/// Leaves out what the length of the link-layer header is part of.
fn without_bytes(mut report: Value, has_cast: bool) -> Value {
    fn strip(value: &mut Value) {
        if let Some(object) = value.as_object_mut() {
            object.remove("bytes");
            object.values_mut().for_each(strip);
        }
        if let Some(array) = value.as_array_mut() {
            array.iter_mut().for_each(strip);
        }
    }
    strip(&mut report);
    if !has_cast {
        report["cast"].take();
    }

    sorted(report)
}
