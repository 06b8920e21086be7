//! The text of the profile, where the server's schemas call for another one than that which was named.

use super::files::schema_comment;
use crate::cli::file_schemas::FileKind;
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{FitChange, Fitted, profiles};

/// The profile's file.
pub(super) const NAME: &str = "profile.yaml";

/// The profile, with the differences as comments.
pub(super) fn text(named: &str, fitted: &Fitted) -> String {
    let mut text = format!("# yaml-language-server: $schema={}\n", schema_comment(FileKind::Profile, ""));
    text.push_str(&format!(
        "# Written by `scimulate init` from the profile {}, so that it fits the server's /Schemas (docs/mapping.md):\n",
        one_line(named)
    ));
    for change in &fitted.changes {
        text.push_str(&format!("# - {}\n", one_line(&told(change))));
    }
    let mut mapping = fitted.mapping.clone();
    mapping.about = format!("{} as the server offers it", mapping.name);
    text.push_str(&profiles::written(&mapping));
    text
}

/// What is left to do about rows that were made up.
pub(super) fn guesses(changes: &[FitChange]) -> impl Iterator<Item = String> {
    changes.iter().filter_map(|change| match change {
        FitChange::Required { target, is_made_up: true, .. } => {
            Some(format!("/Schemas calls `{target}` required: replace the made-up constant in {NAME}"))
        }
        _ => None,
    })
}

/// For a mapping that stays as it is: what the target is said to refuse, and what is left to do.
pub(super) fn without_a_profile(changes: &[FitChange]) -> (Vec<String>, Vec<String>) {
    let mut refuses = Vec::new();
    let mut left_to_do = Vec::new();
    for change in changes {
        match change {
            FitChange::NotOffered { kind, target } | FitChange::ReadOnly { kind, target } => {
                let before = if *kind == ObjectKind::Group { "group:" } else { "" };
                refuses.push(format!("{before}{target}"));
            }
            FitChange::Required { target, .. } => {
                left_to_do.push(format!("/Schemas calls `{target}` required: map it in the profile"));
            }
        }
    }
    (refuses, left_to_do)
}

fn told(change: &FitChange) -> String {
    match change {
        FitChange::NotOffered { kind, target } => {
            format!("{target} of {kind}s is left out: /Schemas does not have it")
        }
        FitChange::ReadOnly { kind, target } => {
            format!("{target} of {kind}s is left out: /Schemas calls it read-only")
        }
        FitChange::Required { kind, target, is_made_up: false } => {
            format!("{target} of {kind}s is added: /Schemas calls it required")
        }
        FitChange::Required { kind, target, is_made_up: true } => {
            format!("{target} of {kind}s is added with a made-up constant: /Schemas calls it required")
        }
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}
