use jiff::Timestamp;

use super::mistake::Mistake;

/// A sentence at the top of a page.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub kind: &'static str,
    pub text: String,
}

impl Told {
    pub fn bad(text: impl Into<String>) -> Self {
        Told { kind: "bad", text: text.into() }
    }
}

/// What is around every page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub title: String,
    pub application: String,
    pub organization: String,
    /// The application's id in addresses; empty outside of one.
    pub id: String,
    pub token: String,
    pub told: Option<Told>,
    /// What is wrong with the form that was sent; nothing of it was done.
    pub mistakes: Vec<Mistake>,
}

/// The pages of an application, in the portal's order.
const PAGES: &[(&str, &str)] = &[
    ("", "Overview"),
    ("/on-demand", "Provision on demand"),
    ("/connectivity", "Connectivity"),
    ("/mapping", "Attribute mapping"),
    ("/people", "Users and groups"),
    ("/logs", "Provisioning logs"),
    ("/traffic", "Traffic"),
    ("/drift", "Drift"),
];

impl Frame {
    /// A page that belongs to no application.
    pub fn plain(title: &str, told: Option<Told>) -> Self {
        Frame {
            title: title.to_owned(),
            application: String::new(),
            organization: String::new(),
            id: String::new(),
            token: String::new(),
            told,
            mistakes: Vec::new(),
        }
    }

    /// What is wrong with a field.
    pub fn mistake(&self, field: impl AsRef<str>) -> Option<&str> {
        let field = field.as_ref();
        let found = self.mistakes.iter().find(|mistake| mistake.field == field);
        found.map(|mistake| mistake.text.as_str())
    }

    pub fn pages(&self) -> &'static [(&'static str, &'static str)] {
        PAGES
    }

    /// A moment as people read it.
    pub fn time(&self, at: &Timestamp) -> String {
        at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }
}
