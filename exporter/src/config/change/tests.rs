use std::collections::BTreeMap;

use super::*;
use crate::config::{Command, Inputs};

/// A value of each key that is not its default.
const OTHERS: &[(&str, &str)] = &[
    ("devices.include", "'eth.*'"),
    ("devices.exclude", "'lo'"),
    ("devices.linger", "'3m'"),
    ("datapath.interval", "'2s'"),
    ("datapath.mode", "'generic'"),
    ("datapath.transmit", "'off'"),
    ("datapath.memory", "'64MiB'"),
    ("datapath.source_table_kib", "128"),
    ("datapath.port_table_kib", "32"),
    ("datapath.source_overflow_entries", "2048"),
    ("datapath.port_overflow_entries", "2048"),
    ("datapath.miss_budget", "7000"),
    ("datapath.pin", "true"),
    ("datapath.pin_path", "'/sys/fs/bpf/other'"),
    ("datapath.override", "[{ devices = 'eth.*', mode = 'tcx', class = 'own' }]"),
    ("parser.vxlan_ports", "[4789]"),
    ("parser.geneve_ports", "[]"),
    ("sources.enabled", "false"),
    ("sources.limit", "7"),
    ("sources.idle", "'1m'"),
    ("sources.churn", "7"),
    ("sources.remembered", "1000"),
    ("ports.enabled", "false"),
    ("ports.limit", "7"),
    ("ports.idle", "'1m'"),
    ("ports.churn", "7"),
    ("ports.remembered", "1000"),
    ("ports.ephemeral", "'1024-65535'"),
    ("ports.services", "['8444/tcp']"),
    ("vlans.enabled", "true"),
    ("vlans.limit", "7"),
    ("dscp.enabled", "true"),
    ("signals.enabled", "false"),
    ("signals.window", "'2m'"),
    ("signals.scan_ports", "8"),
    ("samples.enabled", "true"),
    ("samples.one_in", "7"),
    ("samples.per_second", "7"),
    ("samples.matching", "['port=53']"),
    ("samples.snap_length", "64"),
    ("samples.payload", "true"),
    ("samples.kept", "7"),
    ("otlp.enabled", "false"),
    ("otlp.endpoints", "['http://a:1']"),
    ("otlp.protocol", "'http/json'"),
    ("otlp.interval", "'2m'"),
    ("otlp.timeout", "'1s'"),
    ("otlp.push_timeout", "'1s'"),
    ("otlp.compression", "'gzip'"),
    ("otlp.headers", "['a=b']"),
    ("otlp.headers_file", "'/headers'"),
    ("otlp.temporality", "'delta'"),
    ("otlp.histogram", "'exponential'"),
    ("otlp.names", "'semconv'"),
    ("otlp.ca_file", "'/ca'"),
    ("otlp.insecure", "true"),
    ("otlp.max_points", "7"),
    ("otlp.logs_endpoint", "'http://a:1'"),
    ("otlp.logs_protocol", "'http/json'"),
    ("otlp.logs_timeout", "'1s'"),
    ("otlp.logs_compression", "'gzip'"),
    ("otlp.logs_headers", "['a=b']"),
    ("otlp.logs_ca_file", "'/ca'"),
    ("web.listen_address", "[':1']"),
    ("web.systemd_socket", "true"),
    ("web.config_file", "'/web.yml'"),
    ("web.route_prefix", "'/p'"),
    ("web.external_url", "'https://x.example/p'"),
    ("web.telemetry_path", "'/m'"),
    ("web.max_requests", "7"),
    ("web.trusted_proxies", "['10.0.0.0/8']"),
    ("web.enable_lifecycle", "true"),
    ("api.listen_address", "[':1']"),
    ("api.token_file", "'/tokens.toml'"),
    ("api.state_file", "'/state.json'"),
    ("api.users", "['ann=admin']"),
    ("api.client_names", "['dns:a=read']"),
    ("api.gateway_names", "['dns:b=read']"),
    ("api.history_memory", "'8MiB'"),
    ("metrics.exclude", "['process_.*']"),
    ("log.level", "'debug'"),
    ("log.format", "'json'"),
    ("config.watch", "false"),
];

/// Keys that are changed together, because they are refused alone.
const TOGETHER: &[(&str, &str)] = &[
    ("otlp.cert_file", "cert_file = '/cert'\nkey_file = '/key'"),
    ("otlp.key_file", "cert_file = '/cert'\nkey_file = '/key'"),
    ("otlp.logs", "logs = true\nlogs_endpoint = 'http://a:1'"),
    ("otlp.logs_cert_file", "logs_cert_file = '/cert'\nlogs_key_file = '/key'"),
    ("otlp.logs_key_file", "logs_cert_file = '/cert'\nlogs_key_file = '/key'"),
];

fn inputs(flags: &[&str]) -> Inputs {
    let arguments = ["packet-exporter", "--config.file=config.toml"];
    let arguments = arguments.into_iter().chain(flags.iter().copied());
    let Ok(Command::Run(inputs)) = Command::parse(arguments.map(Into::into)) else {
        panic!("not a command line: {flags:?}")
    };

    inputs
}

