//! Reads the prompts before anything is compiled: a mistake in one stops the build, with its file, line and column.
//! Prompts that people add to `prompts/` are listed for the Worker, which finds them by their file's name.

#[allow(dead_code)]
#[path = "src/prompt/fields.rs"]
mod fields;
#[allow(dead_code)]
#[path = "src/prompt/template.rs"]
mod template;

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=../../prompts");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let read = prompts(&root.join("../../prompts"));
    for problem in
        read.iter().flat_map(|prompts| prompts.iter().filter_map(|prompt| check(&prompt.shown(), &prompt.text).err()))
    {
        println!("cargo::error={problem}");
    }
    if let Err(error) = read.and_then(|prompts| std::fs::write(out.join("prompts.rs"), list(&prompts))) {
        println!("cargo::error=the prompts cannot be read: {error}");
    }
}

/// A file of `prompts/`.
pub struct Prompt {
    /// Its name without `.md`.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

impl Prompt {
    /// How a message names it.
    pub fn shown(&self) -> String {
        format!("prompts/{}.md", self.name)
    }
}

/// Every Markdown file in `folder`, by name.
pub fn prompts(folder: &Path) -> std::io::Result<Vec<Prompt>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path)?;
            found.push(Prompt { name, text });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// What is wrong with a prompt, in one line.
pub fn check(shown: &str, text: &str) -> Result<(), String> {
    template::parse(text).map(|_| ()).map_err(|mistake| format!("{shown}, {mistake}"))
}

/// The table of all prompts, as Rust.
fn list(prompts: &[Prompt]) -> String {
    // The texts themselves, not where they lie: clones may share what was built.
    let rows: String = prompts.iter().map(|prompt| format!("    ({:?}, {:?}),\n", prompt.name, prompt.text)).collect();
    format!("&[\n{rows}]\n")
}
