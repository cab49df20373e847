//! What a parameter accepts and where it comes from.

use midwatch::domain::node::Span;
use midwatch::domain::playbook::{Param, ParamSource, ParamType, Resolved, resolve};
use std::collections::BTreeMap;

fn param(kind: ParamType) -> Param {
    Param {
        name: "X".into(),
        kind,
        default: None,
        from: Some(ParamSource::Label("instance".into())),
        pattern: None,
        min: None,
        max: None,
        choices: Vec::new(),
        required: true,
        help: None,
        span: Span::default(),
    }
}

fn sourced(param: &Param, value: &str) -> Resolved {
    resolve(std::slice::from_ref(param), &BTreeMap::new(), &|_| Some(value.to_owned()))
}

fn typed(param: &Param, name: &str, value: &str) -> Resolved {
    resolve(std::slice::from_ref(param), &BTreeMap::from([(name.to_owned(), value.to_owned())]), &|_| None)
}

#[test]
fn values_are_accepted_by_type() {
    use ParamType::*;
    let table: &[(ParamType, &[&str], &[&str])] = &[
        (String, &["a b", "$(reboot)", "-x", "é"], &["a\nb", "a\u{1b}[2J", "a\0"]),
        (Int, &["0", "-5"], &["1.5", "x", "0x10", "99999999999999999999"]),
        (Bool, &["true", "false"], &["yes", "TRUE", "1"]),
        (
            Host,
            &["db-1", "10.0.0.1", "fe80::1", "a_b.c"],
            &["-x", "-oProxyCommand=x", "a b", "a/b", "a;b", "$(x)", "a@b", "a\u{202e}b"],
        ),
        (Port, &["1", "65535"], &["0", "65536", "http", "-1"]),
        (Url, &["http://h:1/a?b", "postgres://h/db"], &["h", "/path", "-http://h", "mailto:a@b"]),
        (Duration, &["10s", "1h30m"], &["soon", "10"]),
        (Path, &["/var/log", "a b"], &["-rf", "a\rb"]),
        (Regex, &["^a|b$"], &["("]),
    ];
    for (kind, good, bad) in table {
        for value in *good {
            let resolved = sourced(&param(*kind), value);
            assert_eq!(
                (resolved.plain("X"), resolved.refused.len()),
                (Some(*value), 0),
                "{kind:?} {value:?} {:?}",
                resolved.refused
            );
        }
        for value in *bad {
            let resolved = sourced(&param(*kind), value);
            assert!(resolved.get("X").is_none() && resolved.refused.len() == 1, "{kind:?} accepts {value:?}");
            assert!(!resolved.refused[0].to_string().contains(char::is_control), "{:?}", resolved.refused[0]);
        }
    }
}

#[test]
fn limits_are_kept() {
    let limited = Param { min: Some(1), max: Some(9), ..param(ParamType::Int) };
    assert!(sourced(&limited, "0").get("X").is_none() && sourced(&limited, "10").get("X").is_none());
    assert_eq!(sourced(&limited, "9").plain("X"), Some("9"));
    let chosen = Param { choices: vec!["a".into(), "b".into()], ..param(ParamType::Enum) };
    assert!(sourced(&chosen, "c").get("X").is_none() && sourced(&chosen, "b").get("X").is_some());
    let shaped = Param { pattern: Some("[a-z]+".into()), ..param(ParamType::String) };
    assert!(sourced(&shaped, "ab1").get("X").is_none() && sourced(&shaped, "ab").get("X").is_some());
}

#[test]
fn the_port_of_an_instance_is_split_off_where_a_host_is_wanted() {
    for (instance, host) in [("db-1:9187", "db-1"), ("[fe80::1]:9187", "fe80::1"), ("fe80::1", "fe80::1"), ("db-1", "db-1")] {
        assert_eq!(sourced(&param(ParamType::Host), instance).plain("X"), Some(host));
    }
    assert_eq!(sourced(&param(ParamType::String), "db-1:9187").plain("X"), Some("db-1:9187"));
    assert!(typed(&param(ParamType::Host), "X", "db-1:9187").get("X").is_none(), "what is typed is taken as it is");
}

#[test]
fn typed_wins_over_source_and_source_over_default() {
    let param = Param { default: Some("default".into()), ..param(ParamType::String) };
    let both = BTreeMap::from([("X".to_owned(), "typed".to_owned())]);
    let origin = |typed: &BTreeMap<String, String>, source: Option<&str>| {
        let resolved = resolve(std::slice::from_ref(&param), typed, &|_| source.map(str::to_owned));
        let (_, value, origin) = resolved.values[0].clone();
        format!("{} from {origin}", value.expose())
    };
    assert_eq!(origin(&both, Some("label")), "typed from operator");
    assert_eq!(origin(&BTreeMap::new(), Some("label")), "label from label.instance");
    assert_eq!(origin(&BTreeMap::new(), Some("")), "default from default");
    assert_eq!(origin(&BTreeMap::new(), None), "default from default");
}

#[test]
fn a_bad_value_is_refused_and_never_replaced_by_the_default() {
    let param = Param { default: Some("db-1".into()), ..param(ParamType::Host) };
    let resolved = sourced(&param, "-oProxyCommand=evil");
    assert!(resolved.values.is_empty());
    assert!(resolved.refused[0].to_string().contains("label.instance"), "{}", resolved.refused[0]);
}

#[test]
fn what_is_missing_or_strange_is_said() {
    let missing = typed(&param(ParamType::Host), "HOTS", "x");
    assert_eq!(missing.refused.len(), 2);
    assert!(missing.refused[0].why.contains("--param X="), "{}", missing.refused[0]);
    let optional = Param { required: false, ..param(ParamType::Host) };
    let resolved = typed(&optional, "XX", "x");
    assert!(resolved.refused[0].why.contains("did you mean X"), "{}", resolved.refused[0]);
    assert!(resolved.values.is_empty());
}

#[test]
fn a_secret_may_hold_anything_and_is_never_shown() {
    let secret = Param { name: "X".into(), ..param(ParamType::Secret) };
    let resolved = sourced(&secret, "line\nhunter2");
    assert_eq!(resolved.get("X").map(|value| value.expose()), Some("line\nhunter2"));
    assert_eq!(resolved.plain("X"), None);
    assert!(!format!("{resolved:?}").contains("hunter2"));
    assert_eq!(resolved.secrets().count(), 1);
}

#[test]
fn what_is_typed_empty_is_empty_and_not_the_default() {
    let mut param = param(ParamType::String);
    (param.default, param.required) = (Some("the default".into()), false);
    assert_eq!(typed(&param, "X", "").plain("X"), Some(""));
    assert_eq!(typed(&param, "Y", "").plain("X"), Some("the default"));
}
