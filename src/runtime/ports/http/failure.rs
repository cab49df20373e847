//! Turns a failed request into a sentence that tells an operator what is wrong: a name, a port, a certificate, a
//! route or the other side; and whether the request may have arrived.

use super::super::names::Unasked;
use super::super::net;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Request;
use rustls::{AlertDescription, CertificateError};
use std::error::Error;
use std::io;
use std::time::Duration;

/// What a request that got no answer means.
pub fn of(request: &Request, error: &reqwest::Error) -> Trouble {
    let (reason, text) = judge(request, error);
    let unsent = error.is_connect() || error.is_builder();
    Trouble { sent: !unsent, ..Trouble::new(reason, format!("{}: {text}", request.told())) }
}

/// The deadline passed. The request may have been on its way already.
pub fn late(told: &str, limit: Duration) -> Trouble {
    // What was left of a longer time is told without its nanoseconds.
    let limit = Duration::from_millis(u64::try_from(limit.as_millis().div_ceil(100) * 100).unwrap_or(u64::MAX));
    let text = format!("{told}: no complete answer within {}", humantime::format_duration(limit));
    Trouble { sent: true, ..Trouble::new(Reason::Timeout, text) }
}

/// The body broke off.
pub fn cut(request: &Request, after: usize, error: &reqwest::Error) -> Trouble {
    let words = innermost(error);
    let (reason, text) = match damaged(error) {
        true => (Reason::Nonsense, format!("the compressed body is damaged ({words})")),
        false => (Reason::Network, format!("the answer broke off after {after} bytes ({words})")),
    };
    Trouble { sent: true, ..Trouble::new(reason, format!("{}: {text}", request.told())) }
}

pub fn too_large(request: &Request) -> Trouble {
    let (longest, unit) = if request.longest < 1 << 20 { (request.longest >> 10, "KiB") } else { (request.longest >> 20, "MiB") };
    let text = format!("{}: the answer is larger than {longest} {unit}; nothing of it is used", request.told());
    Trouble { sent: true, ..Trouble::new(Reason::TooLarge, text) }
}

fn judge(request: &Request, error: &reqwest::Error) -> (Reason, String) {
    let host = request.url.host_str().unwrap_or("");
    if let Some(tls) = chain(error).find_map(tls) {
        return (Reason::Tls, handshake(tls, host));
    }
    if let Some(unasked) = chain(error).find_map(|cause| cause.downcast_ref::<Unasked>()) {
        return (Reason::Local, format!("{host}: {unasked}"));
    }
    if error.is_dns() {
        return (Reason::Dns, format!("the name {host} does not resolve ({})", innermost(error)));
    }
    if error.is_timeout() {
        return (Reason::Timeout, "no connection in time: nothing answers at this address".to_owned());
    }
    match chain(error).find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(io) if error.is_connect() => (net::reason(io), net::sentence(io)),
        Some(io) => (Reason::Network, format!("no answer came: {}", net::sentence(io))),
        None if error.is_builder() => (Reason::Local, innermost(error)),
        None if not_http(error) => (Reason::Nonsense, format!("what answers there does not speak HTTP ({})", innermost(error))),
        None => (Reason::Network, format!("no answer came: {}", innermost(error))),
    }
}

/// What the certificate or the handshake lacks.
pub fn handshake(error: &rustls::Error, host: &str) -> String {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage};
    match error {
        InvalidCertificate(certificate) => refused(certificate, host),
        AlertReceived(AlertDescription::CertificateRequired) => "the server demands a client certificate".to_owned(),
        AlertReceived(alert) => format!("the server broke the TLS handshake off: {alert:?}"),
        InvalidMessage(_) => "the handshake failed: what answers there does not speak TLS".to_owned(),
        other => format!("the TLS handshake failed: {other}"),
    }
}

fn refused(error: &CertificateError, host: &str) -> String {
    use CertificateError as C;
    match error {
        C::Expired => "the server's certificate has expired".to_owned(),
        C::ExpiredContext { not_after, .. } => format!("the server's certificate expired on {}", day(not_after.as_secs())),
        C::NotValidYet => "the server's certificate is not valid yet; is the clock right?".to_owned(),
        C::NotValidYetContext { not_before, .. } => {
            format!("the server's certificate is not valid before {}; is the clock right?", day(not_before.as_secs()))
        }
        C::NotValidForName => format!("the server's certificate is not for the name {host}"),
        C::NotValidForNameContext { presented, .. } => {
            format!("the server's certificate is not for the name {host} but for {}", presented.join(", "))
        }
        C::UnknownIssuer => "the server's certificate is signed by an authority that is not trusted here; \
            name it in `tls.ca` if it should be"
            .to_owned(),
        C::Revoked => "the server's certificate has been revoked".to_owned(),
        other => format!("the server's certificate is not acceptable: {other}"),
    }
}

fn day(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
    time.map_or_else(|| "an impossible date".to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// The error and everything that caused it. An I/O error hides the error that it wraps, so that is looked into.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref()
}

/// The bytes came, but can't be unpacked.
fn damaged(error: &reqwest::Error) -> bool {
    let mut kinds = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    error.is_decode() && kinds.any(|kind| matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
}

/// The parser of answers gave up; its error type is not ours to name.
fn not_http(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| cause.to_string().starts_with("invalid HTTP"))
}

/// The words of the first cause.
pub fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
