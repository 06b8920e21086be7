//! Texts, letters, numbers and lists, above all where the pages print no example.

use super::*;

#[test]
fn mid_stops_at_the_end_and_takes_numbers_in_quotes() {
    let mid = |start: &str, length: &str| text(&format!("Mid([x], {start}, {length})"), &[("x", &["John"])]);
    assert_eq!(mid("1", "1").as_deref(), Some("J"));
    assert_eq!(mid("\"2\"", "\"2\"").as_deref(), Some("oh"));
    assert_eq!(mid("3", "10").as_deref(), Some("hn"));
    assert_eq!(mid("5", "1").as_deref(), Some(""), "our reading");
    assert_eq!(mid("2", "0").as_deref(), Some(""));
    assert_eq!(text("Mid([x], 1, 2)", &[]), None, "our reading");
    assert_eq!(
        failure("Mid([x], 0, 1)", &[]).message,
        "argument 2 (start) is 0; positions are counted from 1"
    );
    assert_eq!(
        failure("Mid([x], 1, -1)", &[]).message,
        "argument 3 (length) is -1; a length is not negative"
    );
    assert_eq!(
        failure("Mid([x], [y], 1)", &[]).message,
        "argument 2 (start) has no value where a whole number belongs"
    );
    assert_eq!(failure("Mid([x], \"one\", 1)", &[]).at, 9..14);
}

#[test]
fn positions_count_utf_16_units() {
    assert_eq!(text("Mid(\"a😀b\", 4, 1)", &[]).as_deref(), Some("b"));
    assert_eq!(text("Left(\"éa\", 1)", &[]).as_deref(), Some("é"));
    assert_eq!(text("Left(\"😀\", 1)", &[]).as_deref(), Some("\u{fffd}"));
    assert_eq!(text("InStr(\"😀b\", \"b\")", &[]).as_deref(), Some("3"));
}

#[test]
fn len_counts_as_mid_does() {
    assert_eq!(text("Len(\"abc\")", &[]).as_deref(), Some("3"));
    assert_eq!(text("Len(\"😀\")", &[]).as_deref(), Some("2"));
    assert_eq!(text("Len([x])", &[]).as_deref(), Some("0"), "our reading");
}

// The page lists these four.
#[test]
fn left_has_its_documented_edges() {
    assert_eq!(text("Left(\"John\", 0)", &[]).as_deref(), Some(""));
    assert_eq!(text("Left(\"John\", -2)", &[]).as_deref(), Some("John"));
    assert_eq!(text("Left([x], 2)", &[]).as_deref(), Some(""));
    assert_eq!(text("Left(\"John\", 9)", &[]).as_deref(), Some("John"));
}

#[test]
fn in_str_searches_from_a_position_with_or_without_letter_case() {
    let at = |expression: &str| text(expression, &[]).unwrap();
    assert_eq!(at("InStr(\"repEated\", \"e\", 3)"), "7");
    assert_eq!(at("InStr(\"repEated\", \"e\", 3, vbTextCompare)"), "4");
    assert_eq!(at("InStr(\"repEated\", \"x\")"), "0");
    assert_eq!(at("InStr(\"repEated\", \"e\", 20)"), "0");
    assert_eq!(at("InStr([x], \"e\")"), "0");
    assert_eq!(at("InStr(\"abc\", \"\", 2)"), "2");
    assert_eq!(failure("InStr(\"a\", \"a\", 0)", &[]).at, 16..17);
    let wrong = failure("InStr(\"a\", \"a\", 1, UTF8)", &[]);
    assert_eq!(wrong.message, "argument 4 (compareType) is \"UTF8\", not vbTextCompare or vbBinaryCompare");
}

#[test]
fn append_adds_and_leaves_null_alone() {
    assert_eq!(text("Append(\"a\", [x])", &[]).as_deref(), Some("a"));
    assert_eq!(text("Append([x], \"a\")", &[]), None, "our reading");
    assert_eq!(text("Append(\"\", \"a\")", &[]).as_deref(), Some("a"));
}

#[test]
fn strip_spaces_takes_blanks_and_no_other_white_space() {
    assert_eq!(text("StripSpaces(\" a b\tc\u{a0} \")", &[]).as_deref(), Some("ab\tc\u{a0}"));
    assert_eq!(text("Trim(\"\t a b\u{a0}\")", &[]).as_deref(), Some("a b"));
    let outcome = outcome("Trim([x])", &[("x", &[" a", "b "])]).unwrap();
    assert_eq!(outcome.value.unwrap().to_string(), "a\nb");
}

