//! Who calls: a bearer token, or what a token is asked for with.

mod given;
mod issuer;
mod secret;

use std::path::PathBuf;

use secrecy::SecretString;

pub(super) use self::secret::{SECOND_TOKEN, VARIABLES, as_secret, bearer, second_token};

use self::given::Given;
use self::issuer::IssuerOptions;
use self::secret::{CLIENT_SECRET, TOKEN, from_environment, secret_from};
use super::config::{self, Config};
use super::console;
use super::failure::CommandFailure;
use crate::http::{ClientCredentials, Credentials, Grant, SentIn, TenantUrl, TokenEndpoint};

/// How the target is told who calls.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Credentials")]
pub(super) struct CredentialOptions {
    /// Read the bearer token from a file, or from standard input with `-` [also: SCIMULATE_TOKEN]
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub(super) token_file: Option<PathBuf>,

    /// The bearer token; prefer SCIMULATE_TOKEN, since other users can see the command line
    #[arg(long, value_name = "TOKEN", value_parser = as_secret)]
    pub(super) token: Option<SecretString>,

    /// Read an expired token from this file; the target must reject it
    #[arg(long, value_name = "FILE")]
    expired_token_file: Option<PathBuf>,

    /// Read a token for another audience from this file; the target must reject it
    #[arg(long, value_name = "FILE")]
    foreign_token_file: Option<PathBuf>,

    /// Request tokens from this OAuth 2.0 token endpoint with client credentials
    #[arg(long, value_name = "URL")]
    pub(super) token_endpoint: Option<String>,

    /// Client id for the token endpoint
    #[arg(long, value_name = "ID")]
    pub(super) client_id: Option<String>,

    /// Read the client secret from a file, or from standard input with `-` [also: SCIMULATE_CLIENT_SECRET]
    #[arg(long, value_name = "FILE")]
    pub(super) client_secret_file: Option<PathBuf>,

    /// Scope to request (repeatable, or several separated by spaces)
    #[arg(long, value_name = "SCOPE")]
    pub(super) oauth_scope: Vec<String>,

    /// How client id and secret are sent: header, body or both [default: header]
    #[arg(long, value_name = "HOW")]
    pub(super) credentials_in: Option<SentIn>,

    #[command(flatten)]
    issuer: IssuerOptions,
}

impl CredentialOptions {
    /// What the command line, the environment and the file say, in this order: who calls, and further ways
    /// to get a token.
    pub(super) fn resolve(
        &self,
        config: &Config,
        target: &TenantUrl,
    ) -> Result<(Credentials, Vec<Grant>), CommandFailure> {
        if self.token.is_some() {
            console::remark(
                "warning: every user of this machine can see the value of --token; use SCIMULATE_TOKEN or --token-file",
            );
        }
        let token = self.token(config)?;
        let federation =
            self.issuer.federation(config, target, self.endpoint(config), self.scopes(config))?;
        let grants: Vec<Given<Grant>> = self.client(config)?.into_iter().chain(federation).collect();
        let issued = self.issuer.issued(config, target)?;
        let places = [
            token.as_ref().map(|given| format!("a bearer token ({})", given.place)),
            grants.first().map(|given| format!("a token endpoint ({})", given.place)),
            issued.as_ref().map(|given| format!("Entra-issued tokens ({})", given.place)),
        ];
        if let [one, other, ..] = &places.into_iter().flatten().collect::<Vec<_>>()[..] {
            return Err(CommandFailure::usage(
                format!("both {one} and {other} are given"),
                "remove one of them: Entra uses a secret token, requests tokens, or issues them itself",
            ));
        }
        let mut grants = grants.into_iter().map(|given| given.value);
        let credentials = match (token, grants.next(), issued) {
            (Some(token), ..) => Credentials::Bearer(token.value),
            (None, Some(grant), _) => Credentials::Grant(Box::new(grant)),
            (None, None, Some(issued)) => Credentials::Issued(Box::new(issued.value)),
            (None, None, None) => Credentials::None,
        };
        Ok((credentials, grants.collect()))
    }

    /// Tokens that the target must refuse: one that has expired, one for another audience.
    pub(super) fn refused(
        &self,
        config: &Config,
    ) -> Result<(Option<SecretString>, Option<SecretString>), CommandFailure> {
        let read = |line: &Option<PathBuf>, file: &Option<PathBuf>, option: &str| {
            let path = line.as_ref().or(file.as_ref());
            path.map(|path| secret_from(path, "the token", option)).transpose()
        };
        let Config { settings, .. } = config;
        Ok((
            read(&self.expired_token_file, &settings.expired_token_file, "--expired-token-file")?,
            read(&self.foreign_token_file, &settings.foreign_token_file, "--foreign-token-file")?,
        ))
    }

