//! A filter of clsact, for kernels without TCX. It outlives the process that made it.

mod request;

use std::io;
use std::mem;

use aya::programs::tc::{
    NlOptions, SchedClassifierLink, TcAttachOptions, TcHandle, qdisc_add_clsact,
};
use aya::programs::{Link, ProgramError, SchedClassifier, TcAttachType, TcError};
use shared::Direction;

use super::claim::Claim;
use super::foreign::{InFront, Owner};
use super::placement::{INGRESS, SENT, UNMARKED};
use super::{Device, Presence, Tap};
use request::{ETH_P_ALL, Listed};

/// A filter, removed when it is dropped. The queue discipline stays, which without filters does
/// nothing: others may use it.
#[derive(Debug)]
pub(super) struct Filter {
    /// `None` while the filter is moved.
    link: Option<SchedClassifierLink>,
    ifindex: u32,
    direction: Direction,
    priority: u16,
    /// The kernel's number of the first program, or the next one that is free: a program of many
    /// devices keeps its number, in whose place there may be another filter by now.
    handle: u32,
    /// The kernel's number of the program: another one that comes to its place is not taken for it.
    program: u32,
}

impl Filter {
    /// Puts the program before all filters that it can be before.
    ///
    /// # Errors
    ///
    /// EEXIST where another queue discipline is in the place of clsact.
    pub(super) fn add(program: &mut SchedClassifier, tap: &Tap) -> io::Result<Self> {
        let Tap { device, direction } = tap;
        match qdisc_add_clsact(&device.name) {
            Ok(()) => {}
            Err(error) => {
                let error = of_tc(error);
                if error.raw_os_error() != Some(libc::EEXIST) || !has_room(device, *direction)? {
                    return Err(error);
                }
            }
        }
        let number = program.info().map_err(of_program)?.id();
        let mut filter = Self {
            link: None,
            ifindex: device.index,
            direction: *direction,
            priority: 0,
            handle: number,
            program: number,
        };
        let listed = filter.listed()?;
        filter.put(program, device, foremost(&listed), &listed)?;

        Ok(filter)
    }

    /// Returns where the kernel has the filter.
    pub(super) fn presence(&self) -> Presence {
        match self.ask().map_err(|error| error.raw_os_error()) {
            Ok(Some(found)) if !self.is(&found) => Presence::TakenOff,
            Err(Some(libc::ENOENT | libc::EINVAL)) => Presence::TakenOff,
            Err(Some(libc::ENODEV)) => Presence::DeviceGone,
            // What cannot be asked is believed to be there.
            Ok(_) | Err(_) => Presence::OnDevice,
        }
    }

    /// Returns the first filter that sees frames before this one does.
    pub(super) fn in_front(&self) -> io::Result<Option<InFront>> {
        let listed = self.listed()?;
        let mut before = listed.iter().take_while(|it| !self.is_at(it));

        Ok(before.find(|it| is_foreign(it)).map(in_front))
    }

    /// Moves the filter to the front, as far as possible; returns whether it is the first.
    ///
    /// What comes between the two messages to the kernel is not counted: with two filters at
    /// once it would be counted twice.
    pub(super) fn go_in_front(
        &mut self,
        program: &mut SchedClassifier,
        device: &Device,
    ) -> io::Result<bool> {
        let mut others = self.listed()?;
        others.retain(|it| !self.is_at(it));
        let priority = foremost(&others);
        let mut foreign = others.iter().filter(|it| is_foreign(it));
        if foreign.any(|it| it.priority < priority) {
            return Ok(false);
        }
        self.take_off(device)?;

        self.put(program, device, priority, &others).map(|()| true)
    }

    /// Puts another program in the place of the one that is there, with one message: every frame is
    /// seen by one of the two, because the kernel exchanges one entry of a list. Source:
    /// `cls_bpf_change` in net/sched/cls_bpf.c.
    pub(super) fn replace(
        &mut self,
        program: &mut SchedClassifier,
        device: &Device,
    ) -> io::Result<()> {
        let number = program.info().map_err(of_program)?.id();
        if self.presence() != Presence::OnDevice {
            return Err(io::Error::from_raw_os_error(libc::ENOENT));
        }
        let Some(link) = self.link.take() else {
            return Err(io::Error::from_raw_os_error(libc::ENOENT));
        };
        let attached = program.attach_to_link(link).and_then(|id| program.take_link(id));
        self.link = match attached {
            Ok(link) => Some(link),
            Err(error) => {
                self.link = Some(self.link_on(device)?);
                return Err(of_program(error));
            }
        };
        self.program = number;

        Ok(())
    }

