//! What every object for the kernel has beside its programs.

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo) -> ! {
    // No code that is left can panic; the linker would name what does.
    loop {}
}

/// Dual licensed, so that the helpers for GPL programs could be used.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
