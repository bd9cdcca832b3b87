//! What all pages have in common: the frame, the style, the error page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::web::answer::Answer;

/// The most that a page may have, in bytes, so that it loads at once on any phone.
pub const LARGEST_PAGE: usize = 60_000;
const STYLE: &str = include_str!("style.css");
/// Of [`STYLE`], in base64. A test says what it has to be.
pub const STYLE_SHA256: &str = "g3V3crn2MeLPgqlk3h3w4aV/n6zuFuhc5lI1fiQrk8Q=";

/// A page. `aside` stands in its head beside the name.
pub fn frame(title: &str, aside: Markup, main: Markup) -> Markup {
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
                footer { "devin-bridge " (env!("CARGO_PKG_VERSION")) " · All times are UTC." }
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
    frame(title, html! {}, main).into_string()
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
    fn the_style_is_the_one_that_the_browser_is_told_of() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert_eq!(hash, STYLE_SHA256, "src/web/dashboard/style.css has changed: put the left one into STYLE_SHA256");
    }
}
