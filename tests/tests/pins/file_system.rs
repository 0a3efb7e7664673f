//! Where programs are pinned.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aya::maps::{Array, Map, MapData};

/// A BPF file system of the test's own, taken away when it is dropped.
pub(crate) struct BpfFileSystem(pub(crate) PathBuf);

impl BpfFileSystem {
    pub(crate) fn mount(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pins-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "bpf", "bpf"]).arg(&path).status().unwrap();
        assert!(mounted.success(), "a BPF file system can be mounted");

        Self(path)
    }

    /// The flags of an exporter that pins its programs here.
    pub(crate) fn flags(&self) -> [&str; 5] {
        let path = self.0.to_str().unwrap();

        ["--datapath.pin", "--datapath.pin-path", path, "--datapath.mode", "native"]
    }

    /// How many taps have pins.
    pub(crate) fn taps(&self) -> usize {
        self.places().len()
    }

    /// Returns where the pins of each tap are.
    pub(crate) fn places(&self) -> Vec<PathBuf> {
        below(&self.0).iter().flat_map(below).collect()
    }

    /// Changes the first entry of a map that is pinned for the only tap of a direction.
    pub(crate) fn change<V: aya::Pod>(
        &self,
        direction: &str,
        map: &str,
        change: impl FnOnce(&mut V),
    ) {
        let is_wanted = |path: &PathBuf| path.display().to_string().ends_with(direction);
        let tap = self.places().into_iter().find(is_wanted).expect("a tap with pins");
        let map = MapData::from_pin(tap.join(map)).expect("a map that is pinned");
        let mut map = Array::<_, V>::try_from(Map::Array(map)).expect("an array of such entries");

        let mut entry = map.get(&0, 0).expect("the first entry");
        change(&mut entry);
        map.set(0, entry, 0).expect("the first entry");
    }
}

fn below(path: impl AsRef<Path>) -> Vec<PathBuf> {
    fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

impl Drop for BpfFileSystem {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg(&self.0).status();
        let _gone = fs::remove_dir(&self.0);
    }
}
