//! A template filled with an incident, within the length that Devin takes.

use super::config::Config;
use super::context::Values;
use super::fields::Id;
use super::limit::{length, level};
use super::render::Walk;
use super::template::{self, Mistake, Node};
use incident::event::Incident;
use text::Fence;

/// The longest prompt we send, in characters as JavaScript counts them: Devin takes less than 30,000.
pub const LIMIT: usize = 29_500;

/// What the template and the configuration must leave of that for the incident.
pub const ROOM: usize = 4_000;

/// Asks for a language in a template that does not name it.
const LANGUAGE: &str = "\n\nWrite everything that people will read in {{language}}.\n";

/// Names the alerts of a group after a template that does not.
const ALERTS: &str =
    "\n\nThe alerts that belong to this incident:\n{{#data}}{{#each alerts}}\n- {{this}}\n{{/each}}{{/data}}\n";

/// Why there is no prompt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The template is wrong.
    #[error(transparent)]
    Mistake(#[from] Mistake),
    /// The template and the configuration alone fill the prompt: so many characters, of so many they may have.
    #[error(
        "the template and its settings are {length} characters long, expected at most {most}, to leave room for the incident"
    )]
    TooLong {
        /// How many they are.
        length: usize,
        /// How many they may be.
        most: usize,
    },
}

/// The prompt: `template` filled with the incident, what `changes` since, and the configuration.
///
/// Texts of senders stand inside `fence`, which is announced before the first one. Where the whole is longer than
/// [`LIMIT`], the longest of them are shortened; text of the template and the configuration never is.
pub fn render(
    template: &str,
    incident: &Incident,
    changes: &[String],
    config: &Config,
    fence: &Fence,
) -> Result<String, TemplateError> {
    let nodes = parse(template, config)?;
    let values = Values { incident, changes, config, cap: usize::MAX, spares_alerts: !config.alerts.is_empty() };
    match fitted(&nodes, values, fence) {
        // Without room for all of the alerts as they are, they are cut as everything else is.
        Err(_) if values.spares_alerts => fitted(&nodes, Values { spares_alerts: false, ..values }, fence),
        made => made,
    }
}

fn fitted(nodes: &[Node], values: Values, fence: &Fence) -> Result<String, TemplateError> {
    let mut cap = usize::MAX;
    let mut own = 0;
    // Lengths tell how much to cut, so the second writing fits. The third is for what was not foreseen.
    for attempt in 0..3 {
        let mut walk = Walk::new(Values { cap, ..values }, fence);
        let text = walk.prompt(nodes);
        let length = length(&text);
        if length <= LIMIT {
            return Ok(text);
        }
        if attempt == 0 {
            fits(nodes, values.config, fence)?;
        }
        own = length.saturating_sub(walk.sent.iter().sum());
        cap = level(&walk.sent, length - LIMIT);
        if cap == 0 {
            // The template says so much for each entry of a list that not even the title would be left.
            break;
        }
    }
    Err(TemplateError::TooLong { length: own, most: LIMIT - ROOM })
}

/// Is `template` in order, and does it leave enough room for an incident? To be asked when settings are read.
pub fn check(template: &str, config: &Config) -> Result<(), TemplateError> {
    let nodes = parse(template, config)?;
    fits(&nodes, config, &Fence::new(""))
}

/// The tree of a template, with the alerts of a group and a last sentence about the language where it does not speak of
/// those itself.
fn parse<'a>(template: &'a str, config: &Config) -> Result<Vec<Node<'a>>, TemplateError> {
    let mut nodes = template::parse(template).map_err(TemplateError::Mistake)?;
    if !config.alerts.is_empty() && !template::names(&nodes, Id::Alerts) {
        nodes.extend(template::parse(ALERTS).map_err(TemplateError::Mistake)?);
    }
    if !config.language.trim().is_empty() && !template::names(&nodes, Id::Language) {
        nodes.extend(template::parse(LANGUAGE).map_err(TemplateError::Mistake)?);
    }
    Ok(nodes)
}

/// What the template and the configuration say by themselves is what an empty incident leaves.
fn fits(nodes: &[Node], config: &Config, fence: &Fence) -> Result<(), TemplateError> {
    let config = &Config { alerts: Vec::new(), ..config.clone() };
    let values = Values { incident: &Incident::default(), changes: &[], config, cap: 0, spares_alerts: false };
    let length = length(&Walk::new(values, fence).prompt(nodes));
    let most = LIMIT - ROOM;
    if length > most { Err(TemplateError::TooLong { length, most }) } else { Ok(()) }
}
