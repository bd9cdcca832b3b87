//! What a status says: that it is over, that somebody is on it, or that there is trouble. Read by its first word, without
//! decoration: `✅ Up`, `[OK]`, `Recovered from No Data` and `**Resolved**: by itself` are over, `not ok`, `unresolved`,
//! `partially resolved` and `OK -> CRITICAL` are not.

use super::names;
use incident::event::Kind;

/// It is over.
const OVER: &[&str] = &[
    "alive",
    "available",
    "canceled",
    "cancelled",
    "clear",
    "cleared",
    "clears",
    "close",
    "closed",
    "closes",
    "complete",
    "completed",
    "deactivated",
    "ended",
    "fixed",
    "good",
    "green",
    "healthy",
    "inactive",
    "mitigated",
    "nominal",
    "normal",
    "normalised",
    "normalized",
    "ok",
    "okay",
    "online",
    "operational",
    "passed",
    "passing",
    "reachable",
    "recover",
    "recovered",
    "recovers",
    "recovery",
    "remediated",
    "resolve",
    "resolved",
    "resolves",
    "restored",
    "solved",
    "stable",
    "succeeded",
    "success",
    "successful",
    "up",
    "autoclosed",
    "autoresolved",
];

/// Somebody took it on.
const ACKNOWLEDGED: &[&str] =
    &["ack", "acked", "acknowledge", "acknowledged", "acknowledgement", "acknowledges", "acknowledgment"];

/// Words before the one that counts.
const SKIPPED: &[&str] = &[
    "alarm",
    "alert",
    "alerts",
    "all",
    "are",
    "auto",
    "automatically",
    "back",
    "been",
    "check",
    "condition",
    "current",
    "event",
    "everything",
    "fully",
    "has",
    "have",
    "incident",
    "is",
    "issue",
    "it",
    "its",
    "manually",
    "monitor",
    "new",
    "notification",
    "now",
    "problem",
    "re",
    "result",
    "service",
    "state",
    "status",
    "the",
    "was",
    "were",
];

/// After these the word "to" says where it went.
const MOVED: &[&str] = &["back", "changed", "moved", "returned", "set", "transitioned", "went"];

/// What an exception to a good word names.
const FAULTS: &[&str] = &["error", "errors", "exceptions", "failure", "failures", "issues", "problems", "warnings"];

/// Words that only take back what another says.
const NEGATIONS: &[&str] = &["false", "no", "not", "0"];

/// What a status means. A word nobody knows is taken for trouble.
pub fn kind(status: &str) -> Kind {
    // Of a transition the end counts.
    let status =
        ["->", "=>", "→", "⇒", "➔"].iter().fold(status, |rest, arrow| rest.rsplit(arrow).next().unwrap_or(rest));
    let words = words(status);
    if words.is_empty() {
        return symbol(status);
    }
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let mut at = usize::from(word(0).bytes().all(|b| b.is_ascii_digit()));
    while SKIPPED.contains(&word(at)) || MOVED.contains(&word(at)) {
        at += if MOVED.contains(&word(at)) && word(at + 1) == "to" { 2 } else { 1 };
    }
    // `ALARM to OK` is a transition too, `closed to customers` and `failed to close` are none.
    if let Some(start) = [0, at].into_iter().find(|at| is_transition(word(*at), word(at + 1), word(at + 2))) {
        at = start + 2;
    }
    let found = meaning(word(at));
    let rest = words.get(at.saturating_add(1)..).unwrap_or_default();
    let taken_back = match rest {
        [only] => NEGATIONS.contains(&only.as_str()),
        [first, ..] if first == "but" || first == "except" => true,
        [first, others @ ..] if first == "with" => others.iter().any(|word| FAULTS.contains(&word.as_str())),
        _ => false,
    };
    if taken_back { Kind::Triggered } else { found }
}

/// Whether a word says of itself that it is over, for example where a severity is `OK`.
pub(super) fn is_clear(word: &str) -> bool {
    matches!(
        words(word).first().map(String::as_str),
        Some("ok" | "okay" | "clear" | "cleared" | "resolved" | "recovered")
    ) && kind(word) == Kind::Resolved
}

fn meaning(word: &str) -> Kind {
    if OVER.contains(&word) {
        Kind::Resolved
    } else if ACKNOWLEDGED.contains(&word) {
        Kind::Acknowledged
    } else {
        Kind::Triggered
    }
}

fn is_transition(from: &str, to: &str, state: &str) -> bool {
    const TROUBLE: &[&str] = &[
        "alarm",
        "alert",
        "alerting",
        "critical",
        "degraded",
        "down",
        "error",
        "firing",
        "no",
        "not",
        "open",
        "problem",
        "triggered",
        "unhealthy",
        "unknown",
        "warn",
        "warning",
    ];
    const VERBS: &[&str] = &["close", "recover", "resolve"];
    let is_state = |word: &str| TROUBLE.contains(&word) || (meaning(word) != Kind::Triggered && !VERBS.contains(&word));
    to == "to" && is_state(from) && is_state(state)
}

/// The words of a status in small letters, without tags of HTML and names of emoji.
fn words(status: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in status.split_inclusive('>') {
        let text = piece.rsplit_once('<').filter(|(_, tag)| tag.ends_with('>')).map_or(piece, |(text, _)| text);
        for token in text.split_whitespace() {
            let emoji = token.strip_prefix(':').and_then(|rest| rest.split_once(':')).filter(|(name, _)| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
            });
            let token = emoji.map_or(token, |(_, after)| after);
            words.extend(names::words(token));
        }
    }
    words
}

