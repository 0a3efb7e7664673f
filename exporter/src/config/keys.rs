//! The keys that there are, as the example file documents them.

/// `config.example.toml`: every key with its doc comment and its default.
pub(super) const EXAMPLE: &str = include_str!("../../../config.example.toml");

/// What the comment of a key ends with whose value is read at the start alone.
const NEEDS_RESTART: &str = "Needs a restart.";

/// A key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its section and its name there, as in `web.listen_address`.
    pub(super) name: String,
    /// What it means, after the last colon what is allowed, and whether it needs a restart.
    pub(super) text: String,
    /// As the example file has it.
    pub(super) default: &'static str,
    /// What its section is about.
    pub(super) title: &'static str,
}

impl Key {
    /// Returns what a value of this key has to be.
    pub(super) fn allowed(&self) -> &str {
        let text = self.text.strip_suffix(NEEDS_RESTART).unwrap_or(&self.text).trim_end();
        let allowed = text.rsplit_once(": ").map_or(text, |(_, rule)| rule);

        allowed.trim_end_matches('.')
    }

    /// Returns what it means, without what is allowed.
    pub(super) fn meaning(&self) -> &str {
        self.text.rsplit_once(": ").map_or(self.text.as_str(), |(meaning, _)| meaning)
    }

    /// Returns its section, as in `web`.
    pub(super) fn section(&self) -> &str {
        self.name.split_once('.').map_or(self.name.as_str(), |(section, _)| section)
    }

    /// Returns whether a change of its value takes effect while the exporter runs.
    pub(super) fn is_live(&self) -> bool {
        !self.text.ends_with(NEEDS_RESTART)
    }

    /// Returns its flag: dashes where the file has underscores.
    pub(super) fn flag(&self) -> String {
        match self.name.as_str() {
            // As every exporter calls it.
            "web.config_file" => "web.config.file".into(),
            name => name.replace('_', "-"),
        }
    }
}

/// Returns all keys in the order of the example file.
pub(super) fn all() -> Vec<Key> {
    let mut keys = Vec::new();
    let (mut section, mut title) = ("", "");
    let mut comment: Vec<&str> = Vec::new();

    for line in EXAMPLE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            title = comment.first().copied().unwrap_or_default();
        } else if let Some((name, default)) = line.split_once(" = ") {
            let name = format!("{section}.{name}");
            keys.push(Key { name, text: comment.join(" "), default, title });
        }
        comment.clear();
    }

    keys
}

/// Returns the key or the section that `unknown` looks like.
pub(super) fn nearest(unknown: &str) -> Option<String> {
    const ALIKE: f64 = 0.7;

    let keys = all();
    let names = keys.iter().map(|key| key.name.as_str());
    let sections = names.clone().filter_map(|name| name.split_once('.')).map(|(name, _)| name);
    let likeness = |name| strsim::normalized_damerau_levenshtein(unknown, name);

    names
        .chain(sections)
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name.to_owned())
}

