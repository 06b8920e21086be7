//! What was known before a run: what its waivers and its baseline had to say of what was found.

/// What the waivers and the baseline had to say. Empty when there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waived {
    /// Waivers somebody has to look at, in the order of their file.
    pub waivers: Vec<WaiverNote>,
    /// How the run compares with its baseline, if it has one.
    pub baseline: Option<BaselineCount>,
}

/// A waiver that somebody has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverNote {
    /// The check's or rule's id.
    pub check: String,
    /// The dialect it is about; `None` for all.
    pub dialect: Option<String>,
    /// What is the matter.
    pub state: WaiverState,
    /// What is the matter and what to do, in one sentence without a subject.
    pub message: String,
    /// Where it stands, as `waivers.toml:3`.
    pub place: String,
}

/// What is the matter with a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverState {
    /// Its last day is over, so it waives nothing.
    Expired,
    /// What it waives is not wrong any more.
    Passes,
    /// It is about nothing that was played.
    Unused,
}

impl WaiverState {
    /// The word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WaiverState::Expired => "expired",
            WaiverState::Passes => "passes",
            WaiverState::Unused => "unused",
        }
    }
}

/// How a run compares with its baseline, in checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BaselineCount {
    /// Failed with nothing but what the baseline knows.
    pub known: usize,
    /// Failed with something the baseline does not know.
    pub new: usize,
    /// Failed in the baseline and pass now.
    pub fixed: usize,
}
