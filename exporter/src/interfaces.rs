//! Which interfaces are there, and a stream of changes (netlink).

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use rtnetlink::packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::link::{
    InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkLayerType, LinkMessage, LinkXdp,
};
use rtnetlink::{Handle, MulticastGroup};
use tokio::sync::watch;
use tokio::time;
use tokio_util::sync::CancellationToken;

/// Messages come in bursts, one for each flag that changes.
const BURST: Duration = Duration::from_millis(50);
/// After a list that the kernel could not give.
const RETRY: Duration = Duration::from_secs(1);
/// Lists that the kernel could not give whole, one after the other.
const ATTEMPTS: usize = 10;

type Answer = NetlinkMessage<RouteNetlinkMessage>;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface {
    pub name: Arc<str>,
    pub index: u32,
    /// There is a piece of hardware, or what a virtual machine takes for one, behind it.
    pub has_hardware: bool,
    /// Its frames have an Ethernet header.
    pub is_ethernet: bool,
    pub is_up: bool,
    /// Longest payload of a frame, in bytes.
    pub mtu: u32,
    /// The kernel's number of the XDP program that is on it, whoever put it there.
    pub xdp_program: Option<u32>,
    /// The index of the device that carries its frames, as that of a VLAN does.
    pub lower: Option<u32>,
    /// The index of the device that it is a part of, as of a bond or a bridge.
    pub upper: Option<u32>,
}

/// Why the interfaces cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum InterfacesError {
    #[error("the kernel gives no netlink socket; the exporter needs the address family AF_NETLINK")]
    NoSocket(#[source] io::Error),

    #[error("the kernel does not list its interfaces")]
    NoList(#[source] rtnetlink::Error),

    #[error("interfaces come and go faster than the kernel can list them; wait until they settle")]
    Unsettled,

    #[error("the netlink connection ended by itself")]
    Ended,
}

/// Lists the interfaces once.
pub async fn list() -> Result<Vec<Interface>, InterfacesError> {
    let (connection, handle, _messages) =
        rtnetlink::new_connection().map_err(InterfacesError::NoSocket)?;

    tokio::select! {
        () = connection => Err(InterfacesError::Ended),
        interfaces = of_kernel(&handle) => interfaces,
    }
}

/// Keeps the list of interfaces current, and tells of it when one that is wanted comes, goes or
/// changes its name, until told to stop.
pub async fn watch(
    changes: watch::Sender<Vec<Interface>>,
    is_wanted: impl Fn(&Interface) -> bool,
    stop: CancellationToken,
) -> Result<(), InterfacesError> {
    let (connection, handle, mut messages) =
        rtnetlink::new_multicast_connection(&[MulticastGroup::Link])
            .map_err(InterfacesError::NoSocket)?;
    let relay = async {
        loop {
            // The first list catches what changed before the messages began to come.
            match of_kernel(&handle).await {
                Ok(interfaces) => {
                    changes.send_if_modified(|known| replace(known, interfaces, &is_wanted));
                }
                Err(error) => {
                    tracing::warn!(%error, "Cannot list the interfaces; trying again");
                    time::sleep(RETRY).await;
                    continue;
                }
            }
            if messages.next().await.is_none() {
                return Err(InterfacesError::Ended);
            }
            time::sleep(BURST).await;
            while let Ok(Some(_)) = time::timeout(Duration::ZERO, messages.next()).await {}
        }
    };

    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = connection => Err(InterfacesError::Ended),
        ended = relay => ended,
    }
}

/// Puts `interfaces` in the place of `known`; says whether a wanted one differs.
fn replace(
    known: &mut Vec<Interface>,
    interfaces: Vec<Interface>,
    is_wanted: impl Fn(&Interface) -> bool,
) -> bool {
    let wanted = |them: &[Interface]| -> Vec<Interface> {
        them.iter().filter(|it| is_wanted(it)).cloned().collect()
    };
    let is_new = wanted(known) != wanted(&interfaces);
    *known = interfaces;

    is_new
}

async fn of_kernel(handle: &Handle) -> Result<Vec<Interface>, InterfacesError> {
    settled(|| dump(handle.clone())).await
}

/// Asks until no change came in between, which may hide an interface that is there.
async fn settled<A>(mut ask: impl FnMut() -> A) -> Result<Vec<Interface>, InterfacesError>
where
    A: Future<Output = Result<Vec<Answer>, InterfacesError>>,
{
    for _ in 0..ATTEMPTS {
        let answers = ask().await?;
        let is_interrupted = |answer: &Answer| answer.header.flags & NLM_F_DUMP_INTR != 0;
        if !answers.iter().any(is_interrupted) {
            return listed(answers);
        }
        time::sleep(BURST).await;
    }

    Err(InterfacesError::Unsettled)
}

