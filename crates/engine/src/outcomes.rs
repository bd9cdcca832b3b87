//! What became of the sessions: a cron trigger asks Devin about those that have not ended, all in one list, and tells
//! their incidents what has changed.

use std::collections::BTreeMap;

use crate::host::{CronHost, Settings};
use ::incident::key::Key;
use ::incident::listing::Line;
use ::incident::session::{End, Report};
use ::incident::time::Time;
use outbound::devin::call::MOST_ASKED;
use outbound::devin::reply::{self, Page, Words, bare};

/// At most so many sessions are asked about one by one each time, and so many for their last words, …
const MOST_SINGLE: usize = 10;
/// … in so many pages of messages.
const MOST_PAGES: usize = 5;
/// Milliseconds between two times, about.
const TURN: i64 = 5 * 60 * 1_000;

/// Asks once. Whatever fails is logged, and asked for again the next time.
pub async fn ask<H: CronHost>(host: &H) {
    if let Err(words) = ask_devin(host).await {
        host.warn(&format!("what became of the sessions is not known: {words}"));
    }
}

async fn ask_devin<H: CronHost>(host: &H) -> std::result::Result<(), String> {
    let settings = host.settings().ok_or("the configuration is wrong")?;
    let open = host.open_sessions(MOST_ASKED).await.map_err(|error| error.to_string())?;
    if open.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = open.iter().map(session_id).collect();
    let answer = host.ask_for_list(settings.devin(), &settings.devin().sessions_now(&ids)).await;
    let emails = settings.redact_emails();
    let answered = answer.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status));
    let mut reports = match reply::reports(answer, &ids, emails, host.now()) {
        Ok(reports) => reports,
        // What one session has made can be so deep or so long that nothing can be read of the whole list.
        Err(failure) if answered => {
            host.warn(&format!("the sessions are asked about one by one: {}", failure.words()));
            Vec::new()
        }
        Err(failure) => return Err(failure.words().to_owned()),
    };
    let unanswered = unanswered(&open, &by_id(&reports), host.now());
    reports.extend(ask_one_by_one(host, &*settings, unanswered).await);
    let reports = by_id(&reports);
    let (mut wordless, mut out, mut at_work) = (Vec::new(), Vec::new(), Vec::new());
    for line in &open {
        let Some(report) = reports.get(bare(session_id(line))) else { continue };
        let report = Report { session: session_id(line).to_owned(), ..(*report).clone() };
        match report.end {
            // Only as it happens: a session stays stopped long after the account can pay again.
            End::Credits if report.detail != line.session_detail => out.push(line.incident.clone()),
            End::Credits | End::Unknown => {}
            // One that has only just been made says nothing yet.
            _ if matches!(report.state.as_deref(), None | Some("new" | "claimed")) => {}
            _ => at_work.push(line.incident.clone()),
        }
        if is_news(&report, line) && tell(host, line, report.clone()).await {
            wordless.push((line, report));
        }
    }
    if let Err(error) = host.credits(out, at_work).await {
        host.warn(&format!("the register did not hear of the account's credits: {error}"));
    }
    // Nothing was kept of the rest: they say it again the next time.
    for (line, report) in wordless.into_iter().take(MOST_SINGLE) {
        // What Devin said last may not be readable. That it has ended, or waits, is reported all the same.
        let words = Some(last_words(host, &*settings, session_id(line)).await.unwrap_or_default());
        tell(host, line, Report { words, ..report }).await;
    }
    Ok(())
}

/// The sessions of which the list says nothing, in another order each time so that everyone's turn comes. How Devin reads
/// several ids is not documented: it may have taken only one of them, and v1 lists the newest sessions only.
fn unanswered<'a>(open: &'a [Line], reports: &BTreeMap<&str, &Report>, now: Time) -> Vec<&'a str> {
    let mut ids: Vec<&str> = open.iter().map(session_id).collect();
    ids.retain(|id| !reports.contains_key(bare(id)));
    let turn = usize::try_from(now.0 / TURN).unwrap_or_default().wrapping_mul(MOST_SINGLE);
    let first = turn.checked_rem(ids.len()).unwrap_or_default();
    ids.rotate_left(first);
    ids.truncate(MOST_SINGLE);
    ids
}

