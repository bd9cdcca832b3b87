//! What is wrong with the settings, above the list: while the hooks answer 503 it would look like an idle system.

use maud::{Markup, html};

use super::pieces::short;
use crate::settings::Configuration;

/// The most problems, and warnings, that a page shows.
const MOST: usize = 10;

/// Each problem with its remedy, and each warning; nothing where all is well.
pub fn banner(configuration: &Configuration) -> Markup {
    let problems = configuration.problems();
    let warnings = &configuration.warnings;
    html! {
        @if !problems.is_empty() {
            section.card.notice role="alert" {
                h2 { "No event is taken: the hooks answer 503" }
                ul { @for problem in problems.iter().take(MOST) { li { (short(&problem.to_string(), 300)) } } }
                @if problems.len() > MOST { p { "And " (problems.len() - MOST) " more: npm run check" } }
            }
        }
        @if !warnings.is_empty() {
            section.card.notice {
                h2 { "Warnings" }
                ul { @for warning in warnings.iter().take(MOST) { li { (short(warning, 300)) } } }
            }
        }
    }
}
