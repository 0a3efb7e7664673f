use std::io::Read;

use flate2::read::GzDecoder;

use super::*;

const HEAD: Head = Head { version: "1.2.3", created: 1_700_000_000, no_addresses: false };

fn item(file: &str, text: &str) -> Item {
    Item::new(file, "A text", Ok(text.into()))
}

/// Unpacks an archive: paths and texts.
fn unpacked(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.path().unwrap().display().to_string(), text)
    });

    entries.collect()
}

#[test]
fn an_archive_has_what_was_gathered_and_names_what_was_not() {
    let missing = Item::new("metrics.txt", "The metrics", Err("nothing listens there".into()));

    let packed = pack(vec![item("a.txt", "text"), missing], &HEAD, &Secrets::default()).unwrap();

    let files = unpacked(&packed.bytes);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a.txt", MANIFEST, README].map(|it| format!("{FOLDER}/{it}")));
    assert_eq!(files[0].1, "text");
    let manifest: serde_json::Value = serde_json::from_str(&files[1].1).unwrap();
    assert_eq!(manifest["files"][0]["bytes"], 4);
    assert_eq!(manifest["files"][1]["missing"], "nothing listens there");
    assert!(
        files[2].1.contains("variables as PACKET_EXPORTER_* and OTEL_* that set the configuration")
    );
    assert!(files[2].1.contains("metrics.txt\n    The metrics: not there, nothing listens there"));
    assert_eq!(
        packed.manifest.missing().collect::<Vec<_>>(),
        [("metrics.txt", "nothing listens there")]
    );
}

#[test]
fn no_secret_gets_into_an_archive() {
    let mut secrets = Secrets::default();
    secrets.keep("Bearer s3cr3t-token");
    secrets.keep("s3cr3t-token-with-more");
    secrets.keep("a");
    let items = vec![
        item("log.txt", "authorization: Bearer s3cr3t-token, s3cr3t-token-with-more, a"),
        Item::new("x", "A text", Err("cannot send s3cr3t-token".into())),
    ];

    let packed = pack(items, &HEAD, &secrets).unwrap();

    for (name, text) in unpacked(&packed.bytes) {
        assert!(!text.contains("s3cr3t"), "{name}: {text}");
    }
    let (_, log) = &unpacked(&packed.bytes)[0];
    assert_eq!(log, "authorization: <secret>, <secret>, a");
}

#[test]
fn ordinary_words_stay() {
    let mut secrets = Secrets::default();
    for value in ["true", "FALSE", "4318", "2026", "default", "Basic"] {
        secrets.keep(value);
    }
    let lines = [
        "# Note: never share this file",
        "# headers for the receiver",
        "#",
        "# authorization: Bearer old-key",
        "#x-key:older-key",
        "x-debug: true",
        "x-key: new-key",
    ];
    for line in lines {
        secrets.keep_of_header(line);
    }
    let text = "true false 4318 2026 default Basic: never share this file, headers, receiver";

    assert_eq!(secrets.masked(text), text);
    assert_eq!(secrets.masked("old-key,older-key,new-key"), "<secret>,<secret>,<secret>");
}

#[test]
fn json_stays_json_without_secrets() {
    let mut secrets = Secrets::default();
    for secret in ["12345678", "nword", "a\"quote", "key\\", "tru", "works\": "] {
        secrets.keep(secret);
    }
    let object = serde_json::json!({
        "bytes": 1_234_567_890,
        "works": true,
        "found": ["line\nword nword", "a\"quote", "key\\", "12345678", ""],
    });
    let items = [object.to_string(), serde_json::to_string_pretty(&object).unwrap()]
        .map(|text| item("a.json", &text));

    let packed = pack(items.into(), &HEAD, &secrets).unwrap();

    for (name, text) in unpacked(&packed.bytes).iter().take(2) {
        let read: serde_json::Value = serde_json::from_str(text).unwrap();
        let found = ["line\nword <secret>", "<secret>", "<secret>", "<secret>", ""];
        assert_eq!(read["found"], serde_json::json!(found), "{name}");
        assert_eq!((&read["works"], &read["bytes"]), (&true.into(), &1_234_567_890_u64.into()));
    }
    assert_eq!(secrets.masked_json("no \"JSON nword"), "no \"JSON <secret>");
}

