//! `npm run simulate -- --years 1 --seed 7`.

use std::process::ExitCode;
use std::time::Instant;

use strum::VariantArray;

use incident::fault::Fault;
use simulator::{Wanted, faults, growth, simulate};

#[expect(clippy::disallowed_methods, reason = "how long it takes is part of what it tells")]
fn main() -> ExitCode {
    let mut wanted = Wanted::usual(1, 30);
    let (flags, valued): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| ["--faults", "--growth"].contains(&argument.as_str()));
    for pair in valued.chunks(2) {
        let (name, value) =
            (pair.first().map_or("", String::as_str), pair.get(1).and_then(|value| value.parse::<u64>().ok()));
        match (name, value) {
            ("--seed", Some(seed)) => wanted.seed = seed,
            ("--years", Some(years)) => wanted.days = u32::try_from(years * 365).unwrap_or(u32::MAX),
            ("--days", Some(days)) => wanted.days = u32::try_from(days).unwrap_or(u32::MAX),
            ("--incidents", Some(incidents)) => wanted.incidents = u32::try_from(incidents).unwrap_or(u32::MAX),
            ("--fault", _) => wanted.fault = pair.get(1).and_then(|name| name.parse().ok()),
            _ => {
                let faults: Vec<&str> = Fault::VARIANTS.iter().map(|fault| fault.into()).collect();
                eprintln!(
                    "usage: simulate [--seed N] [--years N | --days N] [--incidents N a year] [--fault NAME] [--faults | --growth]"
                );
                eprintln!("A fault is one that the bridge once had: {}", faults.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    if flags.contains(&"--faults".to_owned()) {
        return faults(wanted);
    }
    if flags.contains(&"--growth".to_owned()) {
        println!("{}", growth::HEAD);
        for per_day in growth::SIZES {
            // A quarter of an hour at least, in which many are under way at once.
            println!("{}", growth::grow(wanted.seed, per_day, (per_day / 96).max(2_000)));
        }
        return ExitCode::SUCCESS;
    }
    let begun = Instant::now();
    let outcome = simulate(wanted);
    println!("{wanted:?}\n{outcome}\n{:.1} s", begun.elapsed().as_secs_f64());
    if outcome.broken.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Half of what a simulated year does is to ask for memory and to give it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Puts back each fault that the bridge once had, or the one that is named, and prints the table of how long it takes to find
/// it.
fn faults(wanted: Wanted) -> ExitCode {
    let mut all_found = true;
    println!("{}", faults::HEAD);
    for fault in Fault::VARIANTS.iter().filter(|fault| wanted.fault.is_none_or(|wanted| wanted == **fault)) {
        let found = faults::find(*fault, wanted.seed);
        all_found &= found.is_found();
        println!("{found}");
    }
    if all_found { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
