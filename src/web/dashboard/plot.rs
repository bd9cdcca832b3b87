//! The counts of the last day and week, drawn: a row for each outcome, with a bar for each hour or day.

use std::time::Duration;

use maud::{Markup, html};

use super::pieces::when;
use engine::counts::Counts;
use incident::time::{DAY, HOUR, Time};

/// What is drawn: the shape it has, what people call it, and the family of counts.
const OUTCOMES: [(&str, &str, &str); 6] = [
    ("following_up", "Events accepted", "accepted"),
    ("queued", "Duplicates", "duplicate"),
    ("ignored", "Events ignored", "ignored"),
    ("held", "Requests refused", "refused"),
    ("started", "Sessions started", "started"),
    ("failed", "Sessions given up", "failed"),
];
/// How high and wide the drawing is, in units of its own; the page stretches it.
const HEIGHT: u64 = 40;
const WIDTH: usize = 240;

/// The last 24 hours and the last 7 days. `hours`: what was counted in each hour, those without anything left out.
pub fn plots(hours: &[(Time, Counts)], now: Time) -> Markup {
    html! {
        (plot("Last 24 hours", "hour", &buckets(hours, now.hour(), HOUR, 24)))
        (plot("Last 7 days", "day", &buckets(hours, now.midnight(), DAY, 7)))
    }
}

/// Of each bucket its start and how often each outcome was counted in it.
type Bucket = (Time, [u64; OUTCOMES.len()]);

/// So many buckets of that width, the oldest first; `last` is where the last one starts.
fn buckets(hours: &[(Time, Counts)], last: Time, width: Duration, count: u32) -> Vec<Bucket> {
    let mut buckets = Vec::new();
    for back in (0..count).rev() {
        let start = last.minus(width.saturating_mul(back));
        let mut sums = [0_u64; OUTCOMES.len()];
        for (hour, counts) in hours {
            if *hour >= start && *hour < start.plus(width) {
                for (sum, (_, _, family)) in sums.iter_mut().zip(OUTCOMES) {
                    *sum = sum.saturating_add(counts.sum(family));
                }
            }
        }
        buckets.push((start, sums));
    }
    buckets
}

fn plot(title: &str, unit: &str, buckets: &[Bucket]) -> Markup {
    html! {
        section.card {
            h2 { (title) }
            table.plot {
                caption.hidden { (title) ", by outcome" }
                thead.hidden { tr { th scope="col" { "Outcome" } th scope="col" { "By " (unit) } th scope="col" { "In all" } } }
                tbody {
                    @for (index, (shape, name, _)) in OUTCOMES.into_iter().enumerate() {
                        @let counts = || buckets.iter().map(|(_, sums)| sums.get(index).copied().unwrap_or_default());
                        @let most = counts().max().unwrap_or_default();
                        tr {
                            th scope="row" { svg.(shape) aria-hidden="true" { use href={ "#" (shape) } {} } (name) }
                            td {
                                svg.bars.(shape) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img"
                                    aria-label={ "by " (unit) ", at most " (most) } { path d=(bars(counts(), buckets.len(), most)) {} }
                            }
                            td { (counts().sum::<u64>()) }
                        }
                    }
                }
            }
            details {
                summary { "Numbers by " (unit) }
                table.numbers {
                    thead { tr { th scope="col" { "From" } @for (_, name, _) in OUTCOMES { th scope="col" { (name) } } } }
                    tbody {
                        @for (start, sums) in buckets.iter().filter(|(_, sums)| sums.iter().any(|sum| *sum > 0)) {
                            tr { th scope="row" { (when(&start.rfc3339())) } @for sum in sums { td { (sum) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The bars, as a path: the highest as high as there is room, and one that is not 0 always to be seen.
fn bars(counts: impl Iterator<Item = u64>, count: usize, most: u64) -> String {
    let step = WIDTH / count.max(1);
    let width = step.saturating_sub(2);
    let mut path = String::new();
    for (index, count) in counts.enumerate() {
        let height = count.saturating_mul(HEIGHT).checked_div(most).unwrap_or_default();
        if count > 0 {
            let left = index.saturating_mul(step);
            path.push_str(&format!("M{left} {HEIGHT}h{width}v-{}h-{width}z", height.max(2)));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Time {
        Time::from_rfc3339(text).unwrap()
    }

    #[test]
    fn what_was_counted_is_in_its_hour_and_its_day() {
        let counts = |value| serde_json::from_value::<Counts>(value).unwrap();
        let hours = [
            (at("2026-11-15T00:00:00Z"), counts(json!({"accepted.alert": 7}))),
            (at("2026-11-20T15:00:00Z"), counts(json!({"accepted.alert": 100}))),
            (
                at("2026-11-20T16:00:00Z"),
                counts(json!({"accepted.alert": 1, "accepted.pagerduty": 2, "failed.busy": 1})),
            ),
            (at("2026-11-21T15:00:00Z"), counts(json!({"started.alert": 3, "ignored.route": 4}))),
        ];
        let now = at("2026-11-21T15:42:00Z");
        let day = buckets(&hours, at("2026-11-21T15:00:00Z"), HOUR, 24);
        assert_eq!((day[0].0, day[0].1), (at("2026-11-20T16:00:00Z"), [3, 0, 0, 0, 0, 1]));
        assert_eq!(day[23].1, [0, 0, 4, 0, 3, 0]);
        let week = buckets(&hours, now.midnight(), DAY, 7);
        assert_eq!((week[0].0, week[0].1[0]), (at("2026-11-15T00:00:00Z"), 7));
        assert_eq!((week[5].1[0], week[6].1), (103, [0, 0, 4, 0, 3, 0]));
        let html = plots(&hours, now).into_string();
        assert!(html.contains("by hour, at most 3") && html.contains("by day, at most 103"), "{html}");
    }

    #[test]
    fn bars_are_as_high_as_their_counts() {
        assert_eq!(bars([0, 10, 5, 0].into_iter(), 4, 10), "M60 40h58v-40h-58zM120 40h58v-20h-58z");
        assert_eq!(bars([1, 1_000_000].into_iter(), 2, 1_000_000), "M0 40h118v-2h-118zM120 40h118v-40h-118z");
        assert_eq!(bars([0, 0].into_iter(), 2, 0), "");
        bars([u64::MAX, 1].into_iter(), 2, u64::MAX);
    }
}
