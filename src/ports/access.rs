//! Who we are to an HTTP server and whether we trust it: the keys `headers`, `basic`, `bearer` and `tls` of whatever
//! names one in the configuration. Secrets stay references until a request is made.

use super::{Auth, Ports, Request, Tls};
use crate::domain::node::{FieldSpec, Fields, Node, Problems, Value};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::trouble::Trouble;

#[derive(Debug, Clone, Default)]
pub struct Access {
    headers: Vec<(String, SecretRef)>,
    login: Option<Login>,
    tls: Tls,
}

#[derive(Debug, Clone)]
enum Login {
    Basic(String, SecretRef),
    Bearer(SecretRef),
}

impl Access {
    pub const HEADERS: FieldSpec = FieldSpec::new("headers", "names and values; a value may be a secret", "none");
    pub const BASIC: FieldSpec = FieldSpec::new("basic", "`{user: NAME, password: SECRET}`", "none");
    pub const BEARER: FieldSpec = FieldSpec::new("bearer", "a secret; excludes `basic`", "none");
    pub const TLS: FieldSpec =
        FieldSpec::new("tls", "what is trusted, and who we are by certificate: [`tls`](#tls)", "the system's authorities");

    /// The keys that `parse` reads; they stand among the other keys of the item.
    pub const KEYS: &[FieldSpec] = &[Self::HEADERS, Self::BASIC, Self::BEARER, Self::TLS];

    pub fn parse(fields: &Fields, problems: &mut Problems) -> Option<Self> {
        let headers = fields.get("headers").map_or(Some(Vec::new()), |node| headers(node, problems));
        let login = match (fields.get("basic"), fields.get("bearer")) {
            (Some(_), Some(bearer)) => {
                problems.error(bearer.span, "`basic` and `bearer` exclude each other");
                None
            }
            (Some(node), None) => basic(node, problems).map(Some),
            (None, Some(node)) => SecretRef::parse(node, problems).map(|token| Some(Login::Bearer(token))),
            (None, None) => Some(None),
        };
        let tls = fields.get("tls").map_or(Some(Tls::default()), |node| Tls::parse(node, problems));
        Some(Self { headers: headers?, login: login?, tls: tls? })
    }

    /// With one more header, which is no secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.headers.push((name.to_owned(), SecretRef::Here(Secret::new(value))));
        self
    }

    /// Adds to a request what the server wants to see. Fails when a secret is not where the configuration says.
    pub async fn onto(&self, mut request: Request, ports: &Ports) -> Result<Request, Trouble> {
        for (name, value) in &self.headers {
            request.headers.push((name.clone(), ports.secrets.reveal(value).await?));
        }
        request.auth = match &self.login {
            Some(Login::Basic(user, password)) => Some(Auth::Basic(user.clone(), ports.secrets.reveal(password).await?)),
            Some(Login::Bearer(token)) => Some(Auth::Bearer(ports.secrets.reveal(token).await?)),
            None => None,
        };
        request.tls = self.tls.clone();
        Ok(request)
    }
}

fn headers(node: &Node, problems: &mut Problems) -> Option<Vec<(String, SecretRef)>> {
    let pairs = node.map(problems)?;
    let read: Vec<_> = pairs.iter().map(|(key, node)| Some((key.text.clone(), header(&key.text, node, problems)?))).collect();
    read.into_iter().collect()
}

/// Most headers are no secrets (a tenant's name); those that are by their name are warned of like other secrets.
fn header(name: &str, node: &Node, problems: &mut Problems) -> Option<SecretRef> {
    let name = name.to_ascii_lowercase();
    let secret = ["auth", "token", "key", "cookie", "secret"].iter().any(|word| name.contains(word));
    match &node.value {
        Value::Scalar { text, .. } if !secret => Some(SecretRef::Here(Secret::new(text.clone()))),
        _ => SecretRef::parse(node, problems),
    }
}

fn basic(node: &Node, problems: &mut Problems) -> Option<Login> {
    let fields = node.fields(&["user", "password"], problems)?;
    let user = fields.need("user", problems).and_then(|node| node.text(problems));
    let password = fields.need("password", problems).and_then(|node| SecretRef::parse(node, problems));
    Some(Login::Basic(user?.to_owned(), password?))
}

impl Tls {
    /// The keys of the map under `tls`.
    pub const KEYS: &[FieldSpec] = &[
        FieldSpec::new("ca", "PEM file of authorities that are trusted besides the system's", "the system's"),
        FieldSpec::new("cert", "PEM file of our certificate; with `key`", "none"),
        FieldSpec::new("key", "PEM file of its key; with `cert`", "none"),
        FieldSpec::new("insecure", "`true`: the certificate is not judged at all; warned of", "`false`"),
    ];

    pub fn parse(node: &Node, problems: &mut Problems) -> Option<Self> {
        let fields = node.fields(&FieldSpec::keys(Self::KEYS), problems)?;
        let mut path = |name| fields.get(name).map_or(Some(None), |node| node.path(problems).map(Some));
        let (ca, cert, key) = (path("ca")?, path("cert")?, path("key")?);
        let identity = match (cert, key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => {
                problems.error(node.span, "`cert` and `key` belong together");
                return None;
            }
        };
        Some(Self { ca, identity, insecure: insecure(&fields, problems)? })
    }
}

fn insecure(fields: &Fields, problems: &mut Problems) -> Option<bool> {
    let Some(node) = fields.get("insecure") else { return Some(false) };
    let insecure = node.bool(problems)?;
    if insecure {
        problems.warning(node.span, "anybody on the way can pretend to be this server", "name its authority in `ca` instead");
    }
    Some(insecure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::node::Level;

    fn parse(text: &str) -> (Option<Access>, Vec<(Level, String)>) {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).expect("is YAML");
        let fields = node.fields(&FieldSpec::keys(Access::KEYS), &mut problems).expect("a map");
        let access = Access::parse(&fields, &mut problems);
        (access, problems.list.into_iter().map(|problem| (problem.level, problem.message)).collect())
    }

    #[test]
    fn a_tenant_is_no_secret_but_a_token_is() {
        let (access, problems) = parse("headers: {X-Scope-OrgID: team-a, X-Api-Key: abc}");
        assert_eq!(access.expect("parses").headers.len(), 2);
        assert_eq!(problems, [(Level::Warning, "this secret stands in the file itself".to_owned())]);
    }

    #[test]
    fn what_excludes_or_needs_each_other_is_told() {
        let both = parse("basic: {user: a, password: {env: B}}\nbearer: {env: C}");
        assert_eq!(both.1, [(Level::Error, "`basic` and `bearer` exclude each other".to_owned())]);
        assert!(both.0.is_none());
        assert_eq!(parse("tls: {cert: a.pem}").1[0].1, "`cert` and `key` belong together");
        assert_eq!(parse("basic: {user: a}").1[0].1, "`password` is missing");
        assert_eq!(parse("tls: {insecure: true}").1[0].0, Level::Warning);
    }

    #[test]
    fn nothing_said_is_nobody_special() {
        let (access, problems) = parse("{}");
        assert!(problems.is_empty() && access.is_some_and(|access| access.login.is_none() && access.tls == Tls::default()));
    }
}
