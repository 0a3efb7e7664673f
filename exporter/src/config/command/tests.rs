use super::*;

fn parse(line: &str) -> Result<Command, UsageError> {
    Command::parse(line.split(' ').map(Into::into))
}

fn flags(of: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();

    of.iter().map(|(key, texts)| ((*key).to_owned(), owned(texts))).collect()
}

fn openapi(format: DocumentFormat, gateway: Option<Gateway>) -> Command {
    Command::OpenApi(WantedDocument { format, gateway })
}

#[test]
fn the_definition_holds() {
    for headings in [Headings::None, Headings::Sections] {
        definition(&keys::all(), headings).debug_assert();
    }
}

#[test]
fn every_key_is_a_flag() {
    for key in keys::all() {
        let line = format!("packet-exporter --{}=value", key.flag());

        let Ok(Command::Run(inputs)) = parse(&line) else { panic!("{line}") };

        assert_eq!(inputs, Inputs::new(ConfigFile::default(), flags(&[(&key.name, &["value"])])));
    }
}

#[test]
fn a_command_line_is_understood() {
    let run = |of| Command::Run(Inputs::new(ConfigFile::default(), flags(of)));
    let named = || ConfigFile::Named("a.toml".into());
    let cases = [
        ("", run(&[])),
        ("run", run(&[])),
        ("run --devices.include eth.*", run(&[("devices.include", &["eth.*"])])),
        ("--devices.include eth.* run", run(&[("devices.include", &["eth.*"])])),
        (
            "--web.listen-address :1 --web.listen-address=[::1]:2",
            run(&[("web.listen_address", &[":1", "[::1]:2"])]),
        ),
        ("--web.config.file web.yml", run(&[("web.config_file", &["web.yml"])])),
        (
            "--vlans.enabled --ports.enabled=false",
            run(&[("ports.enabled", &["false"]), ("vlans.enabled", &["true"])]),
        ),
        ("--config.file a.toml", Command::Run(Inputs::new(named(), Vec::new()))),
        ("--config.check --config.file=a.toml", Command::Check(Inputs::new(named(), Vec::new()))),
        ("--version", Command::Print(Build::THIS.to_string())),
        ("inspect a.pcap", inspect(&[Some("a.pcap")], |_| {})),
        ("inspect - --json", inspect(&[None], |it| it.output = Output::Json)),
        (
            "inspect --each --parser kernel ./- b.pcap",
            inspect(&[Some("./-"), Some("b.pcap")], |it| {
                (it.output, it.parser) = (Output::Each, Parser::Kernel);
            }),
        ),
        (
            "inspect --by source,port --by protocol a.pcap --top 3",
            inspect(&[Some("a.pcap")], |it| {
                it.by = vec![By::Source, By::Port, By::Protocol];
                it.top = Some(3);
            }),
        ),
        (
            "--ports.ephemeral 1-2 inspect --parser=host a.pcap",
            inspect(&[Some("a.pcap")], |it| {
                let flags = flags(&[("ports.ephemeral", &["1-2"])]);
                it.inputs = Inputs::new(ConfigFile::default(), flags);
            }),
        ),
        ("top", top(|_| ())),
        (
            "top --url https://a:1/b --device eth0 --sent --bits --once --ca-file c --headers-file h",
            top(|it| {
                it.url = "https://a:1/b".into();
                it.device = Some("eth0".into());
                (it.sent, it.bits, it.once) = (true, true, true);
                it.ca_file = "c".into();
                it.headers_file = "h".into();
            }),
        ),
        ("openapi", openapi(DocumentFormat::Json, None)),
        ("openapi --format yaml", openapi(DocumentFormat::Yaml, None)),
        ("openapi --aws", openapi(DocumentFormat::Json, Some(Gateway::default()))),
        (
            "openapi --aws --uri https://a:1/b --target arn:a --publish changes,streams --api-key",
            openapi(
                DocumentFormat::Json,
                Some(Gateway {
                    uri: "https://a:1/b".into(),
                    target: Some("arn:a".into()),
                    changes: true,
                    streams: true,
                    key: true,
                }),
            ),
        ),
        ("doctor", doctor(false, &[])),
        ("doctor --json --devices.include eth0", doctor(true, &[("devices.include", &["eth0"])])),
    ];

    for (line, command) in cases {
        let whole = format!("packet-exporter {line}");
        assert_eq!(parse(whole.trim_end()).unwrap(), command, "{line}");
    }
}

/// The command for a summary of these files, changed in some way.
fn inspect(files: &[Option<&str>], change: fn(&mut Inspect)) -> Command {
    let mut inspect = Inspect {
        inputs: Inputs::new(ConfigFile::default(), Vec::new()),
        files: files.iter().map(|file| file.map(Into::into)).collect(),
        output: Output::Summary,
        by: Vec::new(),
        top: None,
        parser: Parser::Host,
    };
    change(&mut inspect);

    Command::Inspect(inspect)
}

fn top(change: fn(&mut Top)) -> Command {
    let mut top = Top {
        url: "http://localhost:10199".into(),
        device: None,
        sent: false,
        bits: false,
        once: false,
        headers_file: "".into(),
        ca_file: "".into(),
    };
    change(&mut top);

    Command::Top(top)
}

fn doctor(json: bool, of: &[(&str, &[&str])]) -> Command {
    let inputs = Inputs::new(ConfigFile::default(), flags(of));

    Command::Doctor(Doctor { inputs, json, bundle: None })
}

