//! Mapping expressions: whatever is written, it is read or refused with a place inside the text; what was
//! read prints to the same expression; and computing it ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scimulate::entra::mapping::Circumstances;
use scimulate::entra::mapping::expression::{Expression, Value};

fuzz_target!(|text: &str| {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            assert!(error.at.start <= error.at.end && error.at.end <= text.len(), "{error}");
            let _ = error.diagnostic("expression", text).render(false);
            return;
        }
    };
    let printed = expression.to_string();
    // Blanks after commas may make an expression longer than it may be.
    if let Ok(again) = Expression::parse(&printed) {
        assert_eq!(expression, again, "{printed}");
        assert_eq!(printed, again.to_string());
    }
    let several = ["a".to_owned(), text.chars().take(40).collect()];
    let source = |name: &str| match name.len() % 3 {
        0 => None,
        1 => Some(Value::from(text)),
        _ => Some(Value::Texts(several.as_slice().into())),
    };
    let circumstances = Circumstances::default();
    let first = expression.evaluate(&source, &circumstances);
    assert_eq!(first, expression.evaluate(&source, &circumstances), "the same circumstances, the same value");
    if let Err(error) = first {
        let _ = error.diagnostic("expression", text).render(false);
    }
});
