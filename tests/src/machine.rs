//! A virtual machine with a kernel of its own. It is emulated throughout, so that it needs no
//! privileges and nothing of the host's processor.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::cable::Namespace;
use crate::tools;

/// What the console shows last.
const END: &str = "the end\n";
/// A machine takes a tenth of it where nothing else runs.
const SECONDS: &str = "600";
/// Some machines that are emulated hang before they start the service.
const ATTEMPTS: usize = 3;
/// The console shows it before anything of ours runs. A machine that crashes or hangs later fails
/// its test.
const BEGINNING: &str = "the service starts\n";
/// Programs of the host that the machine has too. The `setpriv` of busybox cannot take a right away.
const PROGRAMS: [&str; 4] = ["ip", "ethtool", "tc", "setpriv"];

/// What a machine is made of.
pub struct Machine<'a> {
    /// Where a package with a kernel was unpacked.
    pub kernel: &'a Path,
    /// The modules that it loads, after those that they depend on. One that the kernel does not have as
    /// a file is left out: it may be built in.
    pub modules: &'a [&'a str],
    /// Where a static busybox was unpacked.
    pub busybox: &'a Path,
    /// Folders in which other packages were unpacked, and the programs of them that it has.
    pub packages: &'a [(PathBuf, &'a str)],
    /// Network cards, as QEMU is told of them.
    pub cards: &'a [&'a str],
    /// Where QEMU runs, if it needs a network.
    pub network: Option<&'a Namespace>,
    /// Numbers that a processor can have; two processors run, and the others never come. From Linux
    /// 6.9 on there are two all the same: these kernels go by what the firmware names.
    pub possible_cpus: u32,
    /// Has room for a few hundred megabytes.
    pub scratch: &'a Path,
    /// The script that is its first process. It prints `the service starts` before it does that, and
    /// ends with the line `the end`.
    pub init: &'a str,
}

/// What the console of a machine showed. A test that fails prints it.
pub struct Console(String);

impl Console {
    /// Returns the rest of the first line that begins so.
    pub fn line(&self, beginning: &str) -> &str {
        let found = self.0.lines().find_map(|line| line.strip_prefix(beginning));

        found.unwrap_or_else(|| panic!("no line begins with {beginning:?}"))
    }

    /// Returns the lines between two.
    pub fn between(&self, first: &str, last: &str) -> &str {
        let behind = self.0.split_once(first).and_then(|(_, rest)| rest.split_once('\n'));
        let found = behind.and_then(|(_, rest)| Some(rest.split_once(last)?.0));

        found.unwrap_or_else(|| panic!("nothing is between {first:?} and {last:?}"))
    }

    /// Returns the lines that have something in them.
    pub fn about(&self, what: &str) -> Vec<&str> {
        self.0.lines().filter(|line| line.contains(what)).collect()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("the console showed:\n{}", self.0);
        }
    }
}

