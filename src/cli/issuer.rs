use std::path::PathBuf;

use url::Url;

use super::failure::CommandFailure;
use super::{Exit, console};
use crate::issuer;

/// Write an issuer for workload identity federation: documents to host, and keys to sign with
#[derive(Debug, clap::Args)]
pub(super) struct Issuer {
    /// URL at which the documents will be hosted
    #[arg(long, value_name = "URL")]
    issuer: String,

    /// Folder for the documents and the private keys
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

impl Issuer {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let example =
            "write the URL at which the documents will be hosted, as https://issuer.example.com/entra";
        let url = Url::parse(&self.issuer)
            .map_err(|error| CommandFailure::usage(format!("the issuer is not a URL: {error}"), example))?;
        let more = url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some();
        if !matches!(url.scheme(), "http" | "https") || more {
            let what = "an issuer must be an http or https URL without user, query or fragment \
                        (OpenID Connect Discovery 1.0 §3)";
            return Err(CommandFailure::usage(what, example));
        }
        let written = issuer::Issuer::write(self.issuer.trim(), &self.dir)
            .map_err(|why| CommandFailure::usage(why, "correct this, or name another folder with --dir"))?;
        let (url, dir) = (self.issuer.trim().trim_end_matches('/'), self.dir.display());
        console::say(&format!(
            "host {} at {url}, so that {url}{} can be read\nkeep {} secret\nconfigure the server to trust the \
             issuer {url}, and run scimulate with --issuer-dir {dir}\n",
            written.public.display(),
            issuer::DISCOVERY,
            written.private.display(),
        ))?;
        Ok(Exit::Success)
    }
}
