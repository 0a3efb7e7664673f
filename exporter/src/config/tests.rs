mod otlp;
mod variables;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

/// The three places that a configuration comes from.
#[derive(Default)]
struct Given<'a> {
    file: &'a str,
    variables: &'a [(&'a str, &'a str)],
    flags: &'a [&'a str],
}

impl Given<'_> {
    /// Writes the file to `config.toml` in a folder, which the origins leave out.
    fn load(&self) -> Result<Loaded, ConfigError> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, self.file).unwrap();

        load(&path, self.variables, self.flags)
    }

    fn error(&self) -> String {
        let error = self.load().unwrap_err().to_string();

        error
            .split_inclusive(['`', '('])
            .map(|part| part.rfind("/config.toml").map_or(part, |at| &part[at + 1..]))
            .collect()
    }
}

fn load(path: &Path, variables: &[(&str, &str)], flags: &[&str]) -> Result<Loaded, ConfigError> {
    let file = format!("--config.file={}", path.display());
    let arguments = ["packet-exporter", &file].into_iter().chain(flags.iter().copied());
    let Ok(Command::Run(inputs)) = Command::parse(arguments.map(Into::into)) else {
        panic!("not a command line: {flags:?}")
    };
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));

    Config::load(&inputs.with_variables(variables))
}

fn default_with(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);

    config
}

#[test]
fn without_anything_every_key_has_its_default() {
    let missing = ConfigFile::Default("/nonexistent/config.toml".into());

    let loaded = Config::load(&Inputs::new(missing, Vec::new())).unwrap();

    assert_eq!(loaded.config, Config::default());
    assert_eq!(loaded.to_string(), "config is valid\n  every key has its default\n");
}

#[test]
fn the_example_file_changes_nothing() {
    let loaded = Given { file: keys::EXAMPLE, ..Given::default() }.load().unwrap();

    assert_eq!(loaded.config, Config::default());
}

#[test]
fn the_command_line_is_stronger_than_the_environment_and_that_than_the_file() {
    let given = Given {
        file: "[sources]\nlimit = 1\nchurn = 1\n[ports]\nlimit = 1",
        variables: &[
            ("PACKET_EXPORTER_SOURCES__LIMIT", "2"),
            ("PACKET_EXPORTER_SOURCES__CHURN", "2"),
        ],
        flags: &["--sources.limit=3"],
    };

    let Loaded { config, .. } = given.load().unwrap();

    let [limit, churn] = [config.sources.limit, config.sources.churn as usize];
    assert_eq!([limit, churn, config.ports.limit], [3, 2, 1]);
}

