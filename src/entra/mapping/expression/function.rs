use super::evaluation::Compute;
use super::node::Part;
use super::prepared::{Misfit, PreparedArguments};
use super::signature::{Arity, Page, Signature};

/// One function of the language.
#[derive(Debug)]
pub(super) struct Function {
    /// How it is called.
    pub signature: Signature,
    /// Computes it.
    pub compute: Compute,
    /// Checks constant arguments when the expression is read, and keeps what can be made of them.
    pub prepare: Option<Prepare>,
}

/// Makes something of the constants among the arguments.
pub(super) type Prepare = fn(&[Part]) -> Result<PreparedArguments, Misfit>;

impl Function {
    /// A function of the functions page without anything to prepare.
    pub const fn new(
        name: &'static str,
        parameters: &'static [&'static str],
        arity: Arity,
        compute: Compute,
    ) -> Self {
        let signature = Signature { name, parameters, arity, page: Page::Functions };
        Function { signature, compute, prepare: None }
    }

    /// The same function, documented elsewhere.
    pub const fn documented_on(self, page: Page) -> Self {
        Function { signature: Signature { page, ..self.signature }, ..self }
    }
}
