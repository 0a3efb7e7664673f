//! The ways in which a file becomes another one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;
use tests::cable::Cable;
use tests::hanging::Hanging;
use tests::service::Service;

use super::house::{House, SUCCESSFUL, Settings};

/// Waits until that many sources are named at most, in both directions.
#[track_caller]
fn wait_for_limit(house: &mut House<'_>, limit: u64) {
    house.service.wait_until("the new limit", |service| limit_of(service) == Some(2 * limit));
}

fn limit_of(service: &Service<'_>) -> Option<u64> {
    service.scrape().find("packet_exporter_series_limit", &[("dimension", "source")])
}

fn watched(limit: &str) -> Settings {
    Settings::usual().with(&[("config.watch", "true"), ("sources.limit", limit)])
}

fn write(path: &Path, limit: &str) {
    fs::write(path, watched(limit).text()).unwrap();
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_file_is_followed_however_it_changes() {
    let cable = Cable::lay("rlfiles");
    let mut house = House::start(&cable, &watched("11"), &[]);
    let path = house.path("config.toml");
    wait_for_limit(&mut house, 11);

    // In place.
    write(&path, "12");
    wait_for_limit(&mut house, 12);
    // By a rename, as editors do.
    let new = house.path("config.toml.new");
    write(&new, "13");
    fs::rename(&new, &path).unwrap();
    wait_for_limit(&mut house, 13);
    // Emptied, and written after a while: what is half there does not count.
    fs::write(&path, "").unwrap();
    house
        .service
        .wait_until("the empty file is refused", |it| it.scrape().find(SUCCESSFUL, &[]) == Some(0));
    write(&path, "14");
    wait_for_limit(&mut house, 14);
    // Gone, and back.
    fs::remove_file(&path).unwrap();
    house.service.wait_until("the missing file is refused", |it| {
        it.scrape().find(SUCCESSFUL, &[]) == Some(0)
    });
    assert_eq!(limit_of(&house.service), Some(28));
    write(&path, "15");
    wait_for_limit(&mut house, 15);
    assert_eq!(house.gauge(SUCCESSFUL), 1);
}

/// As Kubernetes mounts a ConfigMap: `..data` is a link to a folder that is replaced as a whole.
#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_volume_of_kubernetes_is_followed() {
    let cable = Cable::lay("rlvolume");
    let folder = TempDir::with_prefix("packet-exporter-").unwrap();
    let root = folder.path().to_owned();
    let publish = |number: &str| {
        let data = root.join(format!("..2026_{number}"));
        fs::create_dir(&data).unwrap();
        write(&data.join("config.toml"), number);
        symlink(&data, root.join("..data_tmp")).unwrap();
        fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
    };
    publish("11");
    symlink("..data/config.toml", root.join("config.toml")).unwrap();
    let path = root.join("config.toml");
    let mut house = House::start_with(&cable, folder, &path, &[]);
    wait_for_limit(&mut house, 11);

    for number in ["12", "13"] {
        let before = fs::read_link(root.join("..data")).unwrap();
        publish(number);
        fs::remove_dir_all(before).unwrap();
        wait_for_limit(&mut house, number.parse().unwrap());
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_directory_that_vanishes_is_followed_again_when_it_is_back() {
    let cable = Cable::lay("rlvanish");
    let folder = TempDir::with_prefix("packet-exporter-").unwrap();
    let directory = folder.path().join("etc");
    let path = directory.join("config.toml");
    fs::create_dir(&directory).unwrap();
    write(&path, "11");
    let mut house = House::start_with(&cable, folder, &path, &[]);
    wait_for_limit(&mut house, 11);

    for (removed, limit) in [(true, "12"), (false, "13")] {
        if removed {
            fs::remove_dir_all(&directory).unwrap();
        } else {
            fs::rename(&directory, directory.with_extension("old")).unwrap();
        }
        house.service.wait_until("the missing file is refused", |it| {
            it.scrape().find(SUCCESSFUL, &[]) == Some(0)
        });
        fs::create_dir(&directory).unwrap();
        write(&path, limit);
        wait_for_limit(&mut house, limit.parse().unwrap());
    }
    write(&path, "14");
    wait_for_limit(&mut house, 14);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_file_that_hangs_is_refused_and_holds_up_nothing() {
    let cable = Cable::lay("rlhang");
    let mut house = House::start(&cable, &watched("11"), &[]);
    let path = house.path("config.toml").to_str().unwrap().to_owned();

    let hanging = Hanging::in_place_of(&path);
    let (status, text) = house.post();

    assert_eq!(status, 500, "{text}");
    assert!(text.contains("its file system may hang"), "{text}");
    house.service.wait_for_fold();
    hanging.end(&watched("12").text());
    wait_for_limit(&mut house, 12);
}
