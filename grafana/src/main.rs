//! Writes the dashboards and rules where they are committed, or rules with shorter times elsewhere.

use std::path::Path;
use std::{env, io};

use grafana::rules::{self, Scale, Settings};
use grafana::write;

const USAGE: &str = "grafana writes all files where they are committed; `grafana SCALE FOLDER` \
                     writes rules whose times are divided by a number, as 30, into a folder";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();

    match arguments.as_slice() {
        [] => write(Path::new(env!("CARGO_MANIFEST_DIR")), &grafana::all()),
        [scale, folder] => {
            let scale = scale.parse().map_err(|_| io::Error::other(USAGE))?;
            write(Path::new(folder), &rules::made(&Settings::default(), Scale(scale)))
        }
        _ => Err(io::Error::other(USAGE)),
    }
}
