//! Switches that concern the form of a request.

use super::{Choice, Evidence};

choice! {
    /// Letter case of `op` in a PATCH.
    OperationNames {
        /// `Add`, `Replace`, `Remove` without the flag; lower case with it.
        ByDialect = "by-dialect", Documented, "use-scim-to-provision-users-and-groups, General; application-provisioning-config-problem-scim-compatibility, Flags";
        /// Lower case whatever the dialect.
        Lower = "lower", Documented, "customize-application-attributes, AssertiveAppRoleAssignmentsComplex";
        /// `Add`, `Replace`, `Remove` whatever the dialect.
        Pascal = "pascal", Inferred, "the unflagged form kept under a flag";
    }
}

choice! {
    /// Booleans in a PATCH without the flag.
    Booleans {
        /// The strings `"True"` and `"False"`.
        Text = "text", Documented, "application-provisioning-config-problem-scim-compatibility, Flags; captured often";
        /// JSON's `true` and `false`.
        Json = "json", Documented, "use-scim-to-provision-users-and-groups, Disable User; scim-graph-scenarios";
    }
}

choice! {
    /// `schemas` of `POST /Groups`.
    GroupSchemas {
        /// The core URN alone.
        Core = "core", Captured, "2021; the compatibility page calls the other form fixed in 2018";
        /// The core URN and Microsoft's own URI.
        CoreAndAdscim = "core-and-adscim", Documented, "use-scim-to-provision-users-and-groups, Create Group";
    }
}

choice! {
    /// `members` of `POST /Groups`; groups are always created empty.
    GroupMembers {
        /// `"members": []`
        Empty = "empty", Captured, "2021";
        /// No `members` at all.
        Absent = "absent", Documented, "use-scim-to-provision-users-and-groups, Create Group";
    }
}

choice! {
    /// Elements that are added to `members` without the flag.
    AddedMember {
        /// `{"$ref": null, "value": id}`
        NullReference = "null-reference", Documented, "use-scim-to-provision-users-and-groups, Add Members; captured 2019";
        /// `{"value": id}`
        Bare = "bare", Captured, "wso2/product-is 16451";
    }
}

choice! {
    /// Elements that are removed from `members` without the flag.
    RemovedMember {
        /// `{"value": id}`
        Bare = "bare", Documented, "application-provisioning-config-problem-scim-compatibility, Flags; captured";
        /// `{"$ref": null, "value": id}`
        NullReference = "null-reference", Documented, "use-scim-to-provision-users-and-groups, Remove Members; captured";
    }
}

choice! {
    /// The value that sets a manager.
    ManagerValue {
        /// The manager's id as a bare string.
        Text = "text", Captured, "go-scim 75, SCIM-SDK 686";
        /// `{"value": id}`
        Object = "object", Documented, "customize-application-attributes, extension representation";
        /// `[{"$ref": …, "value": id}]`
        Array = "array", Documented, "use-scim-to-provision-users-and-groups, Example 5";
    }
}

choice! {
    /// The path that names the manager.
    ManagerPath {
        /// As the mapping names it.
        AsMapped = "as-mapped", Captured, "go-scim 75: the URN path of the default mapping";
        /// `manager` without its URN.
        Plain = "plain", Documented, "use-scim-to-provision-users-and-groups, Example 5";
    }
}

choice! {
    /// How a manager is taken away. Unknown for the service itself.
    ManagerRemoval {
        /// `Remove` on the manager's path.
        Remove = "remove", Inferred, "RFC 7644 §3.5.2.2";
        /// `Replace` with `""`.
        EmptyText = "empty-text", Captured, "the SCIM Validator, 2026-04";
        /// `Replace` with `{"value": ""}`.
        EmptyObject = "empty-object", Captured, "the SCIM Validator, 2026-02";
        /// `Remove` on `manager[value eq "…"]`.
        ValuePath = "value-path", Captured, "scim-patch 453, one report";
    }
}

choice! {
    /// `schemas` of `POST /Users`.
    UserSchemas {
        /// Core and enterprise, always.
        CoreAndEnterprise = "core-and-enterprise", Documented, "use-scim-to-provision-users-and-groups, Create User; captured";
        /// Core alone.
        Core = "core", Documented, "customize-application-attributes, Provisioning a role";
        /// Core and an enterprise URN that lacks its last colon.
        Misspelt = "misspelt", Documented, "use-scim-to-provision-users-and-groups, Example 2";
    }
}

