//! The pages as replies, with the headers that all of them have.

use super::page as pages;
use crate::web::answer::Answer;
use crate::web::reply::Reply;

/// After so many seconds a page loads itself again. By the header, which does the same as a `meta` element without being
/// part of the document; a link on the page stops it, for those who need longer to read.
const REFRESH: u32 = 60;

/// What a page may do: show itself with its one style sheet and its empty icon, and send its forms to where it is from.
fn headers() -> Vec<(&'static str, String)> {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        pages::STYLE_SHA256
    );
    // Not "no-referrer", with which browsers send the pages' own forms as from nowhere.
    vec![("Content-Security-Policy", policy), ("Referrer-Policy", "same-origin".to_owned())]
}

/// An error, for people.
pub fn problem(answer: Answer) -> Reply {
    let html = pages::problem(&answer);
    Reply::Page { code: answer.code, retry_after: answer.retry_after, headers: headers(), html }
}

/// A page with this status.
pub fn page(code: u16, html: String) -> Reply {
    Reply::Page { code, retry_after: None, headers: headers(), html }
}

/// The page, loading itself again every minute where that is wanted.
pub fn refreshing(refreshes: bool, mut reply: Reply) -> Reply {
    if let Reply::Page { headers, .. } = &mut reply
        && refreshes
    {
        headers.push(("Refresh", REFRESH.to_string()));
    }
    reply
}
