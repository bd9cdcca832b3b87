//! Times for people: in UTC and, where it is known where somebody is, by the clocks there.

use std::time::Duration;

use maud::{Markup, html};
use worker::js_sys::{self, Array, Function, Object, Reflect};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::web_sys::Request;

use super::pieces::short;
use incident::time::{DAY, HOUR, MINUTE, Time};

/// When a page is made, and for where.
pub struct Clock {
    /// When.
    pub now: Time,
    /// The clocks of whoever looks at it.
    pub zone: Option<Zone>,
}

/// A time zone.
pub struct Zone {
    /// Its name: `Europe/Berlin`.
    pub name: String,
    /// How many minutes its clocks are ahead of UTC at a time.
    offset: Box<dyn Fn(Time) -> Option<i64>>,
}

impl Zone {
    /// That of whoever sends a request, as Cloudflare guesses it from the address.
    pub fn of(request: &Request) -> Option<Zone> {
        let cf = Reflect::get(request, &JsValue::from_str("cf")).ok()?;
        let name = Reflect::get(&cf, &JsValue::from_str("timezone")).ok()?.as_string()?;
        let format = format_of(&name)?;
        Some(Zone { name, offset: Box::new(move |time| offset(&format, time)) })
    }
}

/// The runtime's formatter that writes a time with its zone's offset: `11/21/2026, GMT+01:00`.
fn format_of(zone: &str) -> Option<Function> {
    let options = Object::new();
    for (name, value) in [("timeZone", zone), ("timeZoneName", "longOffset")] {
        Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value)).ok()?;
    }
    let intl = Reflect::get(&js_sys::global(), &JsValue::from_str("Intl")).ok()?;
    let class: Function = Reflect::get(&intl, &JsValue::from_str("DateTimeFormat")).ok()?.dyn_into().ok()?;
    // Not js-sys's own, which ends the request where there is no such zone.
    let made = Reflect::construct(&class, &Array::of2(&JsValue::from_str("en"), &options)).ok()?;
    Reflect::get(&made, &JsValue::from_str("format")).ok()?.dyn_into().ok()
}

fn offset(format: &Function, time: Time) -> Option<i64> {
    let date = js_sys::Date::new(&JsValue::from_f64(time.0 as f64));
    offset_in(&format.call1(&JsValue::UNDEFINED, &date).ok()?.as_string()?)
}

/// The offset at the end of a text, in minutes: `GMT+05:30`, `GMT`.
fn offset_in(text: &str) -> Option<i64> {
    let (_, offset) = text.rsplit_once("GMT")?;
    if offset.is_empty() {
        return Some(0);
    }
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let part = |text: &str| text.parse::<i64>().ok().filter(|count| (0..60).contains(count));
    Some(sign * (part(hours)? * 60 + part(minutes)?))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// How much of a time is shown, by its length in RFC 3339.
const MINUTES: usize = "2026-11-21T14:05".len();
const SECONDS: usize = "2026-11-21T14:05:33".len();

impl Clock {
    /// A time as RFC 3339 has it, for people: `21 Nov 14:05`, and the same by their own clocks. What is no such time is
    /// shown as it is.
    pub fn when(&self, time: &str) -> Markup {
        self.date(time, MINUTES)
    }

    /// The same with the seconds, and named as UTC where another time is beside it.
    pub fn moment(&self, time: &str) -> Markup {
        self.date(time, SECONDS)
    }

    fn date(&self, time: &str, end: usize) -> Markup {
        let Some(day) = day(time) else { return html! { (short(time, 100)) } };
        html! {
            time datetime={ (part(time, 0, end)) "Z" } { (day) " " (part(time, 11, end)) }
            @if let Some(local) = self.local(time) {
                @let there = local.rfc3339();
                @if end == SECONDS { " UTC" }
                " " time.local datetime={ (part(&there, 0, end)) (self.offset(time)) } {
                    @if self::day(&there).as_deref() != Some(&day) { (self::day(&there).unwrap_or_default()) " " }
                    (part(&there, 11, end)) " local"
                }
            }
        }
    }

    /// What the clocks of whoever looks say then, as if they were UTC's; `None` where that is the same or not known.
    fn local(&self, time: &str) -> Option<Time> {
        let time = Time::from_rfc3339(time)?;
        let offset = (self.zone.as_ref()?.offset)(time).filter(|offset| *offset != 0)?;
        let ahead = MINUTE.saturating_mul(u32::try_from(offset.unsigned_abs()).ok()?);
        Some(if offset < 0 { time.minus(ahead) } else { time.plus(ahead) })
    }

    /// The offset at that time, as RFC 3339 has it.
    fn offset(&self, time: &str) -> String {
        let offset = Time::from_rfc3339(time).and_then(|time| (self.zone.as_ref()?.offset)(time)).unwrap_or_default();
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// When the page is made, named as UTC.
    pub fn made(&self) -> Markup {
        let now = self.now.rfc3339();
        html! { (self.moment(&now)) @if self.local(&now).is_none() { " UTC" } }
    }

    /// How long ago a time was: `3 min ago`.
    pub fn ago(&self, time: &str) -> String {
        Time::from_rfc3339(time).map(|time| format!("{} ago", length(self.now.since(time)))).unwrap_or_default()
    }

    /// How long it is until a time: `in 3 min`; `None` where it has come.
    pub fn ahead(&self, time: &str) -> Option<String> {
        let time = Time::from_rfc3339(time).filter(|time| *time > self.now)?;
        Some(format!("in {}", length(time.since(self.now))))
    }

    /// What all times on a page are.
    pub fn note(&self) -> String {
        match &self.zone {
            Some(zone) if (zone.offset)(self.now).is_some_and(|offset| offset != 0) => format!(
                "Times are UTC. Local ones are those of {}, where your address seems to be.",
                zone.name.replace('_', " ")
            ),
            _ => "All times are UTC.".to_owned(),
        }
    }
}

fn part(time: &str, from: usize, to: usize) -> &str {
    time.get(from..to).unwrap_or_default()
}

/// The day of a time: `21 Nov`.
fn day(time: &str) -> Option<String> {
    let month = part(time, 5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?))?;
    Some(format!("{} {month}", part(time, 8, 10)))
}

/// A length of time in its largest unit: `3 min`.
pub fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (unit, name) = match duration {
        short if short < MINUTE => (1, "s"),
        short if short < HOUR => (MINUTE.as_secs(), "min"),
        short if short < DAY => (HOUR.as_secs(), "h"),
        _ => (DAY.as_secs(), "d"),
    };
    format!("{} {name}", seconds / unit)
}