    /// Takes the filter off where it is. One that stays remains this one's: with another beside it
    /// every frame would be counted twice.
    fn take_off(&mut self, device: &Device) -> io::Result<()> {
        let Some(link) = self.link.take() else { return Ok(()) };
        let Err(error) = link.detach().map_err(of_program) else { return Ok(()) };
        if self.presence() != Presence::OnDevice {
            return Ok(());
        }
        self.link = Some(self.link_on(device)?);

        Err(error)
    }

    fn put(
        &mut self,
        program: &mut SchedClassifier,
        device: &Device,
        priority: u16,
        others: &[Listed],
    ) -> io::Result<()> {
        self.handle = free_handle(others, priority, self.handle);
        let options =
            NlOptions { priority, handle: TcHandle::from(self.handle), ..NlOptions::default() };
        let options = TcAttachOptions::Netlink(options);
        let id = program
            .attach_with_options(&device.name, side(self.direction), options)
            .map_err(of_program)?;
        let link = program.take_link(id).map_err(of_program)?;
        self.priority = link.priority().map_err(of_program)?;
        self.link = Some(link);

        Ok(())
    }

    fn ask(&self) -> io::Result<Option<Listed>> {
        request::one(self.ifindex, self.direction, self.priority, self.handle)
    }

    fn listed(&self) -> io::Result<Vec<Listed>> {
        request::all(self.ifindex, self.direction)
    }

    fn link_on(&self, device: &Device) -> io::Result<SchedClassifierLink> {
        link_at(device, self.direction, self.priority, self.handle)
    }

    fn is(&self, found: &Listed) -> bool {
        found.program == Some(self.program)
    }

    fn is_at(&self, listed: &Listed) -> bool {
        let is_place = listed.priority == self.priority && listed.handle == self.handle;

        listed.chain == 0 && is_place && self.is(listed)
    }
}

/// Returns the lowest preference that a program can have: all filters of one preference have one
/// kind and one protocol. Among its like, what came last is the first. Source: `cls_bpf_change` in
/// net/sched/cls_bpf.c.
fn foremost(listed: &[Listed]) -> u16 {
    let suits = |it: &Listed| it.kind == "bpf" && it.protocol == ETH_P_ALL;
    let is_free = |priority: &u16| {
        let mut there = listed.iter().filter(|it| it.chain == 0 && it.priority == *priority);
        there.all(suits)
    };

    (1..u16::MAX).find(is_free).unwrap_or_default()
}

/// Returns the first handle from `wanted` on that no filter of a preference has.
fn free_handle(listed: &[Listed], priority: u16, wanted: u32) -> u32 {
    let is_free = |handle: &u32| {
        let mut there = listed.iter().filter(|it| it.chain == 0 && it.priority == priority);
        there.all(|it| it.handle != *handle)
    };

    (wanted..u32::MAX).find(is_free).unwrap_or(wanted)
}

/// Returns whether the verdict of a filter may end what the kernel asks filters for. The program
/// of an exporter lets those behind it decide.
fn is_foreign(listed: &Listed) -> bool {
    listed.chain == 0 && listed.handle != 0 && !is_ours(listed)
}

/// Returns whether it has the name of a program of an exporter.
fn is_ours(listed: &Listed) -> bool {
    [INGRESS, UNMARKED, SENT].contains(&&*listed.name)
}

fn in_front(listed: &Listed) -> InFront {
    let Listed { kind, priority, name, program, .. } = listed;
    let name = (!name.is_empty()).then(|| name.clone());

    InFront::Filter { kind: kind.clone(), priority: *priority, owner: Owner { id: *program, name } }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // A filter that another process put in its place is not ours to remove.
        if self.ask().is_ok_and(|found| found.is_some_and(|found| !self.is(&found))) {
            mem::forget(self.link.take());
        }
    }
}

/// Returns the filter that a program would not get in front of; `None` also where that cannot be
/// known.
pub(super) fn ahead_of_a_new_one(tap: &Tap) -> Option<InFront> {
    let listed = request::all(tap.device.index, tap.direction).ok()?;
    let priority = foremost(&listed);
    let mut foreign = listed.iter().filter(|it| is_foreign(it));

    foreign.find(|it| it.priority < priority).map(in_front)
}

