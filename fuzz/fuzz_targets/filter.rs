//! SCIM filters (RFC 7644 section 3.4.2.2): read or refused with a place inside the text, and what was read
//! prints to the same filter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scimulate::scim::Filter;

fuzz_target!(|text: &str| {
    match text.parse::<Filter>() {
        Ok(filter) => {
            let printed = filter.to_string();
            let again: Filter = printed.parse().expect("what was printed can be read");
            assert_eq!(filter, again, "{printed}");
        }
        Err(error) => assert!(error.at.start <= error.at.end && error.at.end <= text.len(), "{error}"),
    }
});
