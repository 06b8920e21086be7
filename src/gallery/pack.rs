//! What a vendor hands in: files with the facts that the submission and its tutorial ask for.

use std::fmt::Write as _;

use icu_properties::CodePointSetData;
use icu_properties::props::BidiControl;
use jiff::civil::Date;

use super::Test;
use super::verdict::{GalleryVerdict, Overall};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{AttributeMapping, DataType, Mapping, ObjectMapping, schema};

/// What is packed.
#[derive(Debug)]
pub struct Pack<'a> {
    /// The application's name, as the gallery shall show it.
    pub application: &'a str,
    /// The day of the run.
    pub date: Date,
    /// The mapping that was played with.
    pub mapping: &'a Mapping,
    /// Facts of the endpoint in the order in which they are shown: what, and its value.
    pub endpoint: &'a [(String, String)],
    /// What the gates would say.
    pub verdict: &'a GalleryVerdict,
}

impl Pack<'_> {
    /// The files, by name. Reports in other formats are the caller's.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, String)> {
        let exported = schema::export(self.mapping);
        // Nothing in an exported schema fails to be written.
        let exported = serde_json::to_string_pretty(&exported).unwrap_or_default() + "\n";
        vec![
            ("attributes.md", self.attributes()),
            ("synchronization-schema.json", exported),
            ("endpoint.md", self.endpoint()),
            ("verdict.md", self.verdict()),
        ]
    }

    /// The attribute tables in the form of Microsoft's provisioning tutorials.
    fn attributes(&self) -> String {
        let mut page =
            format!("# Attributes that Microsoft Entra ID provisions to {}\n", cell(self.application));
        for (kind, title) in [(ObjectKind::User, "Users"), (ObjectKind::Group, "Groups")] {
            if let Some(mapping) = self.mapping.object(kind) {
                let _ = write!(page, "\n## {title}\n\n{}", table(mapping, self.application));
            }
        }
        page
    }

    fn endpoint(&self) -> String {
        let mut page = format!("# The SCIM endpoint of {}\n\n| | |\n|---|---|\n", cell(self.application));
        for (what, value) in self.endpoint {
            let _ = writeln!(page, "| {} | {} |", cell(what), cell(value));
        }
        page.push_str(
            "\nAdd by hand: where the endpoint is documented, how a customer gets a client id and \
                       secret, support contacts.\n",
        );
        page
    }

    fn verdict(&self) -> String {
        let GalleryVerdict { template, tests, validator, requirements, why, overall, .. } = self.verdict;
        let word = overall.map_or("not decided", Overall::as_str);
        let mut page = format!(
            "# Predicted gallery validation of {}\n\n{}: **{word}** by template {template} ({}), predicted by scimulate {}.\n",
            cell(self.application),
            self.date,
            template.edition(),
            env!("CARGO_PKG_VERSION"),
        );
        if let Some(why) = why {
            let _ = writeln!(page, "\n{}", cell(why));
        }
        for (title, tests) in
            [("The tests of the template", tests), ("The tests of the SCIM Validator", validator)]
        {
            let _ = write!(
                page,
                "\n## {title}\n\n| # | test | kind | result | played | reason |\n|---|---|---|---|---|---|\n"
            );
            for test in tests {
                let _ = writeln!(page, "{}", row(test));
            }
        }
        page.push_str(
            "\n## Requirements beyond the tests\n\n| requirement | demand | met | reason \
             |\n|---|---|---|---|\n",
        );
        for required in requirements {
            let reason = required.reason.as_deref().unwrap_or("");
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} |",
                required.title,
                required.demand.as_str(),
                required.met.as_str(),
                cell(reason)
            );
        }
        page
    }
}

fn row(test: &Test) -> String {
    let played = test.played().as_str();
    let mut reason = test.reason.clone().unwrap_or_default();
    if let Some((result, why)) = &test.right {
        let _ = write!(reason, " The server is right: {}, {why}.", result.as_str());
    }
    format!(
        "| {} | {} | {} | {} | {played} | {} |",
        test.spec.number,
        test.spec.name,
        test.spec.kind.as_str(),
        test.result.as_str(),
        cell(reason.trim())
    )
}

