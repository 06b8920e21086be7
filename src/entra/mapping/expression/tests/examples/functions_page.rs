//! The functions page, in its order.

use super::*;

const UNIQUE: &str = r#"SelectUniqueValue(
    Join("@", NormalizeDiacritics(StripSpaces(Join(".",  [PreferredFirstName], [PreferredLastName]))), "contoso.com"),
    Join("@", NormalizeDiacritics(StripSpaces(Join(".",  Mid([PreferredFirstName], 1, 1), [PreferredLastName]))), "contoso.com"),
    Join("@", NormalizeDiacritics(StripSpaces(Join(".",  Mid([PreferredFirstName], 1, 2), [PreferredLastName]))), "contoso.com")
)"#;
const JOHN_SMITH: Attributes<'static> =
    &[("PreferredFirstName", &["John"]), ("PreferredLastName", &["Smith"])];
const PHONE: &str = r#"Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber" , , [mobile], )"#;
const DIFFERENCE_DATES: Attributes<'static> =
    &[("date1", &["8/25/2021 5:41:18 PM"]), ("date2", &["2012-03-16-07:00"])];
const DAYS: Attributes<'static> = &[("date1", &["2021-08-24"]), ("date2", &["2021-08-25"])];
const HIRED: Attributes<'static> = &[("StatusHireDate", &["2012-03-16-07:00"])];

