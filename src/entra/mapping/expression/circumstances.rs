use jiff::Timestamp;
use jiff::civil::DateTime;

/// What an evaluation depends on besides the source attributes. Two evaluations in the same
/// circumstances give the same value: nothing is read from the machine's clock or its randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances<'a> {
    /// The time of `Now()`.
    pub now: Timestamp,
    /// What `Guid()` and `RandomString()` are drawn from.
    pub seed: u64,
    /// The source attributes that changed since the target was last written; `None` when nothing was
    /// written yet or everything is new. Computed ones, as `IsSoftDeleted`, count as changed when they are
    /// listed. Only the reading `switch-unchanged=null` looks at it.
    pub changed: Option<&'a [String]>,
    /// Values the target directory holds already, for `SelectUniqueValue`; `None` where that function
    /// is not supported, as for every SCIM application.
    pub taken: Option<&'a [String]>,
    /// The tenant's default domain, for `DefaultDomain()`.
    pub default_domain: Option<&'a str>,
}

/// The hour 0 of the simulated clock: 2026-01-01T00:00:00Z, in seconds since 1970. Our choice.
const BEGINNING: i64 = 1_767_225_600;

impl Circumstances<'_> {
    /// The circumstances at that time.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Circumstances { now, seed, changed: None, taken: None, default_domain: None }
    }

    /// The circumstances at that hour of the simulated clock, which begins on 2026-01-01.
    #[must_use]
    pub fn at_hour(hour: u64) -> Self {
        let seconds = i64::try_from(hour).unwrap_or(i64::MAX).saturating_mul(3600).saturating_add(BEGINNING);
        Circumstances::new(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX), hour)
    }

    /// The same circumstances with a seed that also depends on these texts.
    #[must_use]
    pub fn drawn_for(self, texts: &[&str]) -> Self {
        // FNV-1a; 0xff ends a text, as it is in no UTF-8.
        let bytes = texts.iter().flat_map(|text| text.bytes().chain([0xff]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64 ^ self.seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Circumstances { seed: hash, ..self }
    }

    /// The time of `Now()` as dates are computed with.
    pub(super) fn now(&self) -> DateTime {
        jiff::tz::Offset::UTC.to_datetime(self.now)
    }
}

impl Default for Circumstances<'_> {
    fn default() -> Self {
        Circumstances::at_hour(0)
    }
}
