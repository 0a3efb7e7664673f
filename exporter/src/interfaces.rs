//! Which interfaces are there, and a stream of changes (netlink).

mod frames;
mod hardware;
mod link;
mod message;
mod namespaces;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use rtnetlink::MulticastGroup;
use rtnetlink::packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use rtnetlink::proto::{self, Connection, ConnectionHandle};
use rtnetlink::sys::protocols::NETLINK_ROUTE;
use rtnetlink::sys::{AsyncSocket, SocketAddr};
use tokio::sync::watch;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time;
use tokio_util::sync::CancellationToken;

pub use self::frames::FrameStart;
use self::message::Message;
use self::namespaces::Namespaces;
use crate::causes::with_causes;
use crate::config::Devices;

/// Messages come in bursts, one for each flag that changes.
const BURST: Duration = Duration::from_millis(50);
/// How long to wait after a failed list.
const RETRY: Duration = Duration::from_secs(1);
/// How many incomplete lists in a row are tolerated.
const ATTEMPTS: usize = 10;

type Answer = NetlinkMessage<Message>;
type Handle = ConnectionHandle<Message>;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface {
    /// What is not UTF-8 in the kernel's name is written as `/x` and two digits a byte.
    pub name: Arc<str>,
    pub index: u32,
    /// The names beside it, as `ip link property add DEVICE altname NAME` gives them.
    pub other_names: Vec<Arc<str>>,
    /// What the kernel calls its kind, as `ip -d link` shows it, and `tap` apart from `tun`; empty for
    /// hardware and loopback.
    pub kind: Arc<str>,
    pub frames: FrameStart,
    /// It is a hardware device, or a virtual machine's equivalent.
    pub has_hardware: bool,
    /// The name of the hardware's driver.
    pub driver: Option<Arc<str>>,
    /// A remark (`ip link set DEVICE alias TEXT`): one line without control characters, cut off where long.
    pub alias: Option<Arc<str>>,
    pub is_up: bool,
    /// Longest payload of a frame, in bytes.
    pub mtu: u32,
    /// The kernel's number of the XDP program that is on it, ours or another.
    pub xdp_program: Option<u32>,
    /// The index of the device that carries its frames, as that of a VLAN does.
    pub lower: Option<u32>,
    /// The index of the device that it is a part of, as of a bond or a bridge.
    pub upper: Option<u32>,
    /// The name of that device.
    pub master: Option<Arc<str>>,
    /// The number of the network namespace in which the other end of this cable is.
    pub elsewhere: Option<i32>,
    /// The name of that namespace, if it has one in `/run/netns`; as a remark where a name may be any text.
    pub peer_namespace: Option<Arc<str>>,
}

/// Why the interfaces cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum InterfacesError {
    #[error("cannot open a netlink socket; the exporter needs the address family AF_NETLINK")]
    NoSocket(#[source] io::Error),

    #[error("cannot list the network interfaces")]
    NoList(#[source] io::Error),

    #[error(
        "interfaces change faster than the kernel can list them; try again when they have settled"
    )]
    Unsettled,

    #[error("the netlink connection ended unexpectedly")]
    Ended,

    #[error("the thread that reads what belongs to the network interfaces panicked")]
    Panicked(#[source] JoinError),
}

impl Interface {
    /// Returns whether it is to be counted on, by any of its names.
    pub fn is_wanted(&self, devices: &Devices) -> bool {
        devices.wants(self.names(), self.has_hardware)
    }

    /// Returns all its names.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        [&self.name].into_iter().chain(&self.other_names).map(|name| &**name)
    }

    /// Returns whether it has this name beside the one it is counted under.
    pub fn has_other_name(&self, name: &str) -> bool {
        self.other_names.iter().any(|other| **other == *name)
    }

    /// Returns whether its name is not the kernel's, in which there is no `/`.
    fn has_replaced_name(&self) -> bool {
        self.name.contains('/')
    }
}

/// Lists the interfaces once.
pub async fn list() -> Result<Vec<Interface>, InterfacesError> {
    let (connection, handle, _messages) = connect().map_err(InterfacesError::NoSocket)?;

    tokio::select! {
        () = connection => Err(InterfacesError::Ended),
        interfaces = of_kernel(&handle, Arc::default()) => interfaces,
    }
}

/// Keeps the list of interfaces current, and announces it when one that is wanted comes, goes or
/// changes its name, until told to stop.
pub async fn watch(
    changes: watch::Sender<Vec<Interface>>,
    is_wanted: impl Fn(&Interface) -> bool,
    stop: CancellationToken,
) -> Result<(), InterfacesError> {
    let (mut connection, handle, mut messages) = connect().map_err(InterfacesError::NoSocket)?;
    let links = SocketAddr::new(0, 1 << (MulticastGroup::Link as u32 - 1));
    connection.socket_mut().socket_mut().bind(&links).map_err(InterfacesError::NoSocket)?;
    let (mut replaced, namespaces) = (BTreeSet::new(), Arc::default());
    let tell_of = |interfaces: Vec<Interface>| {
        say_replaced(&mut replaced, interfaces.iter().filter(|it| is_wanted(it)));
        changes.send_if_modified(|known| replace(known, interfaces, &is_wanted));
    };
    let relay = relay(&mut messages, || of_kernel(&handle, Arc::clone(&namespaces)), tell_of);

    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = connection => Err(InterfacesError::Ended),
        ended = relay => Err(ended),
    }
}

