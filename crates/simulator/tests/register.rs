//! What the register answers to many at once, with its real tables.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use engine::register::calls::Call;
use incident::admission::{Admission, Applicant, Limits, PermitUse};
use incident::listing::Line;
use incident::reason::Reason;
use incident::time::{HOUR, MINUTE, SECOND, Time};
use outbound::devin::call::Api;
use simulator::clocks::REGISTER;
use simulator::world::World;

const NOON: Time = Time(1_767_268_800_000);
const HALF_AN_HOUR: Duration = Duration::from_mins(30);

/// A world whose account can't pay for the session of an incident.
fn without_credits(limits: &Limits) -> Rc<World> {
    let world = World::new(1, NOON, limits.clone(), Api::V3 { org: "org-1".into() });
    let asked = Rc::clone(&world);
    world.executor.spawn(async move {
        let stopped = Call::Credits { out: vec!["pagerduty-STOPPED".into()], at_work: Vec::new() };
        let _: serde_json::Value = asked.ask_register(stopped).await.unwrap();
    });
    world.executor.run(NOON.plus(MINUTE), || {});
    world
}

/// The answers to so many who ask one after the other.
fn ask(world: &Rc<World>, number: u32, limits: &Limits) -> Vec<Admission> {
    let answers = Rc::new(RefCell::new(Vec::new()));
    let (asked, kept, limits) = (Rc::clone(world), Rc::clone(&answers), limits.clone());
    world.executor.spawn(async move {
        for n in 0..number {
            let name = format!("pagerduty-{n}");
            let applicant = Applicant { id: name.clone(), incident: name.clone(), rank: 1, ..Applicant::default() };
            let line = Box::new(Line { incident: name, ..Line::default() });
            let call = Call::Admit { line, applicant, limits: limits.clone() };
            let answer = asked.ask_register(call).await.unwrap();
            kept.borrow_mut().push(answer);
        }
    });
    world.executor.run(world.executor.now().plus(MINUTE), || {});
    answers.take()
}

fn held_until(answers: &[Admission]) -> Vec<Time> {
    let until = |answer: &Admission| match answer {
        Admission::Held { until, why: Reason::Credits } => *until,
        other => panic!("{other:?}"),
    };
    answers.iter().map(until).collect()
}

#[test]
fn who_is_held_because_the_account_cannot_pay_asks_again_one_after_the_other() {
    let limits = Limits { per_minute: 5, per_day: 1_000, ..Limits::default() };
    let world = without_credits(&limits);
    let until = held_until(&ask(&world, 120, &limits));
    assert_eq!(until.len(), 120);
    assert!(until[0] >= NOON.plus(HALF_AN_HOUR), "{until:?}");
    assert!(until.windows(2).all(|two| two[1].since(two[0]) == limits.pace()), "{until:?}");

    // The second time, when the first of them is back: one tries, the others stay one after the other.
    world.executor.run(until[0], || {});
    let again = ask(&world, 120, &limits);
    assert_eq!(again[0], Admission::Admitted);
    let later = held_until(&again[1..]);
    assert!(later[0] > until[119], "{later:?}");
    assert!(later.windows(2).all(|two| two[1].since(two[0]) == limits.pace()), "{later:?}");
}

#[test]
fn who_is_held_does_not_move_further_and_further_away() {
    let limits = Limits { per_minute: 1, per_day: 1_000, ..Limits::default() };
    let world = without_credits(&limits);
    let until = held_until(&ask(&world, 2_000, &limits));
    assert!(until.iter().all(|at| at.since(NOON) < Duration::from_hours(25)), "{:?}", until.iter().max());
}

/// A world with a hundred in line for another day, the account empty, and since then room for sixty of them.
fn with_room_and_without_credits(limits: &Limits) -> Rc<World> {
    let world = World::new(1, NOON, limits.clone(), Api::V3 { org: "org-1".into() });
    let answers = ask(&world, 160, limits);
    assert_eq!(answers.iter().filter(|answer| **answer == Admission::Admitted).count(), 60, "{answers:?}");
    let told = Rc::clone(&world);
    world.executor.spawn(async move {
        let stopped = Call::Credits { out: vec![String::new()], at_work: Vec::new() };
        let _: serde_json::Value = told.ask_register(stopped).await.unwrap();
        for n in 0..60 {
            let incident = format!("pagerduty-{n}");
            let (id, line) = (Some(incident.clone()), Box::new(Line { incident, ..Line::default() }));
            let publish = Call::Publish { line, id, permit: PermitUse::None { in_line: false } };
            let _: serde_json::Value = told.ask_register(publish).await.unwrap();
        }
    });
    world.executor.run(NOON.plus(20 * MINUTE), || {});
    world
}

/// How many are expected to ask within half an hour: all others are held until midnight.
fn called(world: &World) -> i64 {
    let soon = world.executor.now().plus(HALF_AN_HOUR);
    world.number("SELECT count(*) FROM waiters WHERE back_at < ?", [soon.0])
}

#[test]
fn while_the_account_cannot_pay_nobody_in_line_is_called_to_be_held_again() {
    let limits = Limits { per_minute: 60, per_day: 60, ..Limits::default() };
    let world = with_room_and_without_credits(&limits);
    assert_eq!(called(&world), 0);
    // Half an hour after the account was found empty, the next ones are: one of them tries.
    world.executor.run(NOON.plus(HALF_AN_HOUR).plus(90 * SECOND), || {});
    assert_eq!(called(&world), 20);
}

#[test]
fn when_the_account_can_pay_again_those_in_line_hear_of_it() {
    let limits = Limits { per_minute: 60, per_day: 60, ..Limits::default() };
    let world = with_room_and_without_credits(&limits);
    let told = Rc::clone(&world);
    world.executor.spawn(async move {
        let works = Call::Credits { out: Vec::new(), at_work: vec![String::new()] };
        let _: serde_json::Value = told.ask_register(works).await.unwrap();
    });
    world.executor.run(world.executor.now().plus(30 * SECOND), || {});
    assert_eq!(called(&world), 20);
}

#[test]
fn whoever_is_held_because_the_account_cannot_pay_stays_so_after_a_restart() {
    let limits = Limits { per_minute: 5, per_day: 1_000, ..Limits::default() };
    let world = without_credits(&limits);
    let before = held_until(&ask(&world, 3, &limits));
    world.restart_register();
    let after = held_until(&ask(&world, 3, &limits));
    assert_eq!(after[0], before[2].plus(limits.pace()), "behind those who asked before");
}

#[test]
fn a_clock_that_is_set_back_holds_nobody_for_longer() {
    let limits = Limits { per_minute: 5, per_day: 1_000, ..Limits::default() };
    let world = without_credits(&limits);
    held_until(&ask(&world, 3, &limits));
    world.set_clock(REGISTER, -2 * 3_600_000);
    let answers = ask(&world, 3, &limits);
    assert_eq!(answers[0], Admission::Admitted, "one tries, as if its time had come");
    let set_back = NOON.minus(2 * HOUR);
    let until = held_until(&answers[1..]);
    assert!(until.iter().all(|at| at.since(set_back) < HOUR), "{until:?}");
}
