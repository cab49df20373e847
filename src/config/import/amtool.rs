//! amtool's configuration, and the one of its HTTP client that it may name: Prometheus's `http_config`.

use super::{Access, Server, Tls, What, among, hidden, path, text, truth};
use crate::domain::node::{Node, Problems};
use std::path::PathBuf;

/// What amtool has by default.
#[derive(Debug, Default)]
pub struct Amtool {
    pub server: Option<Server>,
    /// Who silences, unless told otherwise.
    pub author: Option<String>,
    /// How its HTTP client is configured, in a file of its own.
    pub client: Option<PathBuf>,
}

pub fn read(file: &str, problems: &mut Problems) -> Option<Amtool> {
    let node = Node::parse(file, problems)?;
    let mut amtool = Amtool { author: text(&node, "author", problems), ..Amtool::default() };
    amtool.client = path(&node, "http.config.file", problems);
    if let Some(place) = among(&node, "alertmanager.url") {
        let told = place.text(problems)?;
        // Whatever is wrong with it, a login in it is not shown.
        problems.secrets.extend(told.contains('@').then_some(place.span));
        match Server::at(What::Alertmanager, told) {
            Ok(server) => amtool.server = Some(server),
            Err(why) => problems.error(place.span, why),
        }
    }
    if let Some(server) = &mut amtool.server {
        server.access.tls.insecure = truth(&node, "tls.insecure.skip.verify", problems);
    }
    (!problems.failed()).then_some(amtool)
}

/// What of a client's configuration the server needs. What we can't do is warned of.
pub fn client(file: &str, problems: &mut Problems) -> Option<Access> {
    let node = Node::parse(file, problems)?;
    let mut access = Access::default();
    if let Some(basic) = among(&node, "basic_auth") {
        let user = text(basic, "username", problems).unwrap_or_default();
        access.basic = hidden(basic, "password", problems).map(|password| (user, password));
    }
    access.bearer = hidden(&node, "bearer_token", problems);
    if let Some(authorization) = among(&node, "authorization") {
        let sort = text(authorization, "type", problems).unwrap_or_else(|| "Bearer".to_owned());
        match sort.eq_ignore_ascii_case("bearer") {
            true => access.bearer = hidden(authorization, "credentials", problems),
            false => left_out(authorization, "another type than Bearer", problems),
        }
    }
    if let Some(tls) = among(&node, "tls_config") {
        let (ca, cert, key) = (path(tls, "ca_file", problems), path(tls, "cert_file", problems), path(tls, "key_file", problems));
        access.tls = Tls { ca, cert, key, insecure: truth(tls, "insecure_skip_verify", problems) };
        among(tls, "server_name").into_iter().for_each(|node| left_out(node, "server_name", problems));
    }
    for name in ["oauth2", "proxy_url"] {
        among(&node, name).into_iter().for_each(|node| left_out(node, name, problems));
    }
    (!problems.failed()).then_some(access)
}

fn left_out(node: &Node, what: &str, problems: &mut Problems) {
    problems.warning(node.span, format!("{what} is not taken over"), "write into the source what the server needs instead");
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn the_address_the_author_and_the_client_are_read_and_the_rest_left() {
        let file = "alertmanager.url: \"https://ops:hunter%402@am.example/prefix/\"\nauthor: ana\ncomment_required: true\n\
                    http.config.file: /etc/amtool/http.yml\ntls.insecure.skip.verify: true\noutput: extended\n";
        let amtool = read(file, &mut Problems::default()).expect("is read");
        let server = amtool.server.expect("an address");
        assert_eq!(
            shown(&server),
            "{urls: [\"https://am.example/prefix\"], basic: {user: \"ops\", password: <password: hunter@2>}, tls: {insecure: true}}"
        );
        assert_eq!((amtool.author.as_deref(), amtool.client), (Some("ana"), Some("/etc/amtool/http.yml".into())));
        assert!(read("author: ana\n", &mut Problems::default()).expect("is read").server.is_none());
    }

    #[test]
    fn a_wrong_address_is_told_with_its_place_and_no_password() {
        let mut problems = Problems::default();
        assert!(read("author: ana\nalertmanager.url: ops:hunter2@am:9093\n", &mut problems).is_none());
        let told = problems.list[0].show("amtool.yml", &problems.masked("author: ana\nalertmanager.url: ops:hunter2@am:9093\n"));
        assert!(told.starts_with("amtool.yml:2:19: error:") && told.contains("alertmanager.url"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_client_has_a_login_or_a_token_and_trust_of_its_own() {
        let access = |file: &str| {
            let mut problems = Problems::default();
            let access = client(file, &mut problems).expect("is read");
            let server = Server { access, ..Server::at(What::Alertmanager, "http://am").expect("an address") };
            let warned: Vec<String> = problems.list.into_iter().map(|problem| problem.message).collect();
            (shown(&server).replacen("{urls: [\"http://am\"]", "", 1), warned.join(" "))
        };
        let basic = access("basic_auth: {username: ops, password_file: /run/pw}\ntls_config: {ca_file: /ca, server_name: am}");
        assert_eq!(basic.0, ", basic: {user: \"ops\", password: {file: \"/run/pw\"}}, tls: {ca: \"/ca\"}}");
        assert_eq!(basic.1, "server_name is not taken over");
        assert_eq!(access("authorization: {credentials: abc}").0, ", bearer: <token: abc>}");
        assert_eq!(
            access("bearer_token_file: /t\noauth2: {client_id: a}"),
            (", bearer: {file: \"/t\"}}".to_owned(), "oauth2 is not taken over".to_owned())
        );
        assert_eq!(access("authorization: {type: Digest, credentials: abc}").0, "}");
    }
}
