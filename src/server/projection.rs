//! `attributes` and `excludedAttributes` (RFC 7644 §3.9).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::model::Model;
use crate::scim::schema::{Attribute, Returned};
use crate::scim::{AttributePath, same_name};

/// What an answer is to hold of a resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Projection {
    wanted: Option<Vec<AttributePath>>,
    excluded: Vec<AttributePath>,
}

/// How much of an attribute an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Nothing,
    /// Those sub-attributes that [`Projection::holds_sub`] lets through.
    Parts,
    Whole,
}

impl Projection {
    /// Reads the two lists. Names that cannot be read name nothing and change nothing.
    pub(super) fn new<'a>(
        wanted: Option<impl IntoIterator<Item = &'a str>>,
        excluded: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let read = |name: &str| name.trim().parse().ok();
        Projection {
            wanted: wanted
                .map(|names| names.into_iter().filter_map(read).collect::<Vec<_>>())
                .filter(|names| !names.is_empty()),
            excluded: excluded.into_iter().filter_map(read).collect(),
        }
    }

    /// True when attributes were asked for by name: then a PATCH answers with a body.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// Whether an answer holds anything of an attribute, so that what costs time is not even made.
    pub(super) fn holds(&self, model: &Model, extension: Option<&str>, attribute: &Attribute) -> bool {
        self.share(model, extension, attribute) != Share::Nothing
    }

    /// What an answer holds of an attribute's value.
    pub(super) fn cut<'a>(
        &self,
        model: &Model,
        extension: Option<&str>,
        attribute: &Attribute,
        value: Cow<'a, Value>,
    ) -> Option<Cow<'a, Value>> {
        match self.share(model, extension, attribute) {
            Share::Nothing => None,
            Share::Whole => Some(value),
            Share::Parts => {
                let keep = |element: &Value| match element {
                    Value::Object(members) => {
                        let kept: Map<String, Value> = members
                            .iter()
                            .filter(|(name, _)| {
                                attribute
                                    .sub(name)
                                    .is_none_or(|sub| self.holds_sub(model, extension, attribute, sub))
                            })
                            .map(|(name, value)| (name.clone(), value.clone()))
                            .collect();
                        (!kept.is_empty()).then_some(Value::Object(kept))
                    }
                    other => Some(other.clone()),
                };
                match &*value {
                    Value::Array(elements) => {
                        let kept: Vec<Value> = elements.iter().filter_map(keep).collect();
                        (!kept.is_empty()).then_some(Cow::Owned(Value::Array(kept)))
                    }
                    other => keep(other).map(Cow::Owned),
                }
            }
        }
    }

    fn share(&self, model: &Model, extension: Option<&str>, attribute: &Attribute) -> Share {
        if attribute.returned == Returned::Never {
            return Share::Nothing;
        }
        let names = |path: &&AttributePath| names(model, path, extension, attribute);
        let always = attribute.returned == Returned::Always;
        let mut share = match &self.wanted {
            Some(wanted) => {
                if always || wanted.iter().filter(names).any(|path| path.sub.is_none()) {
                    Share::Whole
                } else if wanted.iter().any(|path| names(&path)) {
                    Share::Parts
                } else {
                    Share::Nothing
                }
            }
            None if attribute.returned == Returned::Request => Share::Nothing,
            None => Share::Whole,
        };
        if !always && share != Share::Nothing {
            for path in self.excluded.iter().filter(names) {
                if path.sub.is_none() {
                    return Share::Nothing;
                }
                share = Share::Parts;
            }
        }
        share
    }

    fn holds_sub(
        &self,
        model: &Model,
        extension: Option<&str>,
        attribute: &Attribute,
        sub: &Attribute,
    ) -> bool {
        match sub.returned {
            Returned::Always => return true,
            Returned::Never => return false,
            Returned::Default | Returned::Request => {}
        }
        let is_sub = |path: &AttributePath| {
            names(model, path, extension, attribute)
                && path.sub.as_deref().is_some_and(|name| same_name(name, &sub.name))
        };
        let whole = |path: &AttributePath| names(model, path, extension, attribute) && path.sub.is_none();
        let wanted =
            self.wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|path| is_sub(path) || whole(path)));
        wanted && !self.excluded.iter().any(is_sub)
    }
}

/// Whether a path names an attribute, or one of its sub-attributes, or the schema it belongs to.
fn names(model: &Model, path: &AttributePath, extension: Option<&str>, attribute: &Attribute) -> bool {
    if path.is_bare_schema() {
        let urn = path.schema.as_deref().unwrap_or("");
        return same_name(urn, extension.unwrap_or(&model.core.id));
    }
    same_name(&path.attribute, &attribute.name)
        && match (&path.schema, extension) {
            (None, None) => true,
            // An extension's attribute without its URN, unless the core schema has one of that name.
            (None, Some(_)) => model.core_attribute(&path.attribute).is_none(),
            (Some(urn), None) => model.is_core(urn),
            (Some(urn), Some(extension)) => same_name(urn, extension),
        }
}
