//! What is said of an attribute.

use serde_json::Value;

use super::Sweep;
use super::batches::{Search, explains};
use super::comparison::Difference;
use super::published::SweptAttribute;
use crate::check::{Aspect, Finding, Level};
use crate::run::observer::reader;
use crate::run::steps::Player;
use crate::run::steps::answers::{answered, shown};
use crate::run::steps::fixture::FixtureSource;
use crate::scenario::SweepForm;
use crate::scim::PatchPath;
use crate::scim::message::ScimType;
use crate::wire::{Exchange, Target};

/// The status of a refusal, and its keyword.
fn refusal(exchange: &Exchange) -> String {
    let keyword = exchange.json().and_then(|body| reader::member(body, "scimType")).and_then(Value::as_str);
    let status = exchange.answer().map_or(0, |answer| answer.status);
    match keyword.and_then(|keyword| keyword.parse::<ScimType>().ok()) {
        Some(keyword) => format!("{status} {}", keyword.as_str()),
        None => status.to_string(),
    }
}

/// What a form did with an attribute.
fn done(form: SweepForm) -> &'static str {
    match form {
        SweepForm::Create => "created with",
        SweepForm::Add => "added as",
        SweepForm::Replace => "replaced by",
        SweepForm::Remove => "removed from",
        SweepForm::Filter => "found by",
    }
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    fn about_swept(&self, attribute: &SweptAttribute, message: String) -> Finding {
        let level = self.scenario.about.level;
        Finding::of(&self.scenario.about, message)
            .at(if attribute.of_the_application { level.min(Level::Note) } else { level })
            .concerning(attribute.path.to_string())
    }

    /// The server accepted the attribute and shows something else.
    pub(super) fn differs(
        &self,
        sweep: &Sweep<'_>,
        attribute: &SweptAttribute,
        written: &Value,
        difference: &Difference,
    ) -> Finding {
        let (path, value, how) = (&attribute.path, shown(&[written]), done(sweep.form));
        let (message, actual) = match (sweep.form, difference) {
            (SweepForm::Remove, _) => {
                (format!("{path} was removed, but GET still returns it"), shown(&[written]))
            }
            (_, Difference::Lost) => {
                (format!("{path} was {how} {value}, but GET does not return it"), "nothing".to_owned())
            }
            (_, Difference::Changed(held) | Difference::Retyped(held)) => {
                (format!("{path} was {how} {value}, but GET returns {held}"), held.clone())
            }
        };
        let expected = if sweep.form == SweepForm::Remove { "nothing".to_owned() } else { value };
        let aspect = match difference {
            Difference::Retyped(_) => Aspect::Shape,
            Difference::Lost | Difference::Changed(_) => Aspect::Value,
        };
        self.about_swept(attribute, message).about(aspect).against(expected, actual)
    }

    /// The same of an attribute that the server holds as soon as it is patched alone.
    pub(super) fn differs_in_company(
        &self,
        sweep: &Sweep<'_>,
        attribute: &SweptAttribute,
        written: &Value,
        difference: &Difference,
    ) -> Finding {
        let mut finding = self.differs(sweep, attribute, written, difference);
        finding.message.push_str("; in a PATCH of this attribute alone it is stored as sent");
        finding
    }

    /// The server changed an attribute that no request named.
    pub(super) fn harmed(
        &self,
        sweep: &Sweep<'_>,
        path: &PatchPath,
        before: &[&Value],
        now: &[&Value],
    ) -> Finding {
        let what = if now.is_empty() { "is gone" } else { "has another value" };
        let message = format!(
            "{path} {what} after a PATCH of the {} attributes that the mapping does not write",
            sweep.attributes.len()
        );
        Finding::of(&self.scenario.about, message)
            .about(Aspect::Value)
            .concerning(path.to_string())
            .against(shown(before), shown(now))
    }

    /// The server holds the value and does not find it.
    pub(super) fn not_found(&self, sweep: &Sweep<'_>, attribute: &SweptAttribute) -> Finding {
        let (path, kind) = (&attribute.path, sweep.kind);
        let value = shown(&[&attribute.value(self.material(), false)]);
        let message =
            format!("a filter on {path} with the value that GET returns does not find the {}", kind.as_str());
        self.about_swept(attribute, message)
            .about(Aspect::Lookup)
            .against(format!("the {} with {value}", kind.as_str()), "a list without it")
    }

    /// Tells which attributes the server rejects, where it says no reason, and which could not be told apart.
    pub(super) fn tell_rejected(&mut self, sweep: &Sweep<'_>, search: &Search) {
        let request = match sweep.form {
            SweepForm::Create | SweepForm::Filter => "a create",
            SweepForm::Add | SweepForm::Replace | SweepForm::Remove => "a PATCH",
        };
        for rejected in &search.rejected {
            let (attribute, exchange) = (&rejected.attribute, &rejected.exchange);
            self.sweeps.note(&attribute.path.to_string());
            let fails = exchange.answer().is_some_and(|answer| answer.status >= 500);
            if explains(exchange, attribute) && attribute.is_made_up() && sweep.form != SweepForm::Remove {
                continue;
            }
            let message =
                format!("the server rejects {request} with {} ({})", attribute.path, refusal(exchange));
            let finding = self
                .about_swept(attribute, message)
                .about(Aspect::Answer)
                .against("a 2xx status, as /Schemas publishes the attribute as writable", answered(exchange));
            let finding = if fails { finding } else { finding.at(Level::Note) };
            self.complain(finding.shown_by(exchange));
        }
        if search.is_unclear && search.accepted.is_empty() {
            self.leave_undecided(format!("the answer to {request}, which says nothing of its attributes"));
        }
        let Some(first) = search.untold.first() else { return };
        let Some(exchange) = &search.rejection else {
            self.leave_undecided("the limit of requests for sweeps");
            return;
        };
        let names: Vec<String> = search.untold.iter().map(|attribute| attribute.path.to_string()).collect();
        let message = format!(
            "the server rejects {request} with several attributes, and which of these it means was not looked \
             into any further: {}",
            names.join(", ")
        );
        let finding = Finding::of(&self.scenario.about, message)
            .at(Level::Note)
            .about(Aspect::Answer)
            .concerning(first.path.to_string())
            .against("a 2xx status", answered(exchange))
            .shown_by(exchange);
        self.complain(finding);
    }
}
