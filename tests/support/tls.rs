//! Certificates made with the `openssl` program, and a server that shows them.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// An authority of our own; its leaves are for `localhost` and 127.0.0.1 unless said otherwise.
pub struct Authority {
    folder: tempfile::TempDir,
}

const CONFIG: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ncertificate=ca.pem\n\
    private_key=ca.key\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n";

impl Authority {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Self { folder };
        authority.write("index.txt", "");
        authority.write("serial", "1000\n");
        authority.write("ca.cnf", CONFIG);
        let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650";
        authority.openssl(request, &["-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE"]);
        authority
    }

    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// PEM files of a certificate and its key. `days` from now: when it begins and when it ends.
    pub fn leaf(&self, name: &str, names: &str, days: (i64, i64)) -> (PathBuf, PathBuf) {
        let day = |days| (chrono::Utc::now() + chrono::TimeDelta::days(days)).format("%Y%m%d%H%M%SZ").to_string();
        self.write(&format!("{name}.ext"), &format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n"));
        let request = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let key = format!("{name}.key");
        self.openssl(request, &["-keyout", &key, "-out", "leaf.csr", "-subj", "/CN=leaf"]);
        let (ext, pem, from, to) = (format!("{name}.ext"), format!("{name}.pem"), day(days.0), day(days.1));
        let sign = "ca -batch -notext -config ca.cnf -in leaf.csr";
        self.openssl(sign, &["-out", &pem, "-startdate", &from, "-enddate", &to, "-extfile", &ext]);
        (self.path(&pem), self.path(&key))
    }

    pub fn good(&self) -> (PathBuf, PathBuf) {
        self.leaf("good", "DNS:localhost,IP:127.0.0.1", (-1, 365))
    }

    /// A certificate for `localhost` that nobody but itself has signed.
    pub fn own(&self) -> (PathBuf, PathBuf) {
        let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -out own.pem -days 365";
        self.openssl(request, &["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
        (self.path("own.pem"), self.path("own.key"))
    }

    fn openssl(&self, words: &str, more: &[&str]) {
        let mut command = Command::new("openssl");
        let output = command.args(words.split(' ')).args(more).current_dir(self.folder.path()).output().expect("openssl runs");
        assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }
}

/// Answers every request over TLS with `secret` and hangs up. With `clients`, only clients that this authority signed get in.
pub fn serve(leaf: &(PathBuf, PathBuf), clients: Option<&Path>) -> SocketAddr {
    serve_after(leaf, clients, |_| {})
}

/// The same, after something was said in plain text.
pub fn serve_after(
    (cert, key): &(PathBuf, PathBuf),
    clients: Option<&Path>,
    talk: impl Fn(&mut TcpStream) + Send + Sync + 'static,
) -> SocketAddr {
    let talk = Arc::new(talk);
    let config = Arc::new(config(cert, key, clients));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let (config, talk) = (config.clone(), talk.clone());
            std::thread::spawn(move || {
                talk(&mut socket);
                let mut session = ServerConnection::new(config).expect("a session");
                answer(&mut session, &mut socket);
            });
        }
    });
    address
}

fn config(cert: &Path, key: &Path, clients: Option<&Path>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().expect("versions");
    let builder = match clients {
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(ca).expect("an authority")).expect("is one");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a verifier");
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    let chain = vec![CertificateDer::from_pem_file(cert).expect("a certificate")];
    builder.with_single_cert(chain, PrivateKeyDer::from_pem_file(key).expect("a key")).expect("they belong together")
}

fn answer(session: &mut ServerConnection, socket: &mut TcpStream) {
    let mut stream = Stream::new(session, socket);
    if matches!(stream.read(&mut [0; 4096]), Ok(1..)) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret");
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}
