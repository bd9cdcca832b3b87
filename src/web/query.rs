//! The query of a request's address.

/// A query string.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a>(pub &'a str);

impl<'a> Query<'a> {
    /// The first value of `name`, decoded.
    pub fn get(self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// Every value of `name`, decoded.
    pub fn all<'n>(self, name: &'n str) -> impl Iterator<Item = String> + use<'a, 'n> {
        self.0.split('&').filter_map(move |pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then(|| decode(value))
        })
    }
}

/// Percent-decodes a value; what is no encoding stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => match (ahead.next().and_then(hex_digit), ahead.next().and_then(hex_digit)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = ahead;
                }
                _ => bytes.push(byte),
            },
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
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
