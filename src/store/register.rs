//! The register's Durable Object: what its [program](engine::register) sees of the runtime.

use worker::js_sys::Reflect;
use worker::wasm_bindgen::JsValue;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::runtime::{self, error};
use crate::store::host::Host;
use crate::store::incident_calls;
use engine::host::{Binding, RegisterHost, Result, Row};
use engine::register::Program;
use incident::key::Key;

/// The object.
#[durable_object(alarm)]
pub struct RegisterObject {
    program: Program<Host>,
}

impl DurableObject for RegisterObject {
    fn new(state: State, env: Env) -> Self {
        Self { program: Program::new(Host { state, env }) }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let answer = self.program.answer(runtime::called(request).await?).await;
        runtime::reply(answer.map_err(runtime::failed)?)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.program.alarm().await.map_err(runtime::failed)?;
        Response::empty()
    }
}

impl RegisterHost for Host {
    type Row = JsRow;

    fn sql(&self, statement: &str, bindings: Vec<Binding>) -> Result<Vec<JsRow>> {
        let bindings = bindings.into_iter().map(js).collect::<Vec<_>>();
        let rows = self.state.storage().sql().exec_raw(statement, bindings).map_err(error)?;
        rows.map(|row| row.map(JsRow).map_err(error)).collect()
    }

    async fn call(&self, key: &Key, id: &str) -> Result<()> {
        incident_calls::call(&self.env, key, id).await.map_err(error)
    }
}

/// A row as the runtime gives it.
pub struct JsRow(JsValue);

impl Row for JsRow {
    fn text(&self, column: &str) -> Option<String> {
        Reflect::get(&self.0, &JsValue::from_str(column)).ok()?.as_string()
    }

    fn integer(&self, column: &str) -> i64 {
        let value = Reflect::get(&self.0, &JsValue::from_str(column)).ok();
        value.and_then(|value| value.as_f64()).unwrap_or_default() as i64
    }
}

/// A binding as the runtime takes it: JavaScript's numbers are exact up to 2^53, which is far beyond any date.
fn js(binding: Binding) -> JsValue {
    match binding {
        Binding::Null => JsValue::NULL,
        Binding::Integer(number) => JsValue::from_f64(number as f64),
        Binding::Text(text) => text.into(),
    }
}
