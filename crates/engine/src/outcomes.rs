//! What became of the sessions: a cron trigger asks Devin about those that have not ended, all in one list, and tells
//! their incidents what has changed.

use crate::host::{CronHost, Result, Settings};
use ::incident::key::Key;
use ::incident::listing::Line;
use ::incident::session::{End, Report};
use outbound::devin::call::MOST_ASKED;
use outbound::devin::reply;

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
    let mut ids = Vec::new();
    for line in &open {
        ids.push(session_id(line));
    }
    let answer = host.ask_for_list(settings.devin(), &settings.devin().sessions_now(&ids)).await;
    let reports = reply::reports(answer, host.now()).map_err(|failure| failure.words().to_owned())?;
    for line in &open {
        let Some(report) = reports.iter().find(|report| same(&report.session, session_id(line))) else { continue };
        let report = Report { session: session_id(line).to_owned(), ..report.clone() };
        if is_news(&report, line)
            && let Err(error) = tell(host, line, report).await
        {
            host.warn(&format!("an incident could not be notified of what became of its session: {error}"));
        }
    }
    Ok(())
}

async fn tell<H: CronHost>(host: &H, line: &Line, report: Report) -> Result<()> {
    match Key::of_name(&line.incident) {
        Some(key) => host.report(&key, line, report).await,
        None => Ok(()),
    }
}

fn session_id(line: &Line) -> &str {
    line.session_id.as_deref().unwrap_or_default()
}

/// Whether two ids are of one session. Devin's documents show them with and without their prefix.
fn same(one: &str, other: &str) -> bool {
    one.trim_start_matches("devin-") == other.trim_start_matches("devin-")
}

/// Whether the report says something that the list does not. The spending grows all the time and is no news by itself;
/// an end is, as often as it is told: only the incident knows whether it is to last.
fn is_news(report: &Report, line: &Line) -> bool {
    let changed = report.state != line.session_state
        || report.detail != line.session_detail
        || report.pull_requests != line.pull_requests;
    report.end != End::Open || changed
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_what_has_changed_is_told() {
        let word = |word: &str| Some(word.to_owned());
        let line = Line { session_state: word("running"), session_detail: word("working"), ..Line::default() };
        let report = Report { state: word("running"), detail: word("working"), acus: 2.into(), ..Report::default() };
        assert!(!is_news(&report, &line));
        assert!(is_news(&Report { detail: word("waiting_for_user"), ..report.clone() }, &line));
        assert!(is_news(&Report { pull_requests: vec![Default::default()], ..report.clone() }, &line));
        assert!(is_news(&Report { end: End::Asleep, ..report }, &line));
    }

    #[test]
    fn an_id_is_the_same_with_its_prefix_and_without() {
        assert!(same("devin-1", "1") && same("devin-1", "devin-1") && !same("devin-1", "devin-2"));
    }
}
