//! Prometheus Alertmanager, API v2.

use super::{Kind, Source};
use crate::domain::ids::SourceName;
use crate::domain::node::{Node, Problems};

pub const KIND: Kind =
    Kind { name: "alertmanager", about: "Prometheus Alertmanager, API v2: alerts and silences of one or more peers", parse };

fn parse(_name: &SourceName, _node: &Node, _problems: &mut Problems) -> Option<Box<dyn Source>> {
    None
}
