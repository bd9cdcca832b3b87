//! `GET /openapi.json`: the contract for programs. `openapi.json` is written by hand; the tests here compare it with
//! the types, and `tests/openapi.test.mjs` with what the Worker really answers.

/// The document, without the white space of its source: `build.rs` takes that out.
pub const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::web::answer::Status;
    use incident::listing::{self, listing};
    use incident::plan::Workflow;
    use incident::reason::Reason;
    use incident::record::Record;
    use incident::sender::Sender;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).unwrap()
    }

    /// A part of the document, by its JSON pointer.
    fn part(pointer: &str) -> Value {
        document().pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}")).clone()
    }

    fn texts(pointer: &str) -> Vec<String> {
        part(pointer).as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    fn keys(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn nothing_but_white_space_is_taken_out() {
        let source: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        assert_eq!(document(), source);
        assert!(!DOCUMENT.contains('\n') && !DOCUMENT.contains("\": "));
    }

    #[test]
    fn it_is_of_this_version() {
        assert_eq!(part("/info/version"), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn every_code_and_name_is_there_and_no_other() {
        assert_eq!(texts("/components/schemas/Reason/enum"), Reason::NAMES);
        assert_eq!(texts("/components/schemas/Answer/properties/status/enum"), Status::NAMES);
        assert_eq!(texts("/components/schemas/Sender/enum"), Sender::NAMES);
        assert_eq!(texts("/components/schemas/State/enum"), listing::STATES);
        assert_eq!(texts("/components/schemas/Decision/properties/workflow/enum"), Workflow::NAMES);
    }

    #[test]
    fn it_has_every_field_of_the_list_and_no_other() {
        let fields = keys(&listing(&Record::default()));
        assert_eq!(keys(&part("/components/schemas/Listing/properties")), fields);
        let required: BTreeSet<String> = texts("/components/schemas/Listing/required").into_iter().collect();
        assert_eq!(required, fields);
        assert!(keys(&part("/components/schemas/Incident/properties")).is_superset(&fields));
    }
}
