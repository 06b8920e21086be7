use std::sync::Arc;

use super::subject::RuleSubject;
use super::{Ledger, View};
use crate::check::{About, Finding, Level, Reference};
use crate::wire::Exchange;

/// A rule as its file declares it: documentation first, then the judgement.
pub(super) struct RuleDeclaration {
    /// The name after `rules/`: the fault, in kebab-case.
    pub name: &'static str,
    /// One line: what must hold.
    pub title: &'static str,
    /// The level of its findings unless a finding says otherwise.
    pub level: Level,
    /// What is demanded.
    pub what: &'static str,
    /// Why it matters to somebody whose directory is Entra.
    pub why: &'static str,
    /// What to change in the server.
    pub fix: &'static str,
    /// What the customer's administrator would see in Entra.
    pub entra: &'static str,
    /// Sources of the demand.
    pub refs: &'static [DemandSource],
    /// Faults of the embedded server that it must catch.
    pub faults: &'static [&'static str],
    /// Whether an exchange has what it is about. No other exchange is judged.
    pub judges: RuleSubject,
    /// How it judges.
    pub judge: RuleJudge,
}

/// [`Reference`] for constants.
pub(super) enum DemandSource {
    /// RFC, section and word of the demand, as `7643#3.1 MUST`.
    Rfc(&'static str),
    /// A page of Microsoft's documentation.
    Microsoft(&'static str),
    /// A public field report, as `owner/repo#number`.
    Field(&'static str),
}

/// When a rule judges.
#[derive(Clone, Copy)]
pub(super) enum RuleJudge {
    /// Each exchange, as it comes.
    Exchange(fn(&View<'_>) -> Vec<Complaint>),
    /// The trace, when it is over: a value that one read does not show may be shown by the next.
    Trace(fn(&Ledger) -> Vec<Complaint>),
}

/// A rule: what it says of itself, and its judgement.
pub struct Rule {
    about: About,
    judges: RuleSubject,
    judge: RuleJudge,
}

impl Rule {
    pub(super) fn new(declared: &RuleDeclaration) -> Self {
        let reference = |source: &DemandSource| match *source {
            DemandSource::Rfc(place) => Reference::Rfc(place.into()),
            DemandSource::Microsoft(page) => Reference::Microsoft(page.to_owned()),
            DemandSource::Field(report) => Reference::Field(report.to_owned()),
        };
        let about = About {
            id: format!("rules/{}", declared.name),
            title: declared.title.to_owned(),
            level: declared.level,
            what: declared.what.to_owned(),
            why: declared.why.to_owned(),
            fix: declared.fix.to_owned(),
            entra: declared.entra.to_owned(),
            refs: declared.refs.iter().map(reference).collect(),
            faults: declared.faults.iter().map(|&fault| fault.to_owned()).collect(),
            history: super::history::of(declared.name),
        };
        Rule { about, judges: declared.judges, judge: declared.judge }
    }

    /// What the rule says of itself.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// A finding of the rule that was made otherwise than from a trace: before the first scenario.
    pub(crate) fn finding(&self, message: impl Into<String>) -> Finding {
        Finding::of(&self.about, message).about(super::aspect::of(&self.about.id))
    }

    /// What the rule finds wrong with one exchange; `None` when the exchange has nothing the rule is about.
    /// A rule that judges whole traces finds nothing yet.
    #[must_use]
    pub fn judge(&self, view: &View<'_>) -> Option<Vec<Finding>> {
        if !(self.judges)(view) {
            return None;
        }
        let complaints = match self.judge {
            RuleJudge::Exchange(judge) => judge(view),
            RuleJudge::Trace(_) => Vec::new(),
        };
        Some(complaints.into_iter().map(|c| c.finding(&self.about, Some(view.exchange))).collect())
    }

    /// What the rule finds wrong when the trace is over. Empty for rules that judge exchanges.
    #[must_use]
    pub fn judge_end(&self, ledger: &Ledger) -> Vec<Finding> {
        match self.judge {
            RuleJudge::Exchange(_) => Vec::new(),
            RuleJudge::Trace(judge) => {
                judge(ledger).into_iter().map(|c| c.finding(&self.about, None)).collect()
            }
        }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.about.id)
    }
}

/// What a judgement says; the rule turns it into a [`Finding`].
#[derive(Debug)]
pub(super) struct Complaint {
    message: String,
    subject: String,
    expected: String,
    actual: String,
    level: Option<Level>,
    rfc_ok: bool,
    shown_by: Vec<Arc<Exchange>>,
}

impl Complaint {
    /// A complaint in one sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Complaint {
            message: message.into(),
            subject: String::new(),
            expected: String::new(),
            actual: String::new(),
            level: None,
            rfc_ok: false,
            shown_by: Vec::new(),
        }
    }

    /// The attribute, header or member it concerns, without ids and people's values.
    pub fn concerning(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// The expected and the actual state.
    pub fn against(mut self, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        self.expected = expected.into();
        self.actual = actual.into();
        self
    }

    /// Another level than the rule's.
    pub fn at(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// The RFC allows it although Entra breaks on it.
    pub fn rfc_ok(mut self) -> Self {
        self.rfc_ok = true;
        self
    }

    /// An earlier exchange that belongs to the evidence; the last one decides.
    pub fn shown_by(mut self, exchange: &Arc<Exchange>) -> Self {
        self.shown_by.push(Arc::clone(exchange));
        self
    }

    fn finding(self, about: &About, exchange: Option<&Arc<Exchange>>) -> Finding {
        let mut finding = Finding::of(about, self.message)
            .concerning(self.subject)
            .about(super::aspect::of(&about.id))
            .against(self.expected, self.actual)
            .at(self.level.unwrap_or(about.level));
        finding.rfc_ok = self.rfc_ok;
        finding.exchanges = self.shown_by;
        let finding = finding.shortened();
        match exchange {
            Some(exchange) => finding.shown_by(exchange),
            None => finding,
        }
    }
}

/// One complaint or none.
impl From<Complaint> for Vec<Complaint> {
    fn from(complaint: Complaint) -> Self {
        vec![complaint]
    }
}
