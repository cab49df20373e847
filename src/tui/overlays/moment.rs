//! Goes to a time of a replay.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use crate::domain::capture;
use crate::model::reel::Play;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};
use chrono::{DateTime, Utc};

struct Moment {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

pub fn open((from, to): (DateTime<Utc>, DateTime<Utc>)) -> Box<dyn Overlay> {
    Box::new(Dialog::new(Moment { from, to }, vec![field("to", "")]))
}

impl Form for Moment {
    fn title(&self, _view: &View) -> String {
        "Go to a time of the replay".to_owned()
    }

    fn verb(&self) -> String {
        "go there".to_owned()
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let show = |at| time::full(at, view.zone);
        vec![
            (format!("It goes from {} to {}.", show(self.from), show(self.to)), Role::Text),
            ("14:02, 14:02:30, +12m after the beginning, -5m before the end".to_owned(), Role::Dim),
        ]
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let at = capture::within(texts[0].trim(), self.from, self.to, view.zone)?;
        Ok(vec![Reply::Ui(Ui::Play(Play::To(at)))])
    }
}
