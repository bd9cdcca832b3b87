//! What got worse from one report of an alert to the next: the session is to hear of it, once for each level.

use super::event::Incident;

/// Something that got worse, or that somebody changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rise {
    /// Names the level: `severity 0`, `priority P1`, `status critical`. Who remembers the levels told tells none twice.
    pub level: String,
    /// The same as a line for the session.
    pub line: String,
}

/// What is worse in `now` than in `before`, of the levels that are not among those `told`: a severity that rose, a
/// priority or an action group (Kibana's word for what an alert's state is) that changed. Both reports are of an alert
/// that fires; what one of them does not say has not changed.
pub fn rises(before: &Incident, now: &Incident, told: &[String]) -> Vec<Rise> {
    let mut rises = Vec::new();
    if let (Some(old), Some(new)) = (before.severity, now.severity)
        && new < old
    {
        let shown = |incident: &Incident, level: u8| match &incident.severity_word {
            Some(word) => format!("{word} (Sev {level})"),
            None => format!("Sev {level}"),
        };
        let line = format!("severity rose from {} to {}", shown(before, old), shown(now, new));
        rises.push(Rise { level: format!("severity {new}"), line });
    }
    for (what, old, new) in [("priority", &before.priority, &now.priority), ("status", &before.status, &now.status)] {
        if let (Some(old), Some(new)) = (old, new)
            && !old.trim().eq_ignore_ascii_case(new.trim())
        {
            let line = format!("{what} changed from {old} to {new}");
            rises.push(Rise { level: format!("{what} {}", new.trim().to_lowercase()), line });
        }
    }
    rises.retain(|rise| !told.contains(&rise.level));
    rises
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
    fn what_got_worse_is_told_once_for_each_level() {
        let warning = incident(Some(2), "warning", "", "");
        let critical = incident(Some(0), "critical", "", "");
        let rise = rises(&warning, &critical, &[]);
        assert_eq!(rise[0].line, "severity rose from warning (Sev 2) to critical (Sev 0)");
        assert_eq!(rises(&warning, &critical, &[rise[0].level.clone()]), []);
        assert_eq!(rises(&critical, &warning, &[]), [], "it got better");
        assert_eq!(rises(&critical, &critical, &[]), []);
    }

    #[test]
    fn a_changed_priority_or_action_group_is_told() {
        let before = incident(None, "", "P3", "threshold met");
        let now = incident(Some(1), "", "P1", "critical threshold met");
        let lines: Vec<_> = rises(&before, &now, &[]).into_iter().map(|rise| rise.line).collect();
        assert_eq!(
            lines,
            ["priority changed from P3 to P1", "status changed from threshold met to critical threshold met"]
        );
        assert_eq!(rises(&before, &incident(None, "", "p3 ", "Threshold met"), &[]), []);
        assert_eq!(rises(&before, &incident(None, "", "", ""), &[]), []);
    }
}
