//! Whether a Linux program is independent of the machine that runs it.

/// Whether `program` is a 64-bit ELF program without a loader, and so without shared libraries.
pub fn is_static(program: &[u8]) -> bool {
    headers(program).is_some_and(|mut kinds| kinds.all(|kind| kind != INTERPRETER))
}

/// The kinds of its program headers; `None` for any other file.
fn headers(program: &[u8]) -> Option<impl Iterator<Item = u32> + '_> {
    let is_elf = program.starts_with(b"\x7fELF\x02\x01");
    let table = usize::try_from(u64::from_le_bytes(program.get(32..40)?.try_into().ok()?)).ok()?;
    let size = usize::from(u16::from_le_bytes(program.get(54..56)?.try_into().ok()?));
    let count = usize::from(u16::from_le_bytes(program.get(56..58)?.try_into().ok()?));
    let table = program.get(table..table.checked_add(size.checked_mul(count)?)?)?;
    (is_elf && size >= 4 && count > 0).then(|| {
        table.chunks_exact(size).map(|header| u32::from_le_bytes([header[0], header[1], header[2], header[3]]))
    })
}

// `PT_INTERP`: the path of the loader.
const INTERPRETER: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_a_loader_is_not_static() {
        let program = |kind: u8| {
            let mut bytes = b"\x7fELF\x02\x01".to_vec();
            bytes.resize(64, 0);
            (bytes[32], bytes[54], bytes[56]) = (64, 56, 1);
            bytes.push(kind);
            bytes.resize(64 + 56, 0);
            bytes
        };
        assert!(is_static(&program(1)));
        assert!(!is_static(&program(3)));
        assert!(!is_static(b"#!/bin/sh"));
        assert!(!is_static(&program(1)[..80]));
    }
}
