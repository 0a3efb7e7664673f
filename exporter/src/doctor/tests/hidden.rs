//! What keeps frames from the exporter's programs is told before a run.

use super::*;

#[test]
fn what_would_hide_frames_is_named_by_direction() {
    let filter = || Some("the u32 filter of preference 1".to_owned());
    let hidden_by = HiddenBy { receive: filter(), transmit: filter() };
    let driver = || driver(true, true);
    let wanted = vec![
        DeviceFacts { hidden_by: hidden_by.clone(), ..device("eth0", driver()) },
        DeviceFacts { hidden_by, ..cable("veth0") },
    ];

    let behind = Facts { wanted, ingress: "tc_ingress", transmit: Some("tc_egress"), ..facts() };
    let diagnosis = Diagnosis::of(&behind);

    let found = |name: &str| {
        let check = diagnosis.checks.iter().find(|check| check.check == name).unwrap();
        assert_eq!(check.state, State::Warning);
        assert!(check.remedy.is_some());
        check.found.as_str()
    };
    let text = "the u32 filter of preference 1 would be in front of the exporter's program on";
    assert_eq!(found("receive"), format!("{text} `veth0`, and may hide received frames"));
    let of_both = ["eth0", "veth0"].map(|it| format!("{text} `{it}`, and may hide sent frames"));
    assert_eq!(found("transmit"), of_both.join("; "));
    assert!(diagnosis.works);
    let none = Diagnosis::of(&facts()).checks;
    assert!(none.iter().all(|check| !["receive", "transmit"].contains(&check.check)));
}

#[test]
fn tcx_on_a_kernel_without_it_is_refused_with_what_counts_there() {
    let facts = Facts { ingress: "tc_ingress", transmit: Some("tc_egress"), ..facts() };
    let facts = with_mode(&facts, Mode::Tcx);

    let diagnosis = Diagnosis::of(&facts);

    let device = &diagnosis.devices[0];
    assert_eq!((device.state, device.mode), (State::Refused, None));
    assert!(device.found.contains("no TCX"), "{device:?}");
    let remedy = "set `datapath.mode` to \"auto\", which uses clsact here";
    assert_eq!(device.remedy.as_deref(), Some(remedy));
    assert_eq!(state_of(&facts, "devices"), State::Warning, "what is sent is counted");
    assert_eq!(state_of(&with_mode(&facts, Mode::Clsact), "devices"), State::Ok);

    let neither = Facts { transmit: Some("tcx_egress"), ..facts };
    assert_eq!(state_of(&neither, "transmit"), State::Warning);
    assert_eq!(state_of(&neither, "devices"), State::Refused);
}

#[test]
fn an_xdp_program_in_front_is_told_of_whatever_the_mode_in_the_stack() {
    let program = Some(Program { id: 7, name: Some("balancer".into()) });
    let behind = Facts { wanted: vec![DeviceFacts { program, ..cable("veth0") }], ..facts() };

    for mode in [Mode::Auto, Mode::Tcx, Mode::Clsact] {
        let device = &Diagnosis::of(&with_mode(&behind, mode)).devices[0];

        assert_eq!(device.state, State::Warning, "{mode:?}");
        assert!(device.found.contains("`balancer`") && device.found.contains("redirects"));
    }
}
