//! What all pages have in common: the frame, the style, the error page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::clock::Clock;
use crate::web::answer::Answer;

/// The most that a page may have, in bytes, so that it loads at once on any phone.
pub const LARGEST_PAGE: usize = 100_000;
const STYLE: &str = include_str!("style.css");
/// Of [`STYLE`], in base64. A test says what it has to be.
pub const STYLE_SHA256: &str = "DoqSkRaCBUXsE6k8TSZAuz+TJ/b0y7f9HclpN5YPynY=";

/// A page. `clock`: where somebody is signed in and sees times. `aside` is in its head, beside the name.
pub fn frame(title: &str, clock: Option<&Clock>, aside: Markup, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · devin-bridge" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (PreEscaped(SHAPES))
                header {
                    a.brand href="/" { (PreEscaped(LOGO)) "devin-bridge" }
                    (aside)
                }
                main #main { (main) }
                footer {
                    p { "devin-bridge " (env!("CARGO_PKG_VERSION")) @if let Some(clock) = clock { " · " (clock.note()) } }
                    @if clock.is_some() { p { a href="/sign-out" { "Sign out" } } }
                }
            }
        }
    }
}

/// What people see instead of a page.
pub fn problem(answer: &Answer) -> String {
    let title = answer.error.as_deref().unwrap_or("Error");
    let main = html! {
        section.card.notice {
            h1 { (title) }
            p { (answer.message) }
            p { a href="/" { "All incidents" } }
        }
    };
    frame(title, None, html! {}, main).into_string()
}

/// When a page was made, and whether it loads itself again; `stop`, `start`: the addresses of the same page that does not
/// or does.
pub fn as_of(clock: &Clock, refreshes: bool, stop: &str, start: &str) -> Markup {
    html! {
        p.soft {
            "As of " (clock.made())
            @if refreshes { " · refreshed every minute · " a href=(stop) { "Stop" } } @else { " · " a href=(start) { "Refresh every minute" } }
        }
    }
}

/// A bridge.
const LOGO: &str = include_str!("logo.svg");
/// A shape for each state, and for each kind of count: they are told apart without colours too.
const SHAPES: &str = include_str!("shapes.svg");

#[cfg(test)]
mod tests {
    use base64::Engine;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_style_is_the_one_that_the_policy_allows() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert_eq!(hash, STYLE_SHA256, "src/web/dashboard/style.css has changed: put the left one into STYLE_SHA256");
    }
}