async fn ask_one_by_one<H: CronHost>(host: &H, settings: &H::Settings, ids: Vec<&str>) -> Vec<Report> {
    let mut reports = Vec::new();
    for id in ids {
        let answer = host.ask_for_list(settings.devin(), &settings.devin().session(id)).await;
        match reply::report_of_one(answer, settings.redact_emails(), host.now()) {
            Ok(report) => reports.extend(report),
            Err(failure) => host.warn(&format!("what became of session {id} is not known: {}", failure.words())),
        }
    }
    reports
}

/// The beginning of the last message that Devin wrote in a session; `None` where there is none, or it can't be read.
async fn last_words<H: CronHost>(host: &H, settings: &H::Settings, id: &str) -> Option<String> {
    let mut newest: Option<Words> = None;
    let mut page = String::new();
    for _ in 0..MOST_PAGES {
        let answer = host.ask_for_list(settings.devin(), &settings.devin().messages(id, &page)).await;
        let Page { found, next, .. } = reply::last_words(answer, settings.redact_emails(), host.now())
            .inspect_err(|failure| {
                host.warn(&format!("the messages of session {id} can't be read: {}", failure.words()))
            })
            .ok()?;
        if let Some(found) = found
            && newest.as_ref().is_none_or(|newest| found.at >= newest.at)
        {
            newest = Some(found);
        }
        let Some(next) = next else { break };
        page = next;
    }
    newest.map(|newest| newest.words)
}

/// Tells an incident; whether it asks for Devin's last words.
async fn tell<H: CronHost>(host: &H, line: &Line, report: Report) -> bool {
    let Some(key) = Key::of_name(&line.incident) else { return false };
    host.report(&key, line, report).await.unwrap_or_else(|error| {
        host.warn(&format!("an incident could not be notified of what became of its session: {error}"));
        false
    })
}

fn session_id(line: &Line) -> &str {
    line.session_id.as_deref().unwrap_or_default()
}

/// The reports by their sessions; of two about one session the first.
fn by_id(reports: &[Report]) -> BTreeMap<&str, &Report> {
    reports.iter().rev().map(|report| (bare(&report.session), report)).collect()
}

/// Whether the report says something that the list does not. The spending grows all the time and is no news by itself
/// before the end; an end is, as often as it is reported until the list shows one: only the incident knows whether it is to last.
fn is_news(report: &Report, line: &Line) -> bool {
    let changed = report.state != line.session_state
        || report.detail != line.session_detail
        || report.pull_requests != line.pull_requests;
    let more = if line.ended_at.is_some() {
        // The list shows no output, which may still come.
        !report.output.is_null() || !report.acus.is_null() && report.acus != line.acus
    } else {
        match report.end {
            End::Open => false,
            End::Waiting | End::Approval | End::Unknown => report.has_result() || line.waits_since.is_none(),
            End::Asleep | End::Over | End::Failed | End::Credits => true,
        }
    };
    changed || more
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_what_has_changed_is_reported() {
        let word = |word: &str| Some(word.to_owned());
        let line = Line { session_state: word("running"), session_detail: word("working"), ..Line::default() };
        let report = Report { state: word("running"), detail: word("working"), acus: 2.into(), ..Report::default() };
        assert!(!is_news(&report, &line));
        assert!(is_news(&Report { detail: word("waiting_for_user"), ..report.clone() }, &line));
        assert!(is_news(&Report { pull_requests: vec![Default::default()], ..report.clone() }, &line));
        assert!(is_news(&Report { end: End::Asleep, ..report.clone() }, &line));
        let ended = Line { ended_at: word("2026-01-01T00:00:00.000Z"), acus: 2.into(), ..line };
        let report = Report { end: End::Asleep, ..report };
        assert!(!is_news(&report, &ended));
        assert!(is_news(&Report { acus: 3.into(), ..report.clone() }, &ended));
        assert!(is_news(&Report { output: serde_json::json!({"summary": "late"}), ..report.clone() }, &ended));
        assert!(is_news(&Report { pull_requests: vec![Default::default()], ..report }, &ended));
    }

    #[test]
    fn an_id_is_the_same_with_its_prefix_and_without() {
        assert_eq!((bare("devin-1"), bare("1")), ("1", "1"));
        assert_ne!(bare("devin-1"), bare("devin-2"));
    }
}
