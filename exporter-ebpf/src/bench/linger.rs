//! A program that takes long in a single run, so that tests see what waits for its end.

use core::ffi::c_void;
use core::ptr;

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::btf_maps::Array;
use aya_ebpf::helpers::generated::bpf_loop;
use aya_ebpf::macros::{btf_map, xdp};
use aya_ebpf::programs::XdpContext;

/// Turns of the program, and looks at [`RELEASED`] in each of them: about 0.1 s in all.
const TURNS: u32 = 1 << 6;
const LOOKS: u32 = 1 << 19;

/// 1 from the first instruction of a run on.
#[btf_map]
static BEGUN: Array<u64, 1> = Array::new();
/// 1 ends the run before its time.
#[btf_map]
static RELEASED: Array<u64, 1> = Array::new();
/// 1 from the last instruction of a run on.
#[btf_map]
static ENDED: Array<u64, 1> = Array::new();

#[xdp]
fn linger(_ctx: XdpContext) -> u32 {
    note(&BEGUN);
    let turn: extern "C" fn(u32, *mut c_void) -> i64 = turn;
    // SAFETY: the function is one that the helper can call, and takes no context.
    unsafe { bpf_loop(TURNS, turn as *mut c_void, ptr::null_mut(), 0) };
    note(&ENDED);

    xdp_action::XDP_PASS
}

/// Looks many times; 1 ends the loop of turns.
extern "C" fn turn(_number: u32, _context: *mut c_void) -> i64 {
    let look: extern "C" fn(u32, *mut c_void) -> i64 = look;
    // SAFETY: as above.
    unsafe { bpf_loop(LOOKS, look as *mut c_void, ptr::null_mut(), 0) };

    is_released()
}

/// 1 ends the loop of looks.
extern "C" fn look(_number: u32, _context: *mut c_void) -> i64 {
    is_released()
}

#[inline(always)]
fn is_released() -> i64 {
    let Some(released) = RELEASED.get_ptr(0) else { return 1 };

    // SAFETY: the map outlives the program, and user space writes whole words.
    i64::from(unsafe { ptr::read_volatile(released) } != 0)
}

#[inline(always)]
fn note(flag: &Array<u64, 1>) {
    if let Some(place) = flag.get_ptr_mut(0) {
        // SAFETY: as above.
        unsafe { ptr::write_volatile(place, 1) };
    }
}
