use crate::odata::{EntityType, PropertyType, Query};

const PART: PropertyType = PropertyType::Structure(&[("name", PropertyType::Text)]);

fn property(name: &str) -> Option<PropertyType> {
    Some(match name.to_ascii_lowercase().as_str() {
        "text" => PropertyType::Text,
        "flag" => PropertyType::Boolean,
        "number" => PropertyType::Number,
        "when" => PropertyType::Instant,
        "part" => PART,
        "parts" => PropertyType::List(&PART),
        "open" => PropertyType::Any,
        _ => return None,
    })
}

fn misfit(option: &str) -> Option<String> {
    let query = Query::parse(option).unwrap_or_else(|error| panic!("{option}: {error}"));
    query.fits(&EntityType { name: "thing", property: &property }).err().map(|misfit| misfit.to_string())
}

#[test]
fn what_a_type_has_fits_it() {
    for filter in [
        "text eq 'x' or TEXT eq null and not(flag) and flag ne false",
        "text eq 0fa6dbff-2ca7-4df1-9ba6-ce7ed9ff1b95 and text in ('a', null)",
        "when ge 2026-01-01 and when lt '2026-01-01T00:00:00Z' and number le 5",
        "text eq '2026-01-01'",
        "part/name eq 'x' and part/any(p: p/name eq 'x') and parts/any(p: startswith(tolower(p/name), text))",
        "parts/$count gt 1 and length(text) eq 3 and parts/any()",
        "open eq 1 and open/below/it eq 'x' and open/any(o: o eq true) and contains(open, 'x')",
        "(text eq 'x') eq true",
    ] {
        assert_eq!(misfit(&format!("$filter={filter}")), None, "{filter}");
    }
    assert_eq!(misfit("$orderby=text desc,part/name,when"), None);
    assert_eq!(misfit("$select=whatever"), None, "a selection has no effect on which objects are found");
}

#[test]
fn a_name_or_a_value_that_does_not_fit_is_told() {
    for (option, why) in [
        ("$filter=txt eq 'x'", "property named 'txt' on type 'thing'"),
        ("$filter=text eq 'x' or part/nam eq 'x'", "'nam' on type 'thing/part'"),
        ("$filter=parts/any(p: p/nam eq 'x')", "'nam' on type 'thing'"),
        ("$filter=parts/name eq 'x'", "'name' on type 'Collection(Edm.ComplexType)'"),
        ("$filter=flag eq 'true'", "'Edm.Boolean' and 'Edm.String' for operator kind 'Equal'"),
        ("$filter='x' lt number", "'Edm.String' and 'Edm.Int32' for operator kind 'LessThan'"),
        ("$filter=when gt 'x'", "'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThan'"),
        ("$filter=text in ('a', 5)", "'Edm.String' and 'Edm.Int32'"),
        ("$filter=part eq 'x'", "'Edm.ComplexType' and 'Edm.String'"),
        ("$filter=not(contains(flag, 'x'))", "name 'contains'"),
        ("$orderby=text,number/x", "'x' on type 'Edm.Int32'"),
    ] {
        let told = misfit(option).unwrap_or_else(|| panic!("{option} fits"));
        assert!(told.contains(why), "{option}: {told}");
    }
}
