/// What happened before a step, which expectations need.
#[derive(Default)]
pub(super) struct EarlierSteps {
    pub sign_in: bool,
    pub request: bool,
    pub at_once: bool,
    pub cycle: bool,
    pub discover: bool,
}
