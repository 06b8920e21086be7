//! What the file may say, key by key.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use toml::Spanned;

use super::schema;
use crate::cli::arguments::{AsOf, FailOn};
use crate::gallery::Template;
use crate::http::SentIn;
use crate::people;
use crate::run::Shard;
use crate::suite::Dialects;

/// The file's name.
pub const FILE: &str = "scimulate.toml";

/// The settings of the file. A key that is not here is a mistake.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSettings {
    #[serde(deserialize_with = "url_or_table")]
    #[schemars(schema_with = "schema::target")]
    pub target: TargetTable,
    pub token_file: Option<PathBuf>,
    pub second_target: Option<String>,
    pub second_token_file: Option<PathBuf>,
    pub token_endpoint: Option<String>,
    pub client_id: Option<String>,
    pub client_secret_file: Option<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "schema::one_or_many")]
    pub oauth_scope: Vec<String>,
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "schema::credentials_in")]
    pub credentials_in: Option<SentIn>,
    pub federation_client_id: Option<String>,
    pub federation_audience: Option<String>,
    pub expired_token_file: Option<PathBuf>,
    pub foreign_token_file: Option<PathBuf>,
    pub entra_issued_token: bool,
    pub entra_issuer: Option<String>,
    pub issuer_tenant: Option<uuid::Uuid>,
    pub issuer_port: Option<u16>,
    pub issuer_dir: Option<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "schema::one_or_many")]
    pub header: Vec<String>,
    pub cacert: Option<PathBuf>,
    pub timeout: Option<u64>,
    pub max_wait: Option<u64>,
    pub pace: Option<u64>,
    pub yes: bool,
    pub exec: Option<String>,
    pub wait_for: Option<String>,
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "schema::dialect")]
    pub dialect: Option<Dialects>,
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "schema::one_or_many")]
    pub suite: Vec<String>,
    pub profile: Option<String>,
    pub scenarios: Option<PathBuf>,
    pub snapshots: Option<PathBuf>,
    pub snapshots_strict: bool,
    pub json: Option<PathBuf>,
    pub events: Option<PathBuf>,
    pub junit: Option<PathBuf>,
    pub html: Option<PathBuf>,
    pub markdown: Option<PathBuf>,
    pub har: Option<PathBuf>,
    pub scripts: Option<PathBuf>,
    pub github: bool,
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "schema::fail_on")]
    pub fail_on: Option<FailOn>,
    #[serde(deserialize_with = "word")]
    #[schemars(with = "String")]
    pub checks_as_of: Option<AsOf>,
    pub waivers: Option<PathBuf>,
    pub baseline: Option<PathBuf>,
    pub jobs: Option<usize>,
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "schema::shard")]
    pub shard: Option<Shard>,
    pub seed: Option<u64>,
    pub max_users: Option<usize>,
    pub people: PeopleTable,
    pub mapping: MappingTable,
    /// Readings of Entra's behaviour, by the switch's name.
    #[schemars(schema_with = "schema::switches")]
    pub switch: BTreeMap<Spanned<String>, Spanned<String>>,
    pub gallery: GalleryTable,
    /// Never accepted: a file that is checked in is no place for it.
    #[schemars(skip)]
    pub token: Option<Spanned<de::IgnoredAny>>,
    /// Never accepted either.
    #[schemars(skip)]
    pub client_secret: Option<Spanned<de::IgnoredAny>>,
}

/// The target: its URL alone, or a table with what else is to be known of it.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetTable {
    /// As it is entered as Tenant URL.
    pub url: Option<String>,
    /// Whether its answers show names.
    pub names: NameVisibility,
    /// Nothing at it is worth keeping: it is treated as a target on this machine.
    pub disposable: bool,
    /// Attributes that it refuses on purpose; `group:` stands before those of groups.
    #[schemars(with = "Vec<String>")]
    pub refuses: Vec<Spanned<String>>,
    /// What it protects from a disable or a delete, in words.
    #[schemars(schema_with = "schema::protects")]
    pub protects: Vec<Spanned<String>>,
    /// The most users of a run that it holds at once.
    #[schemars(with = "usize")]
    pub max_users: Option<Spanned<usize>>,
    /// The attribute that its ids are made of.
    #[schemars(schema_with = "schema::id")]
    pub id: Option<Spanned<String>>,
}

/// Whether a target's answers show by which names its objects are known (docs/safety.md).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NameVisibility {
    /// They do, so that the owner of an object can be told.
    #[default]
    Shown,
    /// They do not.
    Opaque,
}

/// How the gallery's tests are played.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GalleryTable {
    /// Edition of Microsoft's template.
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "schema::template")]
    pub template: Option<Template>,
    /// Values to test attributes with, by target path.
    #[schemars(with = "BTreeMap<String, String>")]
    pub test_values: BTreeMap<Spanned<String>, String>,
}

/// What people look like.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PeopleTable {
    /// Domain of userPrincipalName and mail.
    pub domain: Option<String>,
    /// A language tag: where names and addresses come from.
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "schema::locale")]
    pub locale: Option<people::Locale>,
    /// Source attributes that have the same value for everybody.
    #[schemars(with = "BTreeMap<String, String>")]
    pub fixed: BTreeMap<Spanned<String>, String>,
    /// Source attributes that nobody has.
    #[schemars(with = "Vec<String>")]
    pub leave_out: Vec<Spanned<String>>,
}

/// How the mapping differs from the profile's.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MappingTable {
    /// Nothing but these targets.
    #[schemars(with = "Vec<String>")]
    pub only: Option<Spanned<Vec<Spanned<String>>>>,
    /// All but these targets.
    #[schemars(with = "Vec<String>")]
    pub without: Option<Spanned<Vec<Spanned<String>>>>,
    /// `false`: groups are not provisioned, as for an application that has none.
    pub groups: Option<bool>,
    /// These targets match, in this order.
    #[schemars(with = "Vec<String>")]
    pub matching: Option<Spanned<Vec<Spanned<String>>>>,
    /// How contradictions in Microsoft's pages on expressions are read, by name.
    #[schemars(schema_with = "schema::readings")]
    pub readings: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// Reads a value that is a word on the command line in the same way, so that the mistake has its place.
fn word<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(reader: D) -> Result<Option<T>, D::Error> {
    struct Word<T>(PhantomData<T>);

    impl<T: FromStr<Err: Display>> Visitor<'_> for Word<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    reader.deserialize_str(Word(PhantomData)).map(Some)
}

/// A text is a URL; a table has it under `url`.
fn url_or_table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TargetTable, D::Error> {
    struct Target;
    impl<'de> Visitor<'de> for Target {
        type Value = TargetTable;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a URL, or a table with `url`")
        }

        fn visit_str<E: de::Error>(self, url: &str) -> Result<TargetTable, E> {
            Ok(TargetTable { url: Some(url.to_owned()), ..TargetTable::default() })
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<TargetTable, A::Error> {
            TargetTable::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_any(Target)
}

/// What can be repeated on the command line may be one string or several here.
fn one_or_many<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a list of strings")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Vec<String>, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(items))
        }
    }

    reader.deserialize_any(OneOrMany)
}
