use std::collections::BTreeSet;
use std::io::ErrorKind;

use clap::builder::PossibleValuesParser;

use super::failure::Failure;
use super::{Exit, console, interrupt, runtime};
use crate::server::{Fault, Settings, Variant, start};

/// Serve the embedded SCIM server until it is killed; prints `READY <base-url> <token>`
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Bearer token that every request must carry [default: a random one]
    #[arg(long, value_name = "TOKEN", value_parser = token)]
    token: Option<String>,

    /// Differ from the default behaviour in a right way; can be repeated
    #[arg(long, value_name = "NAME", value_parser = variants(), hide_possible_values = true)]
    variant: Vec<Variant>,

    /// Be wrong in this way; can be repeated
    #[arg(long, value_name = "NAME", value_parser = faults(), hide_possible_values = true)]
    fault: Vec<Fault>,
}

fn token(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("a token is not empty and holds neither spaces nor letters beyond ASCII".to_owned())
    }
}

fn variants() -> impl clap::builder::TypedValueParser<Value = Variant> {
    use clap::builder::TypedValueParser as _;
    let names = Variant::ALL
        .iter()
        .map(|variant| clap::builder::PossibleValue::new(variant.name()).help(variant.about()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Variant>())
}

fn faults() -> impl clap::builder::TypedValueParser<Value = Fault> {
    use clap::builder::TypedValueParser as _;
    let names =
        Fault::ALL.iter().map(|fault| clap::builder::PossibleValue::new(fault.name()).help(fault.about()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Fault>())
}

impl Serve {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let mut settings = Settings {
            variants: self.variant.into_iter().collect::<BTreeSet<_>>(),
            faults: self.fault.into_iter().collect::<BTreeSet<_>>(),
            ..Settings::default()
        };
        if let Some(token) = self.token {
            settings.token = token;
        }
        runtime()?.block_on(async {
            let running = start(settings, self.port).await.map_err(|error| {
                let port = self.port.unwrap_or(0);
                let why = match error.kind() {
                    ErrorKind::AddrInUse => "another program listens there".to_owned(),
                    _ => error.to_string(),
                };
                Failure::usage(
                    format!("cannot listen on 127.0.0.1:{port}: {why}"),
                    "choose another --port, or leave it out to get a free one",
                )
            })?;
            console::say(&format!("READY {} {}\n", running.base_url, running.token))?;
            interrupt::signal()
                .await
                .map_err(|error| Failure::internal(format!("cannot wait for the end: {error}")))?;
            Ok(Exit::Success)
        })
    }
}
