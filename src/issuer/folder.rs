//! An issuer whose documents somebody hosts, and whose private keys stay in a folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{DISCOVERY, Issuer, KEYS, SigningKey};
use crate::input;

/// The file with the private keys, below the folder.
const PRIVATE: &str = "private-keys.json";

/// The folder with what is to be hosted, below the folder.
const PUBLIC: &str = "public";

/// Where an issuer was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenIssuer {
    /// What is to be hosted at the issuer's URL.
    pub public: PathBuf,
    /// The private keys, which only the owner may read.
    pub private: PathBuf,
}

impl Issuer {
    /// Reads an issuer from the folder it was written to.
    ///
    /// # Errors
    /// One sentence: the folder holds no issuer, or one that cannot be read.
    pub fn open(folder: &Path) -> Result<Arc<Self>, String> {
        let path = folder.join(PRIVATE);
        let shown = path.display();
        let text =
            input::text(&path, input::WRITTEN).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let wrong = |why: &str| format!("{shown} holds no issuer: {why}");
        let document: Value = serde_json::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        let url =
            document.get("issuer").and_then(Value::as_str).ok_or_else(|| wrong("it names no issuer"))?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or_else(|| wrong("it has no keys"))?;
        let key = |key: &Value| {
            let der = key.as_str().and_then(|text| STANDARD.decode(text).ok());
            SigningKey::read(&der.ok_or_else(|| wrong("a key is not base64"))?).map_err(|why| wrong(&why))
        };
        let kept = keys.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        if kept.len() != 2 {
            return Err(wrong("it has not two keys"));
        }
        Ok(Arc::new(Issuer { url: url.to_owned(), kept, renewed: AtomicBool::new(false) }))
    }

    /// Writes an issuer for a URL with two new keys: discovery document and public keys to be hosted, and
    /// the private keys, which only the owner may read.
    ///
    /// # Errors
    /// One sentence when something cannot be written, or when there are private keys already.
    pub fn write(url: &str, folder: &Path) -> Result<WrittenIssuer, String> {
        let kept = vec![SigningKey::generate()?, SigningKey::generate()?];
        let url = url.trim_end_matches('/').to_owned();
        let issuer = Issuer { url, kept, renewed: AtomicBool::new(false) };
        let (public, private) = (folder.join(PUBLIC), folder.join(PRIVATE));
        let unwritten = |path: &Path, error: &io::Error| format!("cannot write {}: {error}", path.display());
        fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
        let keys: Vec<String> = issuer.kept.iter().map(|key| STANDARD.encode(key.private())).collect();
        let text = format!("{}\n", json!({ "issuer": issuer.url, "keys": keys }));
        owned(&private, text.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!("{} exists already, and who trusts its keys must go on doing so", private.display())
            }
            _ => unwritten(&private, &error),
        })?;
        for (place, document) in [(DISCOVERY, issuer.discovery()), (KEYS, issuer.keys()?)] {
            let path = public.join(place.trim_start_matches('/'));
            let below = path.parent().unwrap_or(&public);
            fs::create_dir_all(below).map_err(|error| unwritten(below, &error))?;
            fs::write(&path, format!("{document:#}\n")).map_err(|error| unwritten(&path, &error))?;
        }
        Ok(WrittenIssuer { public, private })
    }
}

/// Writes a new file that only its owner may read.
fn owned(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}
