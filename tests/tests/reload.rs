//! The configuration changes while the service runs.

mod reload {
    mod crowds;
    mod files;
    mod house;
    mod load;
    mod observations;
    mod papers;
    mod pushes;
    mod receiver;
    mod rows;
    mod scenes;
    mod triggers;
}
