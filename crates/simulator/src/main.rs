//! `npm run simulate -- --years 1 --seed 7`.

use std::process::ExitCode;
use std::time::Instant;

use simulator::{Wanted, simulate};

#[expect(clippy::disallowed_methods, reason = "how long it takes is part of what it tells")]
fn main() -> ExitCode {
    let mut wanted = Wanted { seed: 1, days: 30, incidents: 20_000 };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        let (name, value) =
            (pair.first().map_or("", String::as_str), pair.get(1).and_then(|value| value.parse::<u64>().ok()));
        match (name, value) {
            ("--seed", Some(seed)) => wanted.seed = seed,
            ("--years", Some(years)) => wanted.days = u32::try_from(years * 365).unwrap_or(u32::MAX),
            ("--days", Some(days)) => wanted.days = u32::try_from(days).unwrap_or(u32::MAX),
            ("--incidents", Some(incidents)) => wanted.incidents = u32::try_from(incidents).unwrap_or(u32::MAX),
            _ => {
                eprintln!("usage: simulate [--seed N] [--years N | --days N] [--incidents N a year]");
                return ExitCode::from(2);
            }
        }
    }
    let begun = Instant::now();
    let outcome = simulate(wanted);
    println!("{wanted:?}\n{outcome}\n{:.1} s", begun.elapsed().as_secs_f64());
    if outcome.broken.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