#[test]
fn each_place_may_set_each_type() {
    let expected = default_with(|config| {
        config.devices.include = "5".parse().unwrap();
        config.datapath.interval = std::time::Duration::from_millis(500);
        config.datapath.mode = Mode::Generic;
        config.datapath.miss_budget = 7000;
        config.ports.ephemeral = Ephemeral::Range(PortRange { first: 1024, last: 65_535 });
        config.ports.services = vec!["8444".parse().unwrap(), "8000-8100/tcp".parse().unwrap()];
        config.datapath.r#override = vec![
            Override {
                devices: "eth[0,1]".parse().unwrap(),
                mode: Some(Mode::Tcx),
                class: Some(Class::Own),
            },
            Override { devices: "wg0".parse().unwrap(), mode: None, class: Some(Class::Shared) },
        ];
        config.vlans.enabled = true;
        config.web.listen_address = vec![":1".parse().unwrap(), "[::1]:2".parse().unwrap()];
    });
    let file = "
        vlans.enabled = true
        [devices]\ninclude = \"5\"
        [datapath]\ninterval = \"500ms\"\nmode = \"generic\"\nmiss_budget = 7_000
        [[datapath.override]]\ndevices = \"eth[0,1]\"\nmode = \"tcx\"\nclass = \"own\"
        [[datapath.override]]\ndevices = \"wg0\"\nclass = \"shared\"
        [ports]\nephemeral = \"1024-65535\"\nservices = [8444, \"8000-8100/tcp\"]
        [web]\nlisten_address = [\":1\", \"[::1]:2\"]";
    let variables = &[
        ("PACKET_EXPORTER_DEVICES__INCLUDE", "5"),
        ("PACKET_EXPORTER_DATAPATH__INTERVAL", "500ms"),
        ("PACKET_EXPORTER_DATAPATH__MODE", "generic"),
        ("PACKET_EXPORTER_DATAPATH__MISS_BUDGET", "7000"),
        ("PACKET_EXPORTER_PORTS__EPHEMERAL", "1024-65535"),
        ("PACKET_EXPORTER_PORTS__SERVICES", "8444, 8000-8100/tcp"),
        (
            "PACKET_EXPORTER_DATAPATH__OVERRIDE",
            "[{devices = 'eth[0,1]', mode = 'tcx', class = 'own'}, {devices = 'wg0', class = 'shared'}]",
        ),
        ("PACKET_EXPORTER_VLANS__ENABLED", "true"),
        ("PACKET_EXPORTER_WEB__LISTEN_ADDRESS", ":1, [::1]:2"),
    ];
    let flags = &[
        "--devices.include=5",
        "--datapath.interval=500ms",
        "--datapath.mode=generic",
        "--datapath.miss-budget=7000",
        "--ports.ephemeral=1024-65535",
        "--ports.services=8444",
        "--ports.services=8000-8100/tcp",
        "--datapath.override={devices = 'eth[0,1]', mode = 'tcx', class = 'own'}",
        "--datapath.override={devices = 'wg0', class = 'shared'}",
        "--vlans.enabled",
        "--web.listen-address=:1",
        "--web.listen-address=[::1]:2",
    ];
    let places = [
        ("file", Given { file, ..Given::default() }),
        ("variables", Given { variables, ..Given::default() }),
        ("flags", Given { flags, ..Given::default() }),
    ];

    for (place, given) in places {
        assert_eq!(given.load().unwrap().config, expected, "{place}");
    }
}

