//! The floors inside `src/`: which file may name which. Between the crates Cargo sees to it.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// From the top down. A file belongs to the entry whose path is the beginning of its own, and may name what stands below
/// that; within an entry that is a folder, its files may name one another.
const FLOORS: [&str; 16] = [
    "lib",
    "outcomes, web/router",
    "web/webhook, web/dashboard",
    "web/dry_run, web/pause",
    "web/admin",
    "web/guesses, web/list_query, web/metrics, web/openapi, web/reply",
    "web/answer, web/query, web/event, web/body",
    "web/head",
    "store/incident",
    "store/register, store/dedup_cache, store/recent_bodies",
    "store/incident_calls, store/register_calls",
    "store/metrics_buffer, store/host",
    "clients",
    "configuration",
    "settings, fetch",
    "runtime, log",
];

/// The floor and the entry of a path such as `store/register/list`.
fn place(path: &str) -> Option<(usize, &'static str)> {
    FLOORS.iter().enumerate().find_map(|(floor, entries)| {
        let within =
            |entry: &&str| path.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        entries.split(", ").find(within).map(|entry| (floor, entry))
    })
}

/// Every Rust file under `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The paths in a tree such as `a::{b, c::{self, d}}`, which begins where `text` does.
fn paths(text: &str) -> Vec<String> {
    let Some((before, inside)) = text.split_once('{') else {
        return vec![text.trim_start().split(' ').next().unwrap_or_default().to_owned()];
    };
    let mut depth = 0_usize;
    let mut branches = vec![String::new()];
    for c in inside.trim_end().trim_end_matches('}').chars() {
        match c {
            ',' if depth == 0 => branches.push(String::new()),
            _ => {
                depth = if c == '{' { depth + 1 } else { depth.saturating_sub(usize::from(c == '}')) };
                branches.last_mut().unwrap().push(c);
            }
        }
    }
    let full = |path: String| format!("{}{path}", before.trim_start()).replace("::self", "");
    branches.iter().filter(|branch| !branch.trim().is_empty()).flat_map(|branch| paths(branch)).map(full).collect()
}

/// What a file names of this crate, as paths of modules: `use crate::…;`, and `crate::…` in the midst of code. `above` is
/// the folder that `super::` means.
fn named(source: &str, above: &str) -> Vec<String> {
    let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join(" ");
    let mut named = Vec::new();
    for (start, folder) in [("crate::", ""), ("super::", above)] {
        for (at, _) in code.match_indices(start) {
            let rest = code.get(at + start.len()..).unwrap();
            let is_use = code.get(..at).unwrap().ends_with("use ");
            let end = rest.find(|c: char| if is_use { c == ';' } else { !(c.is_alphanumeric() || "_:".contains(c)) });
            let found = paths(rest.get(..end.unwrap_or(rest.len())).unwrap());
            named.extend(found.iter().map(|path| format!("{folder}{}", path.replace("::", "/"))));
        }
    }
    named
}

#[test]
fn no_file_names_a_floor_above_its_own() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for file in files(&src) {
        let path = file.strip_prefix(&src).unwrap().with_extension("").to_str().unwrap().replace("/mod", "");
        // Only lists what is in the folder.
        let Some((floor, own)) = place(&path) else {
            assert!(["web", "store"].contains(&path.as_str()), "src/{path} has no floor: give it one in FLOORS");
            continue;
        };
        let above = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        for name in named(&std::fs::read_to_string(&file).unwrap(), &above) {
            // Of a test's own `super::`, which is the file itself.
            if name.ends_with('*') {
                continue;
            }
            let (other, entry) =
                place(&name).unwrap_or_else(|| panic!("src/{path} names crate::{name}, which has no floor"));
            seen += 1;
            assert!(other > floor || entry == own, "src/{path} names {entry}, which is no floor below its own");
        }
    }
    assert!(seen > 50, "{seen}");
}

