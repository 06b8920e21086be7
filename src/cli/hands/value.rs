//! `NAME=VALUE` of the command line, and the values of target attributes.

use serde_json::Value;

use crate::cli::failure::CommandFailure;
use crate::diagnostic::Diagnostic;
use crate::entra::mapping::{ObjectMapping, TargetKind};
use crate::scim::schema::{Attribute, AttributeType, SchemaSet, enterprise, group, user};
use crate::scim::{PatchPath, same_name, urn};
use crate::wire::ResourceKind;

/// What stands for a file's name in messages.
const ARGUMENT: &str = "argument";

/// One argument, with what was typed for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub name: String,
    pub value: String,
    typed: String,
}

impl std::str::FromStr for Given {
    type Err = String;

    /// The `=` of a path's filter is none: `emails[type eq "a=b"].value=x`.
    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let (mut depth, mut quoted) = (0_usize, false);
        for (at, letter) in typed.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                '[' if !quoted => depth += 1,
                ']' if !quoted => depth = depth.saturating_sub(1),
                '=' if !quoted && depth == 0 && at > 0 => {
                    let (name, value) = (typed[..at].trim().to_owned(), typed[at + 1..].to_owned());
                    return Ok(Given { name, value, typed: typed.to_owned() });
                }
                _ => {}
            }
        }
        Err("write NAME=VALUE".to_owned())
    }
}

impl Given {
    /// A mistake in the name.
    pub fn mistake(&self, what: impl Into<String>) -> Diagnostic {
        Diagnostic::new(what, ARGUMENT, self.typed.clone(), 0..self.name.len())
    }

    /// A value that is true or false.
    pub fn boolean(&self, text: &str) -> Result<bool, CommandFailure> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.wrong_kind("must be true or false").into()),
        }
    }

    fn wrong_kind(&self, must: &str) -> Diagnostic {
        let whole = self.typed.len() - self.value.len()..self.typed.len();
        Diagnostic::new(format!("`{}` {must}", self.name), ARGUMENT, self.typed.clone(), whole)
    }

    /// The path that is meant: the mapping's target of that name, an attribute of RFC 7643, or one with its URN.
    pub fn path(
        &self,
        kind: ResourceKind,
        rows: Option<&ObjectMapping>,
    ) -> Result<PatchPath, CommandFailure> {
        if let Some(row) = rows.and_then(|rows| rows.find(&self.name)) {
            return Ok(row.target.clone());
        }
        let mut path = read_path(&self.name, &self.typed)?;
        if path.schema.is_some() || core(kind, &path).is_some() {
            return Ok(path);
        }
        if kind == ResourceKind::User && enterprise().attribute(&path.attribute).is_some() {
            path.schema = Some(urn::ENTERPRISE.to_owned());
            return Ok(path);
        }
        let schemas = match kind {
            ResourceKind::User => vec![user(), enterprise()],
            ResourceKind::Group => vec![group()],
        };
        let known =
            schemas.into_iter().flat_map(|schema| &schema.attributes).map(|known| known.name.as_str());
        let mapped = rows.into_iter().flat_map(|rows| &rows.rows).map(|row| row.written.as_str());
        let mistake = self
            .mistake(format!(
                "`{}` is neither a target of the mapping nor an attribute of {} in RFC 7643",
                self.name,
                article(kind)
            ))
            .did_you_mean(&self.name, mapped.chain(known));
        Err(match mistake.help {
            Some(_) => mistake,
            None => mistake.help(
                "write an attribute of the server's own with the URN of its schema and a colon in front, or send any \
                 body with --body",
            ),
        }
        .into())
    }

    /// The value as the attribute takes it.
    pub fn target_value(
        &self,
        path: &PatchPath,
        kind: ResourceKind,
        rows: Option<&ObjectMapping>,
    ) -> Result<Value, CommandFailure> {
        let json = || serde_json::from_str::<Value>(&self.value).ok();
        let row = rows.and_then(|rows| rows.rows.iter().find(|row| &row.target == path));
        let published = core(kind, path);
        let row_kind = row.map(|row| row.target_kind());
        let published_kind = published.map(|attribute| attribute.kind);
        if row_kind == Some(TargetKind::Reference) {
            return Err(self
                .mistake(format!("`{}` names another object", self.name))
                .help("write --manager ID")
                .into());
        }
        if row_kind == Some(TargetKind::Boolean) || published_kind == Some(AttributeType::Boolean) {
            return Ok(Value::Bool(self.boolean(&self.value)?));
        }
        if row_kind == Some(TargetKind::Integer) || published_kind == Some(AttributeType::Integer) {
            let number: i64 =
                self.value.trim().parse().map_err(|_| self.wrong_kind("must be a whole number"))?;
            return Ok(Value::from(number));
        }
        let is_whole = path.sub.is_none() && path.filter.is_none();
        let structured =
            published.filter(|it| is_whole && (it.multi_valued || it.kind == AttributeType::Complex));
        match structured {
            Some(attribute) => match json() {
                Some(value) if value.is_object() || value.is_array() => Ok(value),
                _ => Err(self.wrong_kind(shape(attribute)).help(example(attribute)).into()),
            },
            // Of the server's own attributes only the server knows the kind.
            None if row.is_none() && published.is_none() => {
                Ok(json().unwrap_or_else(|| Value::String(self.value.clone())))
            }
            None => Ok(Value::String(self.value.clone())),
        }
    }
}