    /// Command line before environment before file.
    fn token(&self, config: &Config) -> Result<Option<Given<SecretString>>, CommandFailure> {
        if let Some(token) = &self.token {
            return Ok(Some(Given::at(token.clone(), "--token")));
        }
        let reads = "the token";
        if let Some(path) = &self.token_file {
            return secret_from(path, reads, TOKEN).map(|token| Some(Given::at(token, "--token-file")));
        }
        if let Some(token) = from_environment(TOKEN, "the bare bearer token")? {
            return Ok(Some(Given::at(token, TOKEN)));
        }
        let Some(path) = &config.settings.token_file else { return Ok(None) };
        let token = secret_from(path, reads, TOKEN)?;
        Ok(Some(Given::at(token, format!("token-file in {}", config::FILE))))
    }

    fn endpoint(&self, config: &Config) -> Option<Given<String>> {
        Given::first(&self.token_endpoint, &config.settings.token_endpoint, "token-endpoint")
    }

    fn scopes(&self, config: &Config) -> Vec<String> {
        let given =
            if self.oauth_scope.is_empty() { &config.settings.oauth_scope } else { &self.oauth_scope };
        given.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
    }

    /// What client credentials need, whole or not at all.
    fn client(&self, config: &Config) -> Result<Option<Given<Grant>>, CommandFailure> {
        let settings = &config.settings;
        let endpoint = self.endpoint(config);
        let id = Given::first(&self.client_id, &settings.client_id, "client-id");
        let scopes = self.scopes(config);
        let sent_in = self.credentials_in.or(settings.credentials_in);
        let secret_file =
            Given::first(&self.client_secret_file, &settings.client_secret_file, "client-secret-file");
        if self.issuer.is_federated(config) && id.is_none() && secret_file.is_none() {
            return Ok(None);
        }
        // A secret in the environment alone asks for nothing: other commands may want it.
        let places = [
            endpoint.as_ref().map(|given| given.place.clone()),
            id.as_ref().map(|given| given.place.clone()),
            secret_file.as_ref().map(|given| given.place.clone()),
            (!scopes.is_empty()).then(|| "oauth-scope".to_owned()),
            sent_in.map(|_| "credentials-in".to_owned()),
        ];
        let Some(first) = places.into_iter().flatten().next() else { return Ok(None) };
        let missing = |what: &str, next: &str| {
            CommandFailure::usage(
                format!("{first} is given, but {what} is missing for client credentials"),
                next,
            )
        };
        let endpoint =
            endpoint.ok_or_else(|| missing("the token endpoint", "name it with --token-endpoint URL"))?;
        let id = id.ok_or_else(|| missing("the client id", "name it with --client-id ID"))?;
        let in_environment = match &self.client_secret_file {
            Some(_) => None,
            None => from_environment(CLIENT_SECRET, "the client secret")?,
        };
        let secret = match (in_environment, secret_file) {
            (Some(secret), _) => secret,
            (None, Some(path)) => secret_from(&path.value, "the client secret", CLIENT_SECRET)?,
            (None, None) => {
                let next = "set SCIMULATE_CLIENT_SECRET, or name a file with --client-secret-file";
                return Err(missing("the client secret", next));
            }
        };
        let credentials = ClientCredentials {
            endpoint: TokenEndpoint::parse(&endpoint.value)?,
            client_id: id.value,
            client_secret: secret,
            scopes,
            sent_in: sent_in.unwrap_or_default(),
        };
        Ok(Some(Given::at(Grant::ClientCredentials(credentials), endpoint.place)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret as _;
    use uuid::Uuid;

    use super::*;

    fn here() -> TenantUrl {
        TenantUrl::parse("http://localhost/scim").unwrap()
    }

    #[test]
    fn a_token_is_read_from_a_file_without_its_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "abc\n").unwrap();
        let config = Config::parse(format!("token-file = '{}'", path.display())).unwrap();
        let options = CredentialOptions { token_file: Some(path.clone()), ..CredentialOptions::default() };
        assert_eq!(options.token(&config).unwrap().unwrap().value.expose_secret(), "abc");
        std::fs::write(&path, " \n").unwrap();
        let of = |path: &Path| secret_from(path, "the token", TOKEN).unwrap_err().render(false);
        assert!(of(&path).contains("contains no token"));
        assert!(of(&folder.path().join("none")).contains("cannot read the token"));
    }

    #[test]
    fn half_filled_settings_name_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "hunter2\n").unwrap();
        let endpoint = "token-endpoint = 'http://localhost/oauth2/token'\n";
        let id = "client-id = 'me'\n";
        let secret = format!("client-secret-file = '{}'\n", secret.display());
        let of = |text: String| CredentialOptions::default().resolve(&Config::parse(text).unwrap(), &here());
        for (text, missing, next) in [
            (endpoint.to_owned(), "the client id is missing", "--client-id"),
            (format!("{endpoint}{id}"), "the client secret is missing", "SCIMULATE_CLIENT_SECRET"),
            (format!("{id}{secret}"), "the token endpoint is missing", "--token-endpoint"),
            (
                "oauth-scope = 'scim'\n".to_owned(),
                "oauth-scope is given, but the token endpoint",
                "--token-endpoint",
            ),
        ] {
            let message = of(text).unwrap_err().render(false);
            assert!(message.contains(missing) && message.contains(next), "{message}");
        }
        let whole = format!("{endpoint}{id}{secret}oauth-scope = ['a b', 'c']\ncredentials-in = 'body'\n");
        let Credentials::Grant(grant) = of(whole).unwrap().0 else { panic!("no grant") };
        let Grant::ClientCredentials(client) = *grant else { panic!("another grant") };
        assert_eq!(client.scopes, ["a", "b", "c"]);
        assert_eq!(client.sent_in, SentIn::Body);
        assert_eq!(client.client_secret.expose_secret(), "hunter2");
    }

    #[test]
    fn a_token_beside_a_token_endpoint_is_refused_with_both_places() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "hunter2\n").unwrap();
        let file = file.display();
        let text = format!(
            "token-endpoint = 'http://localhost/t'\nclient-id = 'me'\nclient-secret-file = '{file}'\ntoken-file = '{file}'\n"
        );
        let wrong = CredentialOptions::default().resolve(&Config::parse(text).unwrap(), &here()).unwrap_err();
        let message = wrong.render(false);
        assert!(message.contains("token-file in") && message.contains("token-endpoint in"), "{message}");
    }

    #[test]
    fn federation_stands_alone_or_beside_client_credentials_and_is_never_half_filled() {
        let endpoint = "token-endpoint = 'http://localhost/t'\n";
        let federation =
            "federation-client-id = 'app'\nissuer-tenant = '00000000-0000-0000-0000-000000000007'\n";
        let of = |text: &str, target: &TenantUrl| {
            CredentialOptions::default().resolve(&Config::parse(text.to_owned()).unwrap(), target)
        };
        let (credentials, more) = of(&format!("{endpoint}{federation}"), &here()).unwrap();
        assert!(more.is_empty());
        let Credentials::Grant(grant) = credentials else { panic!("no grant") };
        let Grant::Federation(client) = *grant else { panic!("another grant") };
        assert_eq!(client.subject.audience, "api://app");
        assert_eq!(client.subject.tenant, Uuid::from_u128(7));
        assert!(client.issuer.url().starts_with("http://127.0.0.1:"));

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "hunter2\n").unwrap();
        let client = format!("client-id = 'me'\nclient-secret-file = '{}'\n", file.display());
        let (_, more) = of(&format!("{endpoint}{client}{federation}"), &here()).unwrap();
        assert!(matches!(more[..], [Grant::Federation(_)]));

        let elsewhere = TenantUrl::parse("https://scim.example.com").unwrap();
        for (text, target, what, next) in [
            (federation.to_owned(), here(), "the token endpoint is missing", "--token-endpoint"),
            ("issuer-port = 1\n".to_owned(), here(), "client id for federation", "--federation-client-id"),
            (format!("{endpoint}{federation}"), elsewhere, "cannot read the keys", "scimulate issuer"),
            (
                format!("{endpoint}{federation}issuer-dir = '/nowhere'\n"),
                here(),
                "cannot read",
                "scimulate issuer",
            ),
        ] {
            let message = of(&text, &target).unwrap_err().render(false);
            assert!(message.contains(what) && message.contains(next), "{message}");
        }
    }
}
