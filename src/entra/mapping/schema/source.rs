//! Sources of attribute mappings: the expression's text, and the tree that says the same.

use serde_json::{Value, json};

/// A source as Graph's attributeMappingSource has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    Attribute(String),
    /// The constant's text, without quotes.
    Constant(String),
    /// A function and its arguments by parameter; absent ones are left out.
    Function(String, Vec<(String, Tree)>),
}

/// Names under which stored trees keep arguments, where exports show them. `…` repeats the last.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("Append", &["source", "suffix"]),
    ("Join", &["separator", "source", "…"]),
    ("Mid", &["source", "start", "length"]),
    (
        "Replace",
        &[
            "source",
            "Find",
            "RegexPattern",
            "RegexGroupName",
            "Replacement",
            "ReplacementAttributeName",
            "Template",
        ],
    ),
    ("Switch", &["source", "defaultValue", "switchValue", "…"]),
];

/// The parameter of the argument at that position.
fn parameter(function: &str, position: usize) -> String {
    let known = PARAMETERS.iter().find(|(name, _)| *name == function).map(|(_, parameters)| *parameters);
    match known {
        Some([named @ .., last, "…"]) => named.get(position).unwrap_or(last).to_string(),
        Some(named) if position < named.len() => named[position].to_string(),
        _ if position == 0 => "source".to_owned(),
        _ => format!("parameter{}", position + 1),
    }
}

/// The position of a parameter's argument, where the text must hold absent ones before it.
fn position(function: &str, parameter: &str) -> Option<usize> {
    let (_, parameters) = PARAMETERS.iter().find(|(name, _)| *name == function)?;
    parameters.iter().position(|known| known.eq_ignore_ascii_case(parameter))
}

impl Tree {
    /// The tree of an expression's text; `None` where parentheses or quotes do not pair.
    pub(super) fn of(text: &str) -> Option<Tree> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
            && !name.contains(['[', ']'])
        {
            return Some(Tree::Attribute(name.to_owned()));
        }
        if let Some(constant) = quoted(text) {
            return Some(Tree::Constant(constant));
        }
        let call = text.split_once('(').and_then(|(name, rest)| Some((name.trim(), rest.strip_suffix(')')?)));
        let named = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let Some((name, inner)) = call.filter(|(name, _)| named(name)) else {
            return Some(Tree::Constant(text.to_owned()));
        };
        let mut arguments = Vec::new();
        for (index, argument) in arguments_of(inner)?.into_iter().enumerate() {
            if !argument.trim().is_empty() {
                arguments.push((parameter(name, index), Tree::of(argument)?));
            }
        }
        Some(Tree::Function(name.to_owned(), arguments))
    }

    /// The text of the expression.
    pub(super) fn text(&self) -> String {
        match self {
            Tree::Attribute(name) => format!("[{name}]"),
            Tree::Constant(text) => format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")),
            Tree::Function(name, arguments) => {
                let mut texts: Vec<String> = Vec::new();
                for (parameter, argument) in arguments {
                    let at = position(name, parameter).unwrap_or(texts.len());
                    texts.resize(texts.len().max(at), String::new());
                    texts.push(argument.text());
                }
                format!("{name}({})", texts.join(", "))
            }
        }
    }

    /// As Graph writes it. A number stands in quotes there, as the text does.
    pub(super) fn to_json(&self, text: &str) -> Value {
        let (name, kind, parameters) = match self {
            Tree::Attribute(name) => (name, "Attribute", Vec::new()),
            Tree::Constant(value) => (value, "Constant", Vec::new()),
            Tree::Function(name, arguments) => {
                let parameters = arguments
                    .iter()
                    .map(|(key, tree)| json!({ "key": key, "value": tree.to_json(&tree.text()) }))
                    .collect();
                (name, "Function", parameters)
            }
        };
        json!({ "expression": text, "name": name, "parameters": parameters, "type": kind })
    }

    /// True when both say the same; parameters have different names in different exports.
    pub(super) fn agrees(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Function(a, a_arguments), Tree::Function(b, b_arguments)) => {
                a == b
                    && a_arguments.len() == b_arguments.len()
                    && a_arguments.iter().zip(b_arguments).all(|((_, a), (_, b))| a.agrees(b))
            }
            (Tree::Constant(a), Tree::Constant(b)) => same_words(a, b),
            _ => self == other,
        }
    }
}

/// Blanks around operators are of no account.
fn same_words(a: &str, b: &str) -> bool {
    a == b || a.split_whitespace().eq(b.split_whitespace())
}

/// True for an attribute, a text in quotes or a call, and for no text at all: what is left is a word without quotes, or
/// something whose parentheses or quotes do not pair.
pub(super) fn is_whole(text: &str) -> bool {
    let text = text.trim();
    match Tree::of(text) {
        Some(Tree::Constant(_)) => text.is_empty() || quoted(text).is_some(),
        Some(_) => true,
        None => false,
    }
}

/// The text in double quotes, if that is all there is.
fn quoted(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut characters = text.strip_prefix('"')?.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return characters.as_str().is_empty().then_some(value),
            '\\' => match characters.next()? {
                escaped @ ('"' | '\\') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            character => value.push(character),
        }
    }
    None
}

/// The arguments between a call's parentheses: commas in texts, brackets and inner calls do not part them.
fn arguments_of(inner: &str) -> Option<Vec<&str>> {
    let mut arguments = Vec::new();
    let (mut start, mut depth, mut in_text, mut in_brackets, mut escaped) = (0, 0_usize, false, false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' if !in_brackets => in_text = !in_text,
            _ if in_text => {}
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            _ if in_brackets => {}
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                arguments.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    arguments.push(&inner[start..]);
    (depth == 0 && !in_text && !in_brackets).then_some(arguments)
}
