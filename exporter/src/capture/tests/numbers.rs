use super::*;

#[test]
fn packets_are_numbered_as_wireshark_numbers_them() {
    let order = Order::Little;
    let frame = &expected()[0];
    // Of these the journal's entry, both custom blocks and the event of sysdig have numbers.
    let kinds = [5, 9, 10, 4, 0x0bad, 0x4000_0bad, 0x204, 0x201, 0x8000_0001];
    let others: Vec<_> = kinds.map(|kind| Bytes::block(order, kind, &[0; 24])).concat();
    let file = [shb(order), idb(order, 1, 0, &[]), others, epb(order, 0, frame)].concat();

    let (frames, skipped) = read_whole(&file);

    assert_eq!(frames, [(5, vec![7; 61], 61)]);
    assert_eq!(skipped, Skipped::default());
}

#[test]
fn what_has_a_number_and_is_no_packet_does_not_count_as_one() {
    let order = Order::Little;
    let journal = Bytes::block(order, 9, &[0; 24]);
    let head = [shb(order), idb(order, 1, 0, &[])].concat();
    let file = [&head, &*journal, &journal, &[6, 0, 0, 0]].concat();

    let (_, _, broken) = read(&file);

    let said = broken.unwrap().to_string();
    let at = head.len() + 2 * journal.len();
    assert_eq!(said, format!("the capture ends early, after 0 packets, at byte {at}"));
}

#[test]
fn one_packet_is_one_packet() {
    let file = pcap(Order::Little, 0xa1b2_c3d4, 1, &expected());

    let (_, _, broken) = read(&file[..file.len() - 1]);

    let said = broken.unwrap().to_string();
    assert_eq!(said, "the capture ends early, after 1 packet, at byte 101");
}
