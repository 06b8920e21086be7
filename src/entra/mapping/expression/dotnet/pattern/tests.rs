use super::*;

fn written(pattern: &str) -> String {
    rewrite(pattern).unwrap().pattern
}

#[test]
fn what_differs_is_written_anew() {
    for (pattern, expected) in [
        (r"a\<b$", r"a\x{3c}b(?=\n?\z)"),
        (r"(?m)a$", r"(?m)a$"),
        (r"[[&\]\w-]", r"[\x{5b}\x{26}\x{5d}\w\x{2d}]"),
        (r"[a-z-[aeiou]]", r"[[a-z]--[aeiou]]"),
        (r"[^a-z-[x]]", r"[[^a-z]--[x]]"),
        (r"[]a]", r"[\x{5d}a]"),
        (r"x{2,}y{,3}{", r"x{2,}y\{\x{2c}3\x{7d}\{"),
        (r"(?<a>x)\k<a>\1", r"(x)(?:\1)(?:\1)"),
        (r"(?x) a b # c (", r"ab"),
        (r"(?n)(a)(?<b>c)", r"(?:a)(c)"),
        (r"(?i-m:a)", r"(?i-m:a)"),
        (r"(a)?(?(1)b|c)", r"(a)?(?(1)b|c)"),
        (r"\0\x41\u00e9\cA\t", r"\x{0}Aé\x{1}\x{9}"),
    ] {
        assert_eq!(written(pattern), expected, "{pattern}");
    }
}

#[test]
fn groups_without_a_name_are_numbered_first() {
    let groups = rewrite("(?<a>x)(y)(?'b'z)(?<a>w)").unwrap().groups;
    let shown: Vec<_> = groups.iter().map(|group| (group.number, group.name.as_deref())).collect();
    assert_eq!(shown, [(2, Some("a")), (1, None), (3, Some("b")), (2, Some("a"))]);
}

#[test]
fn what_dotnet_refuses_is_refused() {
    for pattern in [
        "(",
        ")",
        "[",
        "[a",
        r"\",
        r"\h",
        r"\_",
        "a**",
        "a+{2}",
        r"\k<x>",
        r"\2",
        "(?<a-b>x)",
        "(?<1a>x)",
        "(?<>x)",
        "(?<x",
        "(?z)",
        r"[a-\d]",
        r"\x4",
        r"\ud800",
        "(?#",
        r"\p",
        r"\p{IsGreek}",
        "(?((?=a))b)",
    ] {
        assert!(rewrite(pattern).is_err(), "{pattern}");
    }
}
