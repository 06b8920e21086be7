use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::config::{self, Config};
use super::credentials::{CredentialOptions, as_secret};
use super::failure::CommandFailure;
use crate::http::{Client, Settings, TenantUrl, Trust};
use crate::report::quoted;
use crate::run::target::retry::WaitLimit;
use crate::suite::Permission;

/// Where the target is and how it is reached.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetOptions {
    /// SCIM base URL, as you would enter it as Tenant URL in Entra
    #[arg(long, alias = "url", value_name = "URL")]
    pub(super) target: Option<String>,

    /// Send this header with every request (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = as_secret)]
    header: Vec<SecretString>,

    /// Trust only the certificates in this PEM file
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Seconds to wait for an answer; Entra gives up after 60 [default: 60]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,

    /// Longest Retry-After to wait for, in seconds, when the target returns 429 or 503 [default: 300]
    #[arg(long, value_name = "SECONDS")]
    max_wait: Option<u64>,

    /// Milliseconds between the starts of two requests [default: 0]
    #[arg(long, value_name = "MS")]
    pace: Option<u64>,

    /// Write to a target that is not on this machine
    #[arg(long)]
    yes: bool,

    /// Treat the target as one on this machine: no --yes, several jobs
    #[arg(long)]
    disposable: bool,

    #[command(flatten)]
    credentials: CredentialOptions,
}

impl TargetOptions {
    /// The options that lead to the same target again; a token is never among them.
    pub(super) fn again(&self) -> String {
        // Without what stands in it that may be a secret.
        let url = self.target.as_deref().and_then(|target| TenantUrl::parse(target).ok());
        let Some(url) = url else { return String::new() };
        let mut text = format!(" --target {}", quoted(url.base()));
        if let Some(file) = &self.credentials.token_file {
            text.push_str(&format!(" --token-file {}", quoted(&file.display().to_string())));
        }
        for (given, option) in [(self.yes, " --yes"), (self.disposable, " --disposable")] {
            text.push_str(if given { option } else { "" });
        }
        text
    }

    /// The target's URL: command line before file.
    pub(super) fn url(&self, config: &Config) -> Result<Option<TenantUrl>, CommandFailure> {
        let given = self.target.as_ref().or(config.settings.target.url.as_ref());
        Ok(given.map(|text| TenantUrl::parse(text)).transpose()?)
    }

    /// The target's URL as it was written, with its flags.
    #[cfg(feature = "tenant")]
    pub(super) fn written<'a>(&'a self, config: &'a Config) -> Option<&'a str> {
        self.target.as_deref().or(config.settings.target.url.as_deref())
    }

    /// The same for a command that can do nothing without one.
    pub(super) fn needed_url(&self, config: &Config) -> Result<TenantUrl, CommandFailure> {
        self.url(config)?.ok_or_else(|| {
            CommandFailure::usage(
                "no target is named",
                format!("name the SCIM base URL with --target, or with `target` in {}", config::FILE),
            )
        })
    }

    /// Whose certificates are believed.
    pub(super) fn trust(&self, config: &Config) -> Trust {
        let file = self.cacert.as_ref().or(config.settings.cacert.as_ref());
        file.map_or(Trust::System, |path| Trust::File(path.clone()))
    }

    /// Limit for one exchange.
    pub(super) fn timeout(&self, config: &Config) -> Result<Duration, CommandFailure> {
        match self.timeout.or(config.settings.timeout).unwrap_or(60) {
            0 => Err(CommandFailure::usage(
                "with --timeout 0 no request can succeed",
                "write --timeout 1 or more",
            )),
            seconds => Ok(Duration::from_secs(seconds)),
        }
    }

    /// How long a target is waited for that answers 429, or 503 with Retry-After.
    pub(super) fn wait_limit(&self, config: &Config) -> WaitLimit {
        let seconds = self.max_wait.or(config.settings.max_wait).unwrap_or(300);
        WaitLimit::at_most(Duration::from_secs(seconds))
    }

    /// Refuses to write to a target that is not on this machine without having been told so.
    pub(super) fn consent(&self, config: &Config, url: &TenantUrl, does: &str) -> Result<(), CommandFailure> {
        if self.permission(config, url).may_write(url) {
            return Ok(());
        }
        Err(CommandFailure::usage(
            format!("{url} is not on this machine, and this command {does} at it"),
            format!("add --yes, or `yes = true` in {}", config::FILE),
        ))
    }

    /// True when nothing at this URL is worth keeping: it is on this machine, or the user says so.
    pub(super) fn is_disposable(&self, config: &Config, url: &TenantUrl) -> bool {
        self.permission(config, url).is_disposable(url)
    }

    /// What the user says of this URL. What the file says holds for the URL in the file if there is one.
    fn permission(&self, config: &Config, url: &TenantUrl) -> Permission {
        let same_origin =
            |text: &String| TenantUrl::parse(text).is_ok_and(|other| other.origin() == url.origin());
        let (line, file) = (self.target.as_ref(), config.settings.target.url.as_ref());
        let by_option = self.disposable && line.or(file).is_some_and(same_origin);
        let by_file = config.settings.target.disposable && file.or(line).is_some_and(same_origin);
        Permission { disposable: by_option || by_file, agreed: self.yes || config.settings.yes }
    }

