//! The Workday page and the cloud sync page, in their order.

use super::*;

const NAMES: &str = r#"Switch([CountryReferenceTwoLetter], Join(" ", [PreferredFirstName], [PreferredLastName]),
    "HU", Join(",", [PreferredLastName], [PreferredFirstName]), "JP", Join(",", [PreferredLastName], [PreferredFirstName]),
    "KR", Join(",", [PreferredLastName], [PreferredFirstName]))"#;
const DOMAINS: &str = r#"Switch([Company], Join("@", NormalizeDiacritics(StripSpaces(Join(".", [FirstName], [LastName]))), "contoso.com"),
    "Contoso", Join("@", NormalizeDiacritics(StripSpaces(Join(".", [FirstName], [LastName]))), "contoso.com"),
    "Fabrikam", Join("@", NormalizeDiacritics(StripSpaces(Join(".", [FirstName], [LastName]))), "fabrikam.com"),
    "Woodgrove", Join("@", NormalizeDiacritics(StripSpaces(Join(".", Mid([FirstName],1,1), [LastName]))), "woodgrove.com"))"#;
const CODES: &str = r#"Switch(Replace([telephoneNumber], , "\+(?<isdCode>49|44|43|1|352|91|31|32|55|420)(?<phoneNumber>.*)", , "${isdCode}", , ), ,
    "43", "AUT", "32", "BEL", "1", "USA", "420", "CZE", "49", "GER", "91", "IND", "352", "LUX", "31", "NLD")"#;
const PRE_HIRE: &str = r#"Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([StatusHireDate])) <= 14, "False", "True"), "0", "True")"#;
const RESCINDED: &str = r#"Switch([StatusTerminated], "False", "1", "True", "0",
    Switch([StatusHireRescinded], "False", "1", "True", "0",
        Switch([Active], "False",
            "1", IIF(DateDiff("d", Now(), CDate(IIF(IsNullOrEmpty([StatusHireDate]), "9999-01-01", [StatusHireDate]))) < 7, "False", "True"),
            "0", "True")))"#;
const UNIT: &str = r#"Join("",
    Switch([SupervisoryOrganization],"", "Engineering", "OU=Engineering,", "Development", "OU=Development,"),
    Switch([CostCenter],"", "Modern Workplace","OU=Modern Workplace,", "Green Energy","OU=Green Energy,"),
    Switch([CountryReferenceTwoLetter],"", "US","OU=USA,", "UK","OU=UK,", "IN","OU=IN,"),
    "OU=Users,DC=contoso,DC=com")"#;
const LEAVERS: &str = r#"IIF(DateDiff("d", Now(),CDate(Switch([StatusTerminationLastDayOfWork],[StatusTerminationLastDayOfWork], "","9999-12-31"))) <= 0,
    "OU=Leavers,OU=Users,DC=contoso,DC=com",
    Switch([City], "OU=Default,OU=Users,DC=contoso,DC=com", "Dallas", "OU=Dallas,OU=Users,DC=contoso,DC=com"))"#;
const SAM: &str = r#"SelectUniqueValue(
    Replace(Mid(Replace(NormalizeDiacritics(StripSpaces(Join("", Mid([FirstName],1,1), [LastName]))), , "([\\/\\\\\\[\\]\\:\\;\\|\\=\\,\\+\\*\\?\\<\\>])", , "", , ), 1, 20), , "(\\.)*$", , "", , ),
    "taken")"#;

