use super::*;

fn problems(text: &str) -> (bool, Vec<String>) {
    let mut problems = Problems::default();
    let node = Node::parse(text, &mut problems).expect("is YAML");
    let source = parse(&"prod".into(), &node, &mut problems);
    (source.is_some(), problems.list.into_iter().map(|problem| problem.message).collect())
}

fn url(text: &str) -> Option<String> {
    let mut problems = Problems::default();
    let node = Node::parse(&format!("\"{text}\""), &mut problems).expect("is YAML");
    base(&node, &mut problems).map(|url| url.to_string())
}

#[test]
fn a_whole_configuration_and_the_shortest_one_are_read() {
    let whole = "urls: [\"http://am-1:9093\", \"http://am-2:9093/prefix\"]\nfilter: ['team=\"db\"', env!=dev]\nreceiver: ops.*\n\
        headers: {X-Scope-OrgID: a}\nbasic: {user: u, password: {env: P}}\ntls: {ca: ca.pem}\nignore_labels: [replica]\n\
        ack: {carry: silence, prefix: \"ACK!\"}";
    assert_eq!(problems(whole), (true, vec![]));
    assert_eq!(problems("urls: http://am-1:9093"), (true, vec![]));
}

#[test]
fn all_faults_are_told_at_once() {
    let (read, told) = problems("urls: [ftp://x, http://a:b@c]\nack: {carry: yes}\nfliter: a=b");
    assert!(!read);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().any(|text| text.contains("unknown key `fliter`")), "{told:?}");
}

#[test]
fn a_plain_address_is_told_how_it_is_written() {
    let help = |text: &str| {
        let mut told = Problems::default();
        let node = Node::parse(text, &mut told).expect("is YAML");
        assert!(parse(&"prod".into(), &node, &mut told).is_none());
        told.list[0].help.clone().unwrap_or_default()
    };
    assert_eq!(help("\"http://am-1:9093\""), "write alertmanager: {urls: [\"http://am-1:9093\"]}");
    assert!(!help("\"http://am-1:9093?token=hunter2\"").contains("hunter2"));
}

#[test]
fn a_prefix_stays_and_the_api_is_not_named_twice() {
    assert_eq!(url("http://am/prefix/").as_deref(), Some("http://am/prefix"));
    assert_eq!(url("http://am/prefix/api/v2").as_deref(), Some("http://am/prefix"));
    assert_eq!(url("am:9093"), None);
}

#[test]
fn acks_are_carried_only_where_that_is_wanted() {
    let read = |text: &str| {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).expect("is YAML");
        parse(&"prod".into(), &node, &mut problems).expect("parses").carry()
    };
    assert_eq!(read("{urls: http://am, ack: {carry: silence}}"), Some(Carry::Silence { prefix: "ACK!".into() }));
    assert_eq!(read("{urls: http://am, ack: {carry: none}}"), None);
    assert_eq!(read("urls: http://am"), None);
}
