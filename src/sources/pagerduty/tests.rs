use super::*;

fn read(text: &str) -> (Option<Box<dyn Source>>, Vec<String>) {
    let mut problems = Problems::default();
    let node = Node::parse(text, &mut problems).expect("is YAML");
    let source = parse(&"pager".into(), &node, &mut problems);
    (source, problems.list.into_iter().map(|problem| problem.message).collect())
}

#[test]
fn a_whole_configuration_and_the_shortest_one_are_read() {
    let whole = "token: {env: T}\nfrom: ana@x.test\nurl: https://api.eu.pagerduty.com\nservice_ids: [P1, P2]\nteam_ids: T1\n\
        user_ids: [U1]\nurgencies: [high]\nheaders: {X-Proxy: a}\ntls: {ca: ca.pem}\nack: {carry: none}";
    let (source, problems) = read(whole);
    assert_eq!((source.is_some_and(|source| source.carry().is_none()), problems), (true, vec![]));
    let (source, problems) = read("{token: {env: T}, from: ana@x.test}");
    assert_eq!((source.and_then(|source| source.carry()), problems), (Some(Carry::Acknowledge), vec![]));
}

#[test]
fn all_faults_are_told_at_once() {
    let (source, told) = read("{from: ana, url: 'http://api.pagerduty.com', urgencies: [highest], ack: {carry: silence}}");
    let wanted = [
        "the token would travel unencrypted",
        "`token` is missing",
        "expected the mail of a user of the account, found `ana`",
        "expected `high` or `low`, found `highest`",
        "expected `acknowledge` or `none`, found `silence`",
    ];
    assert_eq!((source.is_none(), told), (true, wanted.map(str::to_owned).to_vec()));
    assert_eq!(read("{token: {env: T}, bearer: {env: B}, from: a@x}").1, ["`token` and `bearer` exclude each other"]);
    assert!(read("{bearer: {env: B}, from: a@x}").1.is_empty());
    assert_eq!(read("{token: {env: T}, from: a@x, statuses: [triggered]}").1, ["unknown key `statuses`"]);
}
