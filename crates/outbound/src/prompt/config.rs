//! The settings that a prompt is filled with.

/// What whoever runs the bridge says about a prompt: settings and the route's own. An empty text is an absent one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The repository to work in.
    pub target_repo: String,
    /// The JIRA project for tickets.
    pub jira_project: String,
    /// The Slack channel to report to.
    pub slack_channel: String,
    /// Where the postmortem goes: a directory (`docs/postmortems/`), a thing to make ("a PR to our docs/postmortems/
    /// directory") or a place ("the Confluence space SRE").
    pub post_to: String,
    /// The MCP servers to ask for telemetry, by name: `Datadog`, `Sentry`, …
    pub observability: Vec<String>,
    /// The language to write in.
    pub language: String,
    /// Is the incident an alert, and not PagerDuty's?
    pub alert: bool,
    /// The session that was begun for this incident and can take no more messages.
    pub previous_session_url: String,
    /// What the alerts of a group have in common.
    pub group: String,
    /// A line about each of them.
    pub alerts: Vec<String>,
    /// Has the session a structured output to fill in?
    pub structured_output: bool,
}
