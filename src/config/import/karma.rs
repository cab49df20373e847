//! karma's configuration: its Alertmanagers, those of one cluster together.

use super::{Access, Hidden, Server, Tls, What, among, path, text, truth};
use crate::domain::node::{Node, Problems};
use crate::domain::secret::Secret;

pub fn read(file: &str, problems: &mut Problems) -> Option<Vec<Server>> {
    let node = Node::parse(file, problems)?;
    let listed = among(&node, "alertmanager").and_then(|node| among(node, "servers"));
    let Some(listed) = listed else {
        problems.error(node.span, "it names no servers: there is no `alertmanager.servers`");
        return None;
    };
    let mut servers: Vec<(Server, bool)> = Vec::new();
    for item in listed.seq(problems)? {
        let Some((server, of_cluster)) = server(item, problems) else { continue };
        let peer = |(known, theirs): &&mut (Server, bool)| {
            of_cluster && *theirs && known.name == server.name && known.access == server.access
        };
        match servers.iter_mut().find(peer) {
            Some((known, _)) => known.urls.extend(server.urls),
            None => servers.push((server, of_cluster)),
        }
    }
    (!problems.failed()).then(|| servers.into_iter().map(|(server, _)| server).collect())
}

/// One of them, and whether it is called as its cluster is.
fn server(node: &Node, problems: &mut Problems) -> Option<(Server, bool)> {
    let Some(place) = among(node, "uri") else {
        problems.error(node.span, "a server without `uri`");
        return None;
    };
    let told = place.text(problems)?;
    // Whatever is wrong with it, a login in it is not shown.
    problems.secrets.extend(told.contains('@').then_some(place.span));
    let mut server = match Server::at(What::Alertmanager, told) {
        Ok(server) => server,
        Err(why) => {
            problems.error(place.span, why);
            return None;
        }
    };
    let cluster = text(node, "cluster", problems);
    let is_cluster = cluster.is_some();
    server.name = cluster.or_else(|| text(node, "name", problems));
    server.access.headers = headers(node, problems);
    if let Some(tls) = among(node, "tls") {
        let (ca, cert, key) = (path(tls, "ca", problems), path(tls, "cert", problems), path(tls, "key", problems));
        server.access.tls = Tls { ca, cert, key, insecure: truth(tls, "insecureSkipVerify", problems) };
    }
    server.access = bearer(server.access);
    if server.access.bearer.is_some() && server.access.basic.take().is_some() {
        problems.warning(
            place.span,
            "a login and a token: the token is taken over",
            "write `basic` instead of `bearer` if it is the login",
        );
    }
    Some((server, is_cluster))
}

/// Their values may be tokens: none is shown.
fn headers(node: &Node, problems: &mut Problems) -> Vec<(String, Hidden)> {
    let Some(pairs) = among(node, "headers").and_then(|node| node.map(problems)) else { return Vec::new() };
    let mut headers = Vec::new();
    for (name, value) in pairs {
        problems.secrets.push(value.span);
        let text = value.text(problems).map(str::to_owned);
        headers.extend(text.map(|text| (name.text.clone(), Hidden::Here(Secret::new(text)))));
    }
    headers
}

/// A token in a header is one that we know by its name.
fn bearer(mut access: Access) -> Access {
    let token = access.headers.iter().find_map(|(name, value)| match value {
        Hidden::Here(secret) if name.eq_ignore_ascii_case("authorization") => secret.expose().strip_prefix("Bearer "),
        _ => None,
    });
    if let Some(token) = token.map(str::to_owned) {
        access.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        access.bearer = Some(Hidden::Here(Secret::new(token)));
    }
    access
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn all(file: &str) -> Vec<String> {
        let servers = read(file, &mut Problems::default()).expect("is read");
        servers.iter().map(|server| format!("{}: {}", server.name.as_deref().unwrap_or("?"), shown(server))).collect()
    }

    #[test]
    fn servers_are_read_and_those_of_one_cluster_are_one() {
        let file = "alertmanager:\n  interval: 1m\n  servers:\n    - {name: a, cluster: prod, uri: \"http://am-1:9093\", proxy: true}\n\
                    \x20   - {name: staging, uri: \"https://u:p@am.staging/\", tls: {ca: /ca.pem, insecureSkipVerify: true}}\n\
                    \x20   - {name: b, cluster: prod, uri: \"http://am-2:9093\"}\nui: {refresh: 30s}\n";
        assert_eq!(
            all(file),
            [
                "prod: {urls: [\"http://am-1:9093\", \"http://am-2:9093\"]}",
                "staging: {urls: [\"https://am.staging\"], basic: {user: \"u\", password: <password: p>}, tls: {ca: \"/ca.pem\", insecure: true}}",
            ]
        );
    }

    #[test]
    fn headers_are_secrets_and_a_bearer_token_is_known_for_one() {
        let file =
            "alertmanager: {servers: [{name: a, uri: \"http://am\", headers: {X-Scope-OrgID: shop, Authorization: Bearer abc}}]}";
        assert_eq!(
            all(file),
            ["a: {urls: [\"http://am\"], headers: {\"X-Scope-OrgID\": <X-Scope-OrgID: shop>}, bearer: <token: abc>}"]
        );
        // Of a login and a token one counts.
        let both = "alertmanager: {servers: [{name: a, uri: \"http://u:p@am\", headers: {authorization: Bearer abc}}]}";
        assert_eq!(all(both), ["a: {urls: [\"http://am\"], bearer: <token: abc>}"]);
        // One that is only called as the cluster is none of it.
        let alike = "alertmanager: {servers: [{name: c, uri: \"http://a\"}, {name: x, cluster: c, uri: \"http://b\"}]}";
        assert_eq!(all(alike).len(), 2);
        // Two of one cluster to which we are somebody else stay two.
        let two = "alertmanager: {servers: [{cluster: c, uri: \"http://a\"}, {cluster: c, uri: \"http://u:p@b\"}]}";
        assert_eq!(all(two).len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once_with_its_place() {
        for (file, wanted) in [
            ("karma: {name: a}", vec!["1:1: it names no servers: there is no `alertmanager.servers`"]),
            (
                "alertmanager:\n  servers:\n    - name: a\n    - uri: am:9093\n    - uri: http://good\n",
                vec!["3:7: a server without `uri`", "4:12: `am:9093` is not an address such as https://host/path"],
            ),
            ("alertmanager: [", vec![]),
        ] {
            let mut problems = Problems::default();
            assert!(read(file, &mut problems).is_none(), "{file}");
            let told =
                problems.list.iter().map(|problem| format!("{}:{}: {}", problem.span.line, problem.span.col, problem.message));
            let told: Vec<_> = told.collect();
            assert!(!told.is_empty() && (wanted.is_empty() || told == wanted), "{told:?}");
        }
    }
}