pub(super) static EXAMPLES: &[Example] = &[
    on("F001", r#"Append("Company name: \"Contoso\"", "")"#, &[]).read("escapes", &[r#"Company name: "Contoso""#]),
    on("page", r#"Append([userPrincipalName], ".test")"#, &[("userPrincipalName", &["John.Doe@contoso.com"])])
        .prints(&["John.Doe@contoso.com.test"]),
    on("F003", "BitAnd(&HF, &HF7)", &[]).prints(&["7"]),
    on("F004", "CBool([attribute1] = [attribute2])", &[("attribute1", &["x"]), ("attribute2", &["x"])])
        .read("no-value-printed", &["True"]),
    on("F005", "CDate([StatusHireDate])", &[("StatusHireDate", &["2020-03-16-07:00"])])
        .prints(&["3/16/2020 7:00:00 AM"]),
    on("F006", r#"CDate("2021-06-30+08:00")"#, &[]).prints(&["6/29/2021 4:00:00 PM"]),
    on("page", r#"CDate("2009-06-15T01:45:30-07:00")"#, &[]).prints(&["6/15/2009 8:45:30 AM"]),
    on("F008", "Coalesce([mail],[userPrincipalName])", &[("userPrincipalName", &["John.Doe@contoso.com"])])
        .prints(&["John.Doe@contoso.com"]),
    on("F009", r#"ConvertToBase64("Hello world!")"#, &[]).prints(&["SABlAGwAbABvACAAdwBvAHIAbABkACEA"]),
    on("F010", r#"ConvertToUTF8Hex("Hello world!")"#, &[]).prints(&["48656C6C6F20776F726C6421"]),
    on("F011", "CStr([dn])", &[("dn", &["cn=Joe,dc=contoso,dc=com"])]).prints(&["cn=Joe,dc=contoso,dc=com"]),
    on("page", r#"DateAdd("d", 7, CDate([StatusHireDate]))"#, HIRED).prints(&["3/23/2012 7:00:00 AM"]),
    on("F013", r#"DateAdd("d", -10, CDate([StatusHireDate]))"#, HIRED).prints(&["3/6/2012 7:00:00 AM"]),
    on("F014", r#"DateAdd("ww", 2, CDate([StatusHireDate]))"#, HIRED).prints(&["3/30/2012 7:00:00 AM"]),
    on("F015", r#"DateAdd("m", 10, CDate([StatusHireDate]))"#, HIRED).prints(&["1/16/2013 7:00:00 AM"]),
    on("page", r#"DateAdd("yyyy", 2, CDate([StatusHireDate]))"#, HIRED).prints(&["3/16/2014 7:00:00 AM"]),
    on(
        "page",
        r#"DateDiff("d", CDate([date1]), CDate([date2]))"#,
        &[("date1", &["2021-08-18+08:00"]), ("date2", &["2021-08-31+08:00"])],
    )
    .prints(&["13"]),
    on("F018", r#"DateDiff("d", CDate([date1]), CDate([date2]))"#, DIFFERENCE_DATES).prints(&["-3449"]),
    on("page", r#"DateDiff("ww", CDate([date1]), CDate([date2]))"#, DIFFERENCE_DATES).prints(&["-493"]),
    on("page", r#"DateDiff("m", CDate([date1]), CDate([date2]))"#, DIFFERENCE_DATES).prints(&["-113"]),
    on("F021", r#"DateDiff("yyyy", CDate([date1]), CDate([date2]))"#, DIFFERENCE_DATES).prints(&["-9"]),
    on(
        "F022",
        r#"DateDiff("d", CDate([date1]), CDate([date2]))"#,
        &[("date1", &["2021-08-31+08:00"]), ("date2", &["2021-08-31+08:00"])],
    )
    .prints(&["0"]),
    on("page", r#"DateDiff("h", CDate([date1]), CDate([date2]))"#, DAYS).prints(&["24"]),
    on("F024", r#"DateDiff("n", CDate([date1]), CDate([date2]))"#, DAYS).prints(&["1440"]),
    on("F025", r#"DateDiff("s", CDate([date1]), CDate([date2]))"#, DAYS).prints(&["86400"]),
    on(
        "F026",
        r#"Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([StatusHireDate])) > 5, "False", "True"), "0", "False")"#,
        &[("Active", &["1"]), ("StatusHireDate", &["2025-08-05"])],
    )
    .read("no-value-printed", &["False"]),
    on("F027", "DateFromNum([lastLogonTimestamp])", &[("lastLogonTimestamp", &["129699324000000000"])])
        .read("no-value-printed", &["1/1/2012 11:00:00 PM"]),
    on("page", "DateFromNum(129699324000000000)", &[]).read("no-value-printed", &["1/1/2012 11:00:00 PM"]),
    on(
        "F029",
        r#"FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")"#,
        &[("extensionAttribute1", &["20150123105347.1Z"])],
    )
    .prints(&["2015-01-23"]),
    on("F030", "Guid()", &[]).gives(Gives::Shape(is_guid)),
    on("F031", "IgnoreFlowIfNullOrEmpty([department])", &[("department", &[""])]).gives(Gives::LeftOut),
    on(
        "page",
        r#"IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof.", "3445", "Prof. Dr."))"#,
        &[("prefix", &["1"])],
    )
    .gives(Gives::LeftOut),
    on("F033", r#"IIF([country]="USA",[country],[department])"#, &[("country", &["USA"]), ("department", &["d"])])
        .read("no-value-printed", &["USA"]),
    on(
        "F034",
        r#"IIF([country]="USA",IIF([state]="CA","True","False"),"False")"#,
        &[("country", &["USA"]), ("state", &["CA"])],
    )
    .read("no-value-printed", &["True"]),
    on(
        "F035",
        r#"IIF([country]="USA","True",IIF([state]="CA","True","False"))"#,
        &[("country", &["FR"]), ("state", &["CA"])],
    )
    .read("no-value-printed", &["True"]),
    on("F036", r#"IIF([country]="","Other",[country])"#, &[("country", &[""])]).read("iif-empty", &[""]),
    on("page", r#"IIF(IsNullOrEmpty([country]),"Other",[country])"#, &[])
        .gives(Gives::Refused { name: "iif-empty", because: "null or empty" }),
    on("page", r#"IIF(IsPresent([country]),[country],"Other")"#, &[]).read("iif-empty", &["Other"]),
    on("page", r#"Switch([country],[country],"","Other")"#, &[]).read("switch-null", &["Other"]),
    on("page", r#"InStr("The quick brown fox","quick")"#, &[]).prints(&["5"]),
    on("F041", r#"InStr("repEated","e",3,vbBinaryCompare)"#, &[]).prints(&["7"]),
    on("F042", "IsNull([displayName])", &[]).read("no-value-printed", &["True"]),
    on("F043", "IsNullOrEmpty([displayName])", &[("displayName", &[""])]).read("no-value-printed", &["True"]),
    on(
        "F044",
        "Switch(IsPresent([directManager]),[directManager], IsPresent([skiplevelManager]),[skiplevelManager], IsPresent([director]),[director])",
        &[("directManager", &["grace"]), ("director", &["ada"])],
    )
    .read("switch-presence", &["ada"]),
    on("F045", "Item([proxyAddresses], 1)", &[("proxyAddresses", &["first", "second"])])
        .read("no-value-printed", &["first"]),
    on("F046", r#"Left("John Doe", 3)"#, &[]).prints(&["Joh"]),
    on("F047", "NormalizeDiacritics([givenName])", &[("givenName", &["Zoë"])]).prints(&["Zoe"]),
    Example { now: "7/2/2021 3:33:38 PM", ..on("F048", "Now()", &[]).prints(&["7/2/2021 3:33:38 PM"]) },
    on(
        "F049",
        r#"NumFromDate(Join("", FormatDateTime([ContractEndDate], ,"yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))"#,
        &[("ContractEndDate", &["2020-12-31-08:00"])],
    )
    .read("no-value-printed", &["132539615990000000"]),
    on(
        "page",
        r#"NumFromDate(Join("",FormatDateTime([endDate], ,"M/d/yyyy hh:mm:ss tt","yyyy-MM-dd")," 23:59:59-08:00"))"#,
        &[("endDate", &["12/31/2020 12:00:00 AM"])],
    )
    .read("no-value-printed", &["132539615990000000"]),
    on("F051", "PCase([firstName])", &[("firstName", &["PABLO GONSALVES (SECOND)"])])
        .prints(&["Pablo Gonsalves (Second)"]),
    on("F052", r#"PCase([lastName]," '-")"#, &[("lastName", &["PINTO-DE'SILVA"])]).prints(&["Pinto-De'Silva"]),
    on("page", r#"PCase(Join(" ",[firstName],[lastName]))"#, &[("firstName", &["GREGORY"]), ("lastName", &["JAMES"])])
        .prints(&["Gregory James"]),
    on("F054", "RandomString(6,3,0,0,3)", &[]).gives(Gives::Shape(|text| {
        text.len() == 6 && has(text, char::is_ascii_digit) == 3 && has(text, char::is_ascii_lowercase) == 3
    })),
    on("page", r#"RandomString(10,2,2,2,1,"?,")"#, &[]).gives(Gives::Shape(|text| {
        text.len() == 10
            && has(text, char::is_ascii_digit) >= 2
            && has(text, char::is_ascii_punctuation) >= 2
            && has(text, char::is_ascii_uppercase) >= 2
            && has(text, char::is_ascii_lowercase) >= 1
            && !text.contains(['?', ','])
    })),
    on("F056", "Redact([userPrincipalName])", &[("userPrincipalName", &["ada@example.com"])])
        .read("no-value-printed", &["ada@example.com"]),
    on("F057", r#"Redact("StringToBeRedacted")"#, &[]).read("no-value-printed", &["StringToBeRedacted"]),
    on("page", "Redact(RandomString(6,3,0,0,3))", &[]).gives(Gives::Shape(|text| text.len() == 6)),
    on("F059", "RemoveDuplicates([proxyAddresses])", &[("proxyAddresses", &["a", "a", "b"])])
        .read("no-value-printed", &["a", "b"]),
    on(
        "F060",
        r#"Replace([BusinessTitle],"Product Developer", , , "Software Engineer", , )"#,
        &[("BusinessTitle", &["Product Developer"])],
    )
    .prints(&["Software Engineer"]),
    on("page", r#"Replace([UserID],"<username>", , , , , "<username>@contoso.com")"#, &[("UserID", &["jsmith"])])
        .prints(&["jsmith@contoso.com"]),
    on(
        "F062",
        r#"Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${phoneNumber}", , )"#,
        &[("telephoneNumber", &["+91 9998887777"])],
    )
    .prints(&["9998887777"]),
    // Printed without the plus sign.
    on("F063", r#"Replace([mobile], , "[()\\s-]+", , "", , )"#, &[("mobile", &["+1 (999) 888-7777"])])
        .read("pattern-decides", &["+19998887777"]),
    on(
        "page",
        r#"Replace([AddressLineData], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , )"#,
        &[("AddressLineData", &["545 Tremont Street"])],
    )
    .prints(&["888 Tremont Street"]),
    on(
        "F065",
        r#"Replace([userPrincipalName], , "(?<Suffix>@(.)*)", "Suffix", "", , )"#,
        &[("userPrincipalName", &["jsmith@contoso.com"])],
    )
    .prints(&["jsmith"]),
    on("F066", PHONE, &[("telephoneNumber", &[""]), ("mobile", &["+91 8887779999"])]).prints(&["8887779999"]),
    on("page", r#"Replace([mailNickname], , "[a-zA-Z_]*", , "", , )"#, &[("mailNickname", &["john_doe72"])])
        .prints(&["72"]),
    on("F068", UNIQUE, JOHN_SMITH).prints(&["John.Smith@contoso.com"]),
    on("page", UNIQUE, JOHN_SMITH).taken(&["John.Smith@contoso.com"]).prints(&["J.Smith@contoso.com"]),
    on("F070", UNIQUE, JOHN_SMITH)
        .taken(&["John.Smith@contoso.com", "J.Smith@contoso.com"])
        .prints(&["Jo.Smith@contoso.com"]),
    on(
        "F071",
        r#"Split([extensionAttribute5], ",")"#,
        &[("extensionAttribute5", &["PermissionSetOne, PermissionSetTwo"])],
    )
    .read("split-items", &["PermissionSetOne", "PermissionSetTwo"]),
    on(
        "page",
        r#"Switch(ToLower([statusFlag]), "0", "true", "1", "false", "0")"#,
        &[("statusFlag", &["TRUE"])],
    )
    .read("no-value-printed", &["1"]),
    on("page", r#"Switch([statusFlag], "Default Value", "true", "1", "", "0")"#, &[("statusFlag", &[""])])
        .prints(&["0"]),
    // The function's name is printed in lower case, which the syntax does not allow. The null it warns of is
    // the reading switch-unchanged; see the test of readings.
    on(
        "F074",
        r#"Switch([companyName], "External", "Company A", "A", "Company B", "B")"#,
        &[("companyName", &["Company B"])],
    )
    .read("switch-unchanged", &["B"]),
    on(
        "F075",
        r#"IIF([companyName] = "Company A", "A", IIF([companyName] = "Company B", "B", "External"))"#,
        &[("companyName", &["Company C"])],
    )
    .read("no-value-printed", &["External"]),
    on(
        "F076",
        r#"Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")"#,
        &[("state", &["QLD"])],
    )
    .prints(&["Australia/Brisbane"]),
    on(
        "F077",
        r#"ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".",  [PreferredFirstName], [PreferredLastName]))), "contoso.com"))"#,
        JOHN_SMITH,
    )
    .prints(&["john.smith@contoso.com"]),
    on("F078", r#"Word("The quick brown fox",3," ")"#, &[]).prints(&["brown"]),
    on("page", r#"Word("This,string!has&many separators",3,",!&#")"#, &[]).prints(&["has"]),
    on("page", r#"Replace([mail], "@contoso.com", , ,"", ,)"#, &[("mail", &["john.doe@contoso.com"])])
        .prints(&["john.doe"]),
    on(
        "F081",
        "Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))",
        &[("givenName", &["John"]), ("surname", &["Doe"])],
    )
    .prints(&["JohDoe"]),
    on(
        "F082",
        r#"Join(", ", "", [surname], [givenName])"#,
        &[("givenName", &["John"]), ("surname", &["Doe"])],
    )
    .prints(&["Doe, John"]),
    on(
        "F083",
        r#"Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))"#,
        &[("objectId", &["00aa00aa-bb11-cc22-dd33-44ee44ee44ee"])],
    )
    .read(
        "sample-was-replaced",
        &["100030306161303061612626231312636332322646433332343465653434656534346565"],
    ),
    on(
        "F083",
        r#"Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))"#,
        &[("objectId", &["d05e47b1-3909-445a-ba5e-ca60cbc0e4b4"])],
    )
    .read("sample-was-replaced", &["100064303565343762312333930392343435612626135652636136306362633065346234"]),
];
