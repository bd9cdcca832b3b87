//! The configuration: variables and secrets, read once an isolate.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::Value;
use worker::Env;
use worker::js_sys::{self, Reflect};
use worker::wasm_bindgen::JsValue;

use crate::runtime;
use crate::settings::{self, Callers, Configuration};

thread_local! {
    // Variables and secrets never change during the life of an isolate: a change starts new ones.
    static CALLERS: OnceCell<Rc<Callers>> = const { OnceCell::new() };
    static CONFIGURATION: OnceCell<Rc<Configuration>> = const { OnceCell::new() };
}

/// Who may call, read once an isolate.
pub fn callers(env: &Env) -> Rc<Callers> {
    CALLERS.with(|known| known.get_or_init(|| Rc::new(settings::read_callers(|name| value(env, name)))).clone())
}

/// The configuration, read once an isolate, when something needs more of it than [`callers`].
pub fn configuration(env: &Env) -> Rc<Configuration> {
    let read = || {
        let configuration = settings::read(callers(env), |name| value(env, name), &runtime::texts());
        for problem in configuration.settings.as_ref().err().into_iter().flatten() {
            crate::log::problem(problem);
        }
        for warning in &configuration.warnings {
            crate::log::warning(warning);
        }
        Rc::new(configuration)
    };
    CONFIGURATION.with(|known| known.get_or_init(read).clone())
}

/// A variable or secret: texts as they are, tables and numbers as JSON.
fn value(env: &Env, name: &str) -> Option<Value> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    if value.is_undefined() {
        return None;
    }
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
