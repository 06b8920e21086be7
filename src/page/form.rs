use super::frame::Told;

/// Names and values of a query or a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub fn read(bytes: &[u8]) -> Self {
        Form(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The value of a name; empty without one.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Names that begin so, without their beginning, and their values.
    pub fn below<'a>(&'a self, begin: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(begin)?, value.as_str())))
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.into()));
    }

    /// Notes what was done before the page, or that nothing was.
    pub fn told(&mut self, told: Option<String>) {
        self.0.retain(|(known, _)| known != "told");
        self.0.extend(told.map(|text| ("told".to_owned(), text)));
    }

    /// What the page says of what was done before it.
    pub fn was_told(&self) -> Option<Told> {
        self.has("told").then(|| Told { kind: "good", text: self.get("told").to_owned() })
    }
}
