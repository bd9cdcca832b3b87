//! The settings of the company.

use std::rc::Rc;

use engine::host;
use incident::admission::Limits;
use incident::secret::Secret;
use outbound::devin::call::{Access, Api};
use outbound::devin::compose::ComposeSettings;
use outbound::notify::{Targets, pagerduty, slack, webhook};
use outbound::prompt::{Config, Library};

/// The settings of the world.
#[derive(Clone)]
pub struct Settings {
    access: Access,
    config: Config,
    library: Rc<Library>,
    pub(crate) limits: Limits,
    pub(crate) targets: Rc<Targets>,
}

impl Settings {
    /// Settings that are right, with the prompts of the repository.
    pub fn new(limits: Limits, api: Api) -> Settings {
        let prompts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts");
        let mut files: Vec<(String, String)> = std::fs::read_dir(prompts)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (
                    format!("prompts/{}", path.file_name().unwrap().to_str().unwrap()),
                    std::fs::read_to_string(&path).unwrap(),
                )
            })
            .collect();
        files.sort();
        Settings {
            access: Access { base: "https://api.devin.ai".into(), api, key: Secret::new("simulated") },
            config: Config { observability: vec!["Datadog".into()], ..Config::default() },
            library: Rc::new(Library::new(&files)),
            limits,
            targets: Settings::targets(true, true, true),
        }
    }

    /// Those of whom there is such a target.
    pub(crate) fn targets(pagerduty: bool, webhook: bool, slack: bool) -> Rc<Targets> {
        Rc::new(Targets {
            pagerduty: pagerduty.then(|| pagerduty::Access {
                base: "https://api.pagerduty.com".into(),
                token: Secret::new("token"),
                from: "devin@example.com".into(),
            }),
            webhook: webhook.then(|| webhook::Webhook { url: Secret::new("https://chat.example.com/hook") }),
            slack: slack.then(|| slack::Access {
                base: "https://slack.com/api".into(),
                token: Secret::new("xoxb-simulated"),
                channel: "C1".into(),
            }),
        })
    }
}

impl host::Settings for Settings {
    fn devin(&self) -> &Access {
        &self.access
    }

    fn compose(&self) -> ComposeSettings<'_> {
        ComposeSettings { prompt: &self.config, library: &self.library, tags: true, marker_secret: &self.access.key }
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }

    fn targets(&self) -> &Targets {
        &self.targets
    }

    fn redact_emails(&self) -> bool {
        true
    }
}
