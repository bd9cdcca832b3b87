//! Deploys in the middle: every object starts anew, with other limits, routes or targets, with settings that are wrong for a
//! while, with records as an earlier release wrote them, or in a format of a later one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::settings::Settings;
use crate::world::{RECORD, World};
use engine::host::Settings as _;
use incident::admission::Limits;
use incident::event::Kind;
use incident::notice::Target;
use incident::plan::{Plan, WhenDone, Workflow};
use incident::record::Record;
use incident::time::{DAY, HOUR, MINUTE, Time};

/// How many teams have a route of their own.
const TEAMS: usize = 8;
/// Records in every state, as the release before wrote them.
const RECORDS: &str = include_str!("../../incident/src/record/records_of_format_1.json");

/// What a team's route says differently from how it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Change {
    #[default]
    None,
    /// The other workflow.
    Workflow,
    /// Each session waits for approval, or none does.
    Approve,
    /// A session starts with the third firing, or with the first.
    Occurrences,
    /// Its events are ignored.
    Ignored,
    /// Only the chat is notified.
    Chat,
    /// Sessions are put away.
    Archive,
}

const CHANGES: [Change; 7] = [
    Change::None,
    Change::Workflow,
    Change::Approve,
    Change::Occurrences,
    Change::Ignored,
    Change::Chat,
    Change::Archive,
];

/// What was deployed.
#[derive(Default)]
pub struct Deployed {
    routes: Cell<[Change; TEAMS]>,
    /// The keys whose records an earlier release has written.
    rolled_back: RefCell<BTreeSet<String>>,
    /// Whether records of a later format are there, …
    later: Cell<bool>,
    /// … and since when they have been there no more.
    readable_since: Cell<Option<Time>>,
}

/// Somebody deploys now and then.
pub async fn deploys(world: Rc<World>, until: Time) {
    let executor = &world.executor;
    loop {
        executor.pause(executor.between(6 * HOUR, 8 * DAY).min(until.since(executor.now()))).await;
        if executor.now() >= until {
            // What has gathered under low limits is to settle too.
            world.set_settings(|settings| {
                (settings.limits.per_day, settings.limits.per_minute) = (1_000, 30);
                settings.limits.routes.values_mut().for_each(|most| *most = 1_000);
            });
            return world.restart_all();
        }
        match executor.below(7) {
            0 => world.roll_back(),
            1 => {
                world.format(1, 2);
                executor.pause(executor.between(MINUTE, 4 * HOUR)).await;
                world.format(2, 1);
            }
            2 => {
                let right = world.settings.take();
                world.restart_all();
                executor.pause(executor.between(MINUTE, 3 * HOUR)).await;
                world.settings.replace(right);
            }
            3 => world.set_limits(),
            4 => world.set_targets(),
            5 => {
                let mut routes = world.deployed.routes.get();
                routes[executor.below(TEAMS)] = CHANGES[executor.below(CHANGES.len())];
                world.deployed.routes.set(routes);
            }
            _ => {}
        }
        world.restart_all();
    }
}

impl World {
    /// What the routes say now of an incident for which they said this at first; `None`: its events are ignored.
    pub(crate) fn plan(&self, key: &str, first: &Plan) -> Option<Plan> {
        let team = key.bytes().map(usize::from).sum::<usize>() % TEAMS;
        let mut plan = first.clone();
        match self.deployed.routes.get()[team] {
            Change::None => {}
            Change::Workflow if plan.workflow == Workflow::Triage => {
                (plan.workflow, plan.start_on) = (Workflow::Postmortem, Kind::Resolved);
            }
            Change::Workflow => (plan.workflow, plan.start_on) = (Workflow::Triage, Kind::Triggered),
            Change::Approve => plan.approve = !plan.approve,
            Change::Occurrences => plan.min_occurrences = if plan.min_occurrences > 1 { 1 } else { 3 },
            Change::Ignored => return None,
            Change::Chat => plan.notify = Some(vec![Target::Webhook]),
            Change::Archive => plan.when_done = WhenDone::Archive,
        }
        Some(plan)
    }

