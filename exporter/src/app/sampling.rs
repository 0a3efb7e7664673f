//! The part that takes what programs copy of packets to those who asked for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::parts::{Optional, OptionalParts};
use super::samples::{Samples, Wish};
use crate::config::{self, Config};
use crate::datapath::{self, Copied, For, PortRanks};
use crate::health::Sampled;
use crate::interfaces::Interface;
use crate::samples::{Losses, Sample, Sampling, Wanted};

/// How often copies are read while a client captures: the ring buffer has room for about 100,000 packets
/// a second then.
const OF_CAPTURE: Duration = Duration::from_millis(10);
/// How often at least, otherwise.
const USUAL: Duration = Duration::from_secs(1);

/// Takes copies to where they are kept and to the client that captures.
pub(super) struct Taking {
    copies: datapath::Samples,
    samples: Samples,
    config: watch::Receiver<Arc<Config>>,
    interfaces: watch::Receiver<Vec<Interface>>,
    sampled: watch::Sender<Sampled>,
    usual: Allowance,
    capture: Option<Capture>,
    /// When copies were read last.
    read: Instant,
}

/// A capture that is under way.
struct Capture {
    wish: Wish,
    allowance: Allowance,
    /// What was lost before it.
    before: Losses,
}

/// Packets that someone may still have, so that there are no more than so many in a second.
#[derive(Clone, Copy, Debug, Default)]
struct Allowance {
    left: f64,
    /// Packets that came and were too many.
    refused: u64,
}

/// Starts the part; returns where clients ask for packets, and what was taken and lost so far.
pub(super) fn start(
    parts: &OptionalParts,
    taking: Taking,
) -> anyhow::Result<(Samples, watch::Receiver<Sampled>)> {
    let (samples, taken) = (taking.samples.clone(), taking.sampled.subscribe());
    parts.start("samples", taking)?;

    Ok((samples, taken))
}

impl Optional for Taking {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut wishes = self.samples.wishes();
        loop {
            let config = self.config.borrow_and_update().samples.clone();
            wishes.mark_unchanged();
            self.follow(&config).await?;
            let pause = match &self.capture {
                Some(_) => Some(OF_CAPTURE),
                None if config.enabled => Some(self.config.borrow().datapath.interval.min(USUAL)),
                None => None,
            };
            let paused = async {
                match pause {
                    Some(pause) => sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            let is_over = tokio::select! {
                () = stop.cancelled() => true,
                () = paused => false,
                changed = self.config.changed() => changed.is_err(),
                changed = wishes.changed() => changed.is_err(),
            };
            if is_over {
                return Ok(());
            }
        }
    }
}

impl Taking {
    /// Takes what is copied; `ranks` says what programs know of ports.
    pub(super) fn new(
        copies: datapath::Samples,
        ranks: PortRanks,
        config: watch::Receiver<Arc<Config>>,
        interfaces: watch::Receiver<Vec<Interface>>,
    ) -> Self {
        let samples = Samples::new(SystemTime::now(), move |of, ports| ranks.ranks(of, ports));

        Self {
            copies,
            samples,
            config,
            interfaces,
            sampled: watch::Sender::new(Sampled::default()),
            usual: Allowance::default(),
            capture: None,
            read: Instant::now(),
        }
    }

    /// Does what is wanted now, and takes what was copied since the last time.
    async fn follow(&mut self, config: &config::Samples) -> anyhow::Result<()> {
        let elapsed = self.read.elapsed().as_secs_f64();
        self.read = Instant::now();
        let wanted = config.wanted();
        let sampling = wanted.as_ref().filter(|_| self.copies.are_on()).map(|wanted| Sampling {
            one_in: wanted.one_in,
            per_second: wanted.per_second,
            snap_length: config.snap_length.into(),
            payload: config.payload,
        });
        self.samples.switch(sampling, config.kept);
        self.want(For::Usual, wanted.as_ref()).await?;

        let wish = self.samples.wish().filter(|_| config.enabled);
        let has_ended = self.capture.as_ref().is_some_and(|it| Some(&it.wish) != wish.as_ref());
        if has_ended {
            self.want(For::Capture, None).await?;
        }
        self.take(config.payload, elapsed, wanted.as_ref());
        if has_ended && let Some(Capture { wish, .. }) = self.capture.take() {
            self.samples.capture_ended(wish.number);
        }
        if self.capture.is_none()
            && let Some(wish) = wish
        {
            self.want(For::Capture, Some(&wish.wanted)).await?;
            let before = self.copies.losses(For::Capture);
            self.capture = Some(Capture { wish, allowance: Allowance::default(), before });
        }
        self.allow(wanted.as_ref());

        Ok(())
    }