    /// Least time between the starts of two requests.
    pub(super) fn pace(&self, config: &Config) -> Duration {
        Duration::from_millis(self.pace.or(config.settings.pace).unwrap_or(0))
    }

    /// A client for the target.
    pub(super) fn client(&self, config: &Config, url: TenantUrl) -> Result<Client, CommandFailure> {
        Ok(Client::new(self.settings(config, url)?)?)
    }

    /// What a client for the target is made of.
    pub(super) fn settings(&self, config: &Config, url: TenantUrl) -> Result<Settings, CommandFailure> {
        let mut settings = Settings::new(url);
        (settings.expired, settings.foreign) = self.credentials.refused(config)?;
        (settings.credentials, settings.grants) = self.credentials.resolve(config, &settings.url)?;
        let from_file = config.settings.header.iter().map(|text| SecretString::from(text.as_str()));
        for header in if self.header.is_empty() { from_file.collect() } else { self.header.clone() } {
            settings.headers.push(name_and_value(&header)?);
        }
        settings.trust = self.trust(config);
        settings.timeout = self.timeout(config)?;
        settings.pace = self.pace(config);
        Ok(settings)
    }

    /// True when the target's token is read from standard input.
    pub(super) fn reads_standard_input(&self) -> bool {
        self.credentials.token_file.as_deref().is_some_and(|path| path == Path::new("-"))
    }
}

fn name_and_value(header: &SecretString) -> Result<(String, SecretString), CommandFailure> {
    use secrecy::ExposeSecret as _;
    match header.expose_secret().split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), SecretString::from(value.trim())))
        }
        // The text may be a secret that stands at the wrong place.
        _ => Err(CommandFailure::usage(
            "a header needs `=` between its name and its value",
            "write --header NAME=VALUE, as --header X-Api-Key=abc",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn a_header_is_split_at_its_first_equals_sign_and_never_shown_when_wrong() {
        let (name, value) = name_and_value(&"X-Api-Key=a=b==".into()).unwrap();
        assert_eq!((name.as_str(), value.expose_secret()), ("X-Api-Key", "a=b=="));
        let wrong = name_and_value(&"hunter2".into()).unwrap_err();
        assert!(!wrong.render(false).contains("hunter2"));
    }

    #[test]
    fn the_command_line_comes_before_the_file() {
        let config =
            Config::parse("target = 'http://localhost:1/file'\ntimeout = 7\nmax-wait = 8\n".into()).unwrap();
        let mut options = TargetOptions::default();
        assert_eq!(options.url(&config).unwrap().unwrap().base(), "http://localhost:1/file");
        assert_eq!(options.timeout(&config).unwrap(), Duration::from_secs(7));
        assert_eq!(options.wait_limit(&config).longest(), Duration::from_secs(8));
        assert_eq!(options.wait_limit(&Config::default()).longest(), Duration::from_secs(300));
        options.target = Some("http://localhost:1/line".into());
        options.timeout = Some(8);
        assert_eq!(options.url(&config).unwrap().unwrap().base(), "http://localhost:1/line");
        assert_eq!(options.timeout(&config).unwrap(), Duration::from_secs(8));
        options.timeout = Some(0);
        assert!(options.timeout(&config).is_err());
    }

    #[test]
    fn a_target_elsewhere_needs_consent() {
        let options = TargetOptions::default();
        let elsewhere = TenantUrl::parse("https://api.example.com/scim").unwrap();
        let here = TenantUrl::parse("http://localhost/scim").unwrap();
        assert!(options.consent(&Config::default(), &here, "writes").is_ok());
        let refused = options.consent(&Config::default(), &elsewhere, "writes").unwrap_err();
        assert!(refused.render(false).contains("--yes"));
        let yes = Config::parse("yes = true".into()).unwrap();
        assert!(options.consent(&yes, &elsewhere, "writes").is_ok());
    }

    #[test]
    fn what_is_disposable_needs_no_consent_and_nothing_else_becomes_so() {
        let url = |text: &str| TenantUrl::parse(text).unwrap();
        let (container, other) = (url("http://scim:8080/scim"), url("https://scim.example.com/scim"));
        let named =
            Config::parse("[target]\nurl = 'http://scim:8080/v2'\ndisposable = true\n".into()).unwrap();
        let unnamed = Config::parse("[target]\ndisposable = true\n".into()).unwrap();
        let on_line = |target: &str, disposable| TargetOptions {
            target: Some(target.to_owned()),
            disposable,
            ..TargetOptions::default()
        };
        let here = on_line("http://scim:8080/scim", false);
        assert!(here.is_disposable(&named, &container) && here.is_disposable(&unnamed, &container));
        assert!(here.consent(&named, &container, "writes").is_ok());
        assert!(!here.is_disposable(&Config::default(), &container));
        let elsewhere = on_line("https://scim.example.com/scim", false);
        assert!(!elsewhere.is_disposable(&named, &other));
        assert!(elsewhere.consent(&named, &other, "writes").is_err());
        // A second tenant at another origin is not what the setting is about.
        assert!(!here.is_disposable(&unnamed, &other));
        let option = on_line("http://scim:8080/scim", true);
        assert!(option.is_disposable(&Config::default(), &container));
        assert!(!option.is_disposable(&Config::default(), &other));
    }
}
