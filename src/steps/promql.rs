//! `promql` bodies: an instant query, and the values of its answer.

use super::environment::Setting;
use crate::domain::playbook::expand_with;
use serde_json::Value;

/// The query with its values filled in: in a label matcher none of them can end its quotes.
pub(super) fn query(text: &str, setting: &Setting<'_>) -> Result<String, String> {
    let quoted = |value: String| value.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(expand_with(text, &|name| setting.plain(name), quoted)?.trim().to_owned())
}

/// The values of an answer, one for each series. What is no list of numbers can't be judged, and the error says why.
pub fn values(body: &[u8]) -> Result<Vec<f64>, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| format!("the answer is not Prometheus's: {error}"))?;
    if let Some(error) = answer["error"].as_str() {
        return Err(format!("Prometheus says: {error}"));
    }
    let number = |sample: &Value| sample[1].as_str().and_then(|text| text.parse().ok());
    let found = match (answer["data"]["resultType"].as_str(), &answer["data"]["result"]) {
        (Some("scalar"), sample) => number(sample).map(|value| vec![value]),
        (Some("vector"), Value::Array(series)) => series.iter().map(|series| number(&series["value"])).collect(),
        _ => None,
    };
    found.ok_or_else(|| "the query gives no list of numbers: take a last value, or a function over the range".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::launch::tests::{setting, world};

    #[test]
    fn a_value_can_not_leave_its_quotes() {
        let mut world = world();
        world.param("HOST", "db\"} or vector(0) #\\");
        let text = query("up{instance=\"$HOST\"}\n", &setting(&world)).expect("a query");
        assert_eq!(text, "up{instance=\"db\\\"} or vector(0) #\\\\\"}");
        assert!(query("up{a=\"$GONE\"}", &setting(&world)).is_err());
    }

    #[test]
    fn only_numbers_are_values() {
        let read = |text: &str| values(text.as_bytes());
        let vector = r#"{"data":{"resultType":"vector","result":[{"value":[1,"0.5"]},{"value":[1,"+Inf"]}]}}"#;
        assert_eq!(read(vector), Ok(vec![0.5, f64::INFINITY]));
        assert_eq!(read(r#"{"data":{"resultType":"vector","result":[]}}"#), Ok(vec![]));
        assert_eq!(read(r#"{"data":{"resultType":"scalar","result":[1,"3"]}}"#), Ok(vec![3.0]));
        assert!(read(r#"{"data":{"resultType":"matrix","result":[]}}"#).is_err_and(|why| why.contains("range")));
        assert!(read(r#"{"status":"error","error":"parse error"}"#).is_err_and(|why| why.contains("parse error")));
        assert!(read("<html>").is_err());
    }
}
