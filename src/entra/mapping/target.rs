//! Target attributes as mappings write them. Entra takes more spellings than RFC 7644 has, and some
//! paths that RFC 7644 has it cannot write.

use crate::scim::{Comparison, Filter, PatchPath, SyntaxError, same_name};

/// A target attribute: where values go, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MappingTarget {
    pub path: PatchPath,
    /// As it was written, with the quotes that JSON and SCIM have.
    pub written: String,
}

/// Reads a target. A value path without a sub-attribute, as `emails[type eq "work"]`, means the
/// element's `value` (RFC 7643 §2.4).
///
/// # Errors
/// When it is no path, or one that Entra cannot write. Places are those of the text as given, or
/// the whole of it where its quotes had to be changed.
pub(super) fn read(text: &str) -> Result<MappingTarget, SyntaxError> {
    let written = straight_quotes(text);
    let whole = 0..text.len();
    let refused = |message: &str, help: &str| SyntaxError {
        message: message.to_owned(),
        at: whole.clone(),
        help: Some(help.to_owned()),
    };
    if written.contains(".[") {
        return Err(refused(
            "a dot before a bracket is the notation of Entra's connectors that do not speak SCIM",
            &format!("a SCIM application takes `{}`", written.replace(".[", "[")),
        ));
    }
    let mut path: PatchPath = match written.parse() {
        Ok(path) => path,
        Err(error) if written == text => return Err(error),
        Err(error) => return Err(SyntaxError { at: whole, ..error }),
    };
    if path.is_bare_schema() {
        return Err(refused(
            "the target names a schema and no attribute of it",
            "add the attribute after a colon",
        ));
    }
    if path.schema.is_none() && same_name(&path.attribute, "id") {
        return Err(refused(
            "`id` is given by the target and cannot be mapped",
            "map externalId for an identifier of your own",
        ));
    }
    if path.schema.is_none() && same_name(&path.attribute, "password") {
        return Err(refused("Entra does not provision passwords", "leave this row out"));
    }
    if path.filter.as_ref().is_some_and(|filter| !selects(filter)) {
        return Err(refused(
            "Entra selects an element by `eq` and `and` alone",
            "write the value that tells the element from the others, as `[type eq \"work\"]`",
        ));
    }
    if path.filter.is_some() && path.sub.is_none() {
        path.sub = Some("value".to_owned());
    }
    Ok(MappingTarget { path, written })
}

/// The element's attributes are named with their values, so that an element can be made of them.
fn selects(filter: &Filter) -> bool {
    match filter {
        Filter::And(left, right) => selects(left) && selects(right),
        Filter::Compare(path, Comparison::Equal, _) => path.schema.is_none() && path.sub.is_none(),
        _ => false,
    }
}

/// Texts copied from web pages and programs bring typographic, single and escaped quotes along.
fn straight_quotes(text: &str) -> String {
    let Some((head, brackets)) = text.split_once('[') else { return text.to_owned() };
    let brackets = brackets.replace("\\\"", "\"");
    // Inside a text that is quoted as it should be, every other quote is a character.
    if brackets.contains('"') {
        return format!("{head}[{brackets}");
    }
    format!("{head}[{}", brackets.replace(['\'', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'], "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(text).unwrap_err().message
    }

    #[test]
    fn quotes_of_every_kind_are_quotes() {
        for text in [
            r#"addresses[type eq \"work\"].region"#,
            "addresses[type eq 'work'].region",
            "addresses[type eq \u{2018}work\u{2019}].region",
            "addresses[type eq \u{201c}work\u{201d}].region",
        ] {
            assert_eq!(read(text).unwrap().written, r#"addresses[type eq "work"].region"#);
        }
        let apostrophe = r#"addresses[type eq "o'work"].region"#;
        assert_eq!(read(apostrophe).unwrap().written, apostrophe);
        assert!(refused("x[type eq \u{2018}a].value").contains("no closing quote"));
    }

    #[test]
    fn a_value_path_without_a_sub_attribute_means_the_value() {
        let target = read(r#"emails[type eq "work"]"#).unwrap();
        assert_eq!(target.path.to_string(), r#"emails[type eq "work"].value"#);
        assert_eq!(target.written, r#"emails[type eq "work"]"#);
    }

    #[test]
    fn what_entra_cannot_write_is_refused_with_the_reason() {
        assert!(refused(r#"addresses.[type eq "work"].country"#).contains("do not speak SCIM"));
        let help = read(r#"addresses.[type eq "work"].country"#).unwrap_err().help.unwrap();
        assert!(help.contains(r#"`addresses[type eq "work"].country`"#), "{help}");
        assert!(refused("ID").contains("cannot be mapped"));
        assert!(refused("password").contains("passwords"));
        assert!(refused("emails[type ne \"work\"].value").contains("`eq` and `and` alone"));
        assert!(refused("urn:ietf:params:scim:schemas:core:2.0:User").contains("no attribute"));
        assert!(refused("name.familyName.prefix").contains("sub-attribute"));
        assert!(read("urn:example:1.0:Thing:id").is_ok());
    }
}