/// Takes off what exporters left that were killed.
pub(super) fn remove_stale(Tap { device, direction }: &Tap) {
    let listed = match request::all(device.index, *direction) {
        Ok(listed) => listed,
        Err(error) => {
            tracing::warn!(
                device = &*device.name,
                %error,
                "Cannot check for filters that a killed exporter left"
            );
            return;
        }
    };
    for filter in listed.into_iter().filter(is_ours) {
        let Some(_claim) = filter.program.and_then(Claim::take_stale) else { continue };
        match remove(device, *direction, &filter) {
            Ok(()) => tracing::info!(
                device = &*device.name,
                "Removed a filter that a killed exporter left"
            ),
            Err(error) => tracing::warn!(
                device = &*device.name,
                %error,
                "Cannot remove a filter that a killed exporter left"
            ),
        }
    }
}

/// Returns whether the queue discipline that is there takes filters of that direction. `ingress` has
/// the place of clsact, and takes whatever it is given for what is received.
fn has_room(device: &Device, direction: Direction) -> io::Result<bool> {
    let queue = request::queue(device.index)?;
    let takes = |kind: &str| match direction {
        Direction::Receive => matches!(kind, "clsact" | "ingress"),
        Direction::Transmit => kind == "clsact",
    };

    Ok(queue.is_some_and(|queue| takes(&queue.kind)))
}

fn remove(device: &Device, direction: Direction, filter: &Listed) -> io::Result<()> {
    link_at(device, direction, filter.priority, filter.handle)?.detach().map_err(of_program)
}

fn link_at(
    device: &Device,
    direction: Direction,
    priority: u16,
    handle: u32,
) -> io::Result<SchedClassifierLink> {
    let handle = TcHandle::from(handle);

    SchedClassifierLink::attached(&device.name, side(direction), priority, handle, None)
}

const fn side(direction: Direction) -> TcAttachType {
    match direction {
        Direction::Receive => TcAttachType::Ingress,
        Direction::Transmit => TcAttachType::Egress,
    }
}

fn of_program(error: ProgramError) -> io::Error {
    if let ProgramError::TcError(error) = error {
        return of_tc(error);
    }
    if let ProgramError::SyscallError(error) = error {
        return error.io_error;
    }
    if let ProgramError::NetlinkError(error) = error {
        return of_tc(TcError::NetlinkError(error));
    }

    io::Error::other(error)
}

fn of_tc(error: TcError) -> io::Error {
    if let TcError::IoError(error) = error {
        return error;
    }
    if let TcError::NetlinkError(error) = &error
        && let Some(errno) = error.raw_os_error()
    {
        return io::Error::from_raw_os_error(errno);
    }

    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_goes_to_the_lowest_preference_that_takes_it() {
        let bpf = |priority| Listed {
            kind: "bpf".into(),
            protocol: ETH_P_ALL,
            priority,
            handle: 1,
            ..Listed::default()
        };
        let of_ip = Listed { protocol: 0x0800, ..bpf(1) };
        let matching = Listed { kind: "u32".into(), ..bpf(2) };
        let elsewhere = Listed { chain: 7, ..of_ip.clone() };

        assert_eq!(foremost(&[]), 1);
        assert_eq!(foremost(&[bpf(1), bpf(49_152)]), 1, "before its like");
        assert_eq!(foremost(&[elsewhere]), 1, "another chain");
        assert_eq!(foremost(&[of_ip.clone(), bpf(3)]), 2);
        assert_eq!(foremost(&[of_ip, matching]), 3);
    }

    #[test]
    fn a_handle_that_another_filter_has_is_not_taken() {
        let at = |priority, handle| Listed { priority, handle, ..Listed::default() };
        let elsewhere = Listed { chain: 7, ..at(1, 9) };

        assert_eq!(free_handle(&[elsewhere, at(1, 0), at(2, 9)], 1, 9), 9);
        assert_eq!(free_handle(&[at(1, 9), at(1, 10), at(1, 12)], 1, 9), 11);
    }

    #[test]
    fn the_program_of_an_exporter_is_in_nobodys_way() {
        let foreign = Listed { name: "drop_some".into(), handle: 9, ..Listed::default() };
        let of_an_exporter = |name: &str| Listed { name: name.into(), ..foreign.clone() };
        let in_common = Listed { handle: 0, name: String::new(), ..foreign.clone() };

        assert!(is_foreign(&foreign));
        for name in [SENT, INGRESS, UNMARKED] {
            assert!(!is_foreign(&of_an_exporter(name)), "{name}");
        }
        assert!(!is_foreign(&in_common), "what a preference's filters have in common");
    }
}
