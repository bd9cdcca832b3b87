//! The query of a request's address.

use std::borrow::Cow;

/// A query string.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a>(pub &'a str);

impl<'a> Query<'a> {
    /// The first value of `name`, decoded.
    pub fn get(self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// Every name, decoded.
    pub fn names(self) -> impl Iterator<Item = String> + use<'a> {
        self.pairs().map(|(name, _)| name.into_owned())
    }

    /// Every value of `name`, decoded.
    pub fn all<'n>(self, name: &'n str) -> impl Iterator<Item = String> + use<'a, 'n> {
        self.pairs().filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Every name with its value, decoded.
    pub fn pairs(self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        form_urlencoded::parse(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_value_of_a_name_is_there() {
        assert_eq!(Query("a=1&b=2&a=3").all("a").collect::<Vec<_>>(), ["1", "3"]);
    }

    #[test]
    fn a_query_is_decoded() {
        let query = Query("a=1&secret=a%2Bb+c%zz%4&empty");
        assert_eq!(query.get("secret").as_deref(), Some("a+b c%zz%4"));
        assert_eq!(query.get("empty").as_deref(), Some(""));
        assert_eq!(query.get("b"), None);
    }
}
