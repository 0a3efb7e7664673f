//! Names of other network namespaces, as `ip netns` and the plugins of container runtimes give them.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use super::Interface;
use crate::files;
use crate::netlink::{self, Family, encoded, find};

/// Each file in it is named for a namespace and stands for it. Source: ip-netns(8).
const NAMES: &str = "/run/netns";
/// More names than that are not read.
const MOST: usize = 4096;

/// The namespaces that have a name, as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Namespaces(BTreeMap<Arc<str>, Namespace>);

#[derive(Clone, Copy, Debug)]
struct Namespace {
    /// Of its file: another namespace may get the same name.
    inode: u64,
    /// Its number in this namespace.
    id: i32,
}

impl Namespaces {
    /// Fills in the name of the namespace in which the other ends of cables are.
    pub(super) fn name_peers(&mut self, interfaces: &mut [Interface]) {
        let mut far: Vec<_> = interfaces.iter_mut().filter(|it| it.elsewhere.is_some()).collect();
        if far.is_empty() {
            return;
        }
        self.refresh();
        let names: BTreeMap<i32, &Arc<str>> =
            self.0.iter().map(|(name, namespace)| (namespace.id, name)).collect();
        for it in &mut far {
            let name = it.elsewhere.and_then(|id| names.get(&id));
            it.peer_namespace = name.map(|name| Arc::clone(name));
        }
    }

    /// Reads the numbers of new namespaces from the kernel.
    fn refresh(&mut self) {
        let files = files::names_in_kernel(Path::new(NAMES)).unwrap_or_default();
        let mut before = std::mem::take(&mut self.0);
        for name in files.into_iter().take(MOST) {
            let path = Path::new(NAMES).join(&name);
            let Ok(inode) = files::inode_in_kernel(&path) else { continue };
            let known = before.remove(&*name).filter(|it| it.inode == inode);
            let ask = || files::open_in_kernel(&path).ok().and_then(|file| id(&file));
            if let Some(id) = known.map(|it| it.id).or_else(ask) {
                self.0.insert(name.into(), Namespace { inode, id });
            }
        }
    }
}

/// Returns the number of a namespace in this one; `None` if it has none, and then no interface here
/// leads there.
fn id(namespace: &OwnedFd) -> Option<i32> {
    // Source: include/uapi/linux/rtnetlink.h and net_namespace.h.
    const GET_ID: u16 = 90;
    const ID: u16 = 1;
    const FD: u16 = 3;
    /// `struct rtgenmsg`, padded.
    const HEADER: [u8; 4] = [0; 4];

    let question = [&HEADER[..], &encoded(FD, &namespace.as_raw_fd().to_ne_bytes())].concat();
    let mut found = None;
    let asked = netlink::ask(Family::Route, &netlink::request(GET_ID, 0, &question), |answer| {
        let attributes = answer.body.get(HEADER.len()..).unwrap_or_default();
        found = find(attributes, ID).and_then(netlink::Attribute::word);
    });

    asked.ok().and(found).map(u32::cast_signed).filter(|id| *id >= 0)
}
