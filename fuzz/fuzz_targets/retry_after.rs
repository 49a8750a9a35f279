#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oauth::fuzzing::retry_after(data));