impl Machine<'_> {
    /// Boots the machine and returns what its console showed, or why there can be no machine here.
    ///
    /// Panics if it crashes or hangs with the service running, or never gets so far.
    pub fn run(&self) -> Result<Console, String> {
        for program in ["timeout", "ldd"].iter().chain(&PROGRAMS) {
            which(program)?;
        }
        let scratch = tempfile::tempdir_in(self.scratch).expect("a folder");
        let image = scratch.path().join("image");
        self.pack(&scratch.path().join("root"), &image)?;

        for attempt in 1..=ATTEMPTS {
            let begun = Instant::now();
            let console = self.boot(&image)?;
            if console.contains(END) {
                println!("attempt {attempt} came to its end after {:?}", begun.elapsed());
                return Ok(Console(console));
            }
            println!("attempt {attempt} ended after {:?}:\n{console}", begun.elapsed());
            assert!(
                !console.contains(BEGINNING),
                "the machine crashed, or took over {SECONDS} s, with the service running"
            );
        }
        panic!("{ATTEMPTS} machines did not start the service within {SECONDS} s each");
    }

    fn boot(&self, image: &Path) -> Result<String, String> {
        let mut machine = match self.network {
            Some(namespace) => namespace.command("timeout"),
            None => Command::new("timeout"),
        };
        machine.args(["--signal=KILL", SECONDS, "qemu-system-x86_64", "-accel", "tcg"]);
        // With cmpxchg16b newer kernels crash at random in QEMU 7.2.
        machine.args(["-cpu", "qemu64,-cx16", "-smp", "2", "-m", "1024"]);
        machine.args(["-nographic", "-no-reboot", "-append"]);
        machine.arg(format!("console=ttyS0 panic=-1 possible_cpus={}", self.possible_cpus));
        machine.args(if self.cards.is_empty() { &["-nic", "none"] } else { self.cards });
        machine.arg("-kernel").arg(find(self.kernel, "*/vmlinuz*").ok_or("there is no kernel")?);
        machine.arg("-initrd").arg(image).stdin(Stdio::null());
        let output = machine.output().map_err(|error| format!("QEMU cannot be run: {error}"))?;

        let error = String::from_utf8_lossy(&output.stderr);
        Ok((String::from_utf8_lossy(&output.stdout) + error).replace('\r', ""))
    }

    /// Packs the machine's only file system.
    fn pack(&self, root: &Path, image: &Path) -> Result<(), String> {
        for folder in ["applets", "bin", "dev", "modules", "proc", "run", "sys"] {
            fs::create_dir_all(root.join(folder)).expect("a folder");
        }
        let busybox = find(self.busybox, "*/bin/busybox").ok_or("there is no busybox")?;
        copy(&busybox, &root.join("bin/busybox"));
        let mut modules = Vec::new();
        for module in self.modules {
            self.unpack(module, &busybox, &root.join("modules"), &mut modules);
        }
        let host = PROGRAMS.map(|name| Ok((which(name)?, name))).into_iter();
        let mut programs = host.collect::<Result<Vec<_>, String>>()?;
        programs.push((tools::service(), "packet-exporter"));
        for (package, name) in self.packages {
            let program = find(package, &format!("*/bin/{name}"));
            programs.push((program.ok_or_else(|| format!("there is no {name}"))?, name));
        }
        for (program, name) in programs {
            for library in libraries(&program) {
                copy(&library, &root.join(library.strip_prefix("/").expect("a whole path")));
            }
            copy(&program, &root.join("bin").join(name));
        }
        fs::write(root.join("init"), self.init).expect("a file");
        fs::set_permissions(root.join("init"), fs::Permissions::from_mode(0o755)).expect("ours");

        let pack = r#"find . | "$0" cpio -o -H newc > "$1""#;
        let mut shell = Command::new("sh");
        run(shell.args(["-c", pack]).arg(&busybox).arg(image).current_dir(root));

        Ok(())
    }

    /// Puts a module into a folder, in the order of the names behind those that it depends on.
    fn unpack(&self, module: &str, busybox: &Path, folder: &Path, unpacked: &mut Vec<String>) {
        if unpacked.iter().any(|it| it == module) {
            return;
        }
        let Some(file) = find(self.kernel, &format!("*/{module}.ko*")) else { return };
        let content = if file.extension().is_some_and(|it| it == "xz") {
            output(Command::new(busybox).args(["xz", "-d", "-c"]).arg(file))
        } else {
            fs::read(file).expect("a module")
        };

        unpacked.push(module.to_owned());
        for other in depends(&content) {
            self.unpack(&other, busybox, folder, unpacked);
        }
        let place = folder.join(format!("{}-{module}.ko", 10 + files(folder)));
        fs::write(place, content).expect("a file");
    }
}

/// Returns the modules that one depends on, as `modinfo -F depends` prints them.
fn depends(module: &[u8]) -> Vec<String> {
    const FIELD: &[u8] = b"\0depends=";
    let Some(at) = module.windows(FIELD.len()).position(|bytes| bytes == FIELD) else {
        return Vec::new();
    };
    let names = module[at + FIELD.len()..].split(|byte| *byte == 0).next().unwrap_or_default();
    let names = String::from_utf8_lossy(names);

    names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

/// Returns the libraries that a program is linked with.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let listed = run(Command::new("ldd").arg(program));

    listed.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

/// Finds a file whose path is like the pattern.
fn find(folder: &Path, pattern: &str) -> Option<PathBuf> {
    let found = run(Command::new("find").arg(folder).args(["-path", pattern, "-type", "f"]));

    found.lines().next().map(PathBuf::from)
}

/// Finds a program, also one of the administrator's, which `PATH` leaves out for others.
fn which(program: &str) -> Result<PathBuf, String> {
    let script = format!("PATH=$PATH:/usr/sbin:/sbin; command -v {program}");
    let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
    let path = String::from_utf8_lossy(&output.stdout);

    if output.status.success() { Ok(path.trim().into()) } else { Err(format!("no {program}")) }
}

fn copy(file: &Path, place: &Path) {
    fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    fs::copy(file, place).unwrap_or_else(|error| panic!("cannot copy {}: {error}", file.display()));
}

fn run(command: &mut Command) -> String {
    String::from_utf8_lossy(&output(command)).into_owned()
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {error}");

    output.stdout
}
