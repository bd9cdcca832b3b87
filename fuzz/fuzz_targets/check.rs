//! The target of all checks: the environment variable `CHECK` names the one that is tried.

#![no_main]

use std::sync::LazyLock;

static CHECK: LazyLock<checks::Check> = LazyLock::new(|| {
    let name = std::env::var("CHECK").unwrap_or_default();
    checks::named(&name).unwrap_or_else(|| panic!("CHECK={name}: expected one of {:?}", checks::CHECKS.map(|(name, _)| name)))
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| CHECK(input));