choice! {
    /// Where `POST /Users` puts the enterprise extension's attributes.
    EnterpriseData {
        /// In the object under the extension's URN.
        UnderUrn = "under-urn", Documented, "customize-application-attributes";
        /// Beside the core attributes.
        TopLevel = "top-level", Documented, "use-scim-to-provision-users-and-groups, Example 2";
    }
}

choice! {
    /// Mapped attributes without a value, on create.
    Nulls {
        /// Left out.
        Skipped = "skipped", Documented, "known-issues; customize-application-attributes";
        /// Sent as JSON null.
        Printed = "printed", Documented, "use-scim-to-provision-users-and-groups, Example 2";
    }
}

choice! {
    /// `meta` of users on create.
    UserMeta {
        /// With the resource type alone.
        ResourceType = "resource-type", Documented, "use-scim-to-provision-users-and-groups, Create User";
        /// No `meta`.
        Absent = "absent", Documented, "customize-application-attributes, AssertiveAppRoleAssignmentsComplex";
    }
}

choice! {
    /// Where AppRoleAssignmentsComplex puts a role's name. The page's sample of it has another member
    /// than its sample of AssertiveAppRoleAssignmentsComplex; the default is RFC 7643's.
    RoleName {
        /// `display`
        Display = "display", Documented, "customize-application-attributes, AssertiveAppRoleAssignmentsComplex";
        /// `displayName`, which servers that refuse unknown members refuse.
        DisplayName = "display-name", Documented, "customize-application-attributes, AppRoleAssignmentsComplex";
    }
}

choice! {
    /// `roles` on create when no role is mapped.
    EmptyRoles {
        /// `"roles": []`
        Sent = "sent", Documented, "use-scim-to-provision-users-and-groups, Create User; scim-graph-scenarios";
        /// No `roles`.
        Absent = "absent", Documented, "use-scim-to-provision-users-and-groups, Example 2";
    }
}

choice! {
    /// `primary` of telephone numbers on create.
    PhonePrimary {
        /// True on the first number, false on the others, so that at most one is primary (RFC 7643 §2.4).
        First = "first", Captured, "2017, where there was one number";
        /// Left out.
        Absent = "absent", Documented, "customize-application-attributes, Provisioning a multi-value attribute";
    }
}

choice! {
    /// How a lookup by an element such as `emails[type eq "work"].value` is written.
    ElementFilter {
        /// `emails[type eq "work"].value eq "…"`
        Value = "value", Documented, "use-scim-to-provision-users-and-groups, /Users; troubleshoot-user-provisioning-validation";
        /// `emails[type eq "work"] eq "…"`, which is no SCIM filter.
        Element = "element", Documented, "use-scim-to-provision-users-and-groups, User Operations; azure-docs 83855";
    }
}

choice! {
    /// Quotes around the value of a filter.
    FilterQuotes {
        /// `eq "…"`
        Quoted = "quoted", Captured, "every capture";
        /// `eq …`
        Bare = "bare", Documented, "use-scim-to-provision-users-and-groups, Example 1; never captured";
    }
}

choice! {
    /// With the flag, several attributes that are added at once.
    Additions {
        /// `{"op":"add","value":{"title":"x","name.givenName":"y"}}`; a single one has its path.
        Bundled = "bundled", Captured, "pond/scimitar#123, scim-patch#132, snipe/snipe-it#19115";
        /// One operation with its path for each.
        Apart = "apart", Documented, "application-provisioning-config-problem-scim-compatibility, a single addition";
    }
}

choice! {
    /// Bodies of a PATCH without the flag, as the job's setting PatchBodyFormat may say.
    PatchBody {
        /// One operation with its path for each attribute.
        Verbose = "verbose", Captured, "every capture of a job without the flag";
        /// Several additions, and several replacements, as one operation without a path.
        Compact = "compact", Inferred, "AzureAD/SCIMReferenceCode, Initialization_Workflow.json: the setting's name and what the gallery's template makes of it";
    }
}

choice! {
    /// Whether the flag of the Tenant URL is sent again with every request.
    FlagInUrls {
        /// Not sent.
        Off = "off", Ours, "no capture shows it";
        /// Sent as the last parameter of the query.
        On = "on", Inferred, "jelhub/scimgateway strips it from POST /Users";
    }
}