fn table(mapping: &ObjectMapping, application: &str) -> String {
    let mut table = format!(
        "|Attribute|Type|Supported for filtering|Required by {}|\n|---|---|---|---|\n",
        cell(application)
    );
    let mark = |yes: bool| if yes { "&check;" } else { "" };
    for row in &mapping.rows {
        let required = row.declared.required || row.matching.is_some();
        let _ = writeln!(
            table,
            "|{}|{}|{}|{}|",
            cell(&row.written),
            type_name(row),
            mark(row.is_filterable()),
            mark(required)
        );
    }
    table
}

/// The types of the tutorials.
fn type_name(row: &AttributeMapping) -> &'static str {
    match row.declared.data_type {
        _ if row.is_reference() => "Reference",
        DataType::Boolean => "Boolean",
        DataType::Integer => "Integer",
        DataType::DateTime => "DateTime",
        DataType::Reference => "Reference",
        DataType::Binary => "Binary",
        DataType::String => "String",
    }
}

/// True for the signs that turn the direction of the text around them.
fn turns_text(letter: char) -> bool {
    CodePointSetData::new::<BidiControl>().contains(letter)
}

/// A text as it is, in a table or a line of Markdown: it may quote what a target answered, and that
/// must bring no link, markup or invisible sign into what is handed in.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => cell.push(' '),
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => cell.extend(['\\', letter]),
            // The backslash is escaped as well: it reads as `\u202e`.
            _ if letter.is_control() || turns_text(letter) => {
                let _ = write!(cell, "\\\\u{:04x}", u32::from(letter));
            }
            _ => cell.push(letter),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;
    use crate::gallery::Template;

    #[test]
    fn the_attribute_table_has_the_form_of_the_tutorials() {
        let mapping = profiles::load("timeclock-365-saml").unwrap();
        let table = table(&mapping.user, "TimeClock 365");
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "|Attribute|Type|Supported for filtering|Required by TimeClock 365|");
        assert!(lines.contains(&"|userName|String|&check;|&check;|"), "{table}");
        assert!(lines.contains(&"|active|Boolean|||"), "{table}");
        let manager = "|urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager|Reference|||";
        assert!(lines.contains(&manager), "{table}");
    }

    #[test]
    fn what_a_target_answers_brings_no_markup_into_a_pack() {
        let answered = "<img src=x>\x1b[31m [here](http://evil.example) `a`|\u{202e}\r\n# &amp; **b**";
        assert_eq!(
            cell(answered),
            "&lt;img src=x&gt;\\\\u001b\\[31m \\[here\\](http://evil.example) \\`a\\`\\|\\\\u202e  \\# &amp;amp; \\*\\*b\\*\\*"
        );
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let mut verdict = verdict();
        verdict.why = Some(answered.to_owned());
        let endpoint = [(answered.to_owned(), answered.to_owned())];
        let date = jiff::civil::date(2026, 11, 23);
        let pack =
            Pack { application: answered, date, mapping: &mapping, endpoint: &endpoint, verdict: &verdict };
        for (name, text) in pack.files().iter().filter(|(name, _)| name.ends_with(".md")) {
            assert!(text.contains("img src"), "{name}");
            assert!(
                !text.contains(['<', '\x1b', '\u{202e}', '\r']) && !text.contains(" [here"),
                "{name}: {text}"
            );
        }
    }

    fn verdict() -> GalleryVerdict {
        GalleryVerdict {
            template: Template::Eleven,
            overall: Some(Overall::Succeeded),
            why: None,
            tests: Vec::new(),
            validator: Vec::new(),
            requirements: Vec::new(),
            facts: serde_json::Map::new(),
        }
    }

    #[test]
    fn a_pack_holds_what_the_submission_asks_for() {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let verdict = verdict();
        let endpoint = [("Tenant URL".to_owned(), "https://scim.example.com/v2|x".to_owned())];
        let pack = Pack {
            application: "Clock",
            date: jiff::civil::date(2026, 11, 23),
            mapping: &mapping,
            endpoint: &endpoint,
            verdict: &verdict,
        };
        let files = pack.files();
        let of = |name: &str| &files.iter().find(|(file, _)| *file == name).unwrap().1;
        assert!(of("verdict.md").contains("2026-11-23: **Succeeded** by template 11 (September 2026)"));
        assert!(of("endpoint.md").contains("| Tenant URL | https://scim.example.com/v2\\|x |"));
        assert!(of("attributes.md").contains("## Groups"));
        let schema: serde_json::Value = serde_json::from_str(of("synchronization-schema.json")).unwrap();
        assert!(schema["synchronizationRules"].is_array());
    }
}