#[test]
fn an_empty_variable_is_no_list_of_tables() {
    let file = "[[datapath.override]]\ndevices = \"wg0\"\nclass = \"shared\"";
    for text in ["", "  ", "[]"] {
        let variables = &[("PACKET_EXPORTER_DATAPATH__OVERRIDE", text)];
        let given = Given { file, variables, ..Given::default() };

        assert_eq!(given.load().unwrap().config.datapath.r#override, [], "{text:?}");
    }
}

#[test]
fn one_address_needs_no_list() {
    let given = Given { file: "web.listen_address = '[::1]:9100'", ..Given::default() };

    let Loaded { config, .. } = given.load().unwrap();

    assert_eq!(config.web.listen_address, ["[::1]:9100".parse().unwrap()]);
}

#[test]
fn one_port_needs_no_list_and_is_a_number_or_a_text() {
    for file in ["ports.services = 8444", "ports.services = '8444'", "ports.services = [8444]"] {
        let Loaded { config, .. } = Given { file, ..Given::default() }.load().unwrap();

        assert_eq!(config.ports.services, ["8444".parse().unwrap()], "{file}");
    }
    for file in ["ports.services = 70000", "ports.services = [-1]", "ports.services = [true]"] {
        let error = Given { file, ..Given::default() }.error();

        assert!(error.contains("`ports.services`"), "{error}");
    }
}

#[test]
fn an_override_on_the_command_line_that_is_no_table_is_refused_with_what_it_takes() {
    for flag in ["--datapath.override=eth0", "--datapath.override={devices = 'eth0'"] {
        let error = Given { flags: &[flag], ..Given::default() }.error();

        assert!(error.contains("`datapath.override`"), "{error}");
        assert!(error.contains("a list of tables with devices and mode"), "{error}");
    }
}

#[test]
fn every_refusal_is_reported_at_once_with_its_key_origin_and_range() {
    let given = Given {
        file: "\
[devices]
include = 'eth('
includ = 'eth0'
[datapath]
interval = 5
source_table_kib = 100
[cloud]
endpoint = 'x'
[web]
listen_address = [':9100', 'localhost']
telemetry_path = 'metrics'
",
        variables: &[
            ("PACKET_EXPORTER_LOG__LEVEL", "loud"),
            ("PACKET_EXPORTER_LOG__LVL", "info"),
            ("PACKET_EXPORTER_VLANS__ENABLED", "yes"),
        ],
        flags: &["--sources.limit=-1", "--ports.limit=20000", "--signals.window=1h"],
    };

    assert_eq!(
        given.error(),
        "\
the configuration is refused:
  `cloud` (config.toml:7): there is no such key
  `devices.includ` (config.toml:3): there is no such key; did you mean `devices.include`?
  `log.lvl` (environment variable PACKET_EXPORTER_LOG__LVL): there is no such key; \
         did you mean `log.level`?
  `datapath.interval` (config.toml:5): must be 100ms to 60s, is 5
  `devices.include` (config.toml:2): must be a regular expression for the whole name, \
         is \"eth(\": unclosed group
  `log.level` (environment variable PACKET_EXPORTER_LOG__LEVEL): \
         must be error, warn, info or debug, is \"loud\"
  `sources.limit` (command line): must be 0 to 10000, is -1
  `vlans.enabled` (environment variable PACKET_EXPORTER_VLANS__ENABLED): \
         must be true or false, is \"yes\"
  `web.listen_address` (config.toml:10): must be \":port\", \"host:port\", \
         \"[IPv6]:port\" or \"[IPv6%device]:port\", is [\":9100\", \"localhost\"]: it has no port; append one, as in \"localhost:10199\"
  `datapath.source_table_kib` (config.toml:6): must be \"auto\", or a power of two, 64 to 4096, is 100
  `ports.limit` (command line): must be 0 to 10000, is 20000
  `ports.remembered` (default): must be twice `limit` to 1000000, is 16384
  `signals.window` (command line): must be 10s to 10m, from `datapath.interval` on, is \"1h\"
  `web.telemetry_path` (config.toml:11): must be a path that begins with \"/\" and not with \"/-/\", \
         and is not that of another page, is \"metrics\""
    );
}

/// Every `X to Y` of a doc comment, tried at its ends and beyond them.
#[test]
fn the_documented_range_is_the_one_that_is_enforced() {
    let mut tried = 0;

    for key in keys::all() {
        let range = key.allowed().trim_start_matches("\"auto\", or ");
        let range = range.trim_start_matches("a power of two, ");
        let Some((least, most)) = range.split_once(" to ") else { continue };
        let most = most.split(", ").next().unwrap_or(most);
        let remembered = format!("--{}.remembered=1000000", key.name.split('.').next().unwrap());
        let loads = |value: String| {
            let value = format!("--{}={value}", key.flag());
            let of_limit = [value.as_str(), &remembered];
            let is_naming = ["sources.limit", "ports.limit"].contains(&&*key.name);
            let flags = if is_naming { &of_limit[..] } else { &of_limit[..1] };
            Given { flags, ..Given::default() }.load().is_ok()
        };

        let beyond = match (least.parse::<i64>(), most.parse::<i64>()) {
            (Ok(least), Ok(most)) => [(least - 1).to_string(), (most * 2).to_string()],
            // Of `limit`, whose other end another test shows.
            (Err(_), Ok(most)) => ["-1".into(), (most + 1).to_string()],
            // Durations.
            _ => [format!("0{}", least.trim_matches(char::is_numeric)), format!("{most} 1ms")],
        };
        assert!(loads(most.into()), "{}", key.name);
        assert!(least == "twice `limit`" || loads(least.into()), "{}", key.name);
        assert!(!beyond.into_iter().any(loads), "{}", key.name);
        tried += 1;
    }

    assert_eq!(tried, 28);
}

#[test]
fn a_window_is_not_shorter_than_an_interval() {
    let flags = &["--datapath.interval=30s", "--signals.window=10s"];

    assert_eq!(
        Given { flags, ..Given::default() }.error(),
        "\
the configuration is refused:
  `signals.window` (command line): must be 10s to 10m, from `datapath.interval` on, is \"10s\""
    );
    let flags = &["--datapath.interval=60s", "--signals.window=60s"];
    assert!(Given { flags, ..Given::default() }.load().is_ok());
}

#[test]
fn twice_as_many_keys_are_remembered_as_may_be_named() {
    let limit = |flags| Given { flags, ..Given::default() }.load().is_ok();

    assert!(limit(&["--sources.limit=10000", "--sources.remembered=20000"]));
    assert!(!limit(&["--sources.limit=10000", "--sources.remembered=19999"]));
    assert!(!limit(&["--ports.remembered=1000001"]));
}

#[test]
fn metrics_are_left_out_by_patterns_of_which_none_is_empty() {
    let given = Given { file: "metrics.exclude = ['a.*', 'b{1,2}']", ..Given::default() };
    let one = Given { flags: &["--metrics.exclude=packet_.*"], ..Given::default() };
    let empty = Given { file: "metrics.exclude = ['a', '']", ..Given::default() };
    let odd = Given { file: "metrics.exclude = ['a', '(']", ..Given::default() };

    let excluded = given.load().unwrap().config.metrics.exclude;
    assert_eq!(excluded, ["a.*", "b{1,2}"].map(|text| text.parse().unwrap()));
    assert_eq!(one.load().unwrap().config.metrics.exclude.len(), 1);
    assert!(empty.error().contains("`metrics.exclude` (config.toml:1)"), "{}", empty.error());
    assert!(odd.error().contains("unclosed group"), "{}", odd.error());
    for flag in
        ["--metrics.exclude=[\"a\", \"b\"]", "--metrics.exclude=[\"a\"]", "--metrics.exclude=a b"]
    {
        let list = Given { flags: &[flag], ..Given::default() };
        assert!(list.error().contains("`metrics.exclude` (command line)"), "{flag}");
    }
}

#[test]
fn a_broken_file_is_refused_with_the_place() {
    let cases = [
        ("[devices\n", "line 1, column 9: unclosed table, expected `]`"),
        (
            "[devices]\ninclude = eth0\n",
            "line 2, column 11: string values must be quoted, expected literal string",
        ),
        ("[log]\nlevel = 'info'\nlevel = 'warn'\n", "line 3, column 1: duplicate key"),
    ];

    for (file, place) in cases {
        let error = Given { file, ..Given::default() }.error();
        assert_eq!(error, format!("`config.toml` is not TOML: {place}"));
    }
}

#[test]
fn a_section_has_to_be_one_and_a_key_none() {
    let given = Given { file: "log = 'debug'\nvlans.limit.most = 4", ..Given::default() };

    assert_eq!(
        given.error(),
        "\
the configuration is refused:
  `log` (config.toml:1): is a section, and keys are set within it
  `vlans.limit` (config.toml:2): must be 0 to 4096, is a section"
    );
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let error = load(Path::new("/nonexistent/config.toml"), &[], &[]).unwrap_err();

    assert_eq!(error.to_string(), "cannot read the configuration file `/nonexistent/config.toml`");
}

#[test]
fn a_check_says_what_is_set_and_where() {
    let given = Given { flags: &["--log.level=debug", "--vlans.enabled"], ..Given::default() };

    assert_eq!(
        given.load().unwrap().to_string(),
        "config is valid\n  \
         log.level = \"debug\" (command line)\n  \
         vlans.enabled = true (command line)\n"
    );
}