#[test]
fn word_has_its_documented_edges() {
    let word = |number: &str| text(&format!("Word(\"a,,b c\", {number}, \", \")"), &[]).unwrap();
    assert_eq!([word("1"), word("2"), word("3")], ["a", "b", "c"]);
    assert_eq!([word("0"), word("-1"), word("4")], ["", "", ""]);
    assert_eq!(text("Word([x], 1, \" \")", &[]).as_deref(), Some(""));
    assert_eq!(text("Word(\"a b\", 1, \"\")", &[]).as_deref(), Some("a b"));
}

#[test]
fn letters_change_case_as_dotnet_does_it() {
    assert_eq!(text("ToUpper(\"straße é\")", &[]).as_deref(), Some("STRAßE É"));
    assert_eq!(text("ToLower(\"TITLE I\", \"tr-TR\")", &[]).as_deref(), Some("tıtle ı"));
    assert_eq!(text("ToUpper(\"title\", )", &[]).as_deref(), Some("TITLE"));
    assert_eq!(text("ToUpper([x])", &[]), None);
    assert_eq!(
        failure("ToUpper(\"a\", \"English (US)\")", &[]).message,
        "argument 2 (culture) is \"English (US)\", which names no culture"
    );
    assert_eq!(text("PCase(\"o'NEILL-mc_donald 2ND\")", &[]).as_deref(), Some("O'neill-Mc_Donald 2Nd"));
    assert_eq!(text("PCase(\"ab-cd ef\", \"-\")", &[]).as_deref(), Some("Ab-Cd ef"));
    assert_eq!(text("PCase(\"\")", &[]).as_deref(), Some(""));
    assert_eq!(
        text("NormalizeDiacritics(\"Ærøskøbing, Łódź, Zoe\u{308}, ß\")", &[]).as_deref(),
        Some("AEroeskoebing, Lodz, Zoe, ss")
    );
}

#[test]
fn numbers_are_decimal_hexadecimal_and_in_quotes() {
    assert_eq!(text("BitAnd(\"&HFF\", 12)", &[]).as_deref(), Some("12"));
    assert_eq!(text("BitAnd(-1, [x])", &[("x", &["7"])]).as_deref(), Some("7"));
    assert_eq!(text("BitAnd(1, [x])", &[]), None);
    assert_eq!(
        failure("BitAnd(1, \"x\")", &[]).message,
        "argument 2 (value2) is \"x\" where a whole number belongs"
    );
    assert_eq!(text("CStr(BitAnd(3, 2))", &[]).as_deref(), Some("2"));
    assert_eq!(text("CStr(IsNull([x]))", &[]).as_deref(), Some("True"));
}

#[test]
fn lists_are_counted_searched_and_made_unique() {
    let mails: Attributes<'_> = &[("x", &["smtp:a", "SMTP:b", "smtp:a", "SMTP:B"])];
    assert_eq!(text("Count([x])", mails).as_deref(), Some("4"));
    assert_eq!(text("Count([x])", &[("x", &["a"])]).as_deref(), Some("1"));
    assert_eq!(text("Count([x])", &[]).as_deref(), Some("0"));
    assert_eq!(text("Contains([x], \"SMTP:\")", mails).as_deref(), Some("2"));
    assert_eq!(text("Contains([x], \"none\")", mails).as_deref(), Some("0"));
    assert_eq!(text("Item([x], 4)", mails).as_deref(), Some("SMTP:B"));
    assert_eq!(failure("Item([x], 5)", mails).message, "argument 2 (index) is 5, and the items are 1 to 4");
    assert!(outcome("Item([x], 0)", mails).is_err());
    assert_eq!(text("Item([x], 1)", &[]), None, "our reading");
    let unique = outcome("RemoveDuplicates([x])", mails).unwrap().value.unwrap();
    assert_eq!(unique.to_string(), "smtp:a\nSMTP:b\nSMTP:B");
    assert_eq!(text("RemoveDuplicates([x])", &[("x", &["a"])]).as_deref(), Some("a"));
}

#[test]
fn split_makes_a_list() {
    let split = |reading: &str| {
        let readings = chosen("split-items", reading);
        let split = outcome_read("Split(\"a, b,,c\", \",\")", &[], &Circumstances::default(), readings);
        split.unwrap().value.unwrap()
    };
    assert_eq!(split("trimmed").to_string(), "a\nb\n\nc");
    assert_eq!(split("as-they-are").to_string(), "a\n b\n\nc");
    assert_eq!(text("Split([x], \",\")", &[]), None);
    assert_eq!(failure("Split(\"a\", \"\")", &[]).message, "argument 2 (delimiter) is empty");
    assert_eq!(text("Join(\"+\", Split(\"a,b\", \",\"))", &[]).as_deref(), Some("a+b"));
}

