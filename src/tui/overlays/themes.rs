//! Other colours, shown as they are chosen.

use super::Overlay;
use super::choice::{Choice, Peek, item};
use crate::tui::theme::{EMBEDDED, Theme, Wear};
use crate::tui::view::{Reply, Ui};

const FIRST: &str = "as it was";

pub fn open() -> Box<dyn Overlay> {
    let ours = EMBEDDED.iter().map(|(name, _)| {
        let about = Theme::embedded(name).map(|theme| theme.about).unwrap_or_default();
        let line = format!("console: {{theme: {name}}}");
        let said = format!("Kept until this console ends; `{line}` in the configuration, which is copied, keeps it for ever.");
        item(*name, about, move || {
            vec![Reply::Ui(Ui::Wear(Wear::Keep)), Reply::Ui(Ui::Copy(line.clone())), Reply::Say(said.clone())]
        })
    });
    let first = item(FIRST, "What this console began with.", || vec![Reply::Ui(Ui::Wear(Wear::Keep))]);
    let peek = Peek {
        show: |name| Reply::Ui(Ui::Wear(Wear::Try((name != FIRST).then(|| name.to_owned())))),
        back: || Reply::Ui(Ui::Wear(Wear::Back)),
    };
    Box::new(Choice::new("Colours", [first].into_iter().chain(ours).collect()).peeking(peek))
}
