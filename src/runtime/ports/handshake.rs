//! TLS handshakes. Those that are made to look keep the certificates and judge them, and the connection is closed: nothing is sent on it.

use super::http;
use super::prepared::{Prepared, local, unprepared};
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
    judge: Arc<Verifier>,
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

/// What certificates are judged by, and the one that is shown: read from the disk once for all connections that are judged alike.
#[derive(Default)]
pub struct Judges(Prepared<Tls, Judge>);

#[derive(Clone)]
struct Judge {
    provider: Arc<CryptoProvider>,
    verifier: Arc<Verifier>,
    identity: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
}

impl Judges {
    /// Shakes hands on an open connection.
    pub async fn shake(&self, stream: impl Stream, name: &str, tls: &Tls) -> Result<Shown, Trouble> {
        let (shaken, seen) = self.connect(stream, name, tls).await?;
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
    pub async fn secure(&self, stream: Box<dyn Stream>, name: &str, tls: &Tls) -> Result<Box<dyn Stream>, Trouble> {
        let (shaken, seen) = self.connect(stream, name, tls).await?;
        let stream = shaken.map_err(|error| failed(cause(&error), &error, name))?;
        match seen.refused {
            Some(error) if !tls.insecure => Err(Trouble::new(Reason::Tls, http::handshake(&error, name))),
            _ => Ok(Box::new(stream)),
        }
    }

    async fn connect<S: Stream>(
        &self,
        stream: S,
        name: &str,
        tls: &Tls,
    ) -> Result<(std::io::Result<TlsStream<S>>, Seen), Trouble> {
        let server = ServerName::try_from(name.to_owned()).map_err(|_| local(format!("`{name}` is no name of a server")))?;
        let judge = self.0.of(tls.clone(), judge).await?;
        let witness = Arc::new(Witness { judge: judge.verifier.clone(), seen: Mutex::default() });
        let config = judge.config(witness.clone())?;
        let shaken = TlsConnector::from(Arc::new(config)).connect(server, stream).await;
        let seen = std::mem::take(&mut *witness.seen.lock().unwrap_or_else(PoisonError::into_inner));
        // Certificates are renewed on disk: the next attempt reads them again. That ours is refused comes after the handshake.
        if shaken.is_err() || seen.refused.is_some() || tls.identity.is_some() {
            self.0.forget(tls);
        }
        Ok((shaken, seen))
    }
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

/// The system's authorities, and those that the configuration names.
fn judge(tls: &Tls) -> Result<Judge, Trouble> {
    let provider = Arc::new(ring::default_provider());
    let authorities = tls.ca.as_deref().map_or(Ok(Vec::new()), certificates)?;
    let verifier = Arc::new(Verifier::new_with_extra_roots(authorities, provider.clone()).map_err(unprepared)?);
    let key = |key: &Path| PrivateKeyDer::from_pem_file(key).map(Arc::new).map_err(|_| no_pem(key, "key"));
    let identity = tls.identity.as_ref().map(|(cert, secret)| Ok((certificates(cert)?, key(secret)?))).transpose()?;
    Ok(Judge { provider, verifier, identity })
}

impl Judge {
    fn config(self, witness: Arc<Witness>) -> Result<ClientConfig, Trouble> {
        let builder =
            ClientConfig::builder_with_provider(self.provider).with_safe_default_protocol_versions().map_err(unprepared)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(witness);
        match self.identity {
            None => Ok(builder.with_no_client_auth()),
            Some((chain, key)) => builder.with_client_auth_cert(chain, key.clone_key()).map_err(unprepared),
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Trouble> {
    let text = std::fs::read(path).map_err(|error| local(format!("cannot read {}: {error}", path.display())))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| no_pem(path, "certificate"))
}

fn no_pem(path: &Path, what: &str) -> Trouble {
    local(format!("{} holds no PEM {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    /// On a disk that never answers each connection would keep another thread of those that all work shares, until there is none.
    #[test]
    fn however_many_connections_are_made_one_thread_waits_for_an_authority_and_none_that_others_need() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = folder.path().join("ca.pem");
        nix::unistd::mkfifo(&authority, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let (judges, tls) = (Judges::default(), Tls { ca: Some(authority.clone()), ..Tls::default() });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
        let runtime = runtime.expect("a runtime");
        let (free, mut hangs) = runtime.block_on(async {
            for _ in 0..3 {
                let (ours, _theirs) = tokio::io::duplex(64);
                let shown = timeout(Duration::from_millis(20), judges.shake(ours, "localhost", &tls)).await;
                assert!(shown.is_err(), "it hangs");
            }
            let free = timeout(Duration::from_secs(5), tokio::task::spawn_blocking(|| ())).await.is_ok();
            (free, judges.0.asked(tls.clone(), |_| Err(local("another thread was begun".into()))).expect("is begun"))
        });
        // Opens once somebody reads it, who finds nothing in it.
        drop(std::fs::File::options().write(true).open(&authority).expect("opens"));
        let made = runtime.block_on(hangs.wait_for(Option::is_some)).expect("is told").clone();
        let trouble = made.expect("is there").err().expect("it is empty");
        assert!(free && trouble.to_string().contains("holds no PEM certificate"), "{free}: {trouble}");
    }
}
