//! TLS handshakes. Those that are made to look keep the certificates and judge them, and the connection is closed: nothing is sent on it.

use super::http;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Shown, Stream, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Judges as the system does, keeps what it saw and lets the handshake go on either way.
#[derive(Debug)]
struct Witness {
    judge: Verifier,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<Vec<u8>>,
    refused: Option<Error>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let refused = self.judge.verify_server_cert(leaf, others, name, ocsp, now).err();
        let chain = std::iter::once(leaf).chain(others).map(|certificate| certificate.to_vec()).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { chain, refused };
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// Shakes hands on an open connection.
pub async fn shake(stream: impl Stream, name: &str, tls: Tls) -> Result<Shown, Trouble> {
    let (shaken, seen) = connect(stream, name, &tls).await?;
    if let Err(error) = shaken {
        let cause = cause(&error);
        // Who wants to know who we are has shown its own certificate before.
        if seen.chain.is_empty() || !matches!(cause, Some(Error::AlertReceived(_))) {
            return Err(failed(cause, &error, name));
        }
    }
    let distrust = seen.refused.map(|error| http::handshake(&error, name));
    Ok(Shown { chain: seen.chain, distrust })
}

/// Goes on encrypted, unless the certificate isn't trusted. Until that is known nothing is said.
pub async fn secure(stream: Box<dyn Stream>, name: &str, tls: &Tls) -> Result<Box<dyn Stream>, Trouble> {
    let (shaken, seen) = connect(stream, name, tls).await?;
    let stream = shaken.map_err(|error| failed(cause(&error), &error, name))?;
    match seen.refused {
        Some(error) if !tls.insecure => Err(Trouble::new(Reason::Tls, http::handshake(&error, name))),
        _ => Ok(Box::new(stream)),
    }
}

async fn connect<S: Stream>(stream: S, name: &str, tls: &Tls) -> Result<(std::io::Result<TlsStream<S>>, Seen), Trouble> {
    let server = ServerName::try_from(name.to_owned()).map_err(|_| local(format!("`{name}` is no name of a server")))?;
    // The system's authorities are read from the disk.
    let tls = tls.clone();
    let prepared = tokio::task::spawn_blocking(move || prepare(&tls)).await;
    let (witness, config) = prepared.map_err(|error| local(format!("cannot prepare TLS: {error}")))??;
    let shaken = TlsConnector::from(Arc::new(config)).connect(server, stream).await;
    let seen = std::mem::take(&mut *witness.seen.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((shaken, seen))
}

fn cause(error: &std::io::Error) -> Option<&Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn failed(cause: Option<&Error>, error: &std::io::Error, name: &str) -> Trouble {
    match cause {
        Some(cause) => Trouble::new(Reason::Tls, http::handshake(cause, name)),
        None => Trouble::new(Reason::Tls, format!("the TLS handshake broke off: {}", super::net::sentence(error))),
    }
}

fn prepare(tls: &Tls) -> Result<(Arc<Witness>, ClientConfig), Trouble> {
    let provider = Arc::new(ring::default_provider());
    let authorities = tls.ca.as_deref().map_or(Ok(Vec::new()), certificates)?;
    let judge = Verifier::new_with_extra_roots(authorities, provider.clone()).map_err(unprepared)?;
    let witness = Arc::new(Witness { judge, seen: Mutex::default() });
    let config = configure(provider, witness.clone(), tls)?;
    Ok((witness, config))
}

fn configure(provider: Arc<CryptoProvider>, witness: Arc<Witness>, tls: &Tls) -> Result<ClientConfig, Trouble> {
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(unprepared)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(witness);
    let Some((cert, key)) = &tls.identity else { return Ok(builder.with_no_client_auth()) };
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|_| no_pem(key, "key"))?;
    builder.with_client_auth_cert(certificates(cert)?, secret).map_err(unprepared)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Trouble> {
    let text = std::fs::read(path).map_err(|error| local(format!("cannot read {}: {error}", path.display())))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| no_pem(path, "certificate"))
}

fn no_pem(path: &Path, what: &str) -> Trouble {
    local(format!("{} holds no PEM {what}", path.display()))
}

fn unprepared(error: Error) -> Trouble {
    local(format!("cannot prepare TLS: {error}"))
}

fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}
