use crate::cli::config;

/// Something that was given, and where.
pub(super) struct Given<T> {
    pub value: T,
    pub place: String,
}

impl<T> Given<T> {
    pub fn at(value: T, place: impl Into<String>) -> Self {
        Given { value, place: place.into() }
    }
}

impl<T: Clone> Given<T> {
    /// The command line's, or the file's, under the same name.
    pub fn first(line: &Option<T>, file: &Option<T>, name: &str) -> Option<Self> {
        match (line, file) {
            (Some(value), _) => Some(Given::at(value.clone(), format!("--{name}"))),
            (None, Some(value)) => Some(Given::at(value.clone(), format!("{name} in {}", config::FILE))),
            (None, None) => None,
        }
    }
}
