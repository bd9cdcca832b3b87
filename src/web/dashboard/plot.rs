//! The counts of the last day and week, drawn: a row for each outcome, with a bar for each hour or day. All rows of a
//! drawing have the same scale, so that one session does not look like three hundred duplicates; a mark under the line shows
//! where there was any.

use std::time::Duration;

use maud::{Markup, html};

use super::clock::Clock;
use engine::counts::Counts;
use incident::time::{DAY, HOUR, Time};

/// What is drawn: the shape it has, what people call it, and the family of counts.
const OUTCOMES: [(&str, &str, &str); 6] = [
    ("accepted", "Events accepted", "accepted"),
    ("duplicate", "Duplicates", "duplicate"),
    ("ignored", "Events ignored", "ignored"),
    ("refused", "Requests refused", "refused"),
    ("started", "Sessions started", "started"),
    ("failed", "Sessions failed", "failed"),
];
/// How high and wide the drawing is, in units of its own; the page stretches it. Bars stand on a line at [`HEIGHT`], marks
/// below it.
const HEIGHT: u64 = 40;
const WIDTH: usize = 240;
const MARKS: u64 = 6;

/// The last 24 hours and the last 7 days. `hours`: what was counted in each hour, those without anything left out.
pub fn plots(hours: &[(Time, Counts)], clock: &Clock) -> Markup {
    let day = buckets(hours, clock.now.hour(), HOUR, 24);
    let week = buckets(hours, clock.now.midnight(), DAY, 7);
    // Four labels for 24 hours, one for each day.
    let clock_times = day.iter().step_by(6).map(|(start, _)| clock_time(*start)).collect::<Vec<_>>();
    let days = week.iter().map(|(start, _)| day_of_month(*start)).collect::<Vec<_>>();
    html! {
        (plot("Last 24 hours", "hour", &day, &clock_times, clock))
        (plot("Last 7 days", "day", &week, &days, clock))
    }
}

/// `14h`, of a full hour: four of them have room on a phone.
fn clock_time(time: Time) -> String {
    format!("{}h", time.rfc3339().get(11..13).unwrap_or_default())
}

/// `21.`, of a day.
fn day_of_month(time: Time) -> String {
    format!("{}.", time.rfc3339().get(8..10).unwrap_or_default())
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

fn plot(title: &str, unit: &str, buckets: &[Bucket], axis: &[String], clock: &Clock) -> Markup {
    let scale = buckets.iter().flat_map(|(_, sums)| sums).copied().max().unwrap_or_default();
    html! {
        section.card {
            h2 { (title) }
            @if scale > 0 { p.soft { "The top of each row is " (scale) " in one " (unit) "; a mark below the line: at least one." } }
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
                                svg.bars.(shape) viewBox={ "0 0 " (WIDTH) " " (HEIGHT.saturating_add(MARKS)) }
                                    preserveAspectRatio="none" role="img" aria-label={ "by " (unit) ", at most " (most) } {
                                    path.line d={ "M0 " (HEIGHT) "h" (WIDTH) "v1h-" (WIDTH) "z" } {}
                                    path d=(bars(counts(), buckets.len(), scale)) {}
                                }
                            }
                            td { (counts().sum::<u64>()) }
                        }
                    }
                    tr.axis aria-hidden="true" { th { "UTC" } td { div { @for label in axis { span { (label) } } } } td {} }
                }
            }
            details {
                summary { "Numbers by " (unit) }
                table.numbers {
                    thead { tr { th scope="col" { "From" } @for (_, name, _) in OUTCOMES { th scope="col" { (name) } } } }
                    tbody {
                        @for (start, sums) in buckets.iter().filter(|(_, sums)| sums.iter().any(|sum| *sum > 0)) {
                            tr { th scope="row" { (clock.when(&start.rfc3339())) } @for sum in sums { td { (sum) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The bars, as a path: each as high as its share of `scale`, however little that is, with a mark below the line for one
/// that is not 0.
fn bars(counts: impl Iterator<Item = u64>, count: usize, scale: u64) -> String {
    let step = WIDTH / count.max(1);
    let width = step.saturating_sub(2);
    let mut path = String::new();
    for (index, count) in counts.enumerate().filter(|(_, count)| *count > 0) {
        let left = index.saturating_mul(step);
        // In hundredths.
        let height = u128::from(count).saturating_mul(100).saturating_mul(HEIGHT.into()).checked_div(scale.into());
        let height = height.unwrap_or_default();
        let (whole, rest) = (height / 100, height % 100);
        path.push_str(&format!("M{left} {HEIGHT}h{width}v-{whole}.{rest:02}h-{width}zm0 3h{width}v3h-{width}z"));
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::web::dashboard::clock::utc;

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
        let html = plots(&hours, &utc(now)).into_string();
        assert!(html.contains("by hour, at most 3") && html.contains("by day, at most 103"), "{html}");
        // The busiest hour has four, the busiest day 103.
        assert!(html.contains("each row is 4 in one hour") && html.contains("each row is 103 in one day"), "{html}");
        for label in ["16h", "22h", "04h", "10h", "15.", "21."] {
            assert!(html.contains(&format!("<span>{label}</span>")), "{label}: {html}");
        }
    }

    #[test]
    fn bars_are_as_high_as_their_counts() {
        let mark = "zm0 3h58v3h-58z";
        assert_eq!(
            bars([0, 10, 5, 0].into_iter(), 4, 10),
            format!("M60 40h58v-40.00h-58{mark}M120 40h58v-20.00h-58{mark}")
        );
        // One beside 320: an eighth of a unit, and a mark.
        assert!(bars([1, 320].into_iter(), 2, 320).starts_with("M0 40h118v-0.12h-118zm0 3h118"));
        assert_eq!(bars([0, 0].into_iter(), 2, 0), "");
        bars([u64::MAX, 1].into_iter(), 2, u64::MAX);
    }
}
