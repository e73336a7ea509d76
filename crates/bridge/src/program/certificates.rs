//! The certificates of `[tls]`, looked at before a link needs them: Zenoh's own errors come from each attempt to connect.
//!
//! Invariant: what is refused here is refused by every other host, too. A certificate that is not valid at this time is
//! only warned of: it may be the clock that is wrong.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use settings::{BridgeSettings, TlsProblem, TlsSettings};
use xxhash_rust::xxh64::xxh64;

type Chain = Vec<CertificateDer<'static>>;

/// What `ca`, `cert` and `key` held when they were last looked at: hashes, since a key is to be in as few places as possible.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents(Option<[u64; 3]>);

impl Contents {
    /// Those of the files of these settings, if they have a `[tls]`.
    pub(super) fn of(settings: &BridgeSettings) -> Self {
        // A file that cannot be read is refused by the check, and is another one when it can be.
        let hash = |path: &PathBuf| std::fs::read(path).map_or(0, |bytes| xxh64(&bytes, 0));
        Self(settings.tls.as_ref().map(|tls| [&tls.ca, &tls.cert, &tls.key].map(hash)))
    }
}

/// An error of the first of `ca`, `cert` and `key` that no link can be encrypted with.
pub(super) fn check(tls: &TlsSettings) -> Result<(), TlsProblem> {
    let authorities = certificates("ca", &tls.ca)?;
    let chain = certificates("cert", &tls.cert)?;
    check_key(tls, &chain)?;
    let verifier = verifier(authorities).map_err(|error| {
        let step = "give the PEM file of the authority";
        problem("ca", format!("{}: {error}; {step}", tls.ca.display()))
    })?;
    match verified(&*verifier, &chain) {
        Ok(()) => Ok(()),
        Err(Error::InvalidCertificate(error)) if is_about_time(&error) => {
            tracing::warn!("{}: {error}; renew it, or set the clock", tls.cert.display());
            Ok(())
        }
        Err(Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => {
            let (cert, ca) = (tls.cert.display(), tls.ca.display());
            Err(problem(
                "cert",
                format!("{cert} is not signed by {ca}; have that authority sign it"),
            ))
        }
        Err(error) => {
            let why =
                format!("{}: {error}; have the authority sign another one", tls.cert.display());
            Err(problem("cert", why))
        }
    }
}

fn problem(key: &'static str, why: String) -> TlsProblem {
    TlsProblem { key, why }
}

fn bytes(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsProblem> {
    std::fs::read(path).map_err(|error| {
        let step = "give the path of a PEM file that this user may read";
        problem(key, format!("{} cannot be read: {error}; {step}", path.display()))
    })
}

/// The certificates in a PEM file, one at least.
fn certificates(key: &'static str, path: &Path) -> Result<Chain, TlsProblem> {
    let pem = bytes(key, path)?;
    let found: Result<Chain, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
        problem(key, format!("{} holds no certificate; give a PEM file with one", path.display()))
    })
}

fn check_key(tls: &TlsSettings, chain: &Chain) -> Result<(), TlsProblem> {
    let (path, cert) = (tls.key.display(), tls.cert.display());
    let key = PrivateKeyDer::from_pem_slice(&bytes("key", &tls.key)?).map_err(|_| {
        problem("key", format!("{path} holds no private key; give a PEM file with one"))
    })?;
    match CertifiedKey::from_der(chain.clone(), key, &default_provider()) {
        Ok(_) => Ok(()),
        Err(Error::InconsistentKeys(_)) => {
            Err(problem("key", format!("{path} is not the key of {cert}; give the one that is")))
        }
        Err(error) => {
            Err(problem("key", format!("{path}: {error}; give a key of ECDSA, Ed25519 or RSA")))
        }
    }
}

/// What every other host checks certificates with.
fn verifier(authorities: Chain) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let mut store = RootCertStore::empty();
    for authority in authorities {
        store.add(authority)?;
    }
    let provider = Arc::new(default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider).build();
    verifier.map_err(|error| Error::General(error.to_string()))
}

/// Checks the certificate as every other host will.
fn verified(verifier: &dyn ClientCertVerifier, chain: &Chain) -> Result<(), Error> {
    let Some((own, between)) = chain.split_first() else { return Ok(()) };
    verifier.verify_client_cert(own, between, UnixTime::now()).map(drop)
}

fn is_about_time(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}