/// A crate's modules that are not tests, each with those of the same crate that it names.
fn modules(src: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut sources = BTreeMap::new();
    for file in files(src) {
        let path = file.strip_prefix(src).unwrap().with_extension("").to_str().unwrap().replace("/mod", "");
        let text = std::fs::read_to_string(&file).unwrap();
        let is_inline = |at: &usize| {
            text.get(*at..)
                .and_then(|rest| rest.lines().nth(1))
                .is_some_and(|line| line.contains("mod ") && line.ends_with('{'))
        };
        // Inline tests stand at the end.
        let end = text.match_indices("#[cfg(test)]\n").map(|(at, _)| at).find(is_inline).unwrap_or(text.len());
        let code = text.get(..end).unwrap_or_default().to_owned();
        sources.insert(if path == "lib" { String::new() } else { path }, code);
    }
    let inside = |above: &str, name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
    let mut tests = Vec::new();
    for (path, code) in &sources {
        for after in code.split("#[cfg(test)]\n").skip(1) {
            let name = after
                .lines()
                .next()
                .and_then(|line| line.split_once("mod "))
                .map(|(_, name)| name.trim_end_matches(';'));
            tests.extend(name.map(|name| inside(path, name)));
        }
    }
    let is_test = |path: &str| tests.iter().any(|test| path == test || path.starts_with(&format!("{test}/")));
    let known: BTreeSet<String> = sources.keys().filter(|path| !is_test(path)).cloned().collect();
    let module = |name: &str| {
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]).rev();
        let found = ends.filter_map(|end| name.get(..end)).find(|path| known.contains(*path));
        found.unwrap_or_default().to_owned()
    };
    let mut all = BTreeMap::new();
    for path in &known {
        let code = &sources[path];
        let above = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let mut names: BTreeSet<String> = named(code, &above).iter().map(|name| module(name)).collect();
        let children = known.iter().filter(|child| child.rsplit_once('/').map_or("", |(folder, _)| folder) == path);
        for child in children.filter(|child| *child != path) {
            let last = child.rsplit('/').next().unwrap_or_default();
            if code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(&format!("{last}::"))) {
                names.insert(child.clone());
            }
        }
        names.remove(path);
        all.insert(path.clone(), names);
    }
    all
}

/// Those of the modules that stand in a circle: what is left when all are gone that name nothing any more.
fn circles(mut modules: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    while let Some(done) = modules.iter().find(|(_, names)| names.iter().all(|name| !modules.contains_key(name))) {
        let done = done.0.clone();
        modules.remove(&done);
    }
    modules.into_keys().collect()
}

#[test]
fn no_crate_has_a_circle_inside() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["crates/text", "crates/incident", "crates/inbound", "crates/outbound", "crates/checks"] {
        let modules = modules(&root.join(name).join("src"));
        assert!(modules.values().any(|names| !names.is_empty()), "{name}");
        assert_eq!(circles(modules), [""; 0], "modules of the crate {name} that name each other");
    }
}

#[test]
fn a_circle_is_found() {
    let all = |edges: &[(&str, &[&str])]| {
        edges
            .iter()
            .map(|(from, to)| ((*from).to_owned(), to.iter().map(|name| (*name).to_owned()).collect()))
            .collect()
    };
    assert_eq!(circles(all(&[("a", &["b"]), ("b", &["c"]), ("c", &[])])), [""; 0]);
    assert_eq!(circles(all(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])), ["a", "b", "c"]);
}

#[test]
fn a_name_is_found_wherever_it_stands() {
    let source = "use crate::a::{b, c::{self, D}};\n// crate::no\nuse super::i;\nfn f() { crate::e::g(crate::h) }";
    assert_eq!(named(source, "w/"), ["a/b", "a/c", "a/c/D", "e/g", "h", "w/i"]);
}

#[test]
fn contributing_shows_the_same_floors() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md")).unwrap();
    let shown = format!("```\n{}\n```\n", FLOORS.join("\n"));
    assert!(page.contains(&shown), "CONTRIBUTING.md does not show the floors:\n{shown}");
}
