//! What `midwatch init` writes: a configuration in which every section is explained, and a first playbook that only
//! looks. Both are good as they stand.

use url::Url;

/// A commented configuration for this operator and the Alertmanager behind these addresses (peers of one cluster).
pub fn template(urls: &[Url], operator: &str) -> String {
    include_str!("template.yaml").replace("OPERATOR", &quoted(operator)).replace("SOURCES", &sources(urls))
}

/// A playbook to begin with, named as it is to be named in the folder.
pub fn first_playbook() -> (&'static str, &'static str) {
    ("first-look.md", include_str!("first-look.md"))
}

fn sources(urls: &[Url]) -> String {
    if urls.is_empty() {
        return "# sources:\n#   - {name: prod, alertmanager: {urls: [\"http://localhost:9093\"]}}".to_owned();
    }
    let list: Vec<String> = urls.iter().map(|url| quoted(url.as_str().trim_end_matches('/'))).collect();
    format!("sources:\n  - name: prod\n    alertmanager: {{urls: [{}]}}", list.join(", "))
}

/// In double quotes, as YAML and JSON both have them.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
