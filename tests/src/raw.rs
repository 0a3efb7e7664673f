//! Packet sockets and tunnels of the kernel, which no safe interface opens.
#![expect(
    unsafe_code,
    reason = "rustix has neither addresses of packet sockets nor requests of tun"
)]

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;

use rustix::ioctl::{IntegerSetter, Setter, ioctl, opcode};
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use rustix::net::{AddressFamily, SocketType, bind, socket};

/// Source: include/uapi/linux/if_tun.h.
const SET_INTERFACE: u32 = opcode::write::<i32>(b'T', 202);
const SET_OFFLOAD: u32 = opcode::write::<u32>(b'T', 208);
const NO_PACKET_INFORMATION: u16 = 0x1000;
const NETWORK_HEADER: u16 = 0x4000;
/// Checksums, and TCP of both families that is not cut into segments yet.
const OFFLOAD: usize = 1 | 2 | 4;
/// The same, and UDP of both families.
const OFFLOAD_WITH_UDP: usize = OFFLOAD | 0x20 | 0x40;

/// What frames of a tunnel begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tunnel {
    /// `tun`: the IP header.
    Ip = 1,
    /// `tap`: the Ethernet header.
    Ethernet = 2,
}

/// Source: `struct sockaddr_ll` in include/uapi/linux/if_packet.h.
#[repr(C)]
struct LinkAddress {
    family: u16,
    protocol: u16,
    index: i32,
    hardware: u16,
    kind: u8,
    length: u8,
    address: [u8; 8],
}

// SAFETY: the type is laid out as `sockaddr_ll`, and the pointer is to a value that outlives the call.
unsafe impl SocketAddrArg for LinkAddress {
    unsafe fn with_sockaddr<R>(
        &self,
        f: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R,
    ) -> R {
        f((&raw const *self).cast(), size_of::<Self>() as SocketAddrLen)
    }
}

/// Opens a socket that sends frames, from their Ethernet header on, out of the device with this
/// index in the namespace of the thread. It receives nothing.
pub fn packet_socket(device: u32) -> OwnedFd {
    let socket = socket(AddressFamily::PACKET, SocketType::RAW, None).expect("a packet socket");
    let address = LinkAddress {
        family: AddressFamily::PACKET.as_raw(),
        protocol: 0,
        index: i32::try_from(device).expect("an index"),
        hardware: 0,
        kind: 0,
        length: 0,
        address: [0; 8],
    };
    bind(&socket, &address).expect("a device of this namespace");

    socket
}

/// Source: `struct ifreq` in include/uapi/linux/if.h.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

/// Makes a tunnel in the namespace of the thread, which ends with the file. Each read and write is
/// of one frame behind a `struct virtio_net_hdr` of 10 bytes.
pub fn tunnel(name: &str, kind: Tunnel) -> File {
    let file = OpenOptions::new().read(true).write(true).open("/dev/net/tun").expect("tun");
    let mut request = InterfaceRequest {
        name: [0; 16],
        flags: kind as u16 | NO_PACKET_INFORMATION | NETWORK_HEADER,
        rest: [0; 22],
    };
    request.name[..name.len()].copy_from_slice(name.as_bytes());

    // SAFETY: the request takes a pointer to a `struct ifreq`.
    let set = unsafe { Setter::<SET_INTERFACE, _>::new(request) };
    // SAFETY: as above; the kernel keeps no pointer.
    unsafe { ioctl(&file, set) }.expect("a new tunnel");
    if !offload(&file, OFFLOAD_WITH_UDP) {
        assert!(offload(&file, OFFLOAD), "a tunnel with segmentation offload");
    }

    file
}

fn offload(file: &File, features: usize) -> bool {
    // SAFETY: the request takes a number.
    let set = unsafe { IntegerSetter::<SET_OFFLOAD>::new_pointer(features as *mut c_void) };

    // SAFETY: as above.
    unsafe { ioctl(file, set) }.is_ok()
}
