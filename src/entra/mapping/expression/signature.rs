//! What a function is called, what it takes, and where it is documented.

/// A function as it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Its name; letter case counts.
    pub name: &'static str,
    /// Its parameters' names; `…` last when the ones before it repeat.
    pub parameters: &'static [&'static str],
    /// How many arguments it takes, absent ones counted.
    pub(super) arity: Arity,
    /// Where it is documented.
    pub page: Page,
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Signature {
    /// How many arguments it needs at least.
    #[must_use]
    pub fn least(&self) -> usize {
        match self.arity {
            Arity::Exactly(least) | Arity::Between(least, _) | Arity::AtLeast(least) => least,
            Arity::Pairs => 2,
        }
    }

    /// Whether it takes that many arguments.
    pub(super) fn takes(&self, count: usize) -> bool {
        match self.arity {
            Arity::Exactly(wanted) => count == wanted,
            Arity::Between(least, most) => (least..=most).contains(&count),
            Arity::AtLeast(least) => count >= least,
            Arity::Pairs => count >= 2 && count.is_multiple_of(2),
        }
    }

    /// What it takes, in words.
    pub(super) fn wants(&self) -> String {
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
    pub(super) fn argument(&self, position: usize) -> String {
        match self.parameters.get(position) {
            Some(name) if *name != "…" => format!("argument {} ({name})", position + 1),
            _ => format!("argument {}", position + 1),
        }
    }
}
