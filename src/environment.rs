//! What the runtime gives: the configuration, the clock, chance.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use worker::{Date, Env, js_sys, wasm_bindgen::JsValue};

use crate::settings::{self, Configuration};
use crate::time::Time;

thread_local! {
    /// Variables and secrets never change during the life of an isolate: a change starts new ones.
    static CONFIGURATION: RefCell<Option<Rc<Configuration>>> = const { RefCell::new(None) };
}

/// The configuration, read once an isolate.
pub fn configuration(env: &Env) -> Rc<Configuration> {
    CONFIGURATION.with_borrow_mut(|known| {
        known
            .get_or_insert_with(|| {
                let configuration = settings::read(|name| value(env, name));
                for problem in configuration.settings.as_ref().err().into_iter().flatten() {
                    crate::log::problem(problem);
                }
                if configuration.hook_secrets.open {
                    crate::log::warning(settings::OPEN_WARNING);
                }
                Rc::new(configuration)
            })
            .clone()
    })
}

/// A variable or secret: texts as they are, tables and numbers as JSON.
fn value(env: &Env, name: &str) -> Option<Value> {
    let value = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
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

/// Now.
pub fn now() -> Time {
    Time(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

/// A number from 0 (inclusive) to 1 (exclusive).
pub fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Without chance the pauses are merely less spread out.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
