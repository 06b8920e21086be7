use super::{Arguments, CallError, Value};
use crate::diagnostic;

/// One function of the language.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name; letter case counts.
    pub(super) name: &'static str,
    /// Whether it takes that many arguments, absent ones counted; otherwise what it takes.
    pub(super) takes: fn(usize) -> Result<(), &'static str>,
    /// Computes it.
    pub(super) call: fn(&Arguments<'_>) -> Result<Option<Value>, CallError>,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

static FUNCTIONS: &[Function] = &[
    Function {
        name: "Join",
        takes: |count| if count >= 2 { Ok(()) } else { Err("a separator and at least one source") },
        call: join,
    },
    Function {
        name: "Switch",
        takes: |count| match count {
            0 | 1 => Err("a source, a default, then key and value in pairs"),
            even if even % 2 == 0 => Ok(()),
            _ => Err("an even number of arguments: source, default, then key and value in pairs"),
        },
        call: switch,
    },
];

/// Functions of the language that are documented but not computed here.
static NOT_SUPPORTED: &[&str] = &[
    "Append",
    "AppRoleAssignments",
    "AppRoleAssignmentsComplex",
    "AssertiveAppRoleAssignmentsComplex",
    "BitAnd",
    "CBool",
    "CDate",
    "Coalesce",
    "ConvertToBase64",
    "ConvertToUTF8Hex",
    "Count",
    "CStr",
    "DateAdd",
    "DateDiff",
    "DateFromNum",
    "DefaultDomain",
    "FormatDateTime",
    "Guid",
    "IgnoreFlowIfNullOrEmpty",
    "IIF",
    "InStr",
    "IsNull",
    "IsNullOrEmpty",
    "IsPresent",
    "IsString",
    "Item",
    "Left",
    "Mid",
    "NormalizeDiacritics",
    "Not",
    "Now",
    "NumFromDate",
    "PCase",
    "RandomString",
    "Redact",
    "RemoveDuplicates",
    "Replace",
    "SelectUniqueValue",
    "SingleAppRoleAssignment",
    "Split",
    "StripSpaces",
    "ToLower",
    "ToUpper",
    "Word",
];

/// What is known of a function's name.
pub(super) enum Lookup {
    /// It can be computed.
    Supported(&'static Function),
    /// Entra has it, and it is not computed here.
    NotSupported,
    /// Entra has no such function.
    Unknown {
        /// The closest one it has.
        closest: Option<&'static str>,
    },
}

/// Looks a function up. "The syntax is case-sensitive."
pub(super) fn find(name: &str) -> Lookup {
    if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
        return Lookup::Supported(function);
    }
    if NOT_SUPPORTED.contains(&name) {
        return Lookup::NotSupported;
    }
    let known = || FUNCTIONS.iter().map(|function| function.name).chain(NOT_SUPPORTED.iter().copied());
    let closest =
        known().find(|known| known.eq_ignore_ascii_case(name)).or_else(|| diagnostic::closest(name, known()));
    Lookup::Unknown { closest }
}

/// `Switch(source, default, key1, value1, …)`: the value of the first key that equals the source,
/// letter case included; otherwise the default, which may be absent. A null source equals no key:
/// the empty key catches the empty text only.
fn switch(arguments: &Arguments<'_>) -> Result<Option<Value>, CallError> {
    if let Some(source) = arguments.text(0)? {
        for key in (2..arguments.count()).step_by(2) {
            if arguments.text(key)?.as_deref() == Some(source.as_str()) {
                return arguments.value(key + 1);
            }
        }
    }
    arguments.value(1)
}

/// `Join(separator, source1, …)`: every value of every source with the separator between them.
/// Sources that are null or empty are left out, as Microsoft's example F082 shows for the empty
/// one; when none is left the result is null, which is our reading.
fn join(arguments: &Arguments<'_>) -> Result<Option<Value>, CallError> {
    let separator = arguments.text(0)?.unwrap_or_default();
    let mut parts = Vec::new();
    for position in 1..arguments.count() {
        match arguments.value(position)? {
            Some(Value::Text(text)) => parts.push(text),
            Some(Value::Texts(texts)) => parts.extend(texts),
            None => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    Ok((!parts.is_empty()).then(|| Value::Text(parts.join(&separator))))
}
