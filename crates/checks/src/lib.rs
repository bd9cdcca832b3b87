//! What must hold for any input, however hostile. `fuzz/` looks for inputs that break it; those
//! it found, and its seeds, are tested on every run of `cargo test`. No part of the Worker.

mod auth;
mod input;
mod prompt;
mod routing;
mod senders;
mod text;

pub use input::{mappings, texts, verified};

/// A check: it panics where the input breaks a promise.
pub type Check = fn(&[u8]);

/// Every check, by the name that `npm run fuzz` knows it by.
pub const CHECKS: [(&str, Check); 14] = [
    ("signature", auth::signature),
    ("signatures", auth::signatures),
    ("token", auth::token),
    ("pagerduty", senders::pagerduty),
    ("azure_monitor", senders::azure_monitor),
    ("kibana", senders::kibana),
    ("alert", senders::alert),
    ("any", senders::any),
    ("mapping", senders::mapping),
    ("clean", text::clean),
    ("redact", text::redact),
    ("fence", text::fence),
    ("template", prompt::template),
    ("routes", routing::routes),
];

/// The check of that name.
pub fn named(name: &str) -> Option<Check> {
    CHECKS.iter().find(|(known, _)| *known == name).map(|(_, check)| *check)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// What fuzzing found once, and what it starts from.
    #[test]
    fn known_inputs_pass() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
        for (name, check) in super::CHECKS {
            let mut inputs = 0;
            for folder in ["seeds", "regressions"] {
                let Ok(files) = fuzz.join(folder).join(name).read_dir() else { continue };
                for file in files {
                    let path = file.unwrap().path();
                    println!("{}", path.display());
                    check(&std::fs::read(path).unwrap());
                    inputs += 1;
                }
            }
            assert!(inputs > 0, "no input for {name}");
        }
    }

    #[test]
    fn fuzzing_knows_every_check() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/fuzz.mjs");
        let script = std::fs::read_to_string(script).unwrap();
        let (_, rest) = script.split_once("const CHECKS = {\n").unwrap();
        let (lines, _) = rest.split_once("\n};").unwrap();
        let known: Vec<&str> = lines.lines().map(|line| line.trim().split(':').next().unwrap()).collect();
        assert_eq!(known, super::CHECKS.map(|(name, _)| name));
    }
}
