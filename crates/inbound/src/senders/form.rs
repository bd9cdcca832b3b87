//! JSON inside a form: `payload=%7B%22alertName%22…`, as senders do that can post nothing but forms. A JSON body under a
//! form's content type (Kibana's webhook connector without a configured header) is no form and needs nothing of this.
//!
//! A text that has `&payload=` somewhere is no form: who can write into an alert could put a body of their own there.

/// The fields that hold the JSON.
const FIELDS: [&str; 3] = ["payload", "json", "body"];
/// No further is it looked for, in fields.
const MOST: usize = 100;
/// Where the name of the first field ends at the latest, in bytes.
const NAME: usize = 64;

/// The JSON text in a form, if the body is a form with one: where it begins with that field, or where `declared` says
/// that the request's Content-Type calls it a form.
pub fn json(body: &str, declared: bool) -> Option<String> {
    let body = body.trim_start().as_bytes();
    // Without decoding what is no form.
    if !declared && !body.iter().take(NAME).any(|byte| *byte == b'=') {
        return None;
    }
    let mut fields = form_urlencoded::parse(body.trim_ascii_end()).take(if declared { MOST } else { 1 });
    let (_, json) = fields.find(|(name, value)| FIELDS.contains(&name.as_ref()) && !value.is_empty())?;
    Some(json.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_form_is_found() {
        for declared in [true, false] {
            let json = |body| json(body, declared);
            assert_eq!(json("payload=%7B%22a%22%3A+%22b%26%C3%A9%22%7D").as_deref(), Some("{\"a\": \"b&é\"}"));
            assert_eq!(json("\njson={}&x=1\n").as_deref(), Some("{}"));
            assert_eq!(json("payload=100%").as_deref(), Some("100%"));
            assert_eq!(json("payload=%zz%4").as_deref(), Some("%zz%4"));
            for other in ["", "x=1", "{\"payload\": 1}", "error rendering"] {
                assert_eq!(json(other), None);
            }
        }
    }

    #[test]
    fn a_field_further_on_counts_only_where_the_body_is_called_a_form() {
        for body in ["x=1&json={}", "{\"text\": \"&json={}&\"", "log &payload=1&json={}"] {
            assert_eq!(json(body, false), None, "{body}");
        }
        assert_eq!(json("x=1&json={}", true).as_deref(), Some("{}"));
    }
}
