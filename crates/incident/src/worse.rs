//! What got worse from one report of an alert to the next: the session is to hear of it, once for each level.

use super::event::Incident;
use super::sender::Sender;

/// Something that got worse, or that somebody changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rise {
    /// Names the level: `severity 0`, `priority p1`, `action group critical`. Who remembers the levels that were reported reports none twice.
    pub level: String,
    /// The same as a line for the session.
    pub line: String,
}

/// What is worse in `now` than in `before`, of the levels that are not among those `reported`: a severity that rose, a priority
/// or an action group (what Kibana calls the state of an alert) that changed. Both reports are of an alert that fires; what
/// one of them does not say has not changed.
pub fn rises(sender: Sender, before: &Incident, now: &Incident, reported: &[String]) -> Vec<Rise> {
    let mut rises = Vec::new();
    if let (Some(old), Some(new)) = (before.severity, now.severity)
        && new < old
    {
        let line = format!("severity rose from {} to {}", shown(before, old), shown(now, new));
        rises.push(Rise { level: level("severity", &new.to_string()), line });
    }
    for ((what, old), (_, new)) in words(sender, before).into_iter().zip(words(sender, now)) {
        if let (Some(old), Some(new)) = (old, new)
            && level(what, old) != level(what, new)
        {
            rises.push(Rise { level: level(what, new), line: format!("{what} changed from {old} to {new}") });
        }
    }
    rises.retain(|rise| !reported.contains(&rise.level));
    rises
}

/// The levels that a report names.
pub fn levels(sender: Sender, incident: &Incident) -> Vec<String> {
    let severity = incident.severity.map(|number| level("severity", &number.to_string()));
    let words = words(sender, incident).into_iter().filter_map(|(what, word)| Some(level(what, word?)));
    severity.into_iter().chain(words).collect()
}

/// Only Kibana's status is a level: what others call one says whether the alert fires.
fn words(sender: Sender, incident: &Incident) -> [(&'static str, Option<&str>); 2] {
    let group = incident.status.as_deref().filter(|_| sender == Sender::Kibana);
    [("priority", incident.priority.as_deref()), ("action group", group)]
}

fn level(what: &str, word: &str) -> String {
    let word: String = word.trim().to_lowercase().chars().take(50).collect();
    format!("{what} {word}")
}

/// `critical (Sev 0)`: the sender's own word too, where there is one.
pub fn shown(incident: &Incident, level: u8) -> String {
    match &incident.severity_word {
        Some(word) => format!("{word} (Sev {level})"),
        None => format!("Sev {level}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incident(severity: Option<u8>, word: &str, priority: &str, status: &str) -> Incident {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Incident {
            severity,
            severity_word: some(word),
            priority: some(priority),
            status: some(status),
            ..Incident::default()
        }
    }

    #[test]
    fn what_got_worse_is_reported_once_for_each_level() {
        let warning = incident(Some(2), "warning", "", "");
        let critical = incident(Some(0), "critical", "", "");
        let rise = rises(Sender::Kibana, &warning, &critical, &[]);
        assert_eq!(rise[0].line, "severity rose from warning (Sev 2) to critical (Sev 0)");
        assert_eq!(rises(Sender::Kibana, &warning, &critical, &[rise[0].level.clone()]), []);
        assert_eq!(rises(Sender::Kibana, &critical, &warning, &[]), [], "it got better");
        assert_eq!(rises(Sender::Kibana, &critical, &critical, &[]), []);
    }

    #[test]
    fn a_changed_priority_or_action_group_is_reported() {
        let before = incident(None, "", "P3", "threshold met");
        let now = incident(Some(1), "", "P1", "critical threshold met");
        let lines: Vec<_> = rises(Sender::Kibana, &before, &now, &[]).into_iter().map(|rise| rise.line).collect();
        assert_eq!(
            lines,
            ["priority changed from P3 to P1", "action group changed from threshold met to critical threshold met"]
        );
        assert_eq!(rises(Sender::Kibana, &before, &incident(None, "", "p3 ", "Threshold met"), &[]), []);
        assert_eq!(rises(Sender::Kibana, &before, &incident(None, "", "", ""), &[]), []);
        // PagerDuty's status says whether somebody works on it.
        let (open, taken) = (incident(None, "", "P3", "triggered"), incident(None, "", "P3", "acknowledged"));
        assert_eq!(rises(Sender::Pagerduty, &open, &taken, &[]), []);
    }
}
