//! The programs that talk in the demo: real ones, none of them above a few megabits a second.

use std::process::Stdio;

use anyhow::{Context, Result};

use super::network::{CLIENTS, CLIENTS_V6, DEVICE, HOST, HOST_V6, Network};
use crate::namespace::Namespace;
use crate::process;

/// What the traffic of a demo consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mix {
    /// Some of everything, also a port scan and frames that no stack sends.
    Everything,
    /// Nothing that an alert is for.
    Harmless,
}

pub(crate) fn start(network: &mut Network, mix: Mix) -> Result<()> {
    let has_ipv6 = network.has_ipv6;
    let Network { host, lan, .. } = network;

    script(host, "servers.py", &[])?;
    quiet(host, "iperf3", &["--server"])?;

    let clients = [DEVICE, HOST, CLIENTS[0], CLIENTS[1]];
    let wanted = match mix {
        Mix::Everything => &clients[..],
        Mix::Harmless => &clients[..3],
    };
    script(lan, "clients.py", wanted)?;
    quiet(lan, "ping", &["-q", "-i", "0.5", "-I", CLIENTS[2], HOST])?;
    shell(lan, "while :; do iperf3 -c $0 -t 600 -b 2M; sleep 1; done", &[HOST])?;
    let browse = "while :; do for from in \"$@\"; do \
        curl -s -m 2 --noproxy '*' -o /dev/null --interface $from http://$0/; sleep 0.3; done; done";
    shell(lan, browse, &[&[HOST], &CLIENTS[3..]].concat())?;
    if has_ipv6 {
        quiet(lan, "ping", &["-q", "-i", "0.7", "-I", CLIENTS_V6[0], HOST_V6])?;
        let host_url = format!("[{HOST_V6}]");
        shell(lan, browse, &[&[host_url.as_str()], &CLIENTS_V6[1..]].concat())?;
    }

    Ok(())
}

fn script(namespace: &mut Namespace, name: &str, arguments: &[&str]) -> Result<()> {
    let script = process::workspace().join("xtask/demo").join(name);
    let script = script.to_str().context("the path of the checkout is not UTF-8")?;

    quiet(namespace, "python3", &[&[script], arguments].concat())
}

/// `arguments` are `$0`, `$1` and so on of the script.
fn shell(namespace: &mut Namespace, script: &str, arguments: &[&str]) -> Result<()> {
    quiet(namespace, "sh", &[&["-c", script], arguments].concat())
}

fn quiet(namespace: &mut Namespace, program: &str, arguments: &[&str]) -> Result<()> {
    let mut command = namespace.command(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());

    namespace.start(program, &mut command)
}
