use std::collections::BTreeMap;

use proptest::prelude::*;

use super::memory::Memory;
use super::*;
use crate::time::{HOUR, MINUTE};

fn limits(per_minute: u32, per_day: u32) -> Limits {
    Limits { per_minute, per_day, ..Limits::default() }
}
const NOON: Time = Time(1_750_000_000_000 - 1_750_000_000_000 % 86_400_000 + 12 * 3_600_000);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn ok<T>(result: Result<T, std::convert::Infallible>) -> T {
    let Ok(value) = result;
    value
}

fn applicant(id: &str, rank: u8, since: Time) -> Applicant {
    Applicant { id: id.to_owned(), incident: id.to_owned(), rank, since, ..Applicant::default() }
}

/// Somebody asks who has wanted a session since now.
fn ask(rows: &Memory, id: &str, now: Time) -> Admission {
    ok(apply(rows, &applicant(id, 1, now), &limits(2, 5), now))
}

fn start(rows: &Memory, id: &str, now: Time) {
    assert_eq!(ask(rows, id, now), Admission::Admitted);
    ok(settle(rows, id, PermitUse::Session(now), now));
}

#[test]
fn what_is_over_the_rate_waits_in_order() {
    let rows = Memory::default();
    start(&rows, "a", NOON);
    start(&rows, "b", NOON.plus(SECOND));
    let at = NOON.plus(2 * SECOND);
    let times: Vec<(u32, Time)> = ["c", "d", "e"]
        .iter()
        .enumerate()
        .map(|(n, id)| match ok(apply(&rows, &applicant(id, 1, at.plus(ms(n as u64))), &limits(2, 5), at)) {
            Admission::Queued { ahead, until } => (ahead, until),
            other => panic!("{other:?}"),
        })
        .collect();
    let window = |from: Time, times: u32| from.plus(times * RATE_WINDOW);
    assert_eq!(times, [(0, window(NOON, 1)), (1, window(NOON.plus(SECOND), 1)), (2, window(NOON, 2))]);
    for (n, id) in ["c", "d"].iter().enumerate() {
        let asked = ok(apply(&rows, &applicant(id, 1, at.plus(ms(n as u64))), &limits(2, 5), times[n].1));
        assert_eq!(asked, Admission::Admitted, "{id}");
    }
}

#[test]
fn who_is_held_gets_a_moment_of_its_own_also_while_those_in_front_still_start() {
    let mut limits = limits(2, 20);
    limits.routes.insert("r".to_owned(), 6);
    for route in [None, Some("r".to_owned())] {
        let rows = Memory::default();
        let ask = |place: u32, now: Time| {
            let route = route.clone();
            let since = NOON.plus(ms(place.into()));
            ok(apply(&rows, &Applicant { route, ..applicant(&place.to_string(), 1, since) }, &limits, now))
        };
        let asked: Vec<Admission> = (0..60).map(|place| ask(place, NOON)).collect();
        assert!(asked.iter().any(|answer| matches!(answer, Admission::Held { .. })));
        // Two start at a time, and then two of those behind ask.
        let (mut started, mut held) = (0, Vec::new());
        for minute in (0..24).step_by(2) {
            let now = NOON.plus(minute * MINUTE);
            let goes: Vec<u32> = (started..20).filter(|place| ask(*place, now) == Admission::Admitted).collect();
            started += goes.len() as u32;
            goes.iter().for_each(|place| ok(settle(&rows, &place.to_string(), PermitUse::Session(now), now)));
            for place in [30 + minute, 31 + minute] {
                match ask(place, now) {
                    Admission::Held { until, .. } => held.push(until),
                    other => panic!("{place} {other:?}"),
                }
            }
        }
        assert_eq!(started, if route.is_some() { 6 } else { 20 });
        let mut moments = held.clone();
        moments.sort_unstable();
        moments.dedup();
        assert_eq!(moments, held, "{route:?}");
    }
}

