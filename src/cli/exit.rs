//! The exit codes, in one place.

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Nothing at or above the fail level.
    Success = 0,
    /// Something was found at or above the fail level.
    Findings = 1,
    /// Wrong usage, configuration or scenario file.
    Usage = 2,
    /// The target cannot be tested: unreachable, TLS, credentials. Or the run is incomplete.
    Target = 3,
    /// Nothing ran.
    NothingRan = 4,
    /// A mistake of scimulate's own.
    Internal = 5,
    /// Ctrl-C; the reports are written.
    Interrupted = 130,
}

/// What `--help` says about them.
pub(super) const HELP: &str = "\
Exit codes: 0 nothing at or above the fail level · 1 findings · 2 usage, configuration or scenario
file · 3 the target cannot be tested, or the run is incomplete · 4 nothing ran · 5 internal error ·
130 Ctrl-C, SIGTERM or SIGHUP, with the reports written";

impl Exit {
    /// From the first that applies to the last.
    const PRECEDENCE: [Exit; 7] = [
        Exit::Interrupted,
        Exit::Internal,
        Exit::Usage,
        Exit::Target,
        Exit::Findings,
        Exit::NothingRan,
        Exit::Success,
    ];

    /// The first that applies of two.
    #[must_use]
    pub fn or(self, other: Exit) -> Exit {
        let first = Exit::PRECEDENCE.into_iter().find(|exit| *exit == self || *exit == other);
        first.unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_applies_wins_in_either_order() {
        for (place, first) in Exit::PRECEDENCE.into_iter().enumerate() {
            for later in &Exit::PRECEDENCE[place..] {
                assert_eq!(first.or(*later), first);
                assert_eq!(later.or(first), first);
            }
        }
    }

    #[test]
    fn the_numbers_are_a_promise() {
        let numbers = Exit::PRECEDENCE.map(|exit| exit as u8);
        assert_eq!(numbers, [130, 5, 2, 3, 1, 4, 0]);
        for number in numbers {
            assert!(HELP.contains(&number.to_string()), "{number}");
        }
    }
}
