//! What a judgement is: levels, findings, outcomes, and what every check says of itself.
//!
//! A failed check is data; a failed program is an error. They never share a type.

mod history;
mod meeting;
mod observation;
mod passage;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::wire::Exchange;

pub use history::{FIRST, History};
pub use meeting::Meeting;
pub use observation::{Dimension, Feature, Observation};
pub use passage::{Demand, Passage, RfcSection, is_demanded, passages};

/// How much a finding matters to somebody whose directory is Entra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; nothing breaks.
    Note,
    /// The RFC is violated, Entra copes.
    Warning,
    /// Provisioning fails, or the gallery refuses the application.
    Error,
    /// Silent damage: a leaver keeps access, a group is emptied, the wrong person is matched.
    Critical,
}

impl Level {
    /// All levels, mildest first.
    pub const ALL: [Level; 4] = [Level::Note, Level::Warning, Level::Error, Level::Critical];

    /// The word used on the command line, in scenario files and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
            Level::Critical => "critical",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Level::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a level: write note, warning, error or critical"))
    }
}

/// Where a demand comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A section of an RFC.
    Rfc(Passage),
    /// A page of Microsoft's documentation, by its file name without the ending.
    Microsoft(String),
    /// A public field report, as `owner/repo#number` or a site's name.
    Field(String),
}

impl Reference {
    /// The address of what it names, where that follows from it.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        match self {
            // Figures and tables have anchors of their own.
            Reference::Rfc(passage) if passage.section.starts_with(|c: char| c.is_ascii_digit()) => {
                let Passage { rfc, section, .. } = passage;
                Some(format!("https://www.rfc-editor.org/rfc/rfc{rfc}#section-{section}"))
            }
            Reference::Field(report) => {
                let (repository, number) = report.split_once('#')?;
                let is_issue =
                    repository.split('/').count() == 2 && number.bytes().all(|b| b.is_ascii_digit());
                is_issue.then(|| format!("https://github.com/{repository}/issues/{number}"))
            }
            Reference::Rfc(_) | Reference::Microsoft(_) => None,
        }
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reference::Rfc(passage) => passage.fmt(f),
            Reference::Microsoft(page) => write!(f, "Microsoft: {page}"),
            Reference::Field(report) => write!(f, "field report: {report}"),
        }
    }
}

/// What a check says of itself. `scimulate explain` prints this and nothing else,
/// so it is written once, beside the rule or in the scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Stable id: `rules/<name>` or the scenario's path without its ending.
    pub id: String,
    /// One line, named after what must hold or after the scenario.
    pub title: String,
    /// The level of its findings unless a finding says otherwise.
    pub level: Level,
    /// What is demanded.
    pub what: String,
    /// Why it matters to somebody whose directory is Entra.
    pub why: String,
    /// What to change in the server.
    pub fix: String,
    /// What the customer's administrator would see in Entra, error code included.
    pub entra: String,
    /// Sources of the demand.
    pub refs: Vec<Reference>,
    /// Names of the embedded server's faults that this check must catch.
    pub faults: Vec<String>,
    /// Since when it exists, and what it was called.
    pub history: History,
}

impl About {
    /// Whether the check has this id, or had it once.
    #[must_use]
    pub fn is_called(&self, id: &str) -> bool {
        self.id == id || self.history.aliases.iter().any(|alias| alias == id)
    }
}

/// Whose judgement a finding is, where Microsoft's gates and the documents they stand for differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum JudgedBy {
    /// Everybody's.
    #[default]
    Both,
    /// Only Microsoft's gate fails the target for it.
    Microsoft,
    /// Microsoft's gate does not look at it, and it is wrong.
    Ours,
}

/// What of the target a finding is about. A rule and a scenario that find the same thing wrong in one scenario run
/// have one cause, and the rule names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Aspect {
    /// How an answer is written, or anything that explains nothing else.
    #[default]
    Form,
    /// How a request is answered: refused, accepted, or in a way that no client can continue with.
    Answer,
    /// Who is found by a query.
    Lookup,
    /// What an attribute holds.
    Value,
    /// Who is a member of a group.
    Members,
    /// Whether a resource is there.
    Existence,
    /// Which JSON type a value has.
    Shape,
    /// Whether two answers that show the same agree.
    Agreement,
    /// Which resources the pages of a list hold.
    Paging,
    /// What the job did next or says of itself: all of that follows from answers it was given.
    Job,
}

/// Longest text of a finding that is shortened, in characters.
const LONGEST_TEXT: usize = 1000;

/// One thing found wrong, with the exchange that shows it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's id, or the scenario's own id for an expectation.
    pub rule: String,
    /// How much it matters.
    pub level: Level,
    /// The attribute, header or member it concerns, as `emails[type eq "work"].value`; empty when it
    /// concerns the whole exchange. No ids and no people's values, so that findings can be grouped.
    pub subject: String,
    /// What of the target it is about.
    pub aspect: Aspect,
    /// The scenario runs in which a rule met it, in the order of play; empty for what a scenario finds itself, and for
    /// what was met before the first of them.
    pub meetings: Vec<Meeting>,
    /// It comes from the look at everybody that ends each scenario, and not from what the scenario is about.
    pub beside_the_point: bool,
    /// One sentence: expected against actual.
    pub message: String,
    /// What a correct server would have returned or stored.
    pub expected: String,
    /// What this server answered or held.
    pub actual: String,
    /// What the customer's administrator would see in Entra's provisioning log.
    pub entra: String,
    /// What to change in the server.
    pub fix: String,
    /// Sources of the demand.
    pub refs: Vec<Reference>,
    /// True when RFC 7644 allows what the server does although Entra breaks on it.
    pub rfc_ok: bool,
    /// Whose judgement it is.
    pub reading: JudgedBy,
    /// How often the same request shape met the same wrong answer.
    pub times: usize,
    /// The exchanges that show it; the last one decides.
    pub exchanges: Vec<Arc<Exchange>>,
    /// Why it was known before the run, by a waiver or the baseline. What is known fails no check.
    pub waived: Option<String>,
}