/// A path, or its mistake underlined in what was typed.
pub(super) fn read_path(path: &str, typed: &str) -> Result<PatchPath, CommandFailure> {
    path.parse().map_err(|error: crate::scim::SyntaxError| placed(error, ARGUMENT, typed).into())
}

/// A mistake in a filter or a path, underlined.
pub(super) fn placed(error: crate::scim::SyntaxError, name: &str, typed: &str) -> Diagnostic {
    let mistake = Diagnostic::new(error.message, name, typed, error.at);
    match error.help {
        Some(help) => mistake.help(help),
        None => mistake,
    }
}

fn article(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => "a user",
        ResourceKind::Group => "a group",
    }
}

fn core(kind: ResourceKind, path: &PatchPath) -> Option<&'static Attribute> {
    static CORE: std::sync::LazyLock<SchemaSet> = std::sync::LazyLock::new(SchemaSet::core);
    CORE.find_within(kind.schema(), &path.attribute_path())
}

fn shape(attribute: &Attribute) -> &'static str {
    if attribute.multi_valued { "is a list" } else { "is an object" }
}

fn example(attribute: &Attribute) -> String {
    let name = &attribute.name;
    match attribute.sub_attributes.first() {
        Some(sub) if !attribute.multi_valued => {
            format!("name a part of it, as {name}.{}=…, or write JSON", sub.name)
        }
        Some(_) if attribute.sub_attributes.iter().any(|sub| same_name(&sub.name, "type")) => {
            format!("name an element, as '{name}[type eq \"work\"].value=…', or write JSON")
        }
        _ => "write a JSON array".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;
    use serde_json::json;

    fn value(typed: &str) -> Result<(String, Value), String> {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let given: Given = typed.parse()?;
        let rows = Some(&mapping.user);
        let path = given.path(ResourceKind::User, rows).map_err(|error| error.render(false))?;
        let value =
            given.target_value(&path, ResourceKind::User, rows).map_err(|error| error.render(false))?;
        Ok((path.to_string(), value))
    }

    #[test]
    fn values_have_the_kind_of_their_attribute() {
        let enterprise = |name: &str| format!("{}:{name}", urn::ENTERPRISE);
        for (typed, path, sent) in [
            ("title=Dr.", "title".to_owned(), json!("Dr.")),
            ("active=FALSE", "active".to_owned(), json!(false)),
            ("name.givenName=Ada=1", "name.givenName".to_owned(), json!("Ada=1")),
            (
                r#"emails[type eq "work"].value=a@example.com"#,
                r#"emails[type eq "work"].value"#.to_owned(),
                json!("a@example.com"),
            ),
            ("employeeNumber=007", enterprise("employeeNumber"), json!("007")),
            ("costCenter=12", enterprise("costCenter"), json!("12")),
            ("urn:example:1.0:User:level=3", "urn:example:1.0:User:level".to_owned(), json!(3)),
            (r#"ims=[{"value":"x"}]"#, "ims".to_owned(), json!([{"value": "x"}])),
        ] {
            assert_eq!(value(typed), Ok((path, sent)), "{typed}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_what_does() {
        for (typed, what) in [
            ("titel=Dr.", "did you mean `title`?"),
            ("badge=1", "the URN of its schema"),
            ("active=maybe", "`active` must be true or false"),
            ("emails=a@example.com", "`emails` is a list"),
            ("name=Ada", "`name` is an object"),
            ("manager=7", "--manager ID"),
            ("emails[type eq]=x", "error: "),
            ("title", "write NAME=VALUE"),
        ] {
            let failure = value(typed).unwrap_err();
            assert!(failure.contains(what), "{typed}: {failure}");
        }
    }
}
