//! Every field a prompt may name, in one table: `build.rs`, the engine, the limits and `docs/prompts.md` all read it.
//! Nothing here depends on the rest of the crate, because `build.rs` includes this file too.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Line,
    /// Text of several lines; its beginning is kept where it is too long.
    Text,
    /// Lines of which the first say what failed and the last are the newest; where there are too many both are kept.
    Log,
    /// Several texts: `{{field}}` puts commas between them, `{{#each field}}` gives each as `{{this}}`.
    List,
    /// Several names, each with its value: only for `{{#each field}}`, as `{{name}}` and `{{value}}`.
    Pairs,
}

/// Who writes what a field holds, which decides where it may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody outside: allowed between `{{#data}}` and `{{/data}}` only.
    Sender,
    /// Whoever runs the bridge, or the bridge itself: allowed anywhere.
    Configuration,
}

/// How much of a field reaches a prompt, in characters as JavaScript counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, entry or value.
    pub each: usize,
    /// The most entries of a list.
    pub entries: usize,
    /// All entries together.
    pub total: usize,
}

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Which one it is.
    pub id: Id,
    /// Its name in a template.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who writes it.
    pub origin: Origin,
    /// How much of it reaches a prompt.
    pub limits: Limits,
}

macro_rules! fields {
    ($($id:ident $name:literal $kind:ident $origin:ident [$each:literal $entries:literal $total:literal]
       [$($sender:literal)*] $meaning:literal;)*) => {
        /// A field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Id {
            $(#[doc = $meaning] $id,)*
        }

        /// Every field, in the order of the documentation.
        pub static FIELDS: &[Field] = &[$(Field {
            id: Id::$id,
            name: $name,
            kind: Kind::$kind,
            origin: Origin::$origin,
            limits: Limits { each: $each, entries: $entries, total: $total },
        },)*];

        /// What a field means, in a sentence. Apart from the row, so that only the documentation carries it.
        pub fn meaning(id: Id) -> &'static str {
            match id { $(Id::$id => $meaning,)* }
        }

        /// The names of the senders that fill a field; `alert` stands for all that are not named.
        pub fn filled_by(id: Id) -> &'static [&'static str] {
            match id { $(Id::$id => &[$($sender),*],)* }
        }
    };
}