async fn dump(mut handle: Handle) -> Result<Vec<Answer>, InterfacesError> {
    let mut question = Answer::from(RouteNetlinkMessage::GetLink(LinkMessage::default()));
    question.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let answers = handle.request(question).map_err(InterfacesError::NoList)?;

    Ok(answers.collect().await)
}

fn listed(answers: Vec<Answer>) -> Result<Vec<Interface>, InterfacesError> {
    let mut interfaces = Vec::new();
    for answer in answers {
        let NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) = &answer.payload
        else {
            return Err(InterfacesError::NoList(refusal(answer)));
        };
        interfaces.extend(interface(link));
    }
    interfaces.sort();

    Ok(interfaces)
}

fn refusal(answer: Answer) -> rtnetlink::Error {
    if let NetlinkPayload::Error(error) = answer.payload {
        return rtnetlink::Error::NetlinkError(error);
    }

    rtnetlink::Error::UnexpectedMessage(answer)
}

fn interface(link: &LinkMessage) -> Option<Interface> {
    let attributes = &link.attributes;
    let name = attributes.iter().find_map(|attribute| {
        if let LinkAttribute::IfName(name) = attribute { Some(name.as_str()) } else { None }
    })?;
    let has_parent =
        attributes.iter().any(|attribute| matches!(attribute, LinkAttribute::ParentDevName(_)));
    // Kernels before 5.14 do not name the parent.
    let has_hardware = has_parent || Path::new("/sys/class/net").join(name).join("device").exists();

    let find = |wanted: fn(&LinkAttribute) -> Option<u32>| attributes.iter().find_map(wanted);

    Some(Interface {
        name: name.into(),
        index: link.header.index,
        has_hardware,
        is_ethernet: matches!(
            link.header.link_layer_type,
            LinkLayerType::Ether | LinkLayerType::Loopback
        ),
        is_up: link.header.flags.contains(LinkFlags::Up),
        mtu: find(mtu).unwrap_or_default(),
        xdp_program: find(xdp_program),
        // The other end of a cable carries nothing for this one; an index of another namespace
        // says nothing here.
        lower: find(lower).filter(|_| !is_cable(attributes) && !is_elsewhere(attributes)),
        upper: find(upper),
    })
}

fn mtu(attribute: &LinkAttribute) -> Option<u32> {
    if let LinkAttribute::Mtu(mtu) = attribute { Some(*mtu) } else { None }
}

fn lower(attribute: &LinkAttribute) -> Option<u32> {
    if let LinkAttribute::Link(index) = attribute { Some(*index) } else { None }
}

fn upper(attribute: &LinkAttribute) -> Option<u32> {
    if let LinkAttribute::Controller(index) = attribute { Some(*index) } else { None }
}

fn xdp_program(attribute: &LinkAttribute) -> Option<u32> {
    let LinkAttribute::Xdp(states) = attribute else { return None };

    states.iter().find_map(|state| {
        if let LinkXdp::ProgId(id)
        | LinkXdp::DrvProgId(id)
        | LinkXdp::SkbProgId(id)
        | LinkXdp::HwProgId(id) = state
        {
            return Some(*id);
        }
        None
    })
}

fn is_elsewhere(attributes: &[LinkAttribute]) -> bool {
    attributes.iter().any(|attribute| matches!(attribute, LinkAttribute::LinkNetNsId(_)))
}

fn is_cable(attributes: &[LinkAttribute]) -> bool {
    attributes.iter().any(|attribute| {
        let LinkAttribute::LinkInfo(info) = attribute else { return false };
        info.iter().any(|one| matches!(one, LinkInfo::Kind(InfoKind::Veth | InfoKind::Netkit)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_list_that_a_change_interrupted_is_asked_for_again() {
        let interrupted = vec![link("eth0", NLM_F_DUMP_INTR)];
        let whole = vec![link("eth0", 0), link("eth1", 0)];
        let mut answers = [interrupted, whole].into_iter();

        let interfaces = settled(|| {
            let next = answers.next().unwrap();
            async { Ok(next) }
        });

        let names: Vec<_> = interfaces.await.unwrap().into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["eth0".into(), "eth1".into()]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_is_never_whole_is_not_believed() {
        let mut attempts = 0;

        let interfaces = settled(|| {
            attempts += 1;
            async { Ok(vec![link("eth0", 0), link("eth1", NLM_F_DUMP_INTR)]) }
        });

        assert!(matches!(interfaces.await, Err(InterfacesError::Unsettled)));
        assert_eq!(attempts, ATTEMPTS);
    }

    fn link(name: &str, flags: u16) -> Answer {
        let mut link = LinkMessage::default();
        link.attributes.push(LinkAttribute::IfName(name.into()));
        let mut answer = Answer::from(RouteNetlinkMessage::NewLink(link));
        answer.header.flags = flags;

        answer
    }
}
