//! Telling an incident's object that the register has a slot for it.

use serde_json::Value;
use worker::Env;

use crate::runtime;
use incident::key::Key;
use incident::stored;

/// The binding of the incidents' objects.
pub const INCIDENTS: &str = "INCIDENT";

/// Tells an incident that waits in line that there is a slot for the session with this correlation id.
pub async fn call(env: &Env, key: &Key, id: &str) -> worker::Result<()> {
    ask(env, key, "called", stored::object(vec![("id", id.into())])).await.map(|_| ())
}

/// Asks the object of the incident with this key something.
pub async fn ask(env: &Env, key: &Key, what: &str, question: Value) -> worker::Result<Value> {
    runtime::ask(env.durable_object(INCIDENTS)?.get_by_name(key.as_str())?, what, &question).await
}
