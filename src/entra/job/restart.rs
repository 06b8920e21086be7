//! What a restart makes a job forget (Graph: synchronizationJobRestartCriteria, resetScope).

use std::fmt;
use std::str::FromStr;

/// A combination of Graph's words. The default is the portal's Restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetScope {
    /// `Escrows`: failures are forgotten, and tried again at once where an object is looked at.
    pub escrows: bool,
    /// `Watermark`: the next cycle is an initial one and looks at every object.
    pub watermark: bool,
    /// `QuarantineState`: the job is out of quarantine until the next failure.
    pub quarantine_state: bool,
    /// `ConnectorDataStore`: links between objects and accounts are broken. Microsoft advises against it.
    pub connector_data_store: bool,
    /// `ForceDeletes`: deletions that the accidental-deletion threshold holds back are allowed.
    pub force_deletes: bool,
}

impl ResetScope {
    /// `None`: nothing is forgotten.
    pub const NONE: ResetScope = ResetScope {
        escrows: false,
        watermark: false,
        quarantine_state: false,
        connector_data_store: false,
        force_deletes: false,
    };

    /// The portal's Restart, and an empty resetScope: `QuarantineState, Watermark, Escrows`. Links stay
    /// (how-provisioning-works; howto-analyze-provisioning-logs says otherwise and is taken for older).
    pub const PORTAL: ResetScope =
        ResetScope { escrows: true, watermark: true, quarantine_state: true, ..ResetScope::NONE };

    /// `Full`: as the portal, and links are broken.
    pub const FULL: ResetScope = ResetScope { connector_data_store: true, ..ResetScope::PORTAL };

    /// `ForceDeletes` alone: the portal's "Allow deletes".
    pub const ALLOW_DELETES: ResetScope = ResetScope { force_deletes: true, ..ResetScope::NONE };
}

impl Default for ResetScope {
    fn default() -> Self {
        ResetScope::PORTAL
    }
}

const WORDS: &str = "Escrows, Watermark, QuarantineState, ConnectorDataStore, Full or ForceDeletes";

impl FromStr for ResetScope {
    type Err = String;

    /// Words as Graph takes them, separated by commas; no word at all is the portal's Restart.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(ResetScope::PORTAL);
        }
        let mut scope = ResetScope::NONE;
        for word in text.split(',').map(str::trim) {
            match word {
                "None" => {}
                "Escrows" => scope.escrows = true,
                "Watermark" => scope.watermark = true,
                "QuarantineState" => scope.quarantine_state = true,
                "ConnectorDataStore" => scope.connector_data_store = true,
                "Full" => scope = ResetScope { force_deletes: scope.force_deletes, ..ResetScope::FULL },
                "ForceDeletes" => scope.force_deletes = true,
                _ => return Err(format!("`{word}` is no resetScope: write {WORDS}")),
            }
        }
        Ok(scope)
    }
}

impl fmt::Display for ResetScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.quarantine_state, "QuarantineState"),
            (self.watermark, "Watermark"),
            (self.escrows, "Escrows"),
            (self.connector_data_store, "ConnectorDataStore"),
            (self.force_deletes, "ForceDeletes"),
        ];
        let words: Vec<&str> = words.into_iter().filter_map(|(on, word)| on.then_some(word)).collect();
        f.write_str(if words.is_empty() { "None" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_graphs() {
        assert_eq!("".parse(), Ok(ResetScope::PORTAL));
        assert_eq!("Watermark, Escrows, QuarantineState".parse(), Ok(ResetScope::PORTAL));
        assert_eq!("Full".parse(), Ok(ResetScope::FULL));
        assert_eq!("ForceDeletes".parse(), Ok(ResetScope::ALLOW_DELETES));
        assert_eq!("None".parse(), Ok(ResetScope::NONE));
        assert!("full".parse::<ResetScope>().unwrap_err().contains("ConnectorDataStore"));
        assert_eq!(ResetScope::PORTAL.to_string(), "QuarantineState, Watermark, Escrows");
        assert_eq!(ResetScope::NONE.to_string(), "None");
        for scope in [ResetScope::FULL, ResetScope::ALLOW_DELETES, ResetScope::PORTAL] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
    }
}
