//! Legal variants: ways in which servers differ while all of them are correct.
//!
//! A judge must find nothing wrong with any of them. Every variant is something an RFC allows or
//! Microsoft documents; what merely happens to work is a fault, not a variant.

use std::fmt;
use std::str::FromStr;

/// Declares [`Variant`] from one table: the name on the command line and the sentence about it
/// stand beside the variant and nowhere else.
macro_rules! variants {
    ($(#[doc = $about:literal] $variant:ident = $name:literal,)+) => {
        /// A legal way to differ from the default behaviour.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Variant { $(#[doc = $about] $variant,)+ }

        impl Variant {
            /// All variants.
            pub const ALL: &[Variant] = &[$(Variant::$variant,)+];

            /// The name on the command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Variant::$variant => $name,)+ }
            }

            /// One sentence: how this server differs, and why it may.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Variant::$variant => $about.trim_ascii(),)+ }
            }
        }
    };
}

variants! {
    /// A PATCH on a user returns 204 without a body (RFC 7644 §3.5.2).
    PatchUser204 = "patch-user-204",
    /// A PATCH on a group returns 200 with the group (RFC 7644 §3.5.2).
    PatchGroup200WithBody = "patch-group-200-with-body",
    /// Users have no `groups`, and the published schema says so (RFC 7643 §4.1.2).
    NoUserGroups = "no-user-groups",
    /// Dates are stored and returned in whole seconds (RFC 7643 §2.3.5).
    OneSecondDates = "one-second-dates",
    /// Dates are returned with an offset of two hours instead of `Z` (RFC 7643 §2.3.5).
    OffsetDates = "offset-dates",
    /// Dates are returned with seven fraction digits, as .NET prints them (RFC 7643 §2.3.5).
    SevenDigitDates = "seven-digit-dates",
    /// `meta.location`, `$ref` and the Location header are relative references (RFC 7643 §2.3.7).
    RelativeLocations = "relative-locations",
    /// `meta.location`, `$ref` and the Location header name the host behind a reverse proxy, with the same path.
    LocationsBehindProxy = "locations-behind-proxy",
    /// `userName`, which is case-insensitive, is stored in lower case (RFC 7643 §4.1.1).
    LowerCasedUserName = "lower-cased-user-name",
    /// An empty list leaves `Resources` out (RFC 7644 §3.4.2).
    ResourcesAbsentAtZero = "resources-absent-at-zero",
    /// A list that is complete leaves `startIndex` and `itemsPerPage` out (RFC 7644 §3.4.2).
    NoPagingFieldsOnFullLists = "no-paging-fields-on-full-lists",
    /// Lists show the newest resource first (RFC 7644 §3.4.2 sets no order).
    NewestFirst = "newest-first",
    /// Discovery endpoints ignore a filter in the query (RFC 7644 §4).
    DiscoveryFilterIgnored = "discovery-filter-ignored",
    /// Discovery endpoints need no token (RFC 7644 §4).
    PublicDiscovery = "public-discovery",
    /// Filters support only `eq` and `and`; other operators return 400 `invalidFilter` (RFC 7644 §3.4.2.2).
    EqOnly = "eq-only",
    /// A filter on `externalId` returns 400 `invalidFilter` (RFC 7644 §3.4.2.2).
    ExternalIdFilterRefused = "external-id-filter-refused",
    /// Groups are not supported: /Groups returns empty lists, writes return 501, discovery shows only users.
    UsersOnly = "users-only",
    /// Ids are strings of digits (RFC 7643 §3.1).
    NumericLookingIds = "numeric-looking-ids",
    /// The id of a user is the userName that it is created with, and a rename keeps it (RFC 7643 §3.1); `[target]` says so.
    UserNameIds = "user-name-ids",
    /// A vendor's user extension is published and stored (RFC 7643 §3.3).
    ExtraVendorSchema = "extra-vendor-schema",
    /// The media type names its charset (RFC 7644 §8.1).
    MediaTypeWithCharset = "media-type-with-charset",
    /// Unknown attributes are rejected with 400 instead of being ignored (RFC 7644 §3.3).
    UnknownAttributesRefused = "unknown-attributes-refused",
    /// Members with an unknown id are rejected with 400 instead of being stored.
    UnknownMembersRefused = "unknown-members-refused",
    /// Multi-valued attributes without values are returned as empty arrays (RFC 7643 §2.5).
    EmptyListsShown = "empty-lists-shown",
    /// Members have `display` (RFC 7643 §4.2).
    MembersWithDisplay = "members-with-display",
    /// JSON is indented, with object keys in alphabetical order.
    SortedIndentedJson = "sorted-indented-json",
    /// Bodies are chunked, and the connection closes after each answer (RFC 9112 §7.1, §9.6).
    ChunkedAndClosed = "chunked-and-closed",
    /// A user created without `active` is active (RFC 7643 §4.1.1).
    ActiveByDefault = "active-by-default",
    /// Resources have no versions, and ServiceProviderConfig says so (RFC 7644 §3.14).
    NoEtags = "no-etags",
    /// Bulk requests are not supported, and ServiceProviderConfig says so (RFC 7644 §3.7).
    NoBulk = "no-bulk",
    /// Bulk operations that refer to each other in a circle are rejected with 409 (RFC 7644 §3.7.1).
    BulkCirclesRefused = "bulk-circles-refused",
    /// Sorting is not supported: `sortBy` is ignored, and ServiceProviderConfig says so (RFC 7644 §3.4.2.3).
    NoSort = "no-sort",
    /// Lists are paged by index only, and ServiceProviderConfig says so (RFC 9865 §4).
    NoCursors = "no-cursors",
    /// Only a create returns a Location header (RFC 7644 §3.3).
    LocationOnCreationOnly = "location-on-creation-only",
    /// `displayName` and `emails` are published as required, and resources without them are rejected (RFC 7643 §7).
    NameAndEmailsRequired = "name-and-emails-required",
    /// A create returns `schemas`, `id` and `meta` alone (RFC 7644 §3.3: other attributes SHOULD be there).
    CreateReturnsIdAndMeta = "create-returns-id-and-meta",
    /// A userName that begins with a deleted user's object id is ignored: the restore sends the old name (RFC 7644 §3.3).
    TombstoneNameIgnored = "tombstone-name-ignored",
    /// PUT returns 501, as Entra sends PATCH alone (RFC 7644 §3.12).
    PutNotImplemented = "put-not-implemented",
    /// What the web server rejects before SCIM, unknown paths and methods, returns a page of HTML (RFC 9110 §15.5).
    HtmlOnUnknownRoutes = "html-on-unknown-routes",
    /// Unknown paths and methods return no body (RFC 9110 §15.5).
    EmptyOnUnknownRoutes = "empty-on-unknown-routes",
    /// `primary` is left out where it is false (RFC 7643 §2.4).
    PrimaryOmittedWhenFalse = "primary-omitted-when-false",
    /// Attributes without a value are returned as null, and lists as empty (RFC 7643 §2.5).
    NullsForUnset = "nulls-for-unset",
    /// A 401 is delayed, so that tokens cannot be guessed fast (RFC 6749 §10.10).
    UnauthorizedDelayed = "unauthorized-delayed",
    /// More than 33 requests in a tenth of a second return 429 with `Retry-After` (RFC 6585 §4).
    ThrottledWithRetryAfter = "throttled-with-retry-after",
    /// `name.formatted` is the server's own, made of the given and the family name (RFC 7643 §4.1.1).
    NameFormattedDerived = "name-formatted-derived",
    /// Entity tags change with every request, and ServiceProviderConfig says that they are not supported (RFC 7644 §3.14).
    EtagsNotSupported = "etags-not-supported",
    /// Users have no `password`, and one that is sent is rejected with 400 (RFC 7643 §4.1.1).
    PasswordRefused = "password-refused",
    /// Users have no `roles`, and roles that are sent are rejected with 400 (RFC 7643 §4.1.2).
    RolesRefused = "roles-refused",
    /// A user has one role of each type, and a second one is rejected with 400: right where the mapping writes one role.
    OneRolePerType = "one-role-per-type",
    /// The token endpoint returns the token type as `bearer` (RFC 6749 §5.1).
    TokenTypeLowerCase = "token-type-lower-case",
    /// Only assertions of Microsoft's own issuer are trusted.
    MicrosoftIssuerOnly = "microsoft-issuer-only",
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Variant::ALL
            .iter()
            .copied()
            .find(|variant| variant.name() == text)
            .ok_or_else(|| format!("`{text}` is not a variant of the embedded server"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_read_back() {
        let names: BTreeSet<_> = Variant::ALL.iter().map(|variant| variant.name()).collect();
        assert_eq!(names.len(), Variant::ALL.len());
        for variant in Variant::ALL {
            assert_eq!(variant.name().parse(), Ok(*variant));
            assert!(variant.about().ends_with('.'), "{variant} is a sentence");
        }
        assert!("patch-user-205".parse::<Variant>().is_err());
    }
}