#[test]
fn a_session_that_devin_may_only_now_be_creating_counts_for_the_rate() {
    let rows = Memory::default();
    assert_eq!(ask(&rows, "slow", NOON), Admission::Admitted);
    start(&rows, "quick", NOON);
    // The window of both is over, but the session of the one may come into being until the call has ended.
    let (at, until) = (NOON.plus(RATE_WINDOW), NOON.plus(LONGEST_CALL + RATE_WINDOW));
    start(&rows, "next", at);
    let waits = applicant("waits", 1, at);
    let asks = |rows: &Memory, now: Time| ok(apply(rows, &waits, &limits(2, 9), now));
    assert_eq!(asks(&rows, at), Admission::Queued { ahead: 0, until });
    // Once it is there it counts as of then.
    let known = rows.clone();
    ok(settle(&known, "slow", PermitUse::Session(NOON.plus(SECOND)), at));
    assert_eq!(asks(&known, at.plus(SECOND)), Admission::Admitted);
    assert_eq!(asks(&rows, until), Admission::Admitted);
}

#[test]
fn what_a_known_incident_says_later_counts_for_nothing() {
    let rows = Memory::default();
    start(&rows, "a", NOON);
    start(&rows, "b", NOON);
    // Both speak again and again, as two noisy alerts do.
    for second in 0..70 {
        let now = NOON.plus(second * SECOND);
        ok(settle(&rows, "a", PermitUse::Session(NOON), now));
        ok(settle(&rows, "b", PermitUse::Session(NOON), now));
    }
    assert_eq!(ok(usage(&rows, NOON.plus(70 * SECOND))), Usage { minute: 0, today: 2, queue: 0 });
    start(&rows, "c", NOON.plus(70 * SECOND));
}

#[test]
fn a_session_counts_once_whatever_is_said_of_it_and_when() {
    let rows = Memory::default();
    start(&rows, "a", NOON);
    let late = NOON.next_midnight().plus(HOUR);
    ok(settle(&rows, "a", PermitUse::Session(NOON), late));
    assert_eq!(ok(usage(&rows, late)), Usage::default());
    ok(forget(&rows, late));
    assert!(rows.permits.borrow().is_empty(), "rows that count for nothing are gone");
    ok(settle(&rows, "b", PermitUse::Session(late), late));
    ok(settle(&rows, "b", PermitUse::Session(late), late.plus(HOUR)));
    assert_eq!(ok(usage(&rows, late.plus(HOUR))), Usage { minute: 0, today: 1, queue: 0 });
}