#[cfg(test)]
pub fn utc(now: Time) -> Clock {
    Clock { now, zone: None }
}

#[cfg(test)]
pub fn kolkata(now: Time) -> Clock {
    let zone = Zone { name: "Asia/Kolkata".to_owned(), offset: Box::new(|_| Some(5 * 60 + 30)) };
    Clock { now, zone: Some(zone) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_for_people() {
        let clock = utc(Time::from_rfc3339("2026-11-21T14:05:33Z").unwrap());
        let html = clock.when("2026-11-21T14:05:33.120Z").into_string();
        assert_eq!(html, r#"<time datetime="2026-11-21T14:05Z">21 Nov 14:05</time>"#);
        assert!(clock.moment("2026-11-21T14:05:33.120Z").into_string().ends_with(">21 Nov 14:05:33</time>"));
        assert_eq!(clock.when("<at noon>").into_string(), "&lt;at noon&gt;");
        assert_eq!(clock.when("2026-99-21T14:05:33Z").into_string(), "2026-99-21T14:05:33Z");
        let past = ["2026-11-21T14:05:30Z", "2026-11-21T14:04:33Z", "2026-11-21T04:04:33Z", "2026-10-21T04:04:33Z"];
        assert_eq!(past.map(|time| clock.ago(time)), ["3 s ago", "1 min ago", "10 h ago", "31 d ago"]);
        assert_eq!(clock.ahead("2026-11-21T14:08:40Z").as_deref(), Some("in 3 min"));
        assert_eq!((clock.ahead("2026-11-21T14:05:33Z"), clock.ahead("")), (None, None));
        assert_eq!(clock.note(), "All times are UTC.");
        assert!(clock.made().into_string().ends_with(">21 Nov 14:05:33</time> UTC"));
    }

    #[test]
    fn local_time_stands_beside_utc_and_names_the_day_where_that_is_another() {
        let clock = kolkata(Time::from_rfc3339("2026-11-21T14:05:33Z").unwrap());
        assert_eq!(
            clock.when("2026-11-21T14:05:33.120Z").into_string(),
            r#"<time datetime="2026-11-21T14:05Z">21 Nov 14:05</time> <time class="local" datetime="2026-11-21T19:35+05:30">19:35 local</time>"#
        );
        let moment = clock.moment("2026-11-21T23:05:33Z").into_string();
        assert!(
            moment.contains(">21 Nov 23:05:33</time> UTC <time") && moment.ends_with(">22 Nov 04:35:33 local</time>")
        );
        assert!(clock.note().contains("Asia/Kolkata"));
    }

    #[test]
    fn offsets_are_read_as_the_runtime_writes_them() {
        for (text, offset) in [
            ("11/21/2026, GMT", Some(0)),
            ("11/21/2026, GMT+01:00", Some(60)),
            ("11/21/2026, GMT-03:30", Some(-3 * 60 - 30)),
            ("11/21/2026, GMT+99:00", None),
            ("11/21/2026, CET", None),
            ("GMT+é", None),
        ] {
            assert_eq!(offset_in(text), offset, "{text}");
        }
    }
}
