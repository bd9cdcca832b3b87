//! JSON inside a form: `payload=%7B%22alertName%22…`, as senders do that can post nothing but forms. A JSON body under a
//! form's content type (Kibana's webhook connector without a configured header) is no form and needs nothing of this.

/// The fields that hold the JSON.
const FIELDS: [&str; 3] = ["payload", "json", "body"];

/// The JSON text in a form, if the body is a form with one.
pub fn json(body: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(body.trim().as_bytes());
    let (_, json) = fields.find(|(name, value)| FIELDS.contains(&name.as_ref()) && !value.is_empty())?;
    Some(json.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_form_is_found() {
        assert_eq!(json("payload=%7B%22a%22%3A+%22b%26%C3%A9%22%7D").as_deref(), Some("{\"a\": \"b&é\"}"));
        assert_eq!(json("x=1&json={}\n").as_deref(), Some("{}"));
        assert_eq!(json("payload=100%").as_deref(), Some("100%"));
        assert_eq!(json("payload=%zz%4").as_deref(), Some("%zz%4"));
        for other in ["", "x=1", "{\"payload\": 1}", "error rendering"] {
            assert_eq!(json(other), None);
        }
    }
}
