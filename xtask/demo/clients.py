"""Clients of the demo that no program at hand is: DNS; a port scan, odd and malformed frames.

clients.py DEVICE HOST DNS_CLIENT [SCANNER]

Without a scanner there is nothing that an alert is for.
"""

import itertools
import random
import socket
import struct
import sys
import time

device, host, dns_client, *scanners = sys.argv[1:]
scanner = scanners[0] if scanners else dns_client

# The servers begin at about the same time; ARP has to know the host first.
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((device, 0))
own_mac = raw.getsockname()[4]


def address_of(host):
    """Asks for the host until its hardware address is known."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.sendto(b"?", (host, 9))
        time.sleep(0.2)
        for line in open("/proc/net/arp"):
            ip, _, flags, mac = line.split()[:4]
            if ip == host and flags == "0x2":
                return bytes.fromhex(mac.replace(":", ""))


host_mac = address_of(host)


def ethernet(ethertype, payload, to=host_mac):
    return to + own_mac + struct.pack("!H", ethertype) + payload


def ipv4(protocol, payload, version_ihl=0x45, total=None, fragment=0):
    total = 20 + len(payload) if total is None else total
    header = struct.pack(
        "!BBHHHBBH4s4s", version_ihl, 0, total, random.randrange(1 << 16), fragment, 64, protocol,
        0, socket.inet_aton(scanner), socket.inet_aton(host))
    pairs = struct.unpack("!10H", header)
    checksum = sum(pairs)
    checksum = (checksum & 0xFFFF) + (checksum >> 16)
    checksum = ~((checksum & 0xFFFF) + (checksum >> 16)) & 0xFFFF
    return ethernet(0x0800, header[:10] + struct.pack("!H", checksum) + header[12:] + payload)


def tcp(port, flags, offset=5):
    return struct.pack("!HHIIBBHHH", random.randrange(40000, 60000), port, 1, 0, offset << 4, flags,
                       1024, 0, 0)


def udp(port, payload):
    return struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload


ODD = [
    ipv4(17, udp(9, b"x" * 40), fragment=0x2000),
    ipv4(17, b"y" * 40, fragment=0x0006),
    ipv4(47, b"\x00\x00\x08\x00" + bytes(20)),
    ipv4(132, struct.pack("!HHII", 40000, 3868, 0, 0)),
    ipv4(6, tcp(80, 0x00)),
    ipv4(6, tcp(80, 0x29)),
    ipv4(6, tcp(80, 0x03)),
    ethernet(0x8100, b"\x00\x07\x08\x00" + ipv4(17, udp(9, b"tagged"))[14:]),
    ethernet(0x88CC, bytes(46), bytes.fromhex("0180c200000e")),
    ethernet(0x88B5, bytes(46)),
    # Malformed: header length 3, longer than the frame, cut off, TCP data offset 2.
    ipv4(17, udp(9, b""), version_ihl=0x43),
    ipv4(17, udp(9, b""), total=1200),
    ethernet(0x0800, b"\x45\x00\x00"),
    ethernet(0x86DD, b"\x60\x00\x00"),
    ipv4(6, tcp(80, 0x10, offset=2)),
]


def query(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", random.randrange(1 << 16), 0x0100, 1, 0, 0, 0) + labels + \
        b"\x00\x00\x01\x00\x01"


dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dns.bind((dns_client, 0))
dns.settimeout(0.5)
names = itertools.cycle(["example.org", "www.example.org", "mail.example.org"])

# Twenty rounds a second, each with one query, one frame and one port of the scan.
for odd, port in zip(itertools.cycle(ODD), itertools.cycle(range(1, 1025))):
    try:
        dns.sendto(query(next(names)), (host, 53))
        dns.recv(512)
    except OSError:
        # Nobody answers, or the cable is pulled.
        pass
    if scanners:
        raw.send(odd)
        raw.send(ipv4(6, tcp(port, 0x02)))
    time.sleep(0.05)
