//! The secrets of an application (Graph: synchronizationSecretKeyStringValuePair), and the target that they lead to.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::Value;

use super::error::TenantError;
use crate::entra::dialect::Dialect;
use crate::entra::job::Policy;
use crate::entra::scope::Scope;
use crate::http::{
    Client, ClientCredentials, Credentials, Flag, Grant, SentIn, Settings, TenantUrl, TokenEndpoint, Trust,
};

/// The names that Graph knows (synchronizationSecret), in its spelling.
const KEYS: &[&str] = &[
    "None",
    "UserName",
    "Password",
    "SecretToken",
    "AppKey",
    "BaseAddress",
    "ClientIdentifier",
    "ClientSecret",
    "SingleSignOnType",
    "Sandbox",
    "Url",
    "Domain",
    "ConsumerKey",
    "ConsumerSecret",
    "TokenKey",
    "TokenExpiration",
    "Oauth2AccessToken",
    "Oauth2AccessTokenCreationTime",
    "Oauth2RefreshToken",
    "SyncAll",
    "InstanceName",
    "Oauth2ClientId",
    "Oauth2ClientSecret",
    "CompanyId",
    "UpdateKeyOnSoftDelete",
    "SynchronizationSchedule",
    "SystemOfRecord",
    "SandboxName",
    "EnforceDomain",
    "SyncNotificationSettings",
    "SkipOutOfScopeDeletions",
    "Oauth2AuthorizationCode",
    "Oauth2RedirectUri",
    "ApplicationTemplateIdentifier",
    "Oauth2TokenExchangeUri",
    "Oauth2AuthorizationUri",
    "AuthenticationType",
    "Server",
    "PerformInboundEntitlementGrants",
    "HardDeletesEnabled",
    "SyncAgentCompatibilityKey",
    "SyncAgentADContainer",
    "ValidateDomain",
    "TestReferences",
    "ConnectionString",
];

/// The keys whose values are shown; all others are never shown again.
const SHOWN: &[&str] = &[
    "BaseAddress",
    "SyncAll",
    "SyncNotificationSettings",
    "SkipOutOfScopeDeletions",
    "AuthenticationType",
    "Oauth2ClientId",
    "Oauth2TokenExchangeUri",
    "Oauth2AuthorizationUri",
    "UserName",
    "Domain",
    "CompanyId",
];

/// What stands for a value that is not shown.
pub const MASK: &str = "**********";

/// All secrets together may have so many bytes (a limit of the service in some clouds).
const MOST_BYTES: usize = 16 << 10;

/// The OAuth method of `AuthenticationType`.
const CLIENT_CREDENTIALS: &str = "OAuth2ClientCredentialsGrant";

/// The secrets and settings of one application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionSecrets {
    values: IndexMap<String, Hidden>,
}

/// A value that is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

