//! What Prometheus answers to an instant query. Tolerant: fields that aren't needed are not looked at.

use crate::domain::trouble::{Reason, Trouble};
use crate::feeds::gauge;
use crate::ports::Response;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    data: Option<Data>,
    error: Option<String>,
    error_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Series>),
    Scalar(Sample),
    String(IgnoredAny),
    Matrix(IgnoredAny),
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    /// Missing where the series is a native histogram, which has no one value.
    value: Option<Sample>,
}

/// Time, and the value as text because of `NaN` and `+Inf`.
#[derive(Deserialize)]
struct Sample(IgnoredAny, String);

/// The labels of a series, and its value.
pub type Row = (BTreeMap<String, String>, f64);

pub fn read(response: &Response, told: &str) -> Result<Vec<Row>, Trouble> {
    if !response.good() {
        return Err(response.refusal(told));
    }
    let envelope: Envelope =
        serde_json::from_slice(&response.body).map_err(|error| nonsense(response, told, &error.to_string()))?;
    let no_points = |what: &str| Trouble::new(Reason::Status, format!("{told}: {what}"));
    match envelope.data {
        Some(Data::Vector(series)) => series.into_iter().map(|series| row(series).map_err(|what| no_points(&what))).collect(),
        Some(Data::Scalar(sample)) => Ok(vec![(BTreeMap::new(), number(&sample).map_err(|what| no_points(&what))?)]),
        Some(Data::Matrix(_)) => Err(no_points("the query gives a range; take its last value, or a function over it")),
        Some(Data::String(_)) => Err(no_points("the query gives a text; thresholds need numbers")),
        None => {
            let [kind, error] = [envelope.error_type, envelope.error].map(Option::unwrap_or_default);
            Err(no_points(&format!("answered {} with neither data nor reason: {kind} {error}", response.status_line())))
        }
    }
}

fn row(series: Series) -> Result<Row, String> {
    let sample =
        series.value.ok_or_else(|| format!("{} is a histogram; take a quantile of it", gauge::series(&series.metric)))?;
    Ok((series.metric, number(&sample)?))
}

fn number(Sample(_, text): &Sample) -> Result<f64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

/// A proxy's page, or something cut short.
fn nonsense(response: &Response, told: &str, error: &str) -> Trouble {
    let what = match response.words() {
        Some(page) if response.is_page() => format!("with {page}"),
        _ => format!("with something that is not Prometheus's JSON ({error})"),
    };
    Trouble::new(Reason::Nonsense, format!("{told} answered {} {what}", response.status_line()))
}
