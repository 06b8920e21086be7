//! The text of `scimulate.toml`.

use super::answers::{Answers, TOKEN, TokenPlace};
use super::files::{Written, schema_comment};
use super::look::{Learned, Look};
use super::{Plan, SETTINGS, files};
use crate::cli::failure::CommandFailure;
use crate::cli::file_schemas::FileKind;
use crate::scim::schema::{self, Mutability, Schema};
use crate::scim::urn;

pub(super) fn write(
    written: &mut Written,
    answers: &Answers,
    plan: &Plan,
    look: &Look,
) -> Result<(), CommandFailure> {
    written.file(SETTINGS, &text(answers, plan, look))
}

fn text(answers: &Answers, plan: &Plan, look: &Look) -> String {
    let mut text = format!("#:schema {}\n", schema_comment(FileKind::Config, ""));
    text.push_str(
        "# Written by `scimulate init`. Every option of `scimulate run` can stand here under its long name\n\
         # (docs/configuration.md).\n\n",
    );
    match &answers.token {
        TokenPlace::File(_, path) => text.push_str(&format!("token-file = {}\n", quoted(path))),
        TokenPlace::Variable(name) if name == TOKEN => {
            text.push_str(&format!(
                "# The token is in the environment variable {TOKEN}, and never in this file.\n"
            ));
        }
        TokenPlace::Variable(name) => {
            text.push_str(&format!(
                "# The token is in {name}: run with {TOKEN}=\"${name}\". It is never in this file.\n"
            ));
        }
    }
    if let Some((_, path)) = &answers.cacert {
        text.push_str(&format!("cacert = {}\n", quoted(path)));
    }
    if let Some(profile) = &plan.profile {
        text.push_str(&format!("profile = {}\n", quoted(profile)));
    }
    text.push_str(&format!("waivers = {}\n", quoted(files::WAIVERS)));
    if !answers.url.is_loopback() {
        let comment = "# a run creates users and groups at the target and removes them";
        let off = if answers.writes { "" } else { "# " };
        text.push_str(&format!("{off}yes = true  {comment}\n"));
    }
    text.push_str("\n[target]\n");
    text.push_str(&format!("url = {}\n", quoted(&url(answers))));
    if !plan.refuses.is_empty() {
        let list: Vec<String> = plan.refuses.iter().map(|path| quoted(path)).collect();
        text.push_str(&format!("refuses = [{}]  # /Schemas does not offer them\n", list.join(", ")));
    }
    if let Look::Reached(learned) = look {
        text.push_str(&published(learned, plan));
        if let Some(why) = &learned.no_groups {
            text.push_str(&format!("\n[mapping]\ngroups = false  # {}\n", one_line(why)));
        }
    }
    text
}

/// The URL with the flags that Entra knows, and without other parameters, which may be a secret.
fn url(answers: &Answers) -> String {
    let flags: Vec<&str> = answers.url.flags().iter().map(|flag| flag.as_str()).collect();
    match flags.is_empty() {
        true => answers.url.base().to_owned(),
        false => format!("{}?{}", answers.url.base(), flags.join("&")),
    }
}

/// What /Schemas says that may matter: required attributes, and what RFC 7643 has and the server does not.
fn published(learned: &Learned, plan: &Plan) -> String {
    let Some(user) = learned.discovery.schemas.get(urn::USER) else { return String::new() };
    let mut text = String::new();
    let required: Vec<&str> = user
        .attributes
        .iter()
        .filter(|attribute| attribute.required && attribute.mutability != Mutability::ReadOnly)
        .map(|attribute| attribute.name.as_str())
        .collect();
    if !required.is_empty() {
        text.push_str(&format!("# /Schemas requires of users: {}\n", one_line(&required.join(", "))));
    }
    let missing = not_offered(user);
    if !missing.is_empty() && plan.refuses.is_empty() {
        let list: Vec<String> = missing.into_iter().map(quoted).collect();
        text.push_str("# /Schemas does not offer these attributes of RFC 7643. Take the `#` away if the server rejects them:\n");
        text.push_str(&format!("# refuses = [{}]\n", list.join(", ")));
    }
    text
}

/// Attributes of users that RFC 7643 has and the server's schema does not, or only for reading.
fn not_offered(user: &Schema) -> Vec<&'static str> {
    let offers = |name: &str| {
        user.attribute(name).is_some_and(|attribute| attribute.mutability != Mutability::ReadOnly)
    };
    let written = schema::user().attributes.iter().filter(|known| known.mutability != Mutability::ReadOnly);
    // Accounts are matched by the userName, which no server refuses.
    written.map(|known| known.name.as_str()).filter(|name| *name != "userName" && !offers(name)).collect()
}

/// A text as TOML takes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A text of the server's as a comment takes it.
fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
