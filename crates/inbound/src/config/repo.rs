//! The name of a repository, however it was written.

/// `owner/name` from itself or from a GitHub address: `https://github.com/owner/name`, with or without `.git` or a
/// path after it, `github.com/owner/name`, `git@github.com:owner/name.git`. `None` for anything else, also for an
/// address with a password in it: that belongs nowhere near a setting.
pub fn repo_name(text: &str) -> Option<String> {
    let text = text.trim();
    let address = after_host(text);
    let (owner, mut name) = address.unwrap_or(text).split_once('/')?;
    // An address may go on, to a branch for example; `a/b/c` on its own is no name.
    if address.is_some() {
        for end in ['/', '?', '#'] {
            name = name.split_once(end).map_or(name, |(name, _)| name);
        }
    }
    let name = name.strip_suffix(".git").unwrap_or(name);
    let owner_fits = is_name(owner, "-_") && owner.len() <= 39 && !owner.starts_with('-');
    let name_fits = is_name(name, "-_.") && !matches!(name, "." | "..");
    (owner_fits && name_fits).then(|| format!("{owner}/{name}"))
}

/// Letters, digits and the characters in `also`, at least one and at most 100.
pub fn is_name(text: &str, also: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || also.as_bytes().contains(&b);
    !text.is_empty() && text.len() <= 100 && text.bytes().all(fits)
}

/// What follows the host in an address at GitHub.
fn after_host(text: &str) -> Option<&str> {
    const BEFORE: [&str; 4] = ["https://", "http://", "ssh://git@", "git://"];
    if let Some(path) = strip_start(text, "git@github.com:") {
        return Some(path);
    }
    let rest = BEFORE.iter().find_map(|start| strip_start(text, start)).unwrap_or(text);
    let rest = strip_start(rest, "www.").unwrap_or(rest);
    strip_start(rest, "github.com/")
}

/// Like `strip_prefix`, without regard to case: hosts and schemes have none.
fn strip_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_and_its_addresses_are_the_same() {
        for text in [
            "org/repo",
            " org/repo ",
            "org/repo.git",
            "https://github.com/org/repo",
            "https://github.com/org/repo/",
            "https://github.com/org/repo.git",
            "https://www.github.com/org/repo/tree/main/src?x=1#L3",
            "HTTPS://GitHub.com/org/repo",
            "http://github.com/org/repo#readme",
            "github.com/org/repo",
            "git@github.com:org/repo.git",
            "ssh://git@github.com/org/repo.git",
            "git://github.com/org/repo.git",
        ] {
            assert_eq!(repo_name(text).as_deref(), Some("org/repo"), "{text}");
        }
        assert_eq!(repo_name("My-Org/site.github.io").as_deref(), Some("My-Org/site.github.io"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "repo",
            "/",
            "org/",
            "/repo",
            "a/b/c",
            "org/..",
            "org/.git",
            "-org/repo",
            "org/re po",
            "org/repö",
            "github.com/org",
            "https://github.com/",
            "https://gitlab.com/org/repo",
            "https://github.com.evil.example/org/repo",
            "https://github.com:8443/org/repo",
            "https://user:token@github.com/org/repo",
        ] {
            assert_eq!(repo_name(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_comes_out_is_a_name(text in ".{0,60}") {
            if let Some(name) = repo_name(&text) {
                prop_assert_eq!(repo_name(&name), Some(name));
            }
        }

        #[test]
        fn a_name_is_found_in_its_address(name in "[a-z][a-z0-9-]{0,8}/[a-z0-9_-]{1,8}", tail in "(/[a-z]{0,4}){0,3}") {
            prop_assert_eq!(repo_name(&format!("https://github.com/{name}{tail}")), Some(name));
        }
    }
}
