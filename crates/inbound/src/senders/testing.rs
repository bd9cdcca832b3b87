//! What the property tests of all senders share.

use proptest::prelude::*;
use serde_json::Value;

use super::Mappings;

/// The mappings of the folder `senders/`.
pub(super) fn mappings() -> Mappings {
    let mut problems = Vec::new();
    let mappings = super::mappings(Vec::new(), &files(), &mut problems);
    assert_eq!(problems, []);
    mappings
}

/// The files of the folder `senders/`, each with its path.
pub(super) fn files() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../senders");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let named = files.map(|file| (format!("senders/{}", file.file_name().display()), file.path()));
    named.map(|(name, path)| (name, std::fs::read_to_string(path).unwrap())).collect()
}

/// Texts that mean something to one of the senders.
const WORDS: &[&str] =
    &["Sev1", "critical", "Resolved", "recovered", "kibana", "[{\"_source\": {\"message\": 1}}]", "<p>x"];

/// Any JSON value.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
        proptest::sample::select(WORDS).prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map("[a-zA-Z]{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Puts a value in place of the `index`-th one of a body, counting every value at every depth.
pub(super) fn put_at(body: &mut Value, index: usize, value: Value) {
    fn visit(node: &mut Value, left: &mut usize, value: &Value) -> bool {
        if *left == 0 {
            *node = value.clone();
            return true;
        }
        *left -= 1;
        match node {
            Value::Array(items) => items.iter_mut().any(|item| visit(item, left, value)),
            Value::Object(fields) => fields.values_mut().any(|item| visit(item, left, value)),
            _ => false,
        }
    }
    let mut left = index;
    visit(body, &mut left, &value);
}