#[test]
fn bytes_are_written_and_read() {
    assert_eq!(text("ConvertToUTF8Hex(\"é\")", &[]).as_deref(), Some("C3A9"));
    assert_eq!(text("ConvertToBase64(\"é😀\")", &[]).as_deref(), Some("6QA92ADe"));
    assert_eq!(text("ConvertFromBase64(\"6QA92ADe\", Unicode)", &[]).as_deref(), Some("é😀"));
    assert_eq!(text("ConvertFromBase64(\"w6lh\", ASCII)", &[]).as_deref(), Some("??a"));
    assert_eq!(failure("ConvertFromBase64(\"*\")", &[]).message, "argument 1 (source) is not base64");
    // S-1-5-32-544, the well-known group of administrators.
    assert_eq!(text("StringFromSid(\"AQIAAAAAAAUgAAAAIAIAAA==\")", &[]).as_deref(), Some("S-1-5-32-544"));
    assert!(outcome("StringFromSid(\"AQI=\")", &[]).is_err());
    assert_eq!(text(r#"DNComponent("cn=Hopper\\, Grace,ou=x", 1)"#, &[]).as_deref(), Some("Hopper, Grace"));
    assert_eq!(text("DNComponent(\"cn=a,ou=x\", 2)", &[]).as_deref(), Some("x"));
    assert_eq!(text("DNComponent(\"cn=a\", 2)", &[]), None);
}

#[test]
fn random_values_follow_the_seed() {
    let draw = |expression: &str, seed: u64| {
        let circumstances = Circumstances { seed, ..Circumstances::default() };
        outcome_in(expression, &[], &circumstances).unwrap().value.unwrap().to_string()
    };
    assert_eq!(draw("Guid()", 1), draw("Guid()", 1));
    assert_ne!(draw("Guid()", 1), draw("Guid()", 2));
    let two = draw("Join(\" \", Guid(), Guid())", 1);
    let (first, second) = two.split_once(' ').unwrap();
    assert_ne!(first, second);
    for seed in 0..50 {
        let text = draw("RandomString(256, 1, 1, 1, 1, \"abcO0~\")", seed);
        assert_eq!(text.len(), 256);
        assert!(!text.contains(['a', 'b', 'c', 'O', '0', '~']), "{text}");
    }
    for (expression, message) in [
        ("RandomString(257, 0, 0, 0, 0)", "argument 1 (length) is 257; it is 1 to 256"),
        ("RandomString(3, 1, 1, 1, 1)", "argument 1 (length) is 3, less than the 4 characters asked for"),
        ("RandomString(3, -1, 1, 1, 1)", "argument 2 (minimumNumbers) is -1, less than none"),
        (
            "RandomString(3, 1, 0, 0, 0, \"0123456789\")",
            "argument 2 (minimumNumbers) asks for characters that are all to be avoided",
        ),
    ] {
        assert_eq!(failure(expression, &[]).message, message);
    }
}

#[test]
fn values_do_not_grow_without_bounds() {
    let many = "a".repeat(1 << 11);
    let attributes: Attributes<'_> = &[("x", &[many.as_str()])];
    // Each level makes the text 2,048 times longer.
    let nested = |call: &str| call.replace('_', &call.replace('_', &call.replace('_', "[x]")));
    for call in [
        r#"Replace(_, "a", , , [x])"#,
        r#"Replace([x], "a", , , , , _)"#,
        r#"Replace(_, , "a", , [x])"#,
        r#"Replace(_, , "(?<n>a)", "n", [x])"#,
        r#"Join(_, [x], [x], [x], [x], [x], [x], [x], [x], [x], [x], Replace([x], "a", , , [x]))"#,
        r#"Append(_, Replace([x], "a", , , Left([x], 1024)))"#,
        r#"Append(_ & Replace([x], "a", , , Left([x], 500)), "")"#,
    ] {
        let failure = failure(&nested(call), attributes);
        assert!(failure.message.contains("longer than 1 MiB"), "{call}: {}", failure.message);
    }
    let near = text(r#"Replace([x], "a", , , Left([x], 500))"#, attributes).map(|text| text.len());
    assert_eq!(near, Some(500 << 11));
}
