//! What is used of the day's budget, and what is not done yet, with what can be done about it.

use std::time::Duration;

use maud::{Markup, html};

use super::all::All;
use super::clock::length;
use super::pieces::state;
use engine::register::calls::Stats;
use incident::reason::Reason;

/// The card. `acts`: whether whoever looks at it may do something.
pub fn card(stats: &Stats, acts: bool) -> Markup {
    let Stats { limits, minute, today, .. } = stats;
    let spent = limits.per_day > 0 && *today >= limits.per_day;
    // Each is approved on its page.
    let approvals = stats.held_for.get(Reason::Approval.name()).copied().unwrap_or_default();
    let open = [
        ("waiting", stats.waiting, stats.oldest_waiting),
        ("queued", stats.queue, None),
        ("held", stats.held, None),
        ("failed", stats.failed, None),
    ];
    html! {
        section.card.notice[spent] aria-labelledby="today" {
            h2 #today { "Today" }
            label { b.figure { (today) } " of " (limits.per_day) " sessions"
                meter max=(limits.per_day) low=(limits.per_day.saturating_mul(4) / 5) high=(limits.per_day.saturating_sub(1))
                    optimum="0" value=(today) { (today) }
            }
            @if spent {
                p { b { "Today's sessions are spent." }
                    " New ones are held until midnight UTC. To start more today, raise "
                    code { "SESSIONS_PER_DAY" } " in " code { "wrangler.toml" } " and deploy, or release incidents by hand." }
            }
            p.soft { (minute) " of " (limits.per_minute) " in the last minute" }
            ul.open {
                @for (code, count, oldest) in open.into_iter().filter(|(_, count, _)| *count > 0) {
                    li { a href={ "/?state=" (code) } { (state(code)) " " (count) }
                        @if let Some(seconds) = oldest { " for up to " (length(Duration::from_secs(seconds))) } }
                }
            }
            @if acts {
                @let held = u64::from(stats.held.saturating_sub(approvals)).saturating_add(stats.queue.into());
                @for (all, count) in [(All::ReleaseHeld, held), (All::RetryFailed, u64::from(stats.failed))] {
                    @if count > 0 { p { a.button href=(all.path()) { (all.title(count)) "…" } } }
                }
                @if stats.pause.is_none() { p { a href="/pause" { "Pause…" } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use incident::admission::Limits;

    #[test]
    fn a_spent_budget_says_what_to_do() {
        let limits = Limits { per_minute: 10, per_day: 2, ..Limits::default() };
        let of = |today, acts| {
            card(&Stats { limits: limits.clone(), today, held: 3, queue: 4, failed: 5, ..Stats::default() }, acts)
                .into_string()
        };
        assert!(!of(1, true).contains("SESSIONS_PER_DAY") && !of(1, true).contains("notice"));
        assert!(of(2, true).contains("SESSIONS_PER_DAY") && of(3, true).contains("notice"));
        assert!(of(1, true).contains("Release all 7…") && of(1, true).contains("Try all 5 failed again…"));
        assert!(!of(1, false).contains("Release"));
        // Without settings that can be read there is no limit to have reached.
        let unset = Stats { limits: Limits::default(), ..Stats::default() };
        assert!(!card(&unset, true).into_string().contains("notice"));
    }
}
