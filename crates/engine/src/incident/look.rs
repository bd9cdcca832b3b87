//! How far a look through Devin's lists goes.

use std::time::Duration;

use super::Program;
use crate::host::IncidentHost;
use ::incident::failure::Failure;
use outbound::devin::reply::Page;

/// A look-up reads at most so many pages, …
const MOST_PAGES: usize = 10;
/// … and begins none after so long.
const LONGEST_LOOK: Duration = Duration::from_mins(2);

impl<H: IncidentHost> Program<H> {
    /// Reads a list of Devin's page by page, the first one named by an empty text, until something is found. `Ok(None)`: every
    /// page was read, and it is not there.
    pub(super) async fn through_pages<T>(
        &self,
        read: impl AsyncFn(&str) -> std::result::Result<Page<T>, Failure>,
    ) -> std::result::Result<Option<T>, Failure> {
        let begun = self.host.now();
        let mut page = String::new();
        for _ in 0..MOST_PAGES {
            match read(&page).await? {
                Page { found: None, next: Some(_) } if self.host.now().since(begun) >= LONGEST_LOOK => {
                    return Err(too_slow());
                }
                Page { found: None, next: Some(next) } => page = next,
                Page { found, .. } => return Ok(found),
            }
        }
        Err(too_long())
    }
}

/// What a look-up has found that ran out of pages: nothing, which is not the same as that there is nothing.
fn too_long() -> Failure {
    Failure::Refused { status: 0, words: format!("Devin's list goes on after {MOST_PAGES} pages") }
}

/// The same where there was no time for all pages.
fn too_slow() -> Failure {
    Failure::Unknown { words: format!("Devin's list took longer than {} s", LONGEST_LOOK.as_secs()) }
}
