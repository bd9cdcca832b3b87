//! The configuration: variables and secrets, read once an isolate.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use worker::Env;
use worker::js_sys::{self, Reflect};
use worker::wasm_bindgen::JsValue;

use crate::runtime;
use crate::settings::{self, Configuration};

thread_local! {
    /// Variables and secrets never change during the life of an isolate: a change starts new ones.
    static CONFIGURATION: RefCell<Option<Rc<Configuration>>> = const { RefCell::new(None) };
}

/// The configuration, read once an isolate.
pub fn configuration(env: &Env) -> Rc<Configuration> {
    CONFIGURATION.with_borrow_mut(|known| {
        known
            .get_or_insert_with(|| {
                let configuration = settings::read(|name| value(env, name), &runtime::texts());
                for problem in configuration.settings.as_ref().err().into_iter().flatten() {
                    crate::log::problem(problem);
                }
                for warning in &configuration.warnings {
                    crate::log::warning(warning);
                }
                Rc::new(configuration)
            })
            .clone()
    })
}

/// A variable or secret: texts as they are, tables and numbers as JSON.
fn value(env: &Env, name: &str) -> Option<Value> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    if let Some(text) = value.as_string() {
        return Some(Value::String(text));
    }
    let json = js_sys::JSON::stringify(&value).ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}

/// The value of a secret that a route hands to its sessions.
pub fn secret(env: &Env, name: &str) -> Option<String> {
    value(env, name)?.as_str().map(str::to_owned)
}
