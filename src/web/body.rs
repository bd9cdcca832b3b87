//! Bodies of requests.

use std::num::IntErrorKind;

use crate::web::head::Head;

/// The largest body that is taken, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// The body of a request, as far as it was read.
pub enum Body {
    /// Not yet: most of what is refused is refused without it.
    Unread,
    /// All of it; of one that is too large at least a byte more than [`LARGEST`].
    Read(Vec<u8>),
}

/// The body has to be read first; then the request is handled anew.
#[derive(Debug)]
pub struct Unread;

impl Body {
    /// The bytes; `None` where there are more than [`LARGEST`], or its `head` says that there will be.
    pub fn bytes(&self, head: &Head) -> Result<Option<&[u8]>, Unread> {
        let too_large = head.header("Content-Length").is_some_and(|text| match text.parse::<u64>() {
            Ok(length) => length > LARGEST as u64,
            Err(error) => *error.kind() == IntErrorKind::PosOverflow,
        });
        match self {
            _ if too_large => Ok(None),
            Body::Unread => Err(Unread),
            Body::Read(bytes) => Ok(Some(bytes.as_slice()).filter(|bytes| bytes.len() <= LARGEST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_body_that_is_too_large_is_not_read() {
        let length = |body: &Body, said: &str| {
            let head = Head::new(format!("POST\nhttps://bridge.example/\ncontent-length\n{said}"));
            body.bytes(&head).map(|bytes| bytes.map(<[u8]>::len)).ok()
        };
        let whole = |length| Body::Read(vec![0; length]);
        assert_eq!(length(&Body::Unread, "1048576"), None);
        // The last two are more than a `usize` of WASM, and a `u64`, have room for.
        for said in ["1048577", "4294967297", "100000000000000000000000"] {
            assert_eq!(length(&Body::Unread, said), Some(None), "{said}");
        }
        assert_eq!(length(&whole(LARGEST), "1048576"), Some(Some(LARGEST)));
        // One that does not say how long it is, or says something else.
        for said in ["", "7"] {
            assert_eq!(length(&whole(LARGEST + 1), said), Some(None));
            assert_eq!(length(&whole(7), said), Some(Some(7)));
        }
    }
}
