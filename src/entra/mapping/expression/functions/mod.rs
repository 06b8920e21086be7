//! The functions, by subject. Each file holds its table and the functions below it.

mod dates;
mod encoding;
mod flow;
mod letters;
mod lists;
mod logic;
mod numbers;
mod random;
mod replace;
mod text;

use std::sync::Arc;

use super::dotnet::date_format::{Format, Styles};
use super::dotnet::regex::{Pattern, Replacement};
use super::evaluation::{Call, Computed};
use super::node::Part;
use crate::diagnostic;

/// One function of the language.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name; letter case counts.
    pub name: &'static str,
    /// Its parameters' names; `…` last when the ones before it repeat.
    pub parameters: &'static [&'static str],
    /// How many arguments it takes, absent ones counted.
    pub arity: Arity,
    /// Computes it.
    pub call: for<'a, 'c> fn(&Call<'a, 'c>) -> Computed<'a>,
    /// Checks constant arguments when the expression is read, and keeps what can be made of them.
    pub prepare: Option<Prepare>,
    /// Where it is documented.
    pub page: Page,
}

/// Makes something of the constants among the arguments.
pub(super) type Prepare = fn(&[Part]) -> Result<Prepared, Misfit>;

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Arity {
    Exactly(usize),
    Between(usize, usize),
    AtLeast(usize),
    /// A source, a default, and then keys and values in pairs.
    Pairs,
}

/// Where a function is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    /// Microsoft Learn, "Reference for writing expressions for attribute mappings".
    Functions,
    /// Only on Microsoft Learn, "Microsoft Entra Cloud Sync expressions and function reference", which
    /// describes the same engine.
    CloudSync,
    /// Only in Microsoft Graph's answer to `schema/functions`.
    Graph,
}

impl Page {
    /// The page's name in lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Page::Functions => "functions page",
            Page::CloudSync => "cloud sync page",
            Page::Graph => "Graph",
        }
    }
}

/// A constant argument that does not fit: its position, and what is wrong, to follow its name.
#[derive(Debug)]
pub(super) struct Misfit {
    pub position: usize,
    pub what: String,
}

/// What the constant arguments of a call were made into.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    /// Nothing: they are read at every evaluation.
    Nothing,
    /// Of `FormatDateTime`, those that are constants.
    Formats { styles: Option<Styles>, input: Option<Format>, output: Option<Format> },
    /// Of `Replace`, those that are constants.
    Replacement { pattern: Option<Arc<Pattern>>, replacement: Option<Arc<Replacement>> },
}

impl Function {
    /// A function of the functions page without anything to prepare.
    const fn new(
        name: &'static str,
        parameters: &'static [&'static str],
        arity: Arity,
        call: for<'a, 'c> fn(&Call<'a, 'c>) -> Computed<'a>,
    ) -> Self {
        Function { name, parameters, arity, call, prepare: None, page: Page::Functions }
    }

    /// Whether it takes that many arguments.
    pub fn takes(&self, count: usize) -> bool {
        match self.arity {
            Arity::Exactly(wanted) => count == wanted,
            Arity::Between(least, most) => (least..=most).contains(&count),
            Arity::AtLeast(least) => count >= least,
            Arity::Pairs => count >= 2 && count.is_multiple_of(2),
        }
    }

    /// What it takes, in words.
    pub fn wants(&self) -> String {
        let names = self.parameters.join(", ");
        let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
        match self.arity {
            Arity::Exactly(0) => "no argument".to_owned(),
            Arity::Exactly(count) => format!("{count} {} ({names})", plural(count)),
            Arity::Between(least, most) => format!("{least} to {most} arguments ({names})"),
            Arity::AtLeast(least) => format!("at least {least} {} ({names})", plural(least)),
            Arity::Pairs => format!("an even number of arguments ({names})"),
        }
    }

    /// The argument at that position, as errors name it.
    pub fn argument(&self, position: usize) -> String {
        match self.parameters.get(position) {
            Some(name) if *name != "…" => format!("argument {} ({name})", position + 1),
            _ => format!("argument {}", position + 1),
        }
    }
}

/// Every function that can be computed, by subject.
static SUBJECTS: &[&[Function]] = &[
    dates::FUNCTIONS,
    encoding::FUNCTIONS,
    flow::FUNCTIONS,
    letters::FUNCTIONS,
    lists::FUNCTIONS,
    logic::FUNCTIONS,
    numbers::FUNCTIONS,
    random::FUNCTIONS,
    replace::FUNCTIONS,
    text::FUNCTIONS,
];

fn all() -> impl Iterator<Item = &'static Function> {
    SUBJECTS.iter().copied().flatten()
}

/// Functions that are documented but not computed as expressions: what they give has sub-attributes
/// (`type`, `primary`), which a value of this language has not.
static NOT_COMPUTED: &[&str] = &[
    "AppRoleAssignments",
    "AppRoleAssignmentsComplex",
    "AssertiveAppRoleAssignmentsComplex",
    "SingleAppRoleAssignment",
];

/// A function as lists show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: &'static str,
    /// Its parameters' names.
    pub parameters: &'static [&'static str],
    /// Where it is documented.
    pub page: Page,
}

/// Every function that can be computed, by name.
#[must_use]
pub fn signatures() -> Vec<Signature> {
    let mut list: Vec<_> = all()
        .map(|function| Signature {
            name: function.name,
            parameters: function.parameters,
            page: function.page,
        })
        .collect();
    list.sort_by_key(|signature| signature.name.to_lowercase());
    list
}

/// What is known of a function's name.
pub(super) enum Lookup {
    /// It can be computed.
    Known(&'static Function),
    /// Entra has it, and it is not computed here.
    NotComputed,
    /// Entra has no such function.
    Unknown {
        /// The closest one it has.
        closest: Option<&'static str>,
    },
}

/// Looks a function up. "The syntax is case-sensitive."
pub(super) fn find(name: &str) -> Lookup {
    if let Some(function) = all().find(|function| function.name == name) {
        return Lookup::Known(function);
    }
    if NOT_COMPUTED.contains(&name) {
        return Lookup::NotComputed;
    }
    let known = || all().map(|function| function.name).chain(NOT_COMPUTED.iter().copied());
    let closest =
        known().find(|known| known.eq_ignore_ascii_case(name)).or_else(|| diagnostic::closest(name, known()));
    Lookup::Unknown { closest }
}

/// A whole number as constants and attributes write it: decimal with a sign, or `&H` and hexadecimal
/// digits as in Visual Basic.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.get(..2) {
        Some(sign) if sign.eq_ignore_ascii_case("&H") => {
            let digits = &text[2..];
            let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            hexadecimal.then(|| i64::from_str_radix(digits, 16).ok()).flatten()
        }
        _ => text.parse().ok(),
    }
}
