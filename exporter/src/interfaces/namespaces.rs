//! Names of other network namespaces, as `ip netns` and the plugins of container runtimes give them.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use super::Interface;
use super::link::remark;
use crate::files;
use crate::netlink::{self, Family, encoded, find};

/// Each file in it is named for a namespace and stands for it. Source: ip-netns(8).
const NAMES: &str = "/run/netns";
/// More names than that are not read.
const MOST: usize = 4096;

/// The namespaces that have a name, and what the kernel answered about them.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    named: BTreeMap<Arc<str>, Namespace>,
    /// Cables that lead to another namespace: the index of the end that is here, and the number of that
    /// namespace.
    cables: BTreeSet<(u32, i32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Namespace {
    /// Of its file: another namespace may get the same name.
    inode: u64,
    /// Its number in this namespace; `None` if it has none, and then no interface here leads there.
    id: Option<i32>,
}

impl Namespaces {
    /// Fills in the name of the namespace in which the other ends of cables are.
    pub(super) fn name_peers(&mut self, interfaces: &mut [Interface]) {
        let mut far: Vec<_> = interfaces.iter_mut().filter(|it| it.elsewhere.is_some()).collect();
        if far.is_empty() {
            return;
        }
        let cables = far.iter().filter_map(|it| Some((it.index, it.elsewhere?))).collect();
        self.follow(cables, named(), number);
        let names: BTreeMap<i32, &Arc<str>> =
            self.named.iter().filter_map(|(name, it)| Some((it.id?, name))).collect();
        for it in &mut far {
            let name = it.elsewhere.and_then(|id| names.get(&id));
            it.peer_namespace = name.and_then(|name| remark(name));
        }
    }

    /// Takes over which files there are, by name and inode, and reads with `number` which numbers the
    /// kernel has for them.
    ///
    /// A namespace keeps its number. One without a number gets one when the first cable leads there, so
    /// it is read again only when there is a new cable.
    fn follow(
        &mut self,
        cables: BTreeSet<(u32, i32)>,
        files: impl Iterator<Item = (Arc<str>, u64)>,
        mut number: impl FnMut(&str) -> Option<i32>,
    ) {
        let has_new_cable = !cables.is_subset(&self.cables);
        self.cables = cables;
        let mut before = std::mem::take(&mut self.named);
        for (name, inode) in files {
            let known = before.remove(&name).filter(|it| it.inode == inode);
            let known = known.filter(|it| it.id.is_some() || !has_new_cable);
            let namespace = known.unwrap_or_else(|| Namespace { inode, id: number(&name) });
            self.named.insert(name, namespace);
        }
    }
}

/// Returns the names of namespaces, each with the inode of its file.
fn named() -> impl Iterator<Item = (Arc<str>, u64)> {
    let names = files::names_in_kernel(Path::new(NAMES)).unwrap_or_default();

    names.into_iter().take(MOST).filter_map(|name| {
        let inode = files::inode_in_kernel(&Path::new(NAMES).join(&name)).ok()?;
        Some((name.into(), inode))
    })
}

/// Returns the number of the namespace with this name.
fn number(name: &str) -> Option<i32> {
    id(&files::open_in_kernel(&Path::new(NAMES).join(name)).ok()?)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows the cables and files of a host; returns which names were read.
    fn read(
        namespaces: &mut Namespaces,
        cables: &[(u32, i32)],
        files: &[(&str, u64)],
        numbers: &[(&str, i32)],
    ) -> Vec<String> {
        let mut read = Vec::new();
        let files = files.iter().map(|(name, inode)| (Arc::from(*name), *inode));
        namespaces.follow(cables.iter().copied().collect(), files, |name| {
            read.push(name.to_owned());
            numbers.iter().find(|(named, _)| *named == name).map(|(_, number)| *number)
        });

        read
    }

    #[test]
    fn a_namespace_is_read_once_whether_it_has_a_number_or_not() {
        let mut namespaces = Namespaces::default();
        let files = [("blue", 1), ("red", 2)];
        let look = |it: &mut Namespaces| read(it, &[(7, 0)], &files, &[("red", 0)]);

        assert_eq!(look(&mut namespaces), ["blue", "red"]);
        assert_eq!(look(&mut namespaces), [""; 0]);
        assert_eq!(namespaces.named["red"].id, Some(0));
    }

    #[test]
    fn a_new_cable_may_lead_where_none_led_before() {
        let mut namespaces = Namespaces::default();
        let files = [("blue", 1), ("red", 2)];
        read(&mut namespaces, &[(7, 0)], &files, &[("red", 0)]);

        let numbers = [("red", 0), ("blue", 1)];
        assert_eq!(read(&mut namespaces, &[(7, 0), (8, 1)], &files, &numbers), ["blue"]);
        assert_eq!(namespaces.named["blue"].id, Some(1));
    }

    #[test]
    fn another_namespace_with_the_same_name_is_read_and_one_that_is_gone_forgotten() {
        let mut namespaces = Namespaces::default();
        read(&mut namespaces, &[(7, 0)], &[("blue", 1), ("red", 2)], &[("red", 0)]);

        assert_eq!(read(&mut namespaces, &[(7, 0)], &[("red", 3)], &[]), ["red"]);
        assert_eq!(namespaces.named.len(), 1);
        assert_eq!(namespaces.named["red"], Namespace { inode: 3, id: None });
    }
}