/// Lists now, and again after each burst of messages, until there are no more to come; hands every
/// list to `tell_of`.
async fn relay<L>(
    messages: &mut (impl Stream + Unpin),
    mut list: impl FnMut() -> L,
    mut tell_of: impl FnMut(Vec<Interface>),
) -> InterfacesError
where
    L: Future<Output = Result<Vec<Interface>, InterfacesError>>,
{
    let mut is_failing = false;

    loop {
        // The first list catches what changed before the messages began to come.
        let listed = list().await;
        tell(&mut is_failing, listed.as_ref().err());
        let pause = if let Ok(interfaces) = listed {
            tell_of(interfaces);
            if messages.next().await.is_none() {
                return InterfacesError::Ended;
            }
            BURST
        } else {
            RETRY
        };
        time::sleep(pause).await;
        // They wait in a queue without bounds.
        while let Ok(Some(_)) = time::timeout(Duration::ZERO, messages.next()).await {}
    }
}

fn connect()
-> io::Result<(Connection<Message>, Handle, impl Stream<Item = (Answer, SocketAddr)> + Unpin)> {
    proto::new_connection(NETLINK_ROUTE)
}

/// Logs once which devices are counted under a name that is not theirs.
fn say_replaced<'a>(
    said: &mut BTreeSet<(u32, Arc<str>)>,
    interfaces: impl Iterator<Item = &'a Interface>,
) {
    let replaced: BTreeSet<_> = interfaces
        .filter(|it| it.has_replaced_name())
        .map(|it| (it.index, Arc::clone(&it.name)))
        .collect();

    for (ifindex, device) in replaced.difference(said) {
        tracing::warn!(
            device = &**device,
            ifindex,
            "The name of a device is not UTF-8; its label has `/x..` in place of each such byte"
        );
    }
    *said = replaced;
}

/// Logs that lists begin to fail, and that they succeed again.
fn tell(is_failing: &mut bool, error: Option<&InterfacesError>) {
    let was_failing = mem::replace(is_failing, error.is_some());

    match error {
        Some(error) if !was_failing => {
            let error = with_causes(error);
            tracing::warn!(error, "Cannot list the interfaces; trying again every second");
        }
        None if was_failing => tracing::info!("The interfaces can be listed again"),
        Some(_) | None => {}
    }
}

/// Puts `interfaces` in the place of `known`; returns whether a wanted one differs.
fn replace(
    known: &mut Vec<Interface>,
    interfaces: Vec<Interface>,
    is_wanted: impl Fn(&Interface) -> bool,
) -> bool {
    let wanted = |it: &&Interface| is_wanted(it);
    let is_new = known.iter().filter(wanted).ne(interfaces.iter().filter(wanted));
    *known = interfaces;

    is_new
}

/// Lists the interfaces with all that is known of them. What is in files, of which a host may have
/// thousands, is read on a thread that may block.
async fn of_kernel(
    handle: &Handle,
    namespaces: Arc<Mutex<Namespaces>>,
) -> Result<Vec<Interface>, InterfacesError> {
    let answers = settled(|| dump(handle.clone())).await?;
    let reading = spawn_blocking(move || {
        let mut interfaces = listed(answers)?;
        // Lists are read one after the other, so nothing waits for the lock.
        complete(&mut interfaces, &mut namespaces.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(interfaces)
    });

    reading.await.map_err(InterfacesError::Panicked)?
}

/// Lists until no change came in between, which may hide an interface that is there.
async fn settled<A>(mut ask: impl FnMut() -> A) -> Result<Vec<Answer>, InterfacesError>
where
    A: Future<Output = Result<Vec<Answer>, InterfacesError>>,
{
    for _ in 0..ATTEMPTS {
        let answers = ask().await?;
        let is_interrupted = |answer: &Answer| answer.header.flags & NLM_F_DUMP_INTR != 0;
        if !answers.iter().any(is_interrupted) {
            return Ok(answers);
        }
        time::sleep(BURST).await;
    }

    Err(InterfacesError::Unsettled)
}

async fn dump(handle: Handle) -> Result<Vec<Answer>, InterfacesError> {
    let mut link = LinkMessage::default();
    // They are most of an answer, and nothing here needs them.
    link.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    let mut question = message(RouteNetlinkMessage::GetLink(link));
    question.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let kernel = SocketAddr::new(0, 0);
    let answers = handle.request(question, kernel).map_err(|_gone| InterfacesError::Ended)?;

    Ok(answers.collect().await)
}

fn message(inner: RouteNetlinkMessage) -> Answer {
    Answer::new(NetlinkHeader::default(), NetlinkPayload::InnerMessage(Message(inner)))
}

fn listed(answers: Vec<Answer>) -> Result<Vec<Interface>, InterfacesError> {
    let mut interfaces = Vec::new();
    for answer in answers {
        if let NetlinkPayload::Error(error) = answer.payload {
            return Err(InterfacesError::NoList(error.to_io()));
        }
        let NetlinkPayload::InnerMessage(Message(RouteNetlinkMessage::NewLink(link))) =
            answer.payload
        else {
            return Err(InterfacesError::NoList(ErrorKind::InvalidData.into()));
        };
        interfaces.extend(link::interface(&link));
    }
    interfaces.sort();

    Ok(interfaces)
}

/// Fills in what the messages of the kernel do not say.
fn complete(interfaces: &mut [Interface], namespaces: &mut Namespaces) {
    let names: BTreeMap<u32, Arc<str>> =
        interfaces.iter().map(|it| (it.index, Arc::clone(&it.name))).collect();
    for it in interfaces.iter_mut() {
        it.master = it.upper.and_then(|index| names.get(&index)).map(Arc::clone);
    }
    hardware::find(interfaces);
    #[cfg(debug_assertions)]
    hardware::planted::plant(interfaces);
    namespaces.name_peers(interfaces);
}

#[cfg(test)]
mod tests;
