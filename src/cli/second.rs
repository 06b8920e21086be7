//! A second tenant of the same vendor, to prove that tenants are kept apart.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::config::{self, Config};
use super::credentials::{self, SECOND_TOKEN};
use super::failure::CommandFailure;
use super::target::TargetOptions;
use crate::http::{Client, Credentials, Settings, TenantUrl};

/// Where the second tenant is, and its token.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Second tenant")]
pub(super) struct SecondOptions {
    /// SCIM base URL of another tenant at the same vendor, to prove that tenants cannot see each other's users
    #[arg(long, value_name = "URL")]
    second_target: Option<String>,

    /// Read the second tenant's bearer token from a file, or from standard input with `-`
    /// [also: SCIMULATE_SECOND_TOKEN]
    #[arg(long, value_name = "FILE")]
    second_token_file: Option<PathBuf>,
}

impl SecondOptions {
    /// The second tenant's URL, if one is named. There is none without a target.
    pub(super) fn url(
        &self,
        config: &Config,
        target: &TargetOptions,
    ) -> Result<Option<TenantUrl>, CommandFailure> {
        let Some(text) = self.second_target.as_ref().or(config.settings.second_target.as_ref()) else {
            return match &self.second_token_file {
                None => Ok(None),
                Some(_) => Err(CommandFailure::usage(
                    "--second-token-file is given, but no second tenant",
                    "name its SCIM base URL with --second-target",
                )),
            };
        };
        if target.url(config)?.is_none() {
            return Err(CommandFailure::usage(
                "a second tenant is named, but no target",
                "name the first tenant with --target; the embedded server always has two tenants",
            ));
        }
        Ok(Some(TenantUrl::parse(text)?))
    }

    /// What a client for the second tenant is made of, if one is named: trust, time and pace are those of
    /// the target; its headers go along to the same host only.
    pub(super) fn settings(
        &self,
        config: &Config,
        target: &TargetOptions,
        first: &Settings,
    ) -> Result<Option<Settings>, CommandFailure> {
        let Some(url) = self.url(config, target)? else { return Ok(None) };
        target.consent(config, &url, "writes")?;
        if self.second_token_file.as_deref() == Some(Path::new("-")) && target.reads_standard_input() {
            return Err(CommandFailure::usage(
                "two tokens cannot be read from standard input",
                format!("set {SECOND_TOKEN}, or name a file with --second-token-file"),
            ));
        }
        let token = credentials::second_token(self.second_token_file.as_deref(), config)?;
        let token = token.ok_or_else(|| {
            CommandFailure::usage(
                format!("the second tenant {url} has no token"),
                format!("set {SECOND_TOKEN}, or name a file with --second-token-file or in {}", config::FILE),
            )
        })?;
        let one_token = matches!(&first.credentials,
            Credentials::Bearer(other) if other.expose_secret() == token.expose_secret());
        if one_token && url.base() == first.url.base() && url.parameters() == first.url.parameters() {
            return Err(CommandFailure::usage(
                "the second tenant has the URL and the token of the first one",
                "give it its own URL or its own token",
            ));
        }
        let headers = if url.origin() == first.url.origin() { first.headers.clone() } else { Vec::new() };
        Ok(Some(Settings {
            credentials: Credentials::Bearer(token),
            headers,
            trust: first.trust.clone(),
            timeout: first.timeout,
            pace: first.pace,
            secrets: first.secrets.clone(),
            ..Settings::new(url)
        }))
    }

    /// A client for the second tenant, and one that goes to its URL with the first tenant's credentials where
    /// the two have neither URL nor token in common.
    pub(super) fn clients(
        &self,
        config: &Config,
        target: &TargetOptions,
        first: &Settings,
    ) -> Result<Option<(Client, Option<Client>)>, CommandFailure> {
        let Some(settings) = self.settings(config, target, first)? else { return Ok(None) };
        let one_token = match (&first.credentials, &settings.credentials) {
            (Credentials::Bearer(one), Credentials::Bearer(other)) => {
                one.expose_secret() == other.expose_secret()
            }
            (Credentials::None, _) => true,
            _ => false,
        };
        let by_first = if one_token || settings.url.base() == first.url.base() {
            None
        } else {
            Some(Client::new(Settings { credentials: first.credentials.clone(), ..settings.clone() })?)
        };
        Ok(Some((Client::new(settings)?, by_first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(token: &str) -> Settings {
        let mut settings = Settings::new(TenantUrl::parse("http://localhost:1/one").unwrap());
        settings.credentials = Credentials::Bearer(token.into());
        settings
    }

    fn named(text: &str, second: &str) -> (Config, TargetOptions, SecondOptions) {
        let config = Config::parse(text.to_owned()).unwrap();
        let second = SecondOptions { second_target: Some(second.to_owned()), second_token_file: None };
        let mut target = TargetOptions::default();
        target.target = Some("http://localhost:1/one".into());
        (config, target, second)
    }

    #[test]
    fn one_token_opens_no_door_of_the_other_tenant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "two\n").unwrap();
        let text = format!("second-token-file = '{}'", path.display());
        let (config, target, second) = named(&text, "http://localhost:1/two");
        let clients = |token| second.clients(&config, &target, &first(token)).unwrap().unwrap();
        assert!(clients("one").1.is_some());
        assert!(clients("two").1.is_none());
        let (config, target, same) = named(&text, "http://localhost:1/one");
        assert!(same.clients(&config, &target, &first("one")).unwrap().unwrap().1.is_none());
        let refused = same.clients(&config, &target, &first("two")).unwrap_err().render(false);
        assert!(refused.contains("URL and the token of the first one"), "{refused}");
    }

    #[test]
    fn headers_stay_with_their_host() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "two\n").unwrap();
        let text = format!("yes = true\nsecond-token-file = '{}'", path.display());
        let mut one = first("one");
        one.headers.push(("X-Api-Key".to_owned(), "secret".into()));
        for (url, headers) in [("http://localhost:1/two", 1), ("https://scim.example.com/two", 0)] {
            let (config, target, second) = named(&text, url);
            let settings = second.settings(&config, &target, &one).unwrap().unwrap();
            assert_eq!(settings.headers.len(), headers, "{url}");
        }
    }

    #[test]
    fn a_second_tenant_needs_a_first_one_and_consent() {
        let (config, mut target, second) = named("", "https://scim.example.com/two");
        let refused = second.settings(&config, &target, &first("one")).unwrap_err().render(false);
        assert!(refused.contains("--yes"), "{refused}");
        target.target = None;
        assert!(second.url(&config, &target).is_err());
        let alone = SecondOptions { second_target: None, second_token_file: Some("x".into()) };
        assert!(alone.url(&config, &target).is_err());
    }
}