#[test]
fn rows_that_count_for_nothing_go_when_it_is_cleaned() {
    let rows = Memory::default();
    start(&rows, "old", NOON);
    // As after a restart: nothing is in memory but the rows.
    let rows = rows.clone();
    let tomorrow = NOON.next_midnight().plus(HOUR);
    start(&rows, "new", tomorrow);
    assert_eq!(ok(usage(&rows, tomorrow)), Usage { minute: 1, today: 1, queue: 0 });
    ok(forget(&rows, tomorrow));
    assert_eq!(rows.permits.borrow().keys().collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_slot_that_is_given_back_goes_to_the_first_in_line() {
    let rows = Memory::default();
    let limits = limits(10, 1);
    assert_eq!(ok(apply(&rows, &applicant("a", 1, NOON), &limits, NOON)), Admission::Admitted);
    let older = applicant("older", 1, NOON.plus(SECOND));
    let held = Admission::Held { until: NOON.next_midnight(), why: Reason::Day };
    assert_eq!(ok(apply(&rows, &older, &limits, NOON.plus(SECOND))), held);
    ok(settle(&rows, "a", PermitUse::None { in_line: false }, NOON.plus(MINUTE)));
    let called = ok(called(&rows, &limits, NOON.plus(MINUTE)));
    assert_eq!(called.iter().map(|waiter| waiter.id.as_str()).collect::<Vec<_>>(), ["older"]);
    let newcomer = ok(apply(&rows, &applicant("newcomer", 1, NOON.plus(MINUTE)), &limits, NOON.plus(MINUTE)));
    assert!(matches!(newcomer, Admission::Held { .. }), "{newcomer:?}");
    assert_eq!(ok(apply(&rows, &older, &limits, NOON.plus(MINUTE))), Admission::Admitted);
}

#[test]
fn severity_0_goes_first_then_who_has_waited_longest() {
    let rows = Memory::default();
    let limits = limits(1, 10);
    assert_eq!(ok(apply(&rows, &applicant("first", 1, NOON), &limits, NOON)), Admission::Admitted);
    ok(settle(&rows, "first", PermitUse::Session(NOON), NOON));
    let line = [
        applicant("late", 1, NOON.plus(ms(3))),
        applicant("early", 1, NOON.plus(ms(1))),
        applicant("grave", 0, NOON.plus(ms(5))),
    ];
    for one in &line {
        assert!(matches!(ok(apply(&rows, one, &limits, NOON.plus(ms(5)))), Admission::Queued { .. }));
    }
    let mut now = NOON;
    for wanted in ["grave", "early", "late"] {
        now = now.plus(RATE_WINDOW);
        for one in line.iter().filter(|one| rows.line.borrow().contains_key(&one.id)) {
            let admitted = ok(apply(&rows, one, &limits, now)) == Admission::Admitted;
            assert_eq!(admitted, one.id == wanted, "{} at {wanted}'s turn", one.id);
            if admitted {
                ok(settle(&rows, wanted, PermitUse::Session(now), now));
            }
        }
    }
}

#[test]
fn an_attempt_that_failed_holds_nothing_and_one_that_may_have_worked_does() {
    let rows = Memory::default();
    let limits = limits(5, 1);
    assert_eq!(ok(apply(&rows, &applicant("a", 1, NOON), &limits, NOON)), Admission::Admitted);
    ok(settle(&rows, "a", PermitUse::Undecided, NOON));
    assert!(matches!(ok(apply(&rows, &applicant("b", 1, NOON), &limits, NOON)), Admission::Held { .. }));
    // Also on the next day: it may become a session of that day.
    let tomorrow = NOON.next_midnight();
    assert_eq!(ok(usage(&rows, tomorrow)).today, 1);
    ok(settle(&rows, "a", PermitUse::None { in_line: false }, tomorrow));
    assert_eq!(ok(apply(&rows, &applicant("b", 1, NOON), &limits, tomorrow)), Admission::Admitted);
}

#[test]
fn who_is_released_by_hand_starts_at_once_and_counts() {
    let rows = Memory::default();
    let none = limits(0, 0);
    assert!(matches!(ok(apply(&rows, &applicant("a", 1, NOON), &none, NOON)), Admission::Held { .. }));
    let released = Applicant { released: true, ..applicant("a", 1, NOON) };
    assert_eq!(ok(apply(&rows, &released, &none, NOON)), Admission::Admitted);
    assert_eq!(ok(usage(&rows, NOON)), Usage { minute: 1, today: 1, queue: 0 });
}

#[test]
fn after_midnight_they_go_in_order_at_the_minutes_rate() {
    let rows = Memory::default();
    let limits = limits(2, 0);
    let midnight = NOON.next_midnight();
    let until: Vec<Duration> = (0..5)
        .map(|n| match ok(apply(&rows, &applicant(&n.to_string(), 1, NOON.plus(ms(n))), &limits, NOON)) {
            Admission::Held { until, .. } => until.since(midnight),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(
        until.is_sorted() && until[1] < SECOND && until[2] >= RATE_WINDOW && until[4] >= 2 * RATE_WINDOW,
        "{until:?}"
    );
}

#[test]
fn who_never_comes_back_loses_its_place() {
    let rows = Memory::default();
    let limits = limits(10, 1);
    assert_eq!(ok(apply(&rows, &applicant("a", 1, NOON), &limits, NOON)), Admission::Admitted);
    ok(apply(&rows, &applicant("gone", 1, NOON), &limits, NOON));
    ok(settle(&rows, "a", PermitUse::None { in_line: false }, NOON));
    let waiter = ok(called(&rows, &limits, NOON)).pop().unwrap();
    ok(expect(&rows, waiter, NOON));
    assert!(ok(called(&rows, &limits, NOON)).is_empty(), "nobody is called twice");
    let later = NOON.plus(GRACE);
    assert_eq!(ok(apply(&rows, &applicant("b", 1, later), &limits, later)), Admission::Admitted);
}

#[test]
fn a_clock_that_jumps_back_locks_nobody_out() {
    let rows = Memory::default();
    start(&rows, "a", NOON.plus(HOUR));
    start(&rows, "b", NOON.plus(HOUR));
    assert!(matches!(ask(&rows, "c", NOON), Admission::Queued { .. }));
    assert_eq!(ask(&rows, "c", NOON.plus(RATE_WINDOW)), Admission::Admitted);
}

#[test]
fn a_session_counts_today_though_the_clock_of_its_incident_shows_yesterday() {
    let rows = Memory::default();
    let now = NOON.midnight().plus(5 * MINUTE);
    assert_eq!(ask(&rows, "a", now), Admission::Admitted);
    ok(settle(&rows, "a", PermitUse::Session(now.minus(HOUR)), now));
    assert_eq!(ok(usage(&rows, now)).today, 1);
    // One of yesterday that nobody has counted stays uncounted.
    ok(settle(&rows, "b", PermitUse::Session(now.minus(HOUR)), now));
    assert_eq!(ok(usage(&rows, now)).today, 1);
}

fn of_route(id: &str, route: &str, since: Time) -> Applicant {
    Applicant { route: Some(route.to_owned()), ..applicant(id, 3, since) }
}

fn names(waiters: &[Waiter]) -> Vec<&str> {
    waiters.iter().map(|waiter| waiter.id.as_str()).collect()
}

#[test]
fn a_noisy_route_at_its_cap_delays_nobody() {
    let rows = Memory::default();
    let limits = Limits { routes: [("noisy".to_owned(), 2)].into(), ..limits(10, 20) };
    for n in 0..15 {
        let admission = ok(apply(&rows, &of_route(&format!("noisy {n}"), "noisy", NOON), &limits, NOON));
        match admission {
            Admission::Admitted => assert!(n < 2, "{n}"),
            Admission::Held { why, .. } => assert!(n >= 2 && why == Reason::RouteBudget, "{n}"),
            other => panic!("{other:?}"),
        }
    }
    // Thirteen are in front of it, all held for what is none of its business.
    let other = applicant("other", 4, NOON.plus(SECOND));
    assert_eq!(ok(apply(&rows, &other, &limits, NOON.plus(SECOND))), Admission::Admitted);
    // Over the minute, it waits for those who may go, and is called before those who may not.
    let busy = Limits { per_minute: 3, ..limits.clone() };
    let second = applicant("second", 4, NOON.plus(2 * SECOND));
    let queued = ok(apply(&rows, &second, &busy, NOON.plus(2 * SECOND)));
    assert!(matches!(queued, Admission::Queued { ahead: 0, .. }), "{queued:?}");
    let later = NOON.plus(30 * SECOND);
    assert_eq!(names(&ok(called(&rows, &limits, later))), ["second"]);
    // A raised cap lets the first of them go, in order.
    let raised = Limits { routes: [("noisy".to_owned(), 3)].into(), ..limits };
    assert_eq!(names(&ok(called(&rows, &raised, later))), ["noisy 10", "second"]);
    assert_eq!(ok(called(&rows, &Limits { routes: BTreeMap::new(), ..raised }, later)).len(), 7);
}

#[test]
fn a_routes_budget_is_its_own_from_midnight_on() {
    let rows = Memory::default();
    let limits = Limits { routes: [("a".to_owned(), 1)].into(), ..limits(10, 20) };
    assert_eq!(ok(apply(&rows, &of_route("1", "a", NOON), &limits, NOON)), Admission::Admitted);
    ok(settle(&rows, "1", PermitUse::Session(NOON), NOON));
    let second = of_route("2", "a", NOON);
    assert!(matches!(ok(apply(&rows, &second, &limits, NOON)), Admission::Held { why: Reason::RouteBudget, .. }));
    let midnight = NOON.next_midnight();
    assert_eq!(ok(apply(&rows, &second, &limits, midnight)), Admission::Admitted);
    // An attempt that failed is given back to the route too.
    ok(settle(&rows, "2", PermitUse::None { in_line: false }, midnight));
    assert_eq!(ok(apply(&rows, &of_route("3", "a", midnight), &limits, midnight)), Admission::Admitted);
}

#[test]
fn some_of_a_days_sessions_are_for_the_gravest() {
    let rows = Memory::default();
    let limits = Limits { reserved: 2, ..limits(10, 4) };
    let asks = |id: &str, rank| ok(apply(&rows, &applicant(id, rank, NOON), &limits, NOON));
    let held = |admission| matches!(admission, Admission::Held { why: Reason::Day, .. });
    assert_eq!([asks("a", 3), asks("b", 1)], [Admission::Admitted, Admission::Admitted]);
    assert!(held(asks("c", 1)) && held(asks("d", 4)));
    assert!(ok(called(&rows, &limits, NOON)).is_empty(), "nobody is called for what is not for it");
    assert_eq!([asks("e", 0), asks("f", 0)], [Admission::Admitted, Admission::Admitted]);
    assert!(held(asks("g", 0)), "the day is spent");
    // What the gravest took of the others' comes out of what is theirs.
    let rows = Memory::default();
    let asks = |id: &str, rank| ok(apply(&rows, &applicant(id, rank, NOON), &limits, NOON));
    assert_eq!([asks("a", 0), asks("b", 0), asks("c", 3), asks("d", 3)], std::array::from_fn(|_| Admission::Admitted));
}

#[test]
fn in_a_pause_nobody_goes_and_afterwards_all_do_in_order() {
    let rows = Memory::default();
    let limits = limits(2, 100);
    let until = NOON.plus(HOUR);
    rows.pause.replace(Some(Pause { reason: "moving".into(), since: NOON, until: Some(until) }));
    for (n, rank) in [3, 3, 0, 3, 1].into_iter().enumerate() {
        let applicant = applicant(&n.to_string(), rank, NOON.plus(ms(n as u64)));
        let admission = ok(apply(&rows, &applicant, &limits, NOON.plus(MINUTE)));
        assert!(
            matches!(admission, Admission::Held { why: Reason::Paused, until: at } if at >= until),
            "{admission:?}"
        );
    }
    assert!(ok(called(&rows, &limits, NOON.plus(MINUTE))).is_empty());
    let released = Applicant { released: true, ..applicant("by hand", 4, NOON) };
    assert_eq!(ok(apply(&rows, &released, &limits, NOON.plus(MINUTE))), Admission::Admitted);
    // It ends by itself, or because somebody ends it.
    assert_eq!(ok(paused(&rows, until)), None);
    let early = NOON.plus(10 * MINUTE);
    rows.pause.replace(None);
    assert_eq!(names(&ok(called(&rows, &limits, early))), ["2", "4"]);
    assert_eq!(ok(call_again(&rows, &limits, early)), Some(early.plus(RATE_WINDOW)), "three are left");
}

/// What an incident of the simulation does next.
#[derive(Clone, Debug, PartialEq)]
enum Life {
    Asks,
    Attempts,
    Started(Time),
    Failed,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Created,
    Refused,
    /// Nobody knows for a while, and then it turns out like this.
    UnknownThen(bool),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        5 => Just(Fate::Created),
        2 => Just(Fate::Refused),
        1 => any::<bool>().prop_map(Fate::UnknownThen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    /// Many incidents over days, each at its own times; some fail, some are interrupted and ask again, known ones keep
    /// talking, the rows are read anew as after a restart; some have routes with budgets, and there is a pause. Never more
    /// than the limits, none in the pause, and everybody gets a session.
    #[test]
    fn the_limits_hold_and_everybody_gets_there(
        incidents in prop::collection::vec((0..30_u32 * 60, 0..5_u8, prop::option::of(0..2_usize), fate()), 1..40),
        per_minute in 1..4_u32,
        per_day in 5..30_u32,
        reserved in 0..4_u32,
        pause in (0..3_600_u32, 0..7_200_u32),
    ) {
        const ROUTES: [&str; 2] = ["a", "b"];
        let budgets: BTreeMap<String, u32> = [("a".to_owned(), 1), ("b".to_owned(), 4)].into();
        let limits = Limits { reserved, routes: budgets.clone(), ..limits(per_minute, per_day) };
        let mut rows = Memory::default();
        let begin = NOON.plus(11 * HOUR + 45 * MINUTE);
        let mut lives: BTreeMap<usize, (Applicant, Fate, Life, Time)> = BTreeMap::new();
        for (n, (second, rank, route, fate)) in incidents.iter().enumerate() {
            let since = begin.plus(*second * SECOND);
            lives.insert(n, (Applicant { route: route.map(|route| ROUTES[route].to_owned()), ..applicant(&format!("i{n}"), *rank, since) }, *fate, Life::Asks, since));
        }
        let (from, until) = (begin.plus(pause.0 * SECOND), begin.plus((pause.0 + pause.1) * SECOND));
        let mut created: Vec<(Time, Applicant)> = Vec::new();
        let mut now = begin;
        let mut steps = 0;
        while let Some((&n, _)) = lives
            .iter()
            .filter(|(_, life)| !matches!(life.2, Life::Started(_)))
            .min_by_key(|(_, life)| life.3)
        {
            steps += 1;
            prop_assert!(steps < 20_000, "somebody never gets there");
            let (applicant, fate, life, at) = lives[&n].clone();
            now = now.max(at);
            let pause = Pause { reason: "p".into(), since: from, until: Some(until) };
            rows.pause.replace(Some(pause).filter(|_| now >= from));
            // Those who have their sessions talk all the time.
            for (applicant, _, life, _) in lives.values() {
                if let Life::Started(at) = life {
                    ok(settle(&rows, &applicant.id, PermitUse::Session(*at), now));
                }
            }
            if steps % 7 == 0 {
                rows = rows.clone();
            }
            let (next, again) = match life {
                Life::Asks => match ok(apply(&rows, &applicant, &limits, now)) {
                    Admission::Admitted => {
                        if matches!(fate, Fate::Created | Fate::UnknownThen(true)) {
                            created.push((now, applicant.clone()));
                        }
                        (Life::Attempts, now.plus(SECOND))
                    }
                    Admission::Queued { until, .. } => {
                        ok(settle(&rows, &applicant.id, PermitUse::None { in_line: true }, now));
                        (Life::Asks, until)
                    }
                    Admission::Held { until, .. } => (Life::Asks, until),
                },
                Life::Attempts => match fate {
                    Fate::Created | Fate::UnknownThen(true) => {
                        ok(settle(&rows, &applicant.id, PermitUse::Session(now), now));
                        (Life::Started(now), now)
                    }
                    Fate::Refused | Fate::UnknownThen(false) => {
                        ok(settle(&rows, &applicant.id, PermitUse::Undecided, now));
                        ok(settle(&rows, &applicant.id, PermitUse::None { in_line: false }, now));
                        (Life::Failed, now.plus(5 * SECOND))
                    }
                },
                Life::Failed => {
                    lives.insert(n, (applicant, Fate::Created, Life::Asks, now));
                    continue;
                }
                Life::Started(_) => continue,
            };
            lives.insert(n, (applicant, fate, next, again));
            // The register's alarm.
            for waiter in ok(called(&rows, &limits, now)) {
                let called = lives.values_mut().find(|(applicant, ..)| applicant.id == waiter.id);
                if let Some((_, _, Life::Asks, at)) = called {
                    *at = (*at).min(now);
                }
                ok(expect(&rows, waiter, now));
            }
        }
        created.sort_by_key(|(at, _)| *at);
        for (index, (first, _)) in created.iter().enumerate() {
            let close = created[index..].iter().filter(|(at, _)| at.since(*first) < MINUTE).count();
            prop_assert!(close <= per_minute as usize, "{close} in a minute");
            prop_assert!(*first < from || *first >= until, "one in the pause");
            let same_day: Vec<&Applicant> =
                created.iter().filter(|(at, _)| at.midnight() == first.midnight()).map(|(_, applicant)| applicant).collect();
            prop_assert!(same_day.len() <= per_day as usize, "{} on a day", same_day.len());
            let others = same_day.iter().filter(|applicant| applicant.rank > 0).count();
            prop_assert!(others <= (per_day - reserved) as usize, "{others} on a day that are not of rank 0");
            for (route, most) in &budgets {
                let of_route = same_day.iter().filter(|applicant| applicant.route.as_ref() == Some(route)).count();
                prop_assert!(of_route <= *most as usize, "{of_route} of route {route} on a day");
            }
        }
        prop_assert_eq!(created.len(), incidents.len());
    }

    /// With room for all of them, nobody waits for anybody: whatever others do, as long as they have their sessions.
    #[test]
    fn who_fits_is_never_delayed(known in 0..50_u32, talks in 0..200_u32) {
        let (rows, limits) = (Memory::default(), limits(2, 100));
        let mut now = NOON;
        for n in 0..known {
            now = now.plus(RATE_WINDOW / 2 + ms(1));
            let id = format!("k{n}");
            prop_assert_eq!(ok(apply(&rows, &applicant(&id, 1, now), &limits, now)), Admission::Admitted);
            ok(settle(&rows, &id, PermitUse::Session(now), now));
        }
        let since = now;
        for talk in 0..talks {
            now = now.plus(SECOND);
            ok(settle(&rows, &format!("k{}", talk % known.max(1)), PermitUse::Session(since), now));
        }
        now = now.plus(RATE_WINDOW);
        prop_assert_eq!(ok(apply(&rows, &applicant("new", 1, now), &limits, now)), Admission::Admitted);
    }
}
