//! Which build this is.

use std::fmt;

/// One build of the exporter. What the build does not know is `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    pub version: &'static str,
    /// The commit.
    pub revision: &'static str,
    pub branch: &'static str,
    /// The version of the compiler.
    pub rustversion: &'static str,
    /// The target triple.
    pub target: &'static str,
}

impl Build {
    /// This build, from the variables that the build script sets for the compiler.
    pub const THIS: Self = Self {
        version: env!("CARGO_PKG_VERSION"),
        revision: known(option_env!("BUILD_REVISION")),
        branch: known(option_env!("BUILD_BRANCH")),
        rustversion: known(option_env!("BUILD_RUSTVERSION")),
        target: known(option_env!("BUILD_TARGET")),
    };
}

const fn known(value: Option<&'static str>) -> &'static str {
    match value {
        Some(value) if !value.is_empty() => value,
        Some(_) | None => "unknown",
    }
}

/// As `prometheus/common` writes it, which scripts read.
impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, branch, revision, rustversion, target } = self;

        writeln!(f, "packet-exporter, version {version} (branch: {branch}, revision: {revision})")?;
        writeln!(f, "  rust version:     {rustversion}")?;
        writeln!(f, "  platform:         {target}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_written_as_prometheus_writes_its_own() {
        let build = Build {
            version: "1.2.3",
            branch: "main",
            revision: "abc123",
            rustversion: "1.95.0",
            target: "x86_64-unknown-linux-gnu",
        };

        assert_eq!(
            build.to_string(),
            "packet-exporter, version 1.2.3 (branch: main, revision: abc123)\n  \
             rust version:     1.95.0\n  \
             platform:         x86_64-unknown-linux-gnu\n"
        );
    }
}
