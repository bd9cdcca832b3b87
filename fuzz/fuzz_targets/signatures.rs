#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| devin_bridge::checks::check("signatures", input));