#[test]
fn an_address_is_the_same_number_everywhere() {
    let cases = [
        ("source=\"192.0.2.1\" 5", "source=\"address-1\" 5"),
        ("192.0.2.1:9100, [2001:db8::1]:80", "address-1:9100, [address-2]:80"),
        ("from 2001:DB8:0::1.", "from address-2."),
        ("02:42:ac:11:00:02 fe80::1%eth0", "address-3 address-4%eth0"),
        ("::ffff:192.0.2.1 10.0.0.0/8", "address-1 address-5/8"),
        ("10.0.0.1-10.0.0.2 v10.0.0.2", "address-6-address-7 vaddress-7"),
        ("10.1.2.3:10199: x 10.1.2.3: x", "address-8:10199: x address-8: x"),
        ("addr:10.0.0.1 add:10.0.0.1:80:", "addr:address-6 add:address-6:80:"),
        ("[2001:db8::1]:4317: refused", "[address-2]:4317: refused"),
        ("src:fe80::1 peer:02:42:ac:11:00:02:", "src:address-4 peer:address-3:"),
        ("addr:127.0.0.1:1: host::ffff:192.0.2.1", "addr:127.0.0.1:1: hostaddress-1"),
        ("127.0.0.1:10199 [::]:80 ::1 0.0.0.0", "127.0.0.1:10199 [::]:80 ::1 0.0.0.0"),
        ("2026-11-29T12:34:56.789Z 6.18.5 std::fs", "2026-11-29T12:34:56.789Z 6.18.5 std::fs"),
        ("std::feed_me x::feed café::", "std::feed_me x::feed café::"),
    ];
    let mut addresses = Addresses::default();

    for (text, expected) in cases {
        assert_eq!(addresses.masked(text), expected);
    }
}

#[test]
fn an_archive_has_bounds() {
    let line = "0123456789abcdé\n";
    let lines = line.repeat(MOST / line.len() + 100);
    let log = Item { is_log: true, ..item("log.txt", &format!("{lines}end\n")) };
    let mut items = vec![log];
    items.extend((0..5).map(|number| item(&format!("{number}.txt"), &format!("begin\n{lines}"))));

    let packed = pack(items, &HEAD, &Secrets::default()).unwrap();

    let files = unpacked(&packed.bytes);
    assert!(files.iter().map(|(_, text)| text.len()).sum::<usize>() <= MOST_OF_ALL + (64 << 10));
    assert!(files[0].1.ends_with("\nend\n") && files[0].1.len() > MOST - 100);
    assert!(files[1].1.starts_with("begin\n") && files[1].1.ends_with("é\n"));
    assert_eq!(files.len(), 8, "each is there, the last ones are short");
    assert!(packed.manifest.files[0].left_out > 0);
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[0-9a-f:.% é\\[\\]\"]{0,60}") {
            let rest = |text: &str| text.replace(|it: char| !"%[]\"".contains(it), "");

            let masked = Addresses::default().masked(&text);

            prop_assert_eq!(rest(&masked), rest(&text));
        }

        #[test]
        fn each_address_is_masked(v4: std::net::Ipv4Addr, v6: std::net::Ipv6Addr) {
            let text = format!("a{{source=\"{v4}\"}} \"{v6}\"");
            let masked = Addresses::default().masked(&text);

            let is_nobody = |ip: std::net::IpAddr| ip.is_loopback() || ip.is_unspecified();
            prop_assert!(is_nobody(v4.into()) || !masked.contains(&v4.to_string()));
            let quoted = format!("\"{v6}\"");
            prop_assert!(is_nobody(v6.into()) || !masked.contains(&quoted));
        }

        #[test]
        fn what_is_kept_of_a_text_is_no_more_than_there_is_room_for(
            text in "[aé\n]{0,40}", most in 0_usize..50, is_log: bool
        ) {
            prop_assert!(kept(&text, most, is_log).len() <= most);
        }
    }
}