/// A status that is a symbol and nothing else.
fn symbol(status: &str) -> Kind {
    let good = status.contains(['✅', '✔', '☑', '🟢', '🟩', '💚']);
    let bad = status.contains(['❌', '🔴', '🟥', '🔥', '⚠', '🚨', '✖']);
    if good && !bad { Kind::Resolved } else { Kind::Triggered }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_over_in_the_words_of_vendors() {
        for status in [
            "resolved",
            "Resolved",
            "RESOLVED!",
            " ok ",
            "OK",
            "[OK]",
            "(ok)",
            "Close",
            "closed",
            "✅ Up",
            "🟢 UP",
            "*Resolved*",
            "**Recovered**",
            "Recovered from No Data",
            "Recovered: CPU is fine",
            "mitigated",
            "Auto-Resolved",
            "AutoResolved",
            "ResolvedByUser",
            "auto_closed",
            "back to normal",
            "Back online",
            "Returned to OK",
            "All clear",
            "status: resolved",
            "State = OK",
            "Alert resolved",
            "is now healthy",
            "ALARM -> OK",
            "ALARM to OK",
            "warning → ok",
            "<b>Resolved</b>",
            "<strong>OK</strong>",
            ":white_check_mark: Resolved",
            "0 - OK",
            "1: up",
            "Re-Recovered",
            "succeeded",
            "Cleared by operator",
            "✅",
            "inactive",
            "has been resolved",
            "Problem has been resolved",
            "cancelled",
            "Set to closed",
            "recovery",
        ] {
            assert_eq!(kind(status), Kind::Resolved, "{status}");
        }
    }

    #[test]
    fn it_only_looks_like_it() {
        for status in [
            "",
            " ",
            "firing",
            "not ok",
            "NOT OK",
            "not-ok",
            "notok",
            "NOK",
            "unresolved",
            "NotResolved",
            "UnResolved",
            "un-resolved",
            "un-acknowledged",
            "unacknowledged",
            "Unhealthy",
            "non-operational",
            "never resolved",
            "no longer ok",
            "isn't resolved",
            "is not ok",
            "partially resolved",
            "resolving",
            "failed to close",
            "OK -> CRITICAL",
            "ok to alarm",
            "OK → not ok",
            "healthy: false",
            "resolved=no",
            "resolved: 0",
            "ok, but degraded",
            "completed with errors",
            "success with warnings",
            "1/3 resolved",
            "2 of 5 resolved",
            "No Data",
            "Triggered",
            "reopened",
            "Re-Triggered",
            "Alert",
            "abnormal",
            "unavailable",
            "❌",
            "🔴",
            "❌ ✅",
            "closing",
            "pending close",
            "issue to resolve",
            "<b>not ok</b>",
            "upgrade",
            "query matched",
            "unstable",
        ] {
            assert_eq!(kind(status), Kind::Triggered, "{status}");
        }
        for status in ["acknowledged", "ACK", "👀 acked by Alex Example", "Alert acknowledged"] {
            assert_eq!(kind(status), Kind::Acknowledged, "{status}");
        }
    }

    #[test]
    fn a_severity_can_be_clear() {
        for word in ["OK", "clear", "[Resolved]", "Ok - all fine"] {
            assert!(is_clear(word), "{word}");
        }
        for word in ["normal", "success", "not ok", "critical", "OK -> critical", ""] {
            assert!(!is_clear(word), "{word}");
        }
    }

    proptest! {
        #[test]
        fn nothing_with_a_negation_is_over(
            word in proptest::sample::select(OVER), caps in any::<bool>(),
            (before, after) in proptest::sample::select(vec![
                ("not ", ""), ("not-", ""), ("NOT_", ""), ("un-", ""), ("un", ""), ("non-", ""), ("is not ", ""), ("never ", ""),
                ("no longer ", ""), ("has not been ", ""), ("status: not ", ""), ("❌ not ", ""), ("[not ", "]"), ("isn't ", ""),
                ("", ": false"), ("", " = no"), ("", " -> critical"), ("partially ", ""), ("alert not ", ""), ("back to not ", ""),
            ]),
        ) {
            let word = if caps { word.to_uppercase() } else { word.to_owned() };
            let status = format!("{before}{word}{after}");
            prop_assert_ne!(kind(&status), Kind::Resolved, "{}", status);
        }

        #[test]
        fn decoration_changes_nothing(
            word in proptest::sample::select(vec!["resolved", "up", "ok", "firing", "not ok", "acknowledged"]),
            (before, after) in proptest::sample::select(vec![
                ("[", "]"), ("✅ ", ""), ("**", "**"), (" ", "\n"), ("\"", "\""), ("🟢", "!"), ("<b>", "</b>"), ("status: ", ""),
                (":ok: ", ""), ("-- ", " --"), ("(", ")"), ("#", "."),
            ]),
        ) {
            prop_assert_eq!(kind(&format!("{before}{word}{after}")), kind(word));
        }

        #[test]
        fn any_text_is_survived(status in "\\PC{0,30}") {
            let _ = kind(&status);
        }
    }
}
