//! A filter of clsact, for kernels without TCX. It outlives the process that made it.

mod claim;
mod request;

use std::io;
use std::mem;

use aya::programs::tc::{
    NlOptions, SchedClassifierLink, TcAttachOptions, TcHandle, qdisc_add_clsact,
};
use aya::programs::{Link, ProgramError, SchedClassifier, TcAttachType, TcError};

use super::{Device, Presence, TRANSMIT};
use claim::Claim;
use request::Listed;

/// A filter, taken off when it is dropped. The queue discipline stays, which without filters does
/// nothing: others may use it.
#[derive(Debug)]
pub(super) struct Filter {
    /// Goes before the claim does: a filter that nobody claims is stale.
    link: Option<SchedClassifierLink>,
    _claim: Option<Claim>,
    ifindex: u32,
    priority: u16,
    /// The kernel's number of the program, which is the handle of the filter too: so another one
    /// that comes to its place is not taken for it.
    program: u32,
}

impl Filter {
    /// Puts the program before the filters that were given no priority. Source: `tcf_auto_prio` in
    /// net/sched/cls_api.c.
    ///
    /// # Errors
    ///
    /// EEXIST where another queue discipline is in the place of clsact.
    pub(super) fn add(program: &mut SchedClassifier, device: &Device) -> io::Result<Self> {
        match qdisc_add_clsact(&device.name) {
            Ok(()) => {}
            Err(error) => {
                let error = of_tc(error);
                // `ingress` has that place too, and takes what it is given for what is received.
                if error.raw_os_error() != Some(libc::EEXIST) || !has_clsact(device)? {
                    return Err(error);
                }
            }
        }
        let number = program.info().map_err(of_program)?.id();
        let claim = Claim::take(number).inspect_err(|error| {
            tracing::warn!(
                device = &*device.name,
                %error,
                "Other exporters cannot know whose the filter is, and may take it off"
            );
        });
        let options = NlOptions { handle: TcHandle::from(number), ..NlOptions::default() };
        let options = TcAttachOptions::Netlink(options);
        let id = program
            .attach_with_options(&device.name, TcAttachType::Egress, options)
            .map_err(of_program)?;
        let link = program.take_link(id).map_err(of_program)?;
        let priority = link.priority().map_err(of_program)?;

        Ok(Self {
            link: Some(link),
            _claim: claim.ok(),
            ifindex: device.index,
            priority,
            program: number,
        })
    }

    /// Asks the kernel where the filter is.
    pub(super) fn presence(&self) -> Presence {
        match self.ask().map_err(|error| error.raw_os_error()) {
            Ok(Some(found)) if !self.is(&found) => Presence::TakenOff,
            Err(Some(libc::ENOENT | libc::EINVAL)) => Presence::TakenOff,
            Err(Some(libc::ENODEV)) => Presence::DeviceGone,
            // What cannot be asked is believed to be there.
            Ok(_) | Err(_) => Presence::OnDevice,
        }
    }

    fn ask(&self) -> io::Result<Option<Listed>> {
        request::one(self.ifindex, self.priority, self.program)
    }

    fn is(&self, found: &Listed) -> bool {
        found.program == Some(self.program)
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // What somebody put in its place is not ours to take off.
        if self.ask().is_ok_and(|found| found.is_some_and(|found| !self.is(&found))) {
            mem::forget(self.link.take());
        }
    }
}

/// Takes off what exporters left that were killed.
pub(super) fn remove_stale(device: &Device) {
    let listed = match request::all(device.index) {
        Ok(listed) => listed,
        Err(error) => {
            tracing::warn!(
                device = &*device.name,
                %error,
                "Cannot look for filters of a process that was killed"
            );
            return;
        }
    };
    for filter in listed.into_iter().filter(|filter| filter.name == TRANSMIT) {
        let Some(_claim) = filter.program.and_then(Claim::take_stale) else { continue };
        match remove(device, &filter) {
            Ok(()) => tracing::info!(
                device = &*device.name,
                "Took off the filter of a process that was killed"
            ),
            Err(error) => tracing::warn!(
                device = &*device.name,
                %error,
                "Cannot take off the filter of a process that was killed"
            ),
        }
    }
}

fn has_clsact(device: &Device) -> io::Result<bool> {
    let queue = request::queue(device.index)?;

    Ok(queue.is_some_and(|queue| queue.kind == "clsact"))
}

fn remove(device: &Device, filter: &Listed) -> io::Result<()> {
    let Listed { priority, handle, .. } = *filter;
    let handle = TcHandle::from(handle);

    SchedClassifierLink::attached(&device.name, TcAttachType::Egress, priority, handle, None)?
        .detach()
        .map_err(of_program)
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
