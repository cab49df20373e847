use super::*;
use crate::domain::node::Level;

fn parsed(yaml: &str) -> (Option<Box<dyn Source>>, Vec<String>) {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let source = parse(&"ic".into(), &node, &mut problems);
    let errors = problems.list.into_iter().filter(|problem| problem.level == Level::Error);
    (source, errors.map(|problem| problem.message).collect())
}

#[test]
fn acknowledgements_are_carried_unless_told_otherwise() {
    let carried = |yaml: &str| parsed(yaml).0.expect("is good").carry();
    assert_eq!(carried("{url: 'https://icinga:5665'}"), Some(Carry::Acknowledge));
    assert_eq!(carried("{url: 'https://icinga:5665', ack: {sticky: true}}"), Some(Carry::Acknowledge));
    assert_eq!(carried("{url: 'https://icinga:5665', ack: {carry: none}}"), None);
}

#[test]
fn mistakes_are_told() {
    let all = "{hosts: '', soft: maybe, ack: {carry: silence}, state: hard}";
    let errors = parsed(all).1.join("\n");
    for what in ["`url` is missing", "an expression such as", "true or false", "`acknowledge` or `none`", "state"] {
        assert!(errors.contains(what), "{what}: {errors}");
    }
}

#[test]
fn the_address_may_name_the_version() {
    let mut problems = Problems::default();
    for text in ["url: 'https://icinga:5665/v1/'", "url: 'https://icinga:5665'"] {
        let node = Node::parse(text, &mut problems).expect("is YAML");
        let fields = node.fields(&FieldSpec::all(KEYS), &mut problems).expect("a map");
        let endpoint = without_version(Endpoint::parse(&fields, &mut problems).expect("is good"));
        assert_eq!(crate::ports::below(&endpoint.url, "v1/events").as_str(), "https://icinga:5665/v1/events");
    }
}
