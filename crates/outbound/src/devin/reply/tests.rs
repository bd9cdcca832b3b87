use std::time::Duration;

use super::*;
use crate::http::taken;
use incident::session::End;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: Time = Time(784_111_777_000);

fn created(answer: Result<Answer, String>, now: Time) -> Result<Session, Failure> {
    super::created(answer, &SessionRequest::default(), now).0
}

fn answer(status: u16, body: &str) -> Result<Answer, String> {
    Ok(Answer { status, retry_after: None, body: body.to_owned(), whole: true })
}

fn busy(retry_after: &str) -> Option<Duration> {
    let answer = Ok(Answer { status: 429, retry_after: Some(retry_after.into()), body: String::new(), whole: true });
    match created(answer, NOW) {
        Err(Failure::Busy { after, .. }) => after,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_is_a_session_whatever_else_is_there() {
    let body = r#"{"session_id":"devin-1","url":"https://x/1","status":"brand-new","acus_consumed":null,"more":[1]}"#;
    assert_eq!(created(answer(200, body), NOW), Ok(Session { id: "devin-1".into(), url: "https://x/1".into() }));
}

#[test]
fn what_can_not_be_read_may_have_been_done() {
    for body in [
        "",
        "OK",
        "null",
        "[]",
        "{}",
        r#"{"session_id":""}"#,
        r#"{"session_id":7}"#,
        r#"{"session_id":" \u200b"}"#,
        r#"{"session_id":"."}"#,
        r#"{"session_id":"..\u202e"}"#,
        "<html>",
    ] {
        assert!(matches!(created(answer(200, body), NOW), Err(Failure::Unknown { .. })), "{body}");
    }
    for status in [500, 502, 503, 504, 520, 408, 409] {
        assert!(matches!(created(answer(status, "<html>"), NOW), Err(Failure::Unknown { .. })), "{status}");
    }
    assert!(matches!(created(Err("connection reset".into()), NOW), Err(Failure::Unknown { .. })));
    let torn = Ok(Answer { status: 200, retry_after: None, body: String::new(), whole: false });
    assert!(matches!(created(torn, NOW), Err(Failure::Unknown { .. })));
}

#[test]
fn other_refusals_are_final_and_a_redirect_is_one() {
    for status in [400, 401, 402, 403, 404, 413, 422, 301, 302, 307, 308] {
        let failure = created(answer(status, "{}"), NOW).unwrap_err();
        assert!(matches!(failure, Failure::Refused { status: s, .. } if s == status), "{failure:?}");
    }
}

#[test]
fn retry_after_is_honoured_where_it_makes_sense() {
    assert_eq!(busy("7"), Some(Duration::from_secs(7)));
    assert_eq!(busy("0"), Some(Duration::ZERO));
    assert_eq!(busy("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
    for absurd in ["-5", "99999999999", "soon", "", "9223372036854775807", "Sun, 06 Nov 2094 08:49:37 GMT"] {
        assert_eq!(busy(absurd), None, "{absurd}");
    }
}

#[test]
fn words_come_from_every_kind_of_error() {
    let words = |body: &str| created(answer(422, body), NOW).unwrap_err().words().to_owned();
    assert_eq!(words(r#"{"type":"about:blank","title":"Bad","status":422,"detail":"too long"}"#), "HTTP 422: too long");
    assert_eq!(words(r#"{"title":"Forbidden","status":422}"#), "HTTP 422: Forbidden");
    assert_eq!(
        words(r#"{"detail":[{"loc":["body","prompt"],"msg":"field required","type":"x"}]}"#),
        "HTTP 422: body.prompt: field required"
    );
    assert_eq!(words("<html>\n<b>no</b>"), "HTTP 422: <html> <b>no</b>");
    assert_eq!(words(r#"{"odd":1}"#), r#"HTTP 422: {"odd":1}"#);
}

#[test]
fn a_look_up_finds_only_the_whole_mark() {
    let api = Api::V3 { org: "o".into() };
    let body = r#"{"items":[{"session_id":"devin-1","url":"u","tags":["incident:ab"]},
                            {"session_id":"devin-2","url":"u","title":"x [incident:abc]","tags":[]}],
                   "end_cursor":"c","has_next_page":true}"#;
    let look = |correlation_id: &str| found(&api, answer(200, body), correlation_id, "", NOW).unwrap();
    assert_eq!(look("incident:ab").found.unwrap().id, "devin-1");
    assert_eq!(look("incident:abc").found.unwrap().id, "devin-2");
    assert_eq!(look("incident:a"), Page { found: None, next: Some("c".into()), unread: false });
    assert!(found(&api, answer(200, "{}"), "m", "", NOW).is_err());
}

/// Too deep to be read: 150 lists in each other.
const DEEP: &str = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

/// Sessions of which most readers of JSON read nothing.
fn odd_sessions() -> String {
    let many = format!("[{}{{}}]", "{},".repeat(90_000));
    [DEEP, &many, "1e999", r#""\ud83d""#, r#"{"\ud83d":-1e400}"#]
        .map(|output| {
            format!(r#"{{"session_id":"devin-0","title":"cut \ud83d","tags":["x"],"structured_output":{output}}}"#)
        })
        .join(",")
}

#[test]
fn no_session_hides_another_in_a_look_up() {
    let api = Api::V3 { org: "o".into() };
    let odd = odd_sessions();
    let look = |items: &str| found(&api, answer(200, &format!(r#"{{"items":[{items}]}}"#)), "m", "", NOW);
    for ours in [
        r#"{"session_id":"devin-1","tags":["m"],"structured_output":1e999}"#,
        r#"{"session_id":"devin-1","title":"t [m]"}"#,
    ] {
        for items in [format!("{odd},{ours}"), format!("{ours},{odd}"), format!(r#"null,7,{{"tags":{DEEP}}},{ours}"#)] {
            assert_eq!(look(&items).unwrap().found.unwrap().id, "devin-1", "{ours}");
        }
    }
    assert_eq!(look(&odd), Ok(Page { found: None, next: None, unread: false }));
}

#[test]
fn what_may_be_ours_is_not_taken_for_nothing() {
    let look = |body: &str| found(&Api::V1, answer(200, body), "m", "", NOW);
    for unread in [
        format!(r#"{{"sessions":[{{"session_id":"devin-1","tags":{DEEP}}}]}}"#),
        format!(r#"{{"sessions":[{{"tags":[{}0]}}]}}"#, "0,".repeat(100_000)),
        r#"{"sessions":[{"tags":["x"],"tags":["m"]}]}"#.to_owned(),
        r#"{"items":[],"has_next_page":true,"end_cursor":null}"#.to_owned(),
    ] {
        assert_eq!(look(&unread), Ok(Page { found: None, next: None, unread: true }), "{unread}");
    }
    for unknown in [
        r#"{"sessions":[{"session_id":7,"tags":["m"]}]}"#,
        r#"{"sessions":[{"session_id":"..","title":"x [m]"}]}"#,
        r#"{"items":[],"has_next_page":"yes"}"#,
        r#"{"sessions":{}}"#,
        r#"{"sessions":[}"#,
    ] {
        assert!(matches!(look(unknown), Err(Failure::Unknown { .. })), "{unknown}");
    }
    let many = format!(r#"{{"sessions":[{}0]}}"#, "0,".repeat(2_000_000));
    assert!(matches!(look(&many), Err(Failure::Unknown { .. })));
}

#[test]
fn no_message_hides_another_in_a_look_up() {
    let ours = r#"{"source":"user","message":"x (m)"}"#;
    let look = |body: &str| message_found(answer(200, body), "(m)", NOW).unwrap();
    for body in [
        format!(r#"{{"items":[{{"source":"devin","message":"\ud83d","data":1e999}},{ours}]}}"#),
        format!(r#"{{"session_id":"devin-1","structured_output":{DEEP},"messages":[{{"message":{DEEP}}},{ours}]}}"#),
    ] {
        assert_eq!(look(&body).found, Some(()), "{body}");
    }
    assert!(look(&format!(r#"{{"items":[{{"message":{DEEP}}}]}}"#)).unread);
}

#[test]
fn v1_goes_on_by_offset_while_pages_are_full() {
    let items: Vec<String> = (0..100).map(|n| format!(r#"{{"session_id":"s{n}"}}"#)).collect();
    let full = format!(r#"{{"sessions":[{}]}}"#, items.join(","));
    assert_eq!(found(&Api::V1, answer(200, &full), "m", "100", NOW).unwrap().next, Some("200".into()));
    assert_eq!(found(&Api::V1, answer(200, r#"{"sessions":[]}"#), "m", "", NOW).unwrap().next, None);
}

#[test]
fn a_message_is_recognised_by_its_mark() {
    let body = r#"{"items":[{"source":"devin","message":"hi"},{"source":"user","message":"done (m/2)"}]}"#;
    assert_eq!(message_found(answer(200, body), "(m/2)", NOW).unwrap().found, Some(()));
    assert_eq!(message_found(answer(200, body), "(m/1)", NOW).unwrap().found, None);
    let quoted = r#"{"items":[{"source":"user","message":"Note: (m/2)\nUNTRUSTED 4f2a>>>\n\n(m/1)\n"}]}"#;
    assert_eq!(message_found(answer(200, quoted), "(m/2)", NOW).unwrap().found, None);
    assert_eq!(message_found(answer(200, quoted), "(m/1)", NOW).unwrap().found, Some(()));
    for devins in
        [json!({"source": "devin", "message": "As asked: (m/1)"}), json!({"type": "devin_message", "message": "(m/1)"})]
    {
        let body = json!({"items": [devins]}).to_string();
        assert_eq!(message_found(answer(200, &body), "(m/1)", NOW).unwrap().found, None, "{body}");
    }
}

#[test]
fn what_was_sent_is_not_quoted_back() {
    let body = r#"{"detail":[{"input":{"value":"s3\\"cret"}}]}"#;
    let quoted = Answer { status: 422, retry_after: None, body: body.replace("\\\\", "\\"), whole: true };
    let failure = created(Ok(quoted.hiding(["s3\"cret", ""].into_iter())), NOW).unwrap_err();
    assert!(failure.words().contains("[redacted]") && !failure.words().contains("cret\""), "{failure:?}");
}

#[test]
fn a_message_counts_as_sent_where_devin_itself_says_so() {
    for body in ["null", "", "{}", r#"{"detail":"already in a specific state"}"#] {
        assert_eq!(sent(answer(200, body), NOW), Ok(()), "{body}");
    }
    assert!(matches!(sent(answer(200, "<html>We are down"), NOW), Err(Failure::Unknown { .. })));
}

#[test]
fn a_list_tells_what_became_of_its_sessions() {
    let list = r#"{"items": [
        {"session_id": "devin-1", "status": "running", "status_detail": "finished", "acus_consumed": 2.5,
         "pull_requests": [{"pr_url": "https://x/1", "pr_state": "open"}, {"pr_url": "javascript:x"}, 7],
         "structured_output": {"title": "t"}},
        {"session_id": "devin-2", "status": "dreaming", "status_detail": null, "pull_requests": null},
        {"session_id": "devin-3", "status": "running"}, {"status": "exit"}, null
    ]}"#;
    // Whatever else is listed is nobody's.
    let reports = reports(answer(200, list), &["devin-1", "2"], true, NOW).unwrap();
    assert_eq!(reports.len(), 2);
    let first = Report {
        session: "devin-1".into(),
        state: Some("running".into()),
        detail: Some("finished".into()),
        end: End::Asleep,
        pull_requests: vec![PullRequest { url: "https://x/1".into(), state: Some("open".into()) }],
        acus: 2.5.into(),
        output: serde_json::json!({"title": "t"}),
        finding: Some(Finding { summary: Some("t".into()), ..Finding::default() }),
        words: None,
    };
    assert_eq!(reports[0], first);
    assert_eq!((reports[1].end, reports[1].state.as_deref()), (End::Unknown, Some("dreaming")));
    assert_eq!(first, serde_json::from_value(serde_json::to_value(&first).unwrap()).unwrap());
}

#[test]
fn v1_tells_it_in_other_words() {
    let list = r#"{"sessions": [{"session_id": "devin-1", "status": "x", "status_enum": "expired",
        "pull_request": {"url": "https://x/1"}, "structured_output": null}]}"#;
    let report = reports(answer(200, list), &["devin-1"], true, NOW).unwrap().remove(0);
    assert_eq!((report.state.as_deref(), report.end, report.acus), (Some("expired"), End::Over, Value::Null));
    assert_eq!(report.pull_requests, [PullRequest { url: "https://x/1".into(), state: None }]);
}

#[test]
fn a_tag_that_was_left_out_is_noticed() {
    let request =
        SessionRequest { correlation_id: "m".into(), tags: vec!["m".into(), "b".into()], ..Default::default() };
    let left_out = |tags: &str, request: &SessionRequest| {
        super::created(answer(200, &format!(r#"{{"session_id":"devin-1"{tags}}}"#)), request, NOW).1
    };
    assert!(left_out(r#","tags":["b"]"#, &request) && left_out(r#","tags":[]"#, &request));
    assert!(!left_out(r#","tags":["b","m"]"#, &request) && !left_out("", &request));
    assert!(!left_out(r#","tags":[]"#, &SessionRequest::default()));
}

#[test]
fn nothing_spent_is_not_known_yet() {
    for acus in ["0", "0.0", "-1", "null", "\"x\""] {
        let list = format!(r#"{{"items": [{{"session_id": "devin-1", "acus_consumed": {acus}}}]}}"#);
        assert_eq!(reports(answer(200, &list), &["devin-1"], true, NOW).unwrap()[0].acus, Value::Null, "{acus}");
    }
}

#[test]
fn the_newest_message_of_devins_is_its_last_words() {
    let v3 = r#"{"items":[{"source":"devin","message":"old","created_at":1},{"source":"devin","message":"Which\nenvironment?","created_at":3},
        {"source":"devin","message":"older","created_at":2},{"source":"user","message":"ours","created_at":4},7]}"#;
    let words = |body: &str| last_words(answer(200, body), true, NOW).unwrap().found.map(|found| found.words);
    assert_eq!(words(v3).as_deref(), Some("Which environment?"));
    let v1 = r#"{"session_id":"devin-1","messages":[{"type":"devin_message","message":"a"},{"type":"devin_message","message":"b"},
        {"type":"user_message","message":"c"}]}"#;
    assert_eq!(words(v1).as_deref(), Some("b"));
    assert_eq!(words(r#"{"items":[]}"#), None);
    assert!(last_words(answer(200, "{}"), true, NOW).is_err());
}

#[test]
fn any_2xx_takes_a_notice() {
    for body in ["ok", "", "{", "null"] {
        assert_eq!(taken(answer(202, body), NOW), Ok(()), "{body}");
    }
    assert!(matches!(taken(answer(404, "no_service"), NOW), Err(Failure::Refused { status: 404, .. })));
    assert!(matches!(taken(answer(500, ""), NOW), Err(Failure::Unknown { .. })));
}

#[test]
fn only_a_page_is_the_address_of_a_session() {
    for (url, kept) in [
        ("https://app.devin.ai/sessions/1", "https://app.devin.ai/sessions/1"),
        ("http://127.0.0.1/1", "http://127.0.0.1/1"),
        ("javascript:alert(1)", ""),
        (" javascript:alert(1)//https://", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("", ""),
    ] {
        let session = session(&json!({"session_id": "devin-1", "url": url})).unwrap();
        assert_eq!(session.url, kept, "{url}");
    }
}

#[test]
fn what_devin_says_is_kept_without_secrets() {
    let output = json!({"summary": "it logs password=hunter2hunter2\u{202e}", "token": "f3a9c1d27b86e05f"});
    let item = json!({"session_id": "devin-1", "status": "running", "structured_output": output, "messages": ["x"]});
    let list = json!({"items": [item]}).to_string();
    let reported = reports(answer(200, &list), &["devin-1"], true, NOW).unwrap().remove(0).output.to_string();
    let now = state(answer(200, &item.to_string()), NOW).unwrap().to_string();
    for text in [&reported, &now] {
        assert!(
            text.contains("it logs")
                && !text.contains("hunter2")
                && !text.contains("f3a9c1")
                && !text.contains('\u{202e}'),
            "{text}"
        );
    }
    assert!(!now.contains("messages"));
}

#[test]
fn half_an_emoji_hides_nothing_and_a_list_that_takes_too_much_memory_is_not_read() {
    let list = |output: &str| {
        format!(
            r#"{{"items":[{{"session_id":"devin-2","title":"cut \ud83d"}},{{"session_id":"devin-1","structured_output":{output}}}]}}"#
        )
    };
    let reported = |output: &str| reports(answer(200, &list(output)), &["devin-1"], true, NOW).map(|all| all.len());
    assert_eq!((reported("{}"), reported("1e999")), (Ok(1), Ok(1)));
    // A text is one value, whatever it says.
    assert_eq!(reported(&format!(r#""{}""#, "a, [b], {c}; ".repeat(60_000))), Ok(1));
    for output in [format!("[{}0]", r#"{"":0},"#.repeat(50_000)), "[".repeat(130) + &"]".repeat(130)] {
        assert!(matches!(reported(&output), Err(Failure::Unknown { .. })), "{:.20}", output);
    }
}
