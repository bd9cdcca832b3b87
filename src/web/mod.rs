//! What the Worker answers: the hooks, the API, the dashboard.

pub mod admin;
pub mod answer;
pub mod body;
pub mod dashboard;
pub mod dry_run;
pub mod event;
pub mod guesses;
pub mod head;
pub mod list_query;
pub mod metrics;
pub mod openapi;
pub mod pause;
pub mod query;
pub mod reply;
pub mod router;
pub mod webhook;
