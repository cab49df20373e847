//! Ways to divide the screen, by their names.

use super::Overlay;
use super::choice::{Choice, item};
use crate::tui::view::{Preset, Reply};

pub fn open(presets: &[Preset]) -> Box<dyn Overlay> {
    let one = |preset: &Preset| {
        let shares = preset.shares.clone();
        item(preset.name.clone(), preset.about.clone(), move || vec![Reply::Divide(shares.clone())])
    };
    Box::new(Choice::new("Layout", presets.iter().map(one).collect()))
}