// Configuration is never cut: its limits are 0, and a prompt that it makes too long is an error.
fields! {
    Title "title" Line Sender [300 1 300] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "The incident's title or the alert rule's name. Never empty.";
    Url "url" Line Sender [4000 1 4000] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "A page about it, for people.";
    Number "number" Line Sender [50 1 50] ["pagerduty" "alert"]
        "The number people know the incident by.";
    Status "status" Line Sender [50 1 50] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "Its state in the sender's own word: `triggered`, `resolved`, `Fired`, …";
    Service "service" Line Sender [200 1 200] ["pagerduty" "kibana" "alert"]
        "The service it happened to.";
    Teams "teams" List Sender [100 20 1000] ["pagerduty" "kibana" "alert"]
        "The teams it belongs to.";
    Assignees "assignees" List Sender [100 20 1000] ["pagerduty" "alert"]
        "Who works on it.";
    Urgency "urgency" Line Sender [20 1 20] ["pagerduty"]
        "`high` or `low`.";
    Priority "priority" Line Sender [100 1 100] ["pagerduty" "kibana" "alert"]
        "The account's own name of the priority: `P1`, `SEV-2`, …";
    Severity "severity" Line Sender [3 1 3] ["azure_monitor" "kibana" "alert"]
        "0 (critical) to 4 (verbose).";
    SeverityText "severity_text" Line Sender [100 1 100] ["azure_monitor" "kibana" "alert"]
        "The severity as people read it: the sender's own word and what it means (`high (Sev 1)`), or one of the two.";
    StartedAt "started_at" Line Sender [50 1 50] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "When it began.";
    ReopenedAt "reopened_at" Line Sender [50 1 50] ["pagerduty"]
        "When it was last opened again.";
    ResolvedAt "resolved_at" Line Sender [50 1 50] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "When it ended.";
    Description "description" Text Sender [4000 1 4000] ["azure_monitor" "kibana" "alert"]
        "What is wrong, in a sentence or a few.";
    Resource "resource" Line Sender [500 1 500] ["azure_monitor" "kibana" "alert"]
        "The affected resource: a cluster, a host, a queue.";
    SignalType "signal_type" Line Sender [50 1 50] ["azure_monitor" "kibana" "alert"]
        "`log`, `metric`, `activity`, …";
    Source "source" Line Sender [100 1 100] ["azure_monitor" "kibana" "alert"]
        "The system that noticed: `azure-monitor`, `elastic`, `datadog`, …";
    Logs "logs" Log Sender [16000 1 16000] ["azure_monitor" "kibana" "alert"]
        "Log lines, stack traces or result rows, the newest last.";
    File "file" Line Sender [500 1 500] ["kibana" "alert"]
        "The source file where the error occurred.";
    Line "line" Line Sender [20 1 20] ["kibana" "alert"]
        "The line in that file.";
    Runbook "runbook" Line Sender [4000 1 4000] ["kibana" "alert"]
        "Where the people who run it keep their instructions.";
    Labels "labels" Pairs Sender [500 60 6000] ["azure_monitor" "kibana" "alert"]
        "Dimensions or labels.";
    Context "context" Pairs Sender [2000 60 12000] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "Everything else the sender said: condition, threshold, links, fields of its own.";
    Changes "changes" List Sender [2000 30 8000] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "What happened or was noted since it began, the newest last; in a message: since the last one.";
    Group "group" Line Sender [500 1 500] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "What the alerts of a group have in common: `label.cluster=eu-1, service=checkout`. Empty for any other incident.";
    Alerts "alerts" List Sender [1000 501 16000] ["pagerduty" "azure_monitor" "kibana" "alert"]
        "The alerts of a group, the worst and oldest first, each with its severity, state, times, place and link; in a message: those with news. A template that does not name it gets them at its end.";
    TargetRepo "target_repo" Line Configuration [0 0 0] []
        "The repository to work in: `TARGET_REPO`.";
    JiraProject "jira_project" Line Configuration [0 0 0] []
        "The JIRA project for tickets: `JIRA_PROJECT`.";
    SlackChannel "slack_channel" Line Configuration [0 0 0] []
        "The Slack channel to report to: `SLACK_CHANNEL`.";
    PostTo "post_to" Line Configuration [0 0 0] []
        "Where the postmortem goes, with its preposition (`as a PR to …`, `to the wiki`): a route's `post_to`, else `POSTMORTEM_DESTINATION`.";
    Observability "observability" List Configuration [0 0 0] []
        "The MCP servers to ask for telemetry: a route's `observability`.";
    Language "language" Line Configuration [0 0 0] []
        "The language to write in: a route's `language`. A template that does not name it gets a last sentence that does.";
    Alert "alert" Line Configuration [0 0 0] []
        "`on` where the incident is an alert, empty where it is PagerDuty's.";
    Informational "informational" Line Configuration [0 0 0] []
        "`on` where the alert only informs, as planned maintenance does, and there is nothing to fix.";
    PreviousSessionUrl "previous_session_url" Line Configuration [0 0 0] []
        "The session that was begun for this incident and can take no more messages.";
    StructuredOutput "structured_output" Line Configuration [0 0 0] []
        "`on` where the session has a structured output to fill in.";
}

/// The field of that name.
pub fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The field whose name is most like `name`.
pub fn nearest(name: &str) -> Option<&'static str> {
    // A longer one is no slip of the finger.
    let name: String = name.chars().take(64).collect::<String>().to_ascii_lowercase();
    let mut best = (usize::MAX, None);
    for field in FIELDS {
        let known = field.name;
        // `repo` is meant as `target_repo`, however many letters are missing.
        let part = name.len() > 2 && (known.contains(&name) || name.contains(known));
        let cost = if part { 1 } else { strsim::levenshtein(known, &name) };
        if cost < best.0 {
            best = (cost, Some(known));
        }
    }
    best.1
}
