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
    /// page was read, to the last entry, and it is not there.
    pub(super) async fn through_pages<T>(
        &self,
        read: impl AsyncFn(&str) -> std::result::Result<Page<T>, Failure>,
    ) -> std::result::Result<Option<T>, Failure> {
        let begun = self.host.now();
        let (mut page, mut unread) = (String::new(), false);
        for _ in 0..MOST_PAGES {
            let read = read(&page).await?;
            unread |= read.unread;
            match read {
                Page { found: None, next: Some(_), .. } if self.host.now().since(begun) >= LONGEST_LOOK => {
                    return Err(too_slow());
                }
                Page { found: None, next: Some(next), .. } => page = next,
                Page { found: None, .. } if unread => return Err(not_all_read()),
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

/// The same where something in the list can't be read, which may be what is looked for.
fn not_all_read() -> Failure {
    Failure::Unknown { words: "an entry of Devin's list that can't be read".into() }
}

/// The same where there was no time for all pages.
fn too_slow() -> Failure {
    Failure::Unknown { words: format!("Devin's list took longer than {} s", LONGEST_LOOK.as_secs()) }
}