/// Returns the key that `words` with nothing but `_` between them look like.
pub(super) fn nearest_in_words(words: &str) -> Option<String> {
    const ALIKE: f64 = 0.8;

    let likeness =
        |key: &Key| strsim::normalized_damerau_levenshtein(words, &key.name.replace('.', "_"));
    all()
        .into_iter()
        .map(|key| (likeness(&key), key.name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use figment::value::Value;

    use super::*;
    use crate::config::Config;
    use crate::config::setting::shown;

    const HEAD: &str = "\
# The configuration of packet-exporter: every key with its default. A file needs only the keys
# that differ. What is set here gives way to the environment (PACKET_EXPORTER_DEVICES__INCLUDE),
# and that to the command line (--devices.include). A change takes effect while the exporter runs,
# unless the comment of the key says that it needs a restart: see docs/configuration.md.
";
    const SECTIONS: [(&str, &str); 15] = [
        ("devices", include_str!("devices.rs")),
        ("datapath", include_str!("datapath.rs")),
        ("parser", include_str!("parser.rs")),
        ("sources", include_str!("sources.rs")),
        ("ports", include_str!("ports.rs")),
        ("vlans", include_str!("vlans.rs")),
        ("dscp", include_str!("dscp.rs")),
        ("signals", include_str!("signals.rs")),
        ("samples", include_str!("samples.rs")),
        ("metrics", include_str!("metrics.rs")),
        ("otlp", include_str!("otlp.rs")),
        ("web", include_str!("web.rs")),
        ("api", include_str!("api.rs")),
        ("log", include_str!("log.rs")),
        ("config", include_str!("following.rs")),
    ];

    #[test]
    fn the_example_holds_every_key_with_its_doc_comment_and_its_default() {
        let defaults = Value::serialize(Config::default()).unwrap();
        let mut expected = HEAD.to_owned();

        for (section, source) in SECTIONS {
            expected += &example(section, source, &defaults);
        }

        assert!(EXAMPLE == expected, "config.example.toml should be:\n{expected}");
        let sections = defaults.as_dict().unwrap().values().map(|s| s.as_dict().unwrap().len());
        assert_eq!(all().len(), sections.sum::<usize>(), "every key has a doc comment");
    }

    #[test]
    fn a_section_refuses_only_keys_that_there_are() {
        let keys = all();
        let mut refused = 0;

        for (section, source) in SECTIONS {
            let Some((_, rest)) = source.split_once("super::refused([") else { continue };
            let (list, _) = rest.split_once("])").unwrap();
            for name in list.split("(\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                let name = format!("{section}.{name}");
                assert!(keys.iter().any(|key| key.name == name), "there is no `{name}`");
                refused += 1;
            }
        }

        assert!(refused > 20, "{refused} of more than twenty");
    }

    /// Makes a section of the example from the struct in `source`.
    fn example(section: &str, source: &str, defaults: &Value) -> String {
        let (before, rest) = source.split_once("\npub struct ").unwrap();
        let (body, _) = rest.split_once("\n}\n").unwrap();
        let title = before.lines().rfind(|line| line.starts_with("/// ")).unwrap();

        let mut example = vec![String::new(), format!("# {}", &title[4..]), format!("[{section}]")];
        for line in body.lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("/// ") {
                example.push(format!("# {text}"));
            } else if let Some(field) = line.strip_prefix("pub ") {
                let (name, _) = field.split_once(':').unwrap();
                let name = name.trim_start_matches("r#");
                let default = defaults.find_ref(&format!("{section}.{name}")).unwrap();
                example.push(format!("{name} = {}", shown(default)));
            }
        }

        example.join("\n") + "\n"
    }

    #[test]
    fn every_key_says_what_it_means_and_what_is_allowed() {
        for key in all() {
            assert!(key.text.ends_with('.'), "{key:?}");
            assert!(key.text.contains(": "), "{key:?}");
            assert!(key.text.len() > key.allowed().len() + 20, "{key:?}");
        }
    }

    /// The whole table: a key that is added is live, or has its place here.
    #[test]
    fn these_keys_need_a_restart_and_all_others_are_live() {
        const START: [&str; 19] = [
            "datapath.mode",
            "datapath.transmit",
            "datapath.memory",
            "datapath.source_table_kib",
            "datapath.port_table_kib",
            "datapath.source_overflow_entries",
            "datapath.port_overflow_entries",
            "datapath.pin",
            "datapath.pin_path",
            "datapath.override",
            "web.listen_address",
            "web.systemd_socket",
            "web.config_file",
            "web.route_prefix",
            "web.external_url",
            "api.listen_address",
            "api.token_file",
            "api.state_file",
            "log.format",
        ];

        let keys = all();
        let waiting: Vec<_> = keys.iter().filter(|key| !key.is_live()).collect();

        assert_eq!(waiting.iter().map(|key| &*key.name).collect::<Vec<_>>(), START);
        assert!(waiting.iter().all(|key| !key.allowed().contains("restart")), "{waiting:?}");
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_key() {
        let cases = [
            ("devices.includ", Some("devices.include")),
            ("device", Some("devices")),
            ("web.listen-adress", Some("web.listen_address")),
            ("log.lvl", Some("log.level")),
            ("devices.speed", None),
            ("otpl.endpoint", Some("otlp.endpoints")),
            ("cloud", None),
        ];

        for (unknown, name) in cases {
            assert_eq!(nearest(unknown).as_deref(), name, "{unknown}");
        }
    }
}
