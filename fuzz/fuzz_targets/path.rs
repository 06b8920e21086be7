//! Paths of PATCH and of mappings (RFC 7644 section 3.5.2): read or refused with a place inside the text, and
//! what was read prints to the same path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scimulate::scim::{AttributePath, PatchPath};

fuzz_target!(|text: &str| {
    match text.parse::<PatchPath>() {
        Ok(path) => {
            let printed = path.to_string();
            let again: PatchPath = printed.parse().expect("what was printed can be read");
            assert_eq!(path, again, "{printed}");
        }
        Err(error) => assert!(error.at.start <= error.at.end && error.at.end <= text.len(), "{error}"),
    }
    if let Ok(path) = text.parse::<AttributePath>() {
        assert_eq!(path.to_string().parse::<AttributePath>(), Ok(path));
    }
});
