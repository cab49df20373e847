//! `feed` bodies: a selector on the console's own health state, which answers it.

use super::environment::Setting;
use crate::domain::playbook::Selector;

/// The selector with its values filled in: each stays one word of it.
pub(super) fn selector(text: &str, setting: &Setting<'_>) -> Result<Selector, String> {
    let selector = Selector::parse(text).map_err(|slip| format!("this is no selector: {}", slip.message))?;
    selector.filled(&|name| setting.plain(name))
}