    /// Whether an earlier release has written the record with this key, or the one of this name.
    pub(crate) fn was_rolled_back(&self, name: &str) -> bool {
        let key = name.split_once('.').map_or(name, |(key, _)| key);
        self.deployed.rolled_back.borrow().contains(key)
    }

    /// Whether there may have been records of a later format in this span.
    pub(crate) fn was_unreadable(&self, span: Duration) -> bool {
        let since = self.deployed.readable_since.get();
        self.deployed.later.get() || since.is_some_and(|since| self.executor.now().since(since) < span)
    }

    /// The highest of a limit that was in force since then.
    pub(crate) fn most(&self, since: Time, limit: fn(&Limits) -> u32) -> usize {
        let limits = self.limits.borrow();
        let from = limits.iter().rposition(|(at, _)| *at <= since).unwrap_or_default();
        limits[from..].iter().map(|(_, limits)| limit(limits)).max().unwrap_or_default() as usize
    }

    /// Changes the settings, unless they are wrong.
    pub(crate) fn set_settings(&self, change: impl FnOnce(&mut Settings)) {
        let Some(mut settings) = self.settings.borrow().as_deref().cloned() else { return };
        change(&mut settings);
        self.limits.borrow_mut().push((self.executor.now(), settings.limits()));
        self.settings.replace(Some(Rc::new(settings)));
    }

    fn set_limits(&self) {
        let day = [20, 60, 100, 200][self.executor.below(4)];
        let minute = [2, 10, 30][self.executor.below(3)];
        let reserved = [0, 5][self.executor.below(2)];
        self.set_settings(|settings| {
            (settings.limits.per_day, settings.limits.per_minute, settings.limits.reserved) = (day, minute, reserved);
        });
    }

    fn set_targets(&self) {
        let [pagerduty, webhook, slack] = [0.8, 0.8, 0.8].map(|probability| self.executor.happens(probability));
        self.set_settings(|settings| settings.targets = Settings::targets(pagerduty, webhook, slack));
    }

    fn rewrite(&self, change: impl Fn(&World, &str, &mut Map<String, Value>)) {
        for key in self.keys() {
            let Some(text) = self.stored(&key, RECORD) else { continue };
            let Ok(Value::Object(mut record)) = serde_json::from_str::<Value>(&text) else { continue };
            change(self, &key, &mut record);
            let mut incidents = self.incidents.borrow_mut();
            let Some(slot) = incidents.get_mut(&key) else { continue };
            slot.store(RECORD, Value::Object(record).to_string());
        }
    }

    /// The release before is deployed, writes some records, and is replaced again.
    fn roll_back(&self) {
        let known: Map<String, Value> = serde_json::from_str(RECORDS).unwrap();
        let known: BTreeSet<&String> =
            known.values().filter_map(Value::as_object).flat_map(|record| record.keys()).collect();
        self.rewrite(|world, key, record| {
            // It knows of no groups.
            if world.executor.happens(0.5) && !key.starts_with("group-") {
                record.retain(|field, _| known.contains(field));
                world.deployed.rolled_back.borrow_mut().insert(key.to_owned());
                world.happened(key, || "the release before writes its record".into());
            }
        });
    }

    /// Some records have a format that no release up to this one reads, or have it no more.
    fn format(&self, from: u32, to: u32) {
        self.rewrite(|world, key, record| {
            if record.get("format") == Some(&from.into()) && (from > to || world.executor.happens(0.3)) {
                record.insert("format".into(), to.into());
                world.happened(key, || format!("its record has format {to}"));
            }
        });
        self.deployed.later.set(to > from);
        self.deployed.readable_since.set(Some(self.executor.now()));
        self.restart_all();
    }

    /// A record of a later format was replaced by one that this release writes: what it said is lost.
    pub(crate) fn keeps_later(&self, key: &str, before: Option<&String>) {
        let later = || before.is_some_and(|text| Record::from_text(text).is_err());
        if self.deployed.later.get() && later() {
            self.broke(format!("{key}: a record of a later release is overwritten"));
        }
    }
}
