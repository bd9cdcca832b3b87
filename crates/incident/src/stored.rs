//! How values are written as JSON, to be stored or handed from one object to another.
//!
//! Serde's derived readers cost about 5 KB of WASM for each struct, which made them the largest part of the Worker;
//! these cost a tenth of that. They read what another release wrote: a field it did not know takes its default, and
//! one that is no longer known is passed over.

use serde_json::{Map, Value};

/// Something that can be written as JSON and read back.
pub trait Stored: Default {
    /// The value as JSON; null is the same as leaving it out.
    fn to_value(&self) -> Value;

    /// Reads what [`Stored::to_value`] wrote. What can't be read is the default.
    fn from_value(value: Value) -> Self;

    /// The value as JSON text.
    fn to_text(&self) -> String {
        text(&self.to_value())
    }

    /// Reads JSON text; `None` where it is none.
    fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self::from_value)
    }
}

/// A value as JSON text. All writing goes through here: `Value`'s own `to_string` brings a second writer, with
/// indentation.
pub fn text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A JSON object. `json!` would bring a writer of its own for every type of value in it.
pub fn object(fields: Vec<(&str, Value)>) -> Value {
    let mut object = Map::new();
    for (name, value) in fields {
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

/// The fields of a JSON object, while it is written or read.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of `value`; none where it is no object.
    pub fn of(value: Value) -> Fields {
        match value {
            Value::Object(fields) => Fields(fields),
            _ => Fields::default(),
        }
    }

    /// Writes a field.
    pub fn put(&mut self, name: &str, value: &impl Stored) {
        self.put_value(name, value.to_value());
    }

    fn put_value(&mut self, name: &str, value: Value) {
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Reads a field.
    pub fn take<T: Stored>(&mut self, name: &str) -> T {
        T::from_value(self.take_value(name))
    }

    /// Reads a field that has to be what it is taken for.
    ///
    /// # Errors
    /// Where it is not.
    pub fn read<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Result<T, serde_json::Error> {
        serde_json::from_value(self.take_value(name))
    }

    fn take_value(&mut self, name: &str) -> Value {
        self.0.get_mut(name).map(Value::take).unwrap_or_default()
    }

    /// The object with these fields.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Makes a struct [`Stored`], field by field.
#[macro_export]
macro_rules! stored {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::stored::Stored for $type {
            fn to_value(&self) -> serde_json::Value {
                let mut fields = $crate::stored::Fields::default();
                $(fields.put(stringify!($field), &self.$field);)*
                fields.into_value()
            }

            fn from_value(value: serde_json::Value) -> Self {
                let mut fields = $crate::stored::Fields::of(value);
                $type { $($field: fields.take(stringify!($field))),* }
            }
        }
    };
}

/// Makes a type that serde reads and writes [`Stored`].
#[macro_export]
macro_rules! stored_by_serde {
    ($($type:ident),* $(,)?) => {
        $(impl $crate::stored::Stored for $type {
            fn to_value(&self) -> serde_json::Value {
                serde_json::to_value(self).unwrap_or_default()
            }

            fn from_value(value: serde_json::Value) -> Self {
                serde_json::from_value(value).unwrap_or_default()
            }
        })*
    };
}

/// Gives the variants of an enum their names, by which it is [`Stored`], shown and configured.
#[macro_export]
macro_rules! named {
    ($type:ident { $($variant:ident => $name:literal),* $(,)? }) => {
        impl $type {
            /// Every name, in the order of the variants.
            #[allow(dead_code)] // Not of every type are they needed.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The name in records, answers, logs and settings.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                }
            }

            /// The variant of that name.
            pub fn from_name(name: &str) -> Option<$type> {
                match name {
                    $($name => Some($type::$variant),)*
                    _ => None,
                }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                $type::from_name(&name).ok_or_else(|| serde::de::Error::unknown_variant(&name, $type::NAMES))
            }
        }

        impl $crate::stored::Stored for $type {
            fn to_value(&self) -> serde_json::Value {
                serde_json::Value::String(self.name().to_owned())
            }

            fn from_value(value: serde_json::Value) -> Self {
                value.as_str().and_then($type::from_name).unwrap_or_default()
            }
        }
    };
}

impl Stored for String {
    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }

    fn from_value(value: Value) -> Self {
        match value {
            Value::String(text) => text,
            _ => String::new(),
        }
    }
}

impl Stored for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }

    fn from_value(value: Value) -> Self {
        value.as_bool().unwrap_or_default()
    }
}

impl Stored for i64 {
    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn from_value(value: Value) -> Self {
        value.as_i64().unwrap_or_default()
    }
}

/// Whole numbers that fit into an `i64`, in practice: counts and sizes.
macro_rules! stored_numbers {
    ($($type:ty),*) => {
        $(impl Stored for $type {
            fn to_value(&self) -> Value {
                i64::try_from(*self).unwrap_or(i64::MAX).to_value()
            }

            fn from_value(value: Value) -> Self {
                <$type>::try_from(i64::from_value(value)).unwrap_or_default()
            }
        })*
    };
}

stored_numbers!(u8, u32, u64, usize);

impl Stored for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }

    fn from_value(value: Value) -> Self {
        value
    }
}

impl<T: Stored> Stored for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: Value) -> Self {
        (!value.is_null()).then(|| T::from_value(value))
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn to_value(&self) -> Value {
        let mut items = Vec::with_capacity(self.len());
        for item in self {
            items.push(item.to_value());
        }
        Value::Array(items)
    }

    fn from_value(value: Value) -> Self {
        let mut items = Vec::new();
        if let Value::Array(values) = value {
            for value in values {
                items.push(T::from_value(value));
            }
        }
        items
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn to_value(&self) -> Value {
        Value::Array(vec![self.0.to_value(), self.1.to_value()])
    }

    fn from_value(value: Value) -> Self {
        let Value::Array(mut pair) = value else { return Self::default() };
        pair.truncate(2);
        let second = if pair.len() == 2 { pair.pop() } else { None };
        (A::from_value(pair.pop().unwrap_or_default()), B::from_value(second.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Debug, Default, PartialEq)]
    struct Sample {
        text: String,
        number: Option<u8>,
        pairs: Vec<(String, u32)>,
    }

    stored!(Sample { text, number, pairs });

    #[test]
    fn what_is_written_is_read_back() {
        let sample = Sample { text: "a\"ü".into(), number: Some(3), pairs: vec![("x".into(), 1)] };
        assert_eq!(Sample::from_text(&sample.to_text()), Some(sample));
        assert_eq!(Sample::default().to_text(), r#"{"pairs":[],"text":""}"#);
    }

    #[test]
    fn other_releases_can_be_read() {
        let sample = Sample::from_text(r#"{"text":7,"number":4000,"pairs":[["a"],5],"new":{}}"#).unwrap();
        let pairs = vec![("a".to_owned(), 0), (String::new(), 0)];
        assert_eq!(sample, Sample { text: String::new(), number: Some(0), pairs });
        assert_eq!(Sample::from_text("{"), None);
    }
}
