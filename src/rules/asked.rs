use crate::scim::AttributePath;
use crate::wire::Request;

/// Which attributes an answer was asked to hold (RFC 7644 §3.9).
#[derive(Debug, Default)]
pub(super) struct RequestedAttributes {
    attributes: Option<Vec<AttributePath>>,
    excluded: Vec<AttributePath>,
}

impl RequestedAttributes {
    pub fn of(request: &Request) -> Self {
        let paths = |name: &str| -> Option<Vec<AttributePath>> {
            let text = request.parameter(name)?;
            Some(text.split(',').filter_map(|path| path.trim().parse().ok()).collect())
        };
        RequestedAttributes {
            attributes: paths("attributes"),
            excluded: paths("excludedAttributes").unwrap_or_default(),
        }
    }

    /// True when the answer was asked to hold an attribute: it was not excluded, and others were
    /// not asked for instead.
    pub fn asks_for(&self, path: &AttributePath) -> bool {
        let parent = AttributePath { sub: None, ..path.clone() };
        let covers = |wide: &AttributePath| wide.same_as(path) || wide.same_as(&parent);
        match &self.attributes {
            Some(wanted) => wanted.iter().any(covers),
            None => !self.excluded.iter().any(covers),
        }
    }

    /// True when the request names the attributes it wants, so that others may be absent.
    pub fn narrows(&self) -> bool {
        self.attributes.is_some()
    }

    /// The attributes the request wants, if it names them.
    pub fn wanted(&self) -> Option<&[AttributePath]> {
        self.attributes.as_deref()
    }

    /// True when the request wants that attribute left out.
    pub fn excludes(&self, attribute: &str) -> bool {
        self.excluded.iter().any(|path| path.is(attribute))
    }
}