impl ConnectionSecrets {
    /// Reads Graph's list. A value that is empty stands for none; one that is masked keeps what `before` has.
    ///
    /// # Errors
    /// When it is no list of keys and values, a key is unknown, or all are too long.
    pub fn read(pairs: &Value, before: &ConnectionSecrets) -> Result<Self, TenantError> {
        let pairs = pairs.as_array().ok_or_else(|| {
            TenantError::invalid("The request body must hold 'value', a list of keys and values.")
        })?;
        let mut values = IndexMap::new();
        for pair in pairs {
            let text = |name: &str| pair.get(name).and_then(Value::as_str);
            let key = text("key").ok_or_else(|| TenantError::invalid("A secret has no 'key'."))?;
            let key = KEYS
                .iter()
                .find(|known| known.eq_ignore_ascii_case(key))
                .ok_or_else(|| TenantError::invalid(format!("'{key}' is not a key of a secret.")))?;
            let value = match pair.get("value") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(_) => {
                    return Err(TenantError::invalid(format!(
                        "The value of the secret '{key}' is not a text."
                    )));
                }
            };
            let value = match before.values.get(*key) {
                Some(known) if value == MASK => known.clone(),
                _ => Hidden(value),
            };
            if value.0.is_empty() {
                values.shift_remove(*key);
            } else {
                values.insert((*key).to_owned(), value);
            }
        }
        if values.iter().map(|(key, value)| key.len() + value.0.len()).sum::<usize>() > MOST_BYTES {
            return Err(TenantError::invalid(
                "The size of input ExternalSecret data is invalid: all secrets together are too long.",
            ));
        }
        Ok(ConnectionSecrets { values })
    }

    /// The address and a token, as the portal's form has them.
    #[must_use]
    pub fn bearer(url: &str, token: &str) -> Self {
        let mut secrets = ConnectionSecrets::default();
        secrets.set("BaseAddress", url);
        secrets.set("SecretToken", token);
        secrets
    }

    /// Sets one, or takes it away when the value is empty.
    pub fn set(&mut self, key: &'static str, value: &str) {
        debug_assert!(KEYS.contains(&key), "{key}");
        if value.is_empty() {
            self.values.shift_remove(key);
        } else {
            self.values.insert(key.to_owned(), Hidden(value.to_owned()));
        }
    }

    /// Address and token of the other secrets, everything else stays.
    pub(super) fn take_address(&mut self, other: ConnectionSecrets) {
        for key in ["BaseAddress", "SecretToken"] {
            match other.values.get(key) {
                Some(value) => drop(self.values.insert(key.to_owned(), value.clone())),
                None => drop(self.values.shift_remove(key)),
            }
        }
    }

    /// Both lead to one server, in whatever dialect.
    pub(super) fn leads_as(&self, other: &ConnectionSecrets) -> bool {
        let base = |secrets: &ConnectionSecrets| {
            let address = secrets.get("BaseAddress").unwrap_or_default().trim();
            address.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()
        };
        base(self) == base(other)
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.0.as_str())
    }

    /// The keys, each with its value or what stands for it.
    pub fn masked(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(key, value)| {
            (key.as_str(), if SHOWN.contains(&key.as_str()) { value.0.as_str() } else { MASK })
        })
    }

    /// A value that may be shown.
    #[must_use]
    pub fn shown(&self, key: &str) -> Option<&str> {
        SHOWN.contains(&key).then(|| self.get(key)).flatten()
    }

    /// Whether there is a value for a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// For the database, whose file is its owner's alone.
    pub(super) fn kept(&self) -> BTreeMap<&str, &str> {
        self.values.iter().map(|(key, value)| (key.as_str(), value.0.as_str())).collect()
    }

    pub(super) fn recalled(kept: &Value) -> Self {
        let values = kept
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), Hidden(value.as_str()?.to_owned()))));
        ConnectionSecrets { values: values.collect() }
    }

    /// What the values say that the service loses or does not use, in words; Microsoft's own guide warns of it.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for key in ["SyncAll", "SyncNotificationSettings"] {
            if !self.values.is_empty() && !self.values.contains_key(key) {
                warnings.push(format!(
                    "The secrets have no `{key}`: the real service is said to lose such a set without a word."
                ));
            }
        }
        if self.has("SecretToken") && self.has("Oauth2ClientSecret") {
            warnings.push(
                "The secrets mix a bearer token with OAuth: the real service is said to lose both.".into(),
            );
        }
        warnings
    }

    /// "Sync all users and groups", or only those that are assigned.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let all = self.get("SyncAll").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if all { Scope::Everyone } else { Scope::Assigned }
    }

    /// The settings beside the connection.
    #[must_use]
    pub fn policy(&self, least_threshold: Option<usize>) -> Policy {
        let is_on =
            |key: &str| self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1");
        let notifications: Value = self
            .get("SyncNotificationSettings")
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let enabled = notifications["DeleteThresholdEnabled"].as_bool().unwrap_or(false);
        let value =
            notifications["DeleteThresholdValue"].as_u64().and_then(|value| usize::try_from(value).ok());
        Policy {
            skip_out_of_scope_deletions: is_on("SkipOutOfScopeDeletions"),
            deletion_threshold: enabled.then(|| value.unwrap_or(500)).or(least_threshold),
            ..Policy::default()
        }
    }

    /// Who is told by mail, if mails are on.
    #[must_use]
    pub fn recipients(&self) -> Option<String> {
        let settings: Value = serde_json::from_str(self.get("SyncNotificationSettings")?).ok()?;
        let enabled = settings["Enabled"].as_bool().unwrap_or(false);
        settings["Recipients"].as_str().filter(|text| enabled && !text.is_empty()).map(str::to_owned)
    }

    /// The Tenant URL.
    ///
    /// # Errors
    /// When there is none, or it is no URL.
    pub fn url(&self) -> Result<TenantUrl, TenantError> {
        let Some(address) = self.get("BaseAddress") else {
            return Err(TenantError::NotConfigured(
                "No Tenant URL is set (the secret 'BaseAddress').".to_owned(),
            ));
        };
        TenantUrl::parse(address).map_err(|problem| TenantError::Credentials(problem.to_string()))
    }

    /// What no client can be made of, each by its key.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if let Err(error) = self.url() {
            problems.push(("BaseAddress", error.to_string()));
        }
        // A token goes into a header.
        if self.get("SecretToken").is_some_and(|token| !token.chars().all(|letter| letter.is_ascii_graphic()))
        {
            let why = "The token has a letter that cannot be sent in a header: give only the token.";
            problems.push(("SecretToken", why.to_owned()));
        }
        if self.get("AuthenticationType") != Some(CLIENT_CREDENTIALS) {
            return problems;
        }
        if let Some(Err(problem)) = self.get("Oauth2TokenExchangeUri").map(TokenEndpoint::parse) {
            problems.push(("Oauth2TokenExchangeUri", problem.to_string()));
        }
        for key in ["Oauth2TokenExchangeUri", "Oauth2ClientId", "Oauth2ClientSecret"] {
            if !self.has(key) {
                problems.push((key, format!("OAuth client credentials need the secret '{key}'.")));
            }
        }
        problems
    }

    /// How cycles speak: the flag of the Tenant URL says it.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.url().ok().and_then(|url| url.flags().last().copied()) {
            Some(Flag::AadOptscim062020 | Flag::AzureAdScimPatch062020) => Dialect::AadOptscim062020,
            _ => Dialect::Default,
        }
    }

    /// A client for the target.
    ///
    /// # Errors
    /// When an address or a credential is missing or cannot be sent.
    pub(super) fn client(&self, trust: &Trust, timeout: Duration) -> Result<Client, TenantError> {
        let wrong = |problem: crate::http::ClientProblem| TenantError::Credentials(problem.to_string());
        let mut settings = Settings::new(self.url()?);
        let oauth = self.get("AuthenticationType") == Some(CLIENT_CREDENTIALS)
            || self.get("SecretToken").is_none() && self.has("Oauth2TokenExchangeUri");
        if oauth {
            let needed = |key: &str| {
                self.get(key).ok_or_else(|| {
                    TenantError::Credentials(format!("OAuth client credentials need the secret '{key}'."))
                })
            };
            settings.credentials =
                Credentials::Grant(Box::new(Grant::ClientCredentials(ClientCredentials {
                    endpoint: TokenEndpoint::parse(needed("Oauth2TokenExchangeUri")?).map_err(wrong)?,
                    client_id: needed("Oauth2ClientId")?.to_owned(),
                    client_secret: SecretString::from(needed("Oauth2ClientSecret")?),
                    scopes: Vec::new(),
                    sent_in: SentIn::default(),
                })));
        } else if let Some(token) = self.get("SecretToken") {
            settings.credentials = Credentials::Bearer(SecretString::from(token));
        }
        (settings.trust, settings.timeout) = (trust.clone(), timeout);
        Client::new(settings).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(pairs: Value, before: &ConnectionSecrets) -> Result<ConnectionSecrets, String> {
        ConnectionSecrets::read(&pairs, before).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_is_never_shown_and_survives_its_mask() {
        let token = json!([{"key": "BaseAddress", "value": "http://localhost/scim"}, {"key": "SecretToken", "value": "s3cr3t"}]);
        let secrets = read(token, &ConnectionSecrets::default()).unwrap();
        assert!(!format!("{secrets:?}").contains("s3cr3t"));
        let shown: Vec<_> = secrets.masked().collect();
        assert_eq!(shown, [("BaseAddress", "http://localhost/scim"), ("SecretToken", MASK)]);
        let again = json!([{"key": "SecretToken", "value": MASK}]);
        assert_eq!(read(again, &secrets).unwrap().get("SecretToken"), Some("s3cr3t"));
        let emptied = json!([{"key": "SecretToken", "value": ""}]);
        assert_eq!(read(emptied, &secrets).unwrap(), ConnectionSecrets::default());
    }

    #[test]
    fn what_is_no_list_of_secrets_is_refused() {
        let none = ConnectionSecrets::default();
        for (wrong, word) in [
            (json!({}), "list"),
            (json!([{"value": "x"}]), "key"),
            (json!([{"key": "Sekret", "value": "x"}]), "Sekret"),
            (json!([{"key": "SecretToken", "value": 7}]), "not a text"),
            (json!([{"key": "SecretToken", "value": "x".repeat(20_000)}]), "too long"),
        ] {
            let refused = read(wrong, &none).unwrap_err();
            assert!(refused.contains(word), "{refused}");
        }
    }

    #[test]
    fn settings_stand_among_the_secrets() {
        let pairs = json!([
            {"key": "BaseAddress", "value": "http://localhost/scim?aadOptscim062020"},
            {"key": "SyncAll", "value": "True"},
            {"key": "SkipOutOfScopeDeletions", "value": "True"},
            {"key": "SyncNotificationSettings",
             "value": "{\"Enabled\":true,\"Recipients\":\"a@b\",\"DeleteThresholdEnabled\":true,\"DeleteThresholdValue\":3}"},
        ]);
        let secrets = read(pairs, &ConnectionSecrets::default()).unwrap();
        assert_eq!((secrets.scope(), secrets.dialect()), (Scope::Everyone, Dialect::AadOptscim062020));
        let policy = secrets.policy(Some(50));
        assert_eq!((policy.deletion_threshold, policy.skip_out_of_scope_deletions), (Some(3), true));
        assert_eq!(secrets.recipients().as_deref(), Some("a@b"));
        assert!(secrets.warnings().is_empty());
        let bare = ConnectionSecrets::bearer("http://localhost/scim", "x");
        assert_eq!((bare.scope(), bare.policy(Some(50)).deletion_threshold), (Scope::Assigned, Some(50)));
        assert_eq!(bare.warnings().len(), 2);
    }
}
