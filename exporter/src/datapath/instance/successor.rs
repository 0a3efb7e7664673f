//! Another program on the same maps: a cut that changes programs.

use aya::Ebpf;
use shared::{Control, PortSet, Sketch, SourceSet, TRAFFIC_CLASSES, VLAN_IDS};

use super::{Instance, Levels, Marking};
use crate::datapath::shape::Shape;
use crate::datapath::wire::Mapping;

/// A program that is loaded to count in the maps of another one, in whose place it comes.
///
/// Its control word is its own. So the change of programs is a cut: each frame is seen by one of the
/// two, and what the one before counted is in one generation, what this one counts in the other.
pub(in super::super) struct Successor {
    pub(in super::super) ebpf: Ebpf,
    pub(in super::super) shape: Shape,
    pub(in super::super) control: Mapping<Control>,
    /// Maps of what was off so far.
    pub(in super::super) sketches: Option<Mapping<Sketch>>,
    pub(in super::super) vlans: Option<Mapping<[u64; VLAN_IDS]>>,
    pub(in super::super) classes: Option<Mapping<[u64; TRAFFIC_CLASSES]>>,
    pub(in super::super) sources: Option<Levels<SourceSet>>,
    pub(in super::super) ports: Option<Levels<PortSet>>,
}

impl Successor {
    /// Returns what the maps take that it does not share with the program before it, in bytes.
    pub(in super::super) fn bytes(&self) -> u64 {
        let Self { ebpf: _, shape: _, control: _, sketches, vlans, classes, sources, ports } = self;
        let without_key = [
            sketches.as_ref().map(Mapping::bytes),
            vlans.as_ref().map(Mapping::bytes),
            classes.as_ref().map(Mapping::bytes),
        ];
        let keyed = [sources.as_ref().map(Levels::bytes), ports.as_ref().map(Levels::bytes)];

        without_key.into_iter().chain(keyed).flatten().sum()
    }
}

impl Instance {
    /// Returns whether the program may be sent to the other generation: what that one holds was read.
    pub(in super::super) fn can_cut(&self) -> bool {
        self.pending.is_none()
    }

    /// Cuts by putting another program in the place of this one, which `put` does.
    ///
    /// # Errors
    ///
    /// When `put` fails, which cuts nothing: this program goes on.
    pub(in super::super) fn cut_to<E>(
        &mut self,
        next: Successor,
        put: impl FnOnce(&Ebpf, &mut Ebpf) -> Result<(), E>,
    ) -> Result<(), E> {
        let Successor { mut ebpf, shape, control, sketches, vlans, classes, sources, ports } = next;
        self.carry();
        // Whichever program counts there, no processor sees the new control word before the slots;
        // the same word of a program that does not run yet needs no more.
        let generation = u32::from(self.generation == 0);
        control.publish(0, &Control { generation, budget: shape.budget });
        put(&self.ebpf, &mut ebpf)?;

        self.note_cut();
        self.ebpf = ebpf;
        self.shape = shape;
        self.maps.control = control;
        self.marking = Marking::default();
        // What was not counted before is not in the old ones.
        if let Some(sketches) = sketches {
            self.maps.sketches = sketches;
        }
        if let Some(vlans) = vlans {
            self.maps.vlans = vlans;
        }
        if let Some(classes) = classes {
            self.maps.classes = classes;
        }
        if let Some(sources) = sources {
            self.maps.sources = sources;
        }
        if let Some(ports) = ports {
            self.maps.ports = ports;
        }

        Ok(())
    }

    /// Notes beside pinned maps the constants that the program counts under, once its maps are pinned:
    /// a process that adopts them goes by that, also for their sizes.
    pub(in super::super) fn note_settings(&self) {
        if let Some(layout) = &self.layout {
            layout.counts(&self.shape);
        }
    }
}