fn loaded(text: &str, flags: &[&str]) -> Loaded {
    Config::of(&inputs(flags), Some(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn change(from: &str, to: &str) -> Change {
    loaded(from, &[]).followed_by(&loaded(to, &[])).unwrap()
}

fn names(changed: &[Changed]) -> Vec<&str> {
    changed.iter().map(|it| &*it.key).collect()
}

#[test]
fn a_key_with_another_value_takes_effect_or_waits_for_a_restart() {
    let mut left: BTreeMap<_, _> =
        keys::all().into_iter().map(|key| (key.name.clone(), key)).collect();
    let alone = OTHERS.iter().map(|(key, value)| {
        let name = key.split_once('.').unwrap().1;
        (*key, format!("{name} = {value}"))
    });
    let together = TOGETHER.iter().map(|(key, lines)| (*key, (*lines).to_owned()));

    for (name, lines) in alone.chain(together) {
        let key = left.remove(name).unwrap_or_else(|| panic!("there is no `{name}`"));
        let section = name.split_once('.').unwrap().0;
        let Change { next, live, waiting, .. } = change("", &format!("[{section}]\n{lines}\n"));

        let (with, without) = if key.is_live() { (&live, &waiting) } else { (&waiting, &live) };
        assert!(names(with).contains(&name) && without.is_empty(), "{name}: {live:?} {waiting:?}");
        assert_eq!(next.config == Config::default(), !key.is_live(), "{name}");
    }

    assert!(left.is_empty(), "no test changes {:?}", left.keys());
}

#[test]
fn what_is_written_otherwise_and_means_the_same_changes_nothing() {
    let one = "[datapath]\ninterval = '1s'\n[web]\nlisten_address = ':10199'";
    let other = "[web]\nlisten_address = [':10199']\n[datapath]\ninterval = '1000ms'";

    let Change { live, waiting, shadowed, .. } = change(one, other);

    assert_eq!((live, waiting, shadowed), Default::default());
}

#[test]
fn a_secret_that_changes_is_noticed_and_not_shown() {
    for key in ["headers", "logs_headers"] {
        let text = |secret| format!("[otlp]\n{key} = ['authorization={secret}']");

        let Change { live, next, .. } = change(&text("old"), &text("new"));

        assert_eq!(live.len(), 1, "{key}");
        let shown = live[0].to_string();
        assert!(shown.starts_with(&format!("otlp.{key} = [1 not shown] (")), "{shown}");
        assert!(format!("{shown}{next}").find("new").is_none(), "{shown}");
    }
}

#[test]
fn what_is_gone_from_the_file_has_its_default_again() {
    let Change { live, next, .. } = change("[sources]\nlimit = 7", "[sources]\n");

    assert_eq!(
        live.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["sources.limit = 100 (default)"]
    );
    assert_eq!(next.config, Config::default());
}

#[test]
fn a_key_waits_until_it_has_the_value_that_is_in_force() {
    let first = change("", "[log]\nformat = 'json'\nlevel = 'debug'");
    assert_eq!(
        (names(&first.live), names(&first.waiting)),
        (vec!["log.level"], vec!["log.format"])
    );

    let still = first.next.followed_by(&loaded("[log]\nformat = 'json'", &[])).unwrap();
    assert_eq!(
        (names(&still.live), names(&still.waiting)),
        (vec!["log.level"], vec!["log.format"])
    );

    let back = still.next.followed_by(&loaded("", &[])).unwrap();
    assert_eq!((back.live, back.waiting), Default::default());
    assert_eq!(back.next.config, Config::default());
}

#[test]
fn a_key_of_the_file_that_a_flag_sets_is_overridden_and_its_changes_are_shadowed() {
    let flags = &["--sources.limit=5", "--log.level=warn"];
    let one = loaded("[sources]\nlimit = 7\nchurn = 7", flags);
    let other = loaded("[sources]\nlimit = 8\nchurn = 8", flags);

    let Change { live, shadowed, next, .. } = one.followed_by(&other).unwrap();

    assert_eq!(names(&live), ["sources.churn"]);
    let text = "sources.limit (config.toml:2) is set by command line";
    assert_eq!(shadowed.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
    assert_eq!(next.overridden(), shadowed);
    let again = next.followed_by(&other).unwrap();
    assert!(again.shadowed.is_empty() && again.next.overridden().len() == 1);
}

#[test]
fn the_old_name_of_a_key_is_accepted_wherever_it_is_set() {
    let places = [
        Config::of(&inputs(&[]), Some("[datapath]\nbudget = 7000")),
        Config::of(&inputs(&["--datapath.budget=7000"]), None),
        Config::of(
            &inputs(&[])
                .with_variables([("PACKET_EXPORTER_DATAPATH__BUDGET".into(), "7000".into())]),
            None,
        ),
    ];

    for loaded in places {
        let Loaded { config, problems, .. } = loaded.unwrap();
        assert_eq!(config.datapath.miss_budget, 7000);
        assert_eq!(problems.len(), 1, "{problems:?}");
        let told = problems[0].to_string();
        assert!(
            told.starts_with("datapath.budget: its name is now `datapath.miss_budget`"),
            "{told}"
        );
    }
}

#[test]
fn the_new_name_of_a_key_is_stronger_in_the_same_place_alone() {
    let both = loaded("[datapath]\nbudget = 7000\nmiss_budget = 6000", &[]);
    let above = loaded("[datapath]\nmiss_budget = 6000", &["--datapath.budget=7000"]);

    assert_eq!(both.config.datapath.miss_budget, 6000);
    assert!(both.problems[0].to_string().contains("it is ignored beside"), "{:?}", both.problems);
    assert_eq!(above.config.datapath.miss_budget, 7000);
}

#[test]
fn a_refused_old_name_is_refused_by_its_new_one() {
    let error = Config::of(&inputs(&[]), Some("[datapath]\nbudget = 5")).unwrap_err().to_string();

    assert!(error.contains("`datapath.miss_budget` (config.toml:2): must be 1000"), "{error}");
}
