//! The vDSO: its address, a function in it, and the replacement of that function.

/// A function in an image of the vDSO.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    /// Bytes from the start of the image.
    pub(super) at: u64,
    pub(super) len: u64,
}

/// The addresses of the vDSO in the text of /proc/PID/maps.
pub(super) fn range(maps: &str) -> Option<(u64, u64)> {
    let line = maps.lines().find(|line| line.ends_with("[vdso]"))?;
    let (start, end) = line.split(' ').next()?.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(start)?, number(end)?))
}

/// Finds a function by name in a 64-bit little-endian ELF image, loaded at its address 0.
pub(super) fn function(image: &[u8], name: &[u8]) -> Option<Function> {
    const PT_DYNAMIC: u64 = 2;
    let (headers, size, count) =
        (number(image, 0x20, 8)?, number(image, 0x36, 2)?, number(image, 0x38, 2)?);
    let dynamic = (0..count).map(|index| headers + index * size);
    let dynamic = dynamic.clone().find(|at| number(image, *at, 4) == Some(PT_DYNAMIC))?;
    let dynamic = number(image, dynamic + 8, 8)?;
    let (strings, symbols) = (tagged(image, dynamic, 5)?, tagged(image, dynamic, 6)?);
    // The names follow the symbols.
    let mut all = (symbols..strings).step_by(24);
    let symbol = all.find(|at| {
        let start = number(image, *at, 4).map(|offset| strings + offset);
        let start = start.and_then(|start| usize::try_from(start).ok()).unwrap_or(usize::MAX);
        let text = image.get(start..).unwrap_or_default();
        text.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&0))
    })?;
    Some(Function { at: number(image, symbol + 8, 8)?, len: number(image, symbol + 16, 8)? })
}

/// The entry of the dynamic section with this `tag`.
fn tagged(image: &[u8], dynamic: u64, tag: u64) -> Option<u64> {
    let mut entries = (dynamic..).step_by(16);
    let entry = entries.find_map(|at| match number(image, at, 8) {
        Some(0) | None => Some(None),
        Some(found) if found == tag => Some(Some(at)),
        Some(_) => None,
    });
    number(image, entry?? + 8, 8)
}

/// The little-endian number of `len` bytes at `at`.
fn number(image: &[u8], at: u64, len: usize) -> Option<u64> {
    let bytes = image.get(usize::try_from(at).ok()?..)?.get(..len)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// `len` bytes of instructions that do nothing.
pub(super) fn nops(len: u64) -> Vec<u8> {
    vec![0x90; usize::try_from(len).expect("a few")]
}

/// `clock_gettime` as a system call that adds a number of seconds to `CLOCK_REALTIME`, and the
/// offset of that number, a multiple of 8. It preserves the registers that a function must
/// preserve.
pub(super) fn replacement() -> (Vec<u8>, u64) {
    const CODE: [u8; 32] = [
        0xb8, 0xe4, 0, 0, 0, // mov eax, 228        clock_gettime(edi, rsi)
        0x0f, 0x05, // syscall
        0x85, 0xc0, // test eax, eax
        0x75, 0x0e, // jne end                   an error
        0x85, 0xff, // test edi, edi
        0x75, 0x0a, // jne end                   another clock than CLOCK_REALTIME
        0x48, 0x8b, 0x0d, 0x0a, 0, 0, 0, // mov rcx, [rip + 10]
        0x48, 0x01, 0x0e, // add [rsi], rcx          its seconds
        0xc3, // end: ret
        0x90, 0x90, 0x90, 0x90, 0x90, 0x90, // up to a multiple of 8
    ];
    const SECONDS: u64 = 32;
    let mut code = CODE.to_vec();
    code.extend([0; 8]);
    (code, SECONDS)
}
