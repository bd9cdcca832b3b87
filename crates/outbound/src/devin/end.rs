//! How far a session has come: Devin's words for its state → [`End`].
//!
//! v3 has a `status` and, in lists, a `status_detail`; v1 a `status_enum`:
//! <https://docs.devin.ai/api-reference/v3/sessions/get-organizations-session>,
//! <https://docs.devin.ai/api-reference/v1/sessions/list-sessions>. What the pages do not say: a live v3 session that is
//! done hardly ever says `finished`; it stays `running` and waits for its user, with its structured output there. And
//! `suspended` is several things: its details tell what will become of it.

use incident::session::End;

/// Nothing new will run in this account.
const CREDITS: [&str; 6] = [
    "out_of_credits",
    "out_of_quota",
    "no_quota_allocation",
    "payment_declined",
    "org_usage_limit_exceeded",
    "contract_expired",
];
/// This session will not go on.
const LIMITS: [&str; 3] = ["usage_limit_exceeded", "user_usage_limit_exceeded", "total_session_limit_exceeded"];

/// What a state and its detail say.
pub fn of(state: Option<&str>, detail: Option<&str>) -> End {
    let (state, detail) = (state.unwrap_or_default(), detail.unwrap_or_default());
    match (state, detail) {
        ("exit" | "error" | "expired", _) => End::Over,
        _ if CREDITS.contains(&detail) => End::Credits,
        _ if LIMITS.contains(&detail) => End::Failed,
        ("suspended", "error") => End::Failed,
        ("suspended" | "finished" | "suspend_requested" | "suspend_requested_frontend", _) => End::Asleep,
        ("running", "finished") => End::Asleep,
        ("running", "waiting_for_user") | ("blocked", _) => End::Waiting,
        ("running", "waiting_for_approval") => End::Approval,
        ("running", "working" | "") => End::Open,
        ("new" | "claimed" | "resuming" | "working", _) => End::Open,
        ("resume_requested" | "resume_requested_frontend" | "resumed", _) => End::Open,
        ("", "") => End::Open,
        _ => End::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_words_for_an_end() {
        for (state, detail, expected) in [
            ("new", None, End::Open),
            ("running", Some("working"), End::Open),
            ("running", Some("waiting_for_user"), End::Waiting),
            ("running", Some("waiting_for_approval"), End::Approval),
            ("blocked", None, End::Waiting),
            ("running", Some("finished"), End::Asleep),
            ("suspended", Some("inactivity"), End::Asleep),
            ("suspended", Some("user_request"), End::Asleep),
            ("suspended", Some("something new"), End::Asleep),
            ("suspended", Some("usage_limit_exceeded"), End::Failed),
            ("suspended", Some("error"), End::Failed),
            ("suspended", Some("out_of_credits"), End::Credits),
            ("finished", None, End::Asleep),
            ("exit", Some("finished"), End::Over),
            ("error", None, End::Over),
            ("running", Some("awaiting_oracle"), End::Unknown),
            ("dreaming", None, End::Unknown),
        ] {
            assert_eq!(of(Some(state), detail), expected, "{state} {detail:?}");
        }
        assert_eq!(of(None, None), End::Open);
    }
}

#[cfg(test)]
mod walks {
    //! Walks over the states, known and unknown words, v1 and v3, with messages in between.

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::reply;
    use crate::http::Answer;
    use incident::event::{IncidentEvent, Kind};
    use incident::key::Key;
    use incident::lifecycle::outcome::{self, Reported};
    use incident::notice::{About, Target};
    use incident::plan::{Plan, Workflow};
    use incident::record::{Record, State};
    use incident::sender::Sender;
    use incident::session::Session;
    use incident::time::{HOUR, Time};

    #[derive(Clone, Debug)]
    enum Happening {
        /// An item of a list.
        Reported(Value),
        /// The session gets a message.
        Message,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        let v3 = (
            prop::sample::select(vec![
                "new",
                "claimed",
                "running",
                "running",
                "running",
                "exit",
                "error",
                "suspended",
                "resuming",
                "pondering",
            ]),
            prop::sample::select(vec![
                "",
                "working",
                "waiting_for_user",
                "waiting_for_user",
                "waiting_for_approval",
                "finished",
                "inactivity",
                "user_request",
                "usage_limit_exceeded",
                "out_of_credits",
                "error",
                "pondering",
            ]),
        )
            .prop_map(|(status, detail)| json!({"status": status, "status_detail": detail}));
        let v1 = prop::sample::select(vec![
            "working",
            "blocked",
            "expired",
            "finished",
            "suspend_requested",
            "resume_requested",
            "resumed",
            "pondering",
        ])
        .prop_map(|word| json!({"status_enum": word}));
        let output = prop::sample::select(vec![
            Value::Null,
            Value::Null,
            json!({}),
            json!({"summary": "a"}),
            json!({"summary": "b"}),
            json!(7),
        ]);
        let requests =
            prop::sample::select(vec![json!([]), json!([]), json!([{"pr_url": "https://x/1"}]), json!(null)]);
        let item = (prop_oneof![v3, v1], output, requests, 0..3_u32).prop_map(|(mut item, output, requests, acus)| {
            item["session_id"] = "devin-1".into();
            item["structured_output"] = output;
            item["pull_requests"] = requests;
            item["acus_consumed"] = acus.into();
            Happening::Reported(item)
        });
        prop_oneof![5 => item, 1 => Just(Happening::Message)]
    }

    fn record() -> Record {
        let event = IncidentEvent {
            key: Key::new(Sender::Alert, &["1"]).unwrap(),
            sender: Sender::Alert,
            kind: Kind::Triggered,
            ..Default::default()
        };
        let mut record = Record::new(&event, Plan { workflow: Workflow::Triage, ..Plan::default() }, Time(0));
        record.state = State::Started;
        record.session = Some(Session { id: "devin-1".into(), url: String::new() });
        record
    }

    proptest! {
        #[test]
        fn a_turn_has_one_end_and_waits_once_and_no_result_goes_unsaid(walk in prop::collection::vec(happening(), 1..40)) {
            let mut record = record();
            let (mut ends, mut waits) = (0, 0);
            for (n, happening) in walk.into_iter().enumerate() {
                // Far enough apart that every message was read.
                let now = Time(0).plus(HOUR.saturating_mul(n as u32 + 1));
                let item = match happening {
                    Happening::Message => {
                        outcome::woken(&mut record, now);
                        (ends, waits) = (0, 0);
                        continue;
                    }
                    Happening::Reported(item) => item,
                };
                let answer = Answer { status: 200, retry_after: None, body: json!({"items": [item]}).to_string(), whole: true };
                let mut report = reply::reports(Ok(answer), &["devin-1"], true, now).unwrap().remove(0);
                let told_before = record.notices.len();
                let mut done = outcome::reported(&mut record, &report, now);
                if done == Reported::WantsWords {
                    prop_assert_eq!(record.notices.len(), told_before);
                    report.words = Some("I need a hand.".into());
                    done = outcome::reported(&mut record, &report, now);
                }
                prop_assert_ne!(done, Reported::WantsWords);
                for notice in record.notices.iter().filter(|notice| notice.target == Target::Webhook) {
                    match notice.about {
                        About::Ended | About::Failed => ends += 1,
                        About::Waiting => {
                            waits += 1;
                            prop_assert_eq!(ends, 0, "what has ended waits for nobody");
                            prop_assert!(notice.finding.is_some());
                        }
                        About::Updated => prop_assert_eq!(ends, 1, "more than was reported"),
                        About::Started | About::Held | About::Approval => {}
                    }
                }
                // They arrive at once: a full list would hide what is counted here.
                record.notices.clear();
                prop_assert!(ends <= 1 && waits <= 1, "{ends} ends, {waits} waits");
                let at_work = matches!(super::of(report.state.as_deref(), report.detail.as_deref()), super::End::Open | super::End::Approval);
                if report.has_result() && !at_work {
                    prop_assert_eq!(ends, 1, "there is a result, and nobody was notified: {:?}", report);
                }
                let said = record.outcome.as_ref().and_then(|outcome| outcome.finding.clone());
                prop_assert!(report.finding.is_none() || report.finding == said);
            }
        }
    }
}
