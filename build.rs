//! `src/web/openapi.json` loses its white space, a quarter of it, on the way into the Worker.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=src/web/openapi.json");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let openapi = std::fs::read_to_string("src/web/openapi.json");
    if let Err(error) = openapi.and_then(|text| std::fs::write(out.join("openapi.json"), compact(&text))) {
        println!("cargo::error=src/web/openapi.json cannot be read: {error}");
    }
}

/// JSON without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    json.chars()
        .filter(|c| {
            let kept = quoted || !c.is_ascii_whitespace();
            if *c == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = *c == '\\' && !escaped;
            kept
        })
        .collect()
}
