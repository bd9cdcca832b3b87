//! `npm run simulate -- --years 1 --seed 7`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use strum::VariantArray;

use incident::fault::Fault;
use simulator::{Wanted, growth, simulate};

#[expect(clippy::disallowed_methods, reason = "how long it takes is part of what it tells")]
fn main() -> ExitCode {
    let mut wanted = Wanted { fault: None, seed: 1, days: 30, incidents: 20_000 };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        let (name, value) =
            (pair.first().map_or("", String::as_str), pair.get(1).and_then(|value| value.parse::<u64>().ok()));
        match (name, value) {
            ("--seed", Some(seed)) => wanted.seed = seed,
            ("--years", Some(years)) => wanted.days = u32::try_from(years * 365).unwrap_or(u32::MAX),
            ("--days", Some(days)) => wanted.days = u32::try_from(days).unwrap_or(u32::MAX),
            ("--incidents", Some(incidents)) => wanted.incidents = u32::try_from(incidents).unwrap_or(u32::MAX),
            ("--faults" | "--growth", _) => {}
            ("--fault", _) => wanted.fault = pair.get(1).and_then(|name| name.parse().ok()),
            _ => {
                let faults: Vec<&str> = Fault::VARIANTS.iter().map(|fault| fault.into()).collect();
                eprintln!(
                    "usage: simulate [--seed N] [--years N | --days N] [--incidents N a year] [--fault NAME | --faults | --growth]"
                );
                eprintln!("A fault is one that the bridge once had: {}", faults.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    if wanted.fault.is_none() && arguments.first().is_some_and(|first| first == "--faults") {
        return faults(wanted);
    }
    if arguments.first().is_some_and(|first| first == "--growth") {
        println!("{}", growth::HEAD);
        for per_day in growth::SIZES {
            println!("{}", growth::grow(wanted.seed, per_day, 2_000));
        }
        return ExitCode::SUCCESS;
    }
    let begun = Instant::now();
    let outcome = simulate(wanted);
    println!("{wanted:?}\n{outcome}\n{:.1} s", begun.elapsed().as_secs_f64());
    if outcome.broken.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// So long each fault may take to be found.
const LONGEST_SEARCH: Duration = Duration::from_mins(10);

/// Puts back each fault that the bridge once had, and tells how long it takes to find it, in seeds of 30 days.
#[expect(clippy::disallowed_methods, reason = "how long it takes is what it tells")]
fn faults(wanted: Wanted) -> ExitCode {
    let mut all_found = true;
    for fault in Fault::VARIANTS {
        let begun = Instant::now();
        let in_time = |_: &u64| begun.elapsed() < LONGEST_SEARCH;
        let broken = (wanted.seed..).take_while(in_time).find_map(|seed| {
            let outcome = simulate(Wanted { fault: Some(*fault), seed, days: 30, ..wanted });
            outcome.broken.map(|words| (seed, words))
        });
        let (name, took): (&str, f64) = (fault.into(), begun.elapsed().as_secs_f64());
        match broken {
            Some((seed, words)) => println!("{name:<24} {took:>6.1} s, seed {seed}: {words}"),
            None => {
                all_found = false;
                println!("{name:<24} NOT FOUND in {took:.0} s");
            }
        }
    }
    if all_found { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