pub(super) static EXAMPLES: &[Example] = &[    on(
        "X001",
        r#"Replace([PrimaryWorkTelephone], , "[()\\s-]+", , "", , )"#,
        &[("PrimaryWorkTelephone", &["+1 (555) 123-4567"])],
    )
    .prints(&["+15551234567"]),
    on(
        "X002",
        r#"Replace([PreferredNameData], , "(?<firstName>[a-zA-Z]+ )(?<lastName>[a-zA-Z]+)", ,"${lastName}", ,)"#,
        &[("PreferredNameData", &["John Smith"])],
    )
    .prints(&["Smith"]),
    on(
        "guide",
        r#"Replace([WorkerID], , "(?<leadingZeros>^0+)(?<actualValue>[a-zA-Z0-9]+)", , "${actualValue}", ,)"#,
        &[("WorkerID", &["00012345"])],
    )
    .prints(&["12345"]),
    on(
        "X004",
        r#"Join(" ",Replace([HereditarySuffix], ,"(?<CountryISOCode>.*)_(?<suffix1>.*)_(?<suffix2>.*)[0-9]", ,"${suffix1} ${suffix2}", , ),[PreferredLastName])"#,
        &[("HereditarySuffix", &["NLD_Van_der3"]), ("PreferredLastName", &["Hof"])],
    )
    .prints(&["Van der Hof"]),
    on("guide", r#"Replace(PCase("st john's hospital"),"'S", , ,"'s", , )"#, &[]).prints(&["St John's Hospital"]),
    on(
        "X006",
        r#"ToLower(NormalizeDiacritics(StripSpaces(Join(".", [PreferredFirstName], [PreferredLastName]))))"#,
        &[("PreferredFirstName", &["José"]), ("PreferredLastName", &["García-López"])],
    )
    .prints(&["jose.garcia-lopez"]),
    on(
        "X007",
        NAMES,
        &[("CountryReferenceTwoLetter", &["JP"]), ("PreferredFirstName", &["Hiroshi"]), ("PreferredLastName", &["Tanaka"])],
    )
    .prints(&["Tanaka,Hiroshi"]),
    on(
        "guide",
        NAMES,
        &[("CountryReferenceTwoLetter", &["US"]), ("PreferredFirstName", &["John"]), ("PreferredLastName", &["Smith"])],
    )
    .prints(&["John Smith"]),
    // Printed in lower case.
    on(
        "guide",
        r#"Join("@", NormalizeDiacritics(StripSpaces(Join(".", [PreferredFirstName], [PreferredLastName]))), "contoso.com")"#,
        &[("PreferredFirstName", &["María"]), ("PreferredLastName", &["José González"])],
    )
    .read("case-is-kept", &["Maria.JoseGonzalez@contoso.com"]),
    on(
        "X010",
        r#"SelectUniqueValue(
            Join("@", Replace(NormalizeDiacritics(StripSpaces(Join(".", [PreferredFirstName], [PreferredLastName]))), , "[\"',]+", , "", , ), "contoso.com"),
            Join("@", Replace(NormalizeDiacritics(StripSpaces(Join(".", Mid([PreferredFirstName], "1", "1"), [PreferredLastName]))), , "[\"',]+", , "", , ), "contoso.com"))"#,
        &[("PreferredFirstName", &["Mary-Ann"]), ("PreferredLastName", &["O'Connor"])],
    )
    .read("case-is-kept", &["Mary-Ann.OConnor@contoso.com"]),
    on("X011", DOMAINS, &[("Company", &["Fabrikam"]), ("FirstName", &["John"]), ("LastName", &["Smith"])])
        .read("case-is-kept", &["John.Smith@fabrikam.com"]),
    on("guide", DOMAINS, &[("Company", &["Woodgrove"]), ("FirstName", &["Sarah"]), ("LastName", &["Johnson"])])
        .read("case-is-kept", &["S.Johnson@woodgrove.com"]),
    on(
        "guide",
        r#"Replace(Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>.*)", , "${phoneNumber}", , ), ,"[()\\s-]+", ,"", , )"#,
        &[("telephoneNumber", &["+1 737-626-8331"])],
    )
    .prints(&["7376268331"]),
    // Printed as GBR: the group holds "44 " with its blank, and no key has one.
    on(
        "guide",
        r#"Switch(Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>.*)", , "${isdCode}", , ), "USA", "1", "USA", "44", "GBR", "49", "DEU")"#,
        &[("telephoneNumber", &["+44 20 7946 0958"])],
    )
    .read("pattern-decides", &["USA"]),
    on("X015", CODES, &[("telephoneNumber", &["+493012345678"])]).prints(&["GER"]),
    on("guide", CODES, &[("telephoneNumber", &["+919876543210"])]).prints(&["IND"]),
    on("guide", CODES, &[("telephoneNumber", &["+15551234567"])]).prints(&["USA"]),
    on(
        "guide",
        r#"Replace(Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>.* )[x](?<extension>.*)", , "${phoneNumber}", , ), ,"[()\\s-]+", ,"", , )"#,
        &[("telephoneNumber", &["+1 (206) 291-8163 x8125"])],
    )
    .prints(&["2062918163"]),
    on(
        "guide",
        r#"Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>.* )[x](?<extension>.*)", , "${extension}", , )"#,
        &[("telephoneNumber", &["+1 (206) 291-8163 x8125"])],
    )
    .prints(&["8125"]),
    on("X019", r#"Switch([Active], , "1", "True", "0", "False")"#, &[("Active", &["0"])]).prints(&["False"]),
    // Printed as True: 16 days are not fewer than 0.
    on(
        "X020",
        r#"Switch([Active], , "1", IIF([StatusRehire]=1, IIF(DateDiff("d", Now(), CDate([StatusHireDate])) >= 0, "False", "True"), "False"), "0", "True")"#,
        &[("Active", &["1"]), ("StatusRehire", &["1"]), ("StatusHireDate", &["2025-08-15"])],
    )
    .read("condition-is-reversed", &["False"]),
    on("guide", PRE_HIRE, &[("Active", &["1"]), ("StatusHireDate", &["2025-08-10"])]).prints(&["False"]),
    on("X022", PRE_HIRE, &[("Active", &["1"]), ("StatusHireDate", &["2025-09-15"])]).prints(&["True"]),
    on(
        "X023",
        RESCINDED,
        &[("StatusTerminated", &["0"]), ("StatusHireRescinded", &["0"]), ("Active", &["1"]), ("StatusHireDate", &["2025-08-05"])],
    )
    .prints(&["False"]),
    on(
        "guide",
        RESCINDED,
        &[("StatusTerminated", &["0"]), ("StatusHireRescinded", &["0"]), ("Active", &["1"]), ("StatusHireDate", &["2025-08-15"])],
    )
    .prints(&["True"]),
    on("guide", RESCINDED, &[("StatusTerminated", &["1"]), ("Active", &["1"])]).prints(&["True"]),
    // Printed is the number of a day in February 2025.
    on(
        "X024",
        r#"NumFromDate(Join("", FormatDateTime([ContractEndDate], ,"yyyy-MM-ddzzz", "yyyy-MM-dd"), "T23:59:59-08:00"))"#,
        &[("ContractEndDate", &["2025-12-31-08:00"])],
    )
    .read("number-is-wrong", &["134117279990000000"]),
    // Printed is the number of a day in 2042.
    on(
        "guide",
        r#"NumFromDate(Join("",FormatDateTime(DateAdd("yyyy", 5, CDate([StatusHireDate])), , "yyyy-MM-dd", "yyyy-MM-dd")," 23:59:59-05:00"))"#,
        &[("StatusHireDate", &["2025-01-15"])],
    )
    .read("number-is-wrong", &["135392435990000000"]),
    // Printed as Engineering and as left out: the hire dates lie on the other side of zero.
    on(
        "guide",
        r#"IIF(DateDiff("d", Now(), CDate([StatusHireDate])) >= 0, [Department], IgnoreAttributeFlow)"#,
        &[("StatusHireDate", &["2025-08-15"]), ("Department", &["Marketing"])],
    )
    .read("condition-is-reversed", &["Marketing"]),
    on(
        "X027",
        r#"IIF(DateDiff("d", Now(), CDate([StatusHireDate])) <= 14, "False", IgnoreObjectFlow)"#,
        &[("StatusHireDate", &["2025-09-15"])],
    )
    .prints(&["IgnoreObjectFlow"]),
    on(
        "guide",
        UNIT,
        &[("SupervisoryOrganization", &["Engineering"]), ("CostCenter", &["Modern Workplace"]), ("CountryReferenceTwoLetter", &["US"])],
    )
    .prints(&["OU=Engineering,OU=Modern Workplace,OU=USA,OU=Users,DC=contoso,DC=com"]),
    // Printed without OU=UK.
    on(
        "X028",
        UNIT,
        &[("SupervisoryOrganization", &["Sales"]), ("CostCenter", &["Marketing"]), ("CountryReferenceTwoLetter", &["UK"])],
    )
    .read("key-is-there", &["OU=UK,OU=Users,DC=contoso,DC=com"]),
    on("X029", LEAVERS, &[("StatusTerminationLastDayOfWork", &["2025-07-25"]), ("City", &["Seattle"])])
        .prints(&["OU=Leavers,OU=Users,DC=contoso,DC=com"]),
    on("guide", LEAVERS, &[("StatusTerminationLastDayOfWork", &["2025-08-15"]), ("City", &["Dallas"])])
        .prints(&["OU=Dallas,OU=Users,DC=contoso,DC=com"]),
    on("guide", LEAVERS, &[("City", &["Dallas"])]).read("switch-null", &["OU=Dallas,OU=Users,DC=contoso,DC=com"]),
    on("X030", r#"Replace(Mid([guid], 1, 5 ), ,"[0-9]", ,"A", , )"#, &[("guid", &["mV8dXrYT"])]).prints(&["mVAdX"]),
    on(
        "guide",
        r#"ToUpper(Replace([guid], , "(.*?)(?<id>[a-zA-Z]{4})(.*)", , "D${id}", ,))"#,
        &[("guid", &["4A7mVdX9"])],
    )
    .prints(&["DMVDX"]),
    // Printed is the second run of four digits.
    on(
        "X031",
        r#"Replace(Replace([guid], ,"-", ,"", , ), ,"(.*?)(?<id>[0-9]{4})(.*)", , "D${id}", ,)"#,
        &[("guid", &["a1b2c3d4-e5f6-7890-1234-567890abcdef"])],
    )
    .read("first-match-counts", &["D6789"]),
    on(
        "guide",
        r#"Join("", [PreferredLastName], ",", [PreferredFirstName], " ", Mid([PreferredMiddleName],1,1), "-", [WorkerID])"#,
        &[("PreferredLastName", &["Johnson"]), ("PreferredFirstName", &["Sarah"]), ("PreferredMiddleName", &["Elizabeth"]), ("WorkerID", &["12345"])],
    )
    .prints(&["Johnson,Sarah E-12345"]),
    // Printed in lower case and without the hyphen.
    on("guide", SAM, &[("FirstName", &["María José"]), ("LastName", &["González-López"])])
        .read("case-is-kept", &["MGonzalez-Lopez"]),
    on(
        "guide",
        r#"IIF(DateDiff("d", Now(), CDate([StatusHireDate])) >= 0, "TRUE", "FALSE")"#,
        &[("StatusHireDate", &["2025-07-31"])],
    )
    .prints(&["TRUE"]),
    on(
        "X035",
        r#"Split(Join(",","a8cccada-a108-47ae-bf9a-f130499aa4cb","{26491cfc-9e50-4857-861b-0cb8df22b5d7}"),",")"#,
        &[],
    )
    .prints(&["a8cccada-a108-47ae-bf9a-f130499aa4cb", "{26491cfc-9e50-4857-861b-0cb8df22b5d7}"]),
    on(
        "X036",
        r#"IgnoreFlowIfNullOrEmpty(IIF(DateDiff("d", Now(), CDate([employeeHireDate])) > 0, "", [userPrincipalName]))"#,
        &[("employeeHireDate", &["2025-08-15"]), ("userPrincipalName", &["future@contoso.com"])],
    )
    .gives(Gives::LeftOut),
    on(
        "guide",
        r#"IgnoreFlowIfNullOrEmpty(IIF(DateDiff("d", Now(), CDate([employeeHireDate])) > 0, "", [userPrincipalName]))"#,
        &[("employeeHireDate", &["2025-07-15"]), ("userPrincipalName", &["user@contoso.com"])],
    )
    .prints(&["user@contoso.com"]),
    // The cloud sync page.
    on("X039", r#"Trim(" Test ")"#, &[]).prints(&["Test"]),
    on("cloud", r#"ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")"#, &[]).prints(&["Hello world!"]),
    on("X041", r#"ConvertFromBase64("SGVsbG8gd29ybGQh", UTF8)"#, &[]).prints(&["Hello world!"]),
    on(
        "X042",
        r#"FormatDateTime([extensionAttribute1], "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")"#,
        &[("extensionAttribute1", &["20150123105347.1Z"])],
    )
    .prints(&["2015-01-23"]),
    on("cloud", "DNComponent(CRef([dn]),1)", &[("dn", &["cn=Joe,ou=People"])]).prints(&["Joe"]),
    on(
        "cloud",
        r#"Mid(Item([proxyAddresses],Contains([proxyAddresses], "SMTP:")),6)"#,
        &[("proxyAddresses", &["smtp:a@contoso.com", "SMTP:b@contoso.com"])],
    )
    .read("no-value-printed", &["b@contoso.com"]),
    on(
        "cloud",
        r#"IIF([employeeType]="Intern","t-" & [alias],[alias])"#,
        &[("employeeType", &["Intern"]), ("alias", &["ada"])],
    )
    .read("no-value-printed", &["t-ada"]),
];