    /// Has programs copy what someone wants.
    async fn want(&self, whom: For, wanted: Option<&Wanted>) -> anyhow::Result<()> {
        let wanted = wanted.map(|wanted| (wanted.clone(), self.ifindex(wanted)));
        if self.copies.is_wanted(whom, wanted.as_ref()) {
            return Ok(());
        }
        let copies = self.copies.clone();

        // It waits until no program goes by what it replaces.
        spawn_blocking(move || copies.want(whom, wanted)).await??;
        Ok(())
    }

    /// Returns the index of the device that is asked for, if there is one of that name.
    fn ifindex(&self, wanted: &Wanted) -> Option<u32> {
        let name = wanted.matching.device.as_deref()?;

        self.interfaces.borrow().iter().find(|it| &*it.name == name).map(|it| it.index)
    }

    /// Takes what was copied.
    fn take(&mut self, payload: bool, elapsed: f64, wanted: Option<&Wanted>) {
        let mut copied = Vec::new();
        self.copies.read(|it| copied.push(it));
        let names: BTreeMap<u32, Arc<str>> =
            self.interfaces.borrow().iter().map(|it| (it.index, Arc::clone(&it.name))).collect();
        let now = SystemTime::now();
        let sample = |copied: Copied| {
            let index = copied.ifindex();
            let name = names.get(&index).cloned().unwrap_or_else(|| index.to_string().into());
            let sample = copied.sample(name, now);
            if payload { sample } else { sample.without_payload() }
        };

        self.usual.earn(wanted.map_or(0, |it| it.per_second), elapsed);
        if let Some(Capture { wish, allowance, .. }) = &mut self.capture {
            allowance.earn(wish.wanted.per_second, elapsed);
        }
        let (mut kept, mut captured) = (Vec::new(), Vec::new());
        for copied in copied {
            let is_kept = copied.is_for(For::Usual) && self.usual.spend();
            let is_captured = copied.is_for(For::Capture)
                && self.capture.as_mut().is_some_and(|it| it.allowance.spend());
            if !is_kept && !is_captured {
                continue;
            }
            let sample = sample(copied);
            if is_captured {
                captured.push(sample.clone());
            }
            if is_kept {
                kept.push(sample);
            }
        }
        self.pass_on(kept, captured);
    }

    fn pass_on(&mut self, kept: Vec<Sample>, captured: Vec<Sample>) {
        let mut losses = self.copies.losses(For::Usual);
        losses.rate += self.usual.refused;
        self.sampled.send_if_modified(|sampled| {
            let is_news = !kept.is_empty() || sampled.losses != Some(losses);
            for sample in &kept {
                *sampled.taken.entry(Arc::clone(&sample.device)).or_default() += 1;
            }
            sampled.losses = Some(losses);
            is_news
        });
        self.samples.losses(losses);
        self.samples.add(kept);
        if let Some(Capture { wish, allowance, before }) = &self.capture {
            let mut losses = self.copies.losses(For::Capture).since(*before);
            losses.rate += allowance.refused;
            self.samples.captured(wish.number, captured);
            self.samples.capture_losses(wish.number, losses);
        }
    }

    /// Lets programs copy what may come until the next time: each CPU as much, because any may have all.
    fn allow(&mut self, wanted: Option<&Wanted>) {
        if let Some(wanted) = wanted {
            self.copies.allow(For::Usual, self.usual.until_next(wanted.per_second));
        }
        if let Some(Capture { wish, allowance, .. }) = &self.capture {
            self.copies.allow(For::Capture, allowance.until_next(wish.wanted.per_second));
        }
    }
}

impl Allowance {
    /// Adds what a time earns; what is not spent in a second is gone.
    fn earn(&mut self, per_second: u32, seconds: f64) {
        let most = f64::from(per_second);

        self.left = (self.left + most * seconds).min(most);
    }

    /// Takes a packet, if there is one left.
    fn spend(&mut self) -> bool {
        let has_one = self.left >= 1.0;
        if has_one {
            self.left -= 1.0;
        } else {
            self.refused += 1;
        }

        has_one
    }

    /// Returns how many packets may come until the next time, which is within a second.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most two seconds' worth, and never negative"
    )]
    fn until_next(&self, per_second: u32) -> u64 {
        (self.left + f64::from(per_second)).ceil() as u64
    }
}
