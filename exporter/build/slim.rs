//! Leaves the debug information of the compiler out of the objects that the service carries: the
//! kernel and the loader read BTF alone, which is made of it.

use std::fs;
use std::path::Path;

use object::build::elf::{Builder, SectionData};
use object::elf::SHT_STRTAB;

/// What sections of debug information are named like, and those that relocate them.
const DEBUG: [&str; 2] = [".debug_", ".rel.debug_"];

/// Copies an object without its debug information.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", from.display());

    let whole = fs::read(from).map_err(|error| failed(&error))?;
    let mut object = Builder::read(whole.as_slice()).map_err(|error| failed(&error))?;
    for section in &mut object.sections {
        section.delete = DEBUG.iter().any(|name| section.name.starts_with(name.as_bytes()));
    }
    // LLVM has one table for the names of sections and of symbols, which is that of symbols now.
    let names = object.sections.add();
    names.name = ".shstrtab".into();
    names.sh_type = SHT_STRTAB;
    names.sh_addralign = 1;
    names.data = SectionData::SectionString;

    let mut slim = Vec::new();
    object.write(&mut slim).map_err(|error| failed(&error))?;

    fs::write(to, slim).map_err(|error| failed(&error))
}
