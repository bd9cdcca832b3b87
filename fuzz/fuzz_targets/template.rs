#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::check("template", input));