impl Finding {
    /// A finding of the check `about` at its own level.
    #[must_use]
    pub fn of(about: &About, message: impl Into<String>) -> Self {
        Finding {
            rule: about.id.clone(),
            level: about.level,
            subject: String::new(),
            aspect: Aspect::Form,
            meetings: Vec::new(),
            beside_the_point: false,
            message: message.into(),
            expected: String::new(),
            actual: String::new(),
            entra: about.entra.clone(),
            fix: about.fix.clone(),
            refs: about.refs.clone(),
            rfc_ok: false,
            reading: JudgedBy::Both,
            times: 1,
            exchanges: Vec::new(),
            waived: None,
        }
    }

    /// The same finding about one attribute, header or member.
    #[must_use]
    pub fn concerning(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// The same finding about this aspect of the target.
    #[must_use]
    pub fn about(mut self, aspect: Aspect) -> Self {
        self.aspect = aspect;
        self
    }

    /// The same finding with the expected and the actual state.
    #[must_use]
    pub fn against(mut self, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        self.expected = expected.into();
        self.actual = actual.into();
        self
    }

    /// The same finding at another level.
    #[must_use]
    pub fn at(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same finding, marked as allowed by the RFC although Entra breaks on it.
    #[must_use]
    pub fn rfc_ok(mut self) -> Self {
        self.rfc_ok = true;
        self
    }

    /// The same finding as the judgement of some only.
    #[must_use]
    pub fn read_by(mut self, reading: JudgedBy) -> Self {
        self.reading = reading;
        self
    }

    /// The same finding with texts that can be read: a target's values may be as long as it likes.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        for text in [&mut self.message, &mut self.expected, &mut self.actual, &mut self.subject] {
            if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
                text.truncate(end);
                text.push('…');
            }
        }
        self
    }

    /// The same finding with one more exchange as evidence.
    #[must_use]
    pub fn shown_by(mut self, exchange: &Arc<Exchange>) -> Self {
        self.exchanges.push(Arc::clone(exchange));
        self
    }

    /// Id of the scenario in which a rule met it first.
    #[must_use]
    pub fn met_in(&self) -> Option<&str> {
        self.meetings.first().map(|meeting| meeting.scenario.as_str())
    }

    /// Whether it makes its check fail: it stands at or above `fail_on` (`None`: nothing fails), is not
    /// known, and is not beside what a test of Microsoft's looks at.
    #[must_use]
    pub fn decides(&self, fail_on: Option<Level>) -> bool {
        self.waived.is_none()
            && self.reading != JudgedBy::Ours
            && fail_on.is_some_and(|limit| self.level >= limit)
    }

    /// What makes two findings the same one: rule, level, subject, the shape of the deciding
    /// request and the status it was answered with.
    #[must_use]
    pub fn shape(&self) -> String {
        let request = self.exchanges.last().map_or(String::new(), |e| e.request.shape());
        let status = self
            .exchanges
            .last()
            .and_then(|e| e.answer().map(|a| a.status))
            .map_or_else(String::new, |s| s.to_string());
        format!("{}|{}|{}|{}|{}", self.rule, self.level, self.subject, request, status)
    }
}

/// Why a check was not played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// The target says, or its answers show, that it does not have this ability.
    NotSupported(String),
    /// The mapping or the settings leave it out.
    NotConfigured(String),
    /// Nothing that was sent or answered has what the check is about.
    NotExercised(String),
    /// Another check failed or the target was lost, so that the check has nothing of its own to say.
    Blocked(String),
    /// The target kept answering 429.
    Throttled(String),
    /// Objects that are not ours changed meanwhile, so nothing can be concluded.
    Disturbed(String),
}

impl Skip {
    /// The kind of reason, as reports name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Skip::NotSupported(_) => "unsupported",
            Skip::NotConfigured(_) => "not-configured",
            Skip::NotExercised(_) => "not-exercised",
            Skip::Blocked(_) | Skip::Disturbed(_) => "blocked",
            Skip::Throttled(_) => "throttled",
        }
    }
}

impl std::fmt::Display for Skip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Skip::NotSupported(why) => write!(f, "not supported: {why}"),
            Skip::NotConfigured(why) => write!(f, "not configured: {why}"),
            Skip::NotExercised(why) => write!(f, "not exercised: {why}"),
            Skip::Blocked(why) => write!(f, "blocked by {why}"),
            Skip::Throttled(why) => write!(f, "throttled: {why}"),
            Skip::Disturbed(why) => write!(f, "disturbed: {why}"),
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Played; nothing at or above the fail level.
    Passed,
    /// Played; at least one finding at or above the fail level.
    Failed,
    /// Not played, with the reason.
    Skipped(Skip),
    /// Failed as the waiver file says it would, with the waiver's reason.
    Expected(String),
}

impl Outcome {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped(_) => "skipped",
            Outcome::Expected(_) => "expected",
        }
    }

    /// Why it was skipped, or expected to fail.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Outcome::Passed | Outcome::Failed => None,
            Outcome::Skipped(skip) => Some(skip.to_string()),
            Outcome::Expected(reason) => Some(reason.clone()),
        }
    }
}
