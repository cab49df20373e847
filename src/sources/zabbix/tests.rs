use super::*;
use crate::domain::node::Level;

fn parsed(yaml: &str) -> (Option<Box<dyn Source>>, Vec<String>) {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let source = parse(&"zbx".into(), &node, &mut problems);
    let errors = problems.list.into_iter().filter(|problem| problem.level == Level::Error);
    (source, errors.map(|problem| problem.message).collect())
}

#[test]
fn acknowledgements_are_carried_unless_told_otherwise() {
    let carried = |yaml: &str| parsed(yaml).0.expect("is good").carry();
    assert_eq!(carried("{url: 'https://zabbix/', token: {env: T}}"), Some(Carry::Acknowledge));
    assert_eq!(carried("{url: 'https://zabbix/', login: {user: a, password: {env: T}}, ack: {carry: none}}"), None);
}

#[test]
fn mistakes_are_told() {
    let errors = parsed("{severity: bad, tags: [a], ack: {carry: silence}, basic: {user: a}}").1.join("\n");
    for what in ["`url` is missing", "`token` is missing", "`disaster`, found `bad`", "`acknowledge` or `none`", "basic"] {
        assert!(errors.contains(what), "{what}: {errors}");
    }
    let both = parsed("{url: 'https://zabbix/', token: {env: T}, login: {user: a, password: {env: T}}}");
    assert!(both.0.is_none() && both.1 == ["`token` and `login` exclude each other"], "{:?}", both.1);
}

#[test]
fn the_address_may_be_that_of_the_api() {
    for text in ["https://host/zabbix/api_jsonrpc.php", "https://host/zabbix/", "https://host/zabbix"] {
        assert_eq!(frontend(text.parse().expect("an address")).as_str(), "https://host/zabbix");
    }
}

#[test]
fn filters_say_what_zabbix_is_asked_for() {
    let mut problems = Problems::default();
    let node = Node::parse("{severity: average, tags: {env: prod}, group_ids: '4'}", &mut problems).expect("is YAML");
    let fields = node.fields(&FieldSpec::all(KEYS), &mut problems).expect("a map");
    let filters = serde_json::Value::from(filters(&fields, &mut problems).expect("is good"));
    let wanted = serde_json::json!({"severities": [3, 4, 5], "groupids": ["4"],
        "tags": [{"tag": "env", "value": "prod", "operator": 1}]});
    assert_eq!(filters, wanted);
}

#[test]
fn its_priorities_are_its_severities_from_the_least_on() {
    let (made, problems) = parsed("{url: 'http://zabbix', token: {env: T}}");
    assert_eq!(
        made.expect("a source").priorities().join(", "),
        "not classified, information, warning, average, high, disaster",
        "{problems:?}"
    );
}