#[test]
fn a_capture_is_inspected_in_one_way() {
    let lines = [
        "inspect",
        "inspect --json --each a.pcap",
        "inspect --each --top 3 a.pcap",
        "inspect --each --by port a.pcap",
        "inspect --parser fast a.pcap",
        "inspect --parser auto a.pcap",
        "inspect --by size a.pcap",
        "inspect --top 0 a.pcap",
    ];

    for line in lines {
        assert!(parse(&format!("packet-exporter {line}")).is_err(), "{line}");
    }
}

#[test]
fn an_unknown_flag_is_refused_with_the_one_that_was_meant() {
    let error = parse("packet-exporter --devices.includ eth0").unwrap_err().to_string();

    assert!(error.contains("unexpected argument '--devices.includ'"), "{error}");
    assert!(error.contains("'--devices.include'"), "{error}");
}

#[test]
fn what_was_meant_and_where_help_is_are_in_one_line() {
    let cases = [
        (
            "--devices.includ eth0",
            "unexpected argument '--devices.includ'; did you mean '--devices.include'?; \
             see `packet-exporter -h`",
        ),
        (
            "inspec a.pcap",
            "unexpected command 'inspec'; did you mean 'inspect'?; see `packet-exporter -h`",
        ),
        (
            "inspect --speed a.pcap",
            "unexpected argument '--speed'; see `packet-exporter inspect -h`",
        ),
        (
            "inspect",
            "the following required arguments were not provided: <FILE>...; \
             see `packet-exporter inspect -h`",
        ),
        (
            "--log.level",
            "a value is required for '--log.level <LEVEL>' but none was supplied \
             [possible values: error, warn, info, debug]; see `packet-exporter -h`",
        ),
    ];

    for (line, expected) in cases {
        let error = parse(&format!("packet-exporter {line}")).unwrap_err().to_string();
        assert_eq!(error, expected.replace("?;", "?"), "{line}");
    }
}

fn printed(line: &str) -> String {
    let Ok(Command::Print(text)) = parse(line) else { panic!("{line} prints nothing") };

    text.trim_end().to_owned()
}

#[test]
fn a_summary_fits_a_terminal() {
    for command in ["", " run", " inspect", " doctor", " top", " openapi", " completions", " man"] {
        let help = printed(&format!("packet-exporter{command} -h"));

        let lines: Vec<_> = help.lines().collect();
        assert!(lines.len() <= 24, "{} lines:\n{help}", lines.len());
        let longest = lines.iter().map(|line| line.chars().count()).max();
        assert!(longest <= Some(80), "{longest:?} columns:\n{help}");
        assert!(help.contains("Example"), "{help}");
    }
}

#[test]
fn the_summary_has_the_commands_and_eight_flags() {
    let help = printed("packet-exporter -h");

    for command in ["run", "inspect", "doctor", "top", "openapi", "completions", "man"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
    }
    let flags = help.lines().filter(|line| line.trim_start().starts_with("--")).count();
    assert_eq!(flags, 8, "{help}");
    assert!(help.contains("--help"), "{help}");
}

#[test]
fn help_names_every_key_by_section_and_what_is_allowed() {
    for command in ["", " run", " inspect", " doctor"] {
        let help = printed(&format!("packet-exporter{command} --help"));
        let mut from = 0;

        for key in keys::all() {
            let heading = format!("[{}] ", key.section());
            assert!(help.contains(&heading), "{heading}");
            let is_switch = ["true", "false"].contains(&key.default);
            let flag = format!(" --{} {}", key.flag(), if is_switch { "[<" } else { "<" });
            let at = help[from..].find(&flag);
            from += at.unwrap_or_else(|| panic!("{} is missing, or out of order", key.name));
        }
        assert!(help.contains("100ms to 60s. [default: \"1s\"]"), "{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn flags_count_on_either_side_of_a_command() {
    let Command::Doctor(Doctor { inputs, json, .. }) = parse(
        "packet-exporter --log.level warn --config.file a.toml doctor --json --log.level info",
    )
    .unwrap() else {
        panic!("not a doctor")
    };

    assert!(json);
    let named = ConfigFile::Named("a.toml".into());
    assert_eq!(inputs, Inputs::new(named, flags(&[("log.level", &["info"])])));
}

#[test]
fn a_bundle_is_asked_for_with_its_file() {
    let bundle = |line: &str| match parse(line) {
        Ok(Command::Doctor(doctor)) => doctor.bundle,
        other => panic!("{other:?}"),
    };

    assert_eq!(
        bundle("packet-exporter doctor --bundle a.tar.gz --no-addresses"),
        Some(Bundle { to: Some("a.tar.gz".into()), no_addresses: true })
    );
    assert_eq!(
        bundle("packet-exporter doctor --bundle -"),
        Some(Bundle { to: None, no_addresses: false })
    );
    for line in ["doctor --bundle a --json", "doctor --no-addresses", "doctor --bundle"] {
        assert!(parse(&format!("packet-exporter {line}")).is_err(), "{line}");
    }
}

#[test]
fn scripts_and_pages_know_the_flags() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&format!("packet-exporter completions {shell}"));

        for key in keys::all() {
            assert!(script.contains(&key.flag()), "{shell}: {}", key.name);
        }
    }
    let page = printed("packet-exporter man");
    for key in keys::all() {
        let flag = key.flag().replace('-', "\\-");
        assert!(page.contains(&format!("\\-\\-{flag}")), "{}:\n{page}", key.name);
    }
    assert!(printed("packet-exporter man doctor").contains("\\-\\-bundle"));
    assert!(parse("packet-exporter completions tcsh").is_err());
}
