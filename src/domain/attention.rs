//! What calls an operator who looks elsewhere: which alerts, when, and how.

use super::alert::Severity;
use super::ids::ServiceName;
use super::playbook::words;
use chrono::NaiveTime;

words! {
    /// How a terminal is asked to call somebody.
    Way {
        Bell = "bell",
        /// The notification of iTerm2, which most terminals know.
        Osc9 = "osc9",
        /// That of urxvt, VTE and others.
        Osc777 = "osc777",
        /// That of kitty.
        Osc99 = "osc99",
    }
}

/// A part of every day; it may go past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: NaiveTime,
    /// No longer in it.
    pub to: NaiveTime,
}

impl Hours {
    /// `22:00-07:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let hours = Self { from: time(from)?, to: time(to)? };
        (hours.from != hours.to).then_some(hours)
    }

    pub fn hold(self, at: NaiveTime) -> bool {
        match self.from < self.to {
            true => (self.from..self.to).contains(&at),
            false => at >= self.from || at < self.to,
        }
    }
}

/// How new alerts call, if they are like this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// So bad, or worse.
    pub severity: Severity,
    /// Of one of these services; none: whatever it is of.
    pub services: Vec<ServiceName>,
    /// In the zone that the console shows; none: at any time.
    pub hours: Option<Hours>,
    /// None: such an alert calls nobody.
    pub by: Vec<Way>,
}

/// The first rule that fits an alert decides; none: it calls nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention(pub Vec<Rule>);

impl Default for Attention {
    fn default() -> Self {
        let by = vec![Way::Bell, Way::Osc9];
        Self(vec![Rule { severity: Severity::Critical, services: Vec::new(), hours: None, by }])
    }
}

impl Attention {
    pub fn ways(&self, severity: Severity, service: Option<&ServiceName>, at: NaiveTime) -> &[Way] {
        let fits = |rule: &&Rule| {
            severity >= rule.severity
                && (rule.services.is_empty() || service.is_some_and(|name| rule.services.contains(name)))
                && rule.hours.is_none_or(|hours| hours.hold(at))
        };
        self.0.iter().find(fits).map_or(&[], |rule| &rule.by)
    }

    /// How something calls that is not one alert.
    pub fn at(&self, at: NaiveTime) -> &[Way] {
        let now = self.0.iter().find(|rule| rule.hours.is_none_or(|hours| hours.hold(at)) && !rule.by.is_empty());
        now.map_or(&[], |rule| &rule.by)
    }

    /// The least severity that may call; `None` where nothing does.
    pub fn least(&self) -> Option<Severity> {
        self.0.iter().filter(|rule| !rule.by.is_empty()).map(|rule| rule.severity).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").expect("a time")
    }

    #[test]
    fn hours_may_go_past_midnight() {
        let night = Hours::parse("22:00-07:00").expect("hours");
        assert_eq!(
            ["21:59", "22:00", "00:00", "06:59", "07:00"].map(|time| night.hold(at(time))),
            [false, true, true, true, false]
        );
        let day = Hours::parse("09:00 - 17:30").expect("hours");
        assert_eq!(["08:59", "09:00", "17:29", "17:30"].map(|time| day.hold(at(time))), [false, true, true, false]);
        assert_eq!(["9", "", "25:00-07:00", "07:00-07:00", "07:00"].map(Hours::parse), [None; 5]);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let shop = ServiceName::from("shop");
        let rule = |severity, services: &[&ServiceName], hours, by: &[Way]| Rule {
            severity,
            services: services.iter().map(|name| (*name).clone()).collect(),
            hours: Hours::parse(hours),
            by: by.to_vec(),
        };
        let attention = Attention(vec![
            rule(Severity::Info, &[&shop], "12:00-13:00", &[]),
            rule(Severity::Warning, &[&shop], "", &[Way::Bell]),
            rule(Severity::Critical, &[], "22:00-07:00", &[Way::Osc99]),
        ]);
        let ways = |severity, service, time| attention.ways(severity, service, at(time));
        assert_eq!(ways(Severity::Critical, Some(&shop), "12:30"), [], "a rule may say that nobody is called");
        assert_eq!(ways(Severity::Warning, Some(&shop), "13:00"), [Way::Bell]);
        assert_eq!(ways(Severity::Info, Some(&shop), "13:00"), []);
        assert_eq!(ways(Severity::Critical, None, "23:00"), [Way::Osc99]);
        assert_eq!(ways(Severity::Critical, None, "13:00"), []);
        assert_eq!(ways(Severity::Warning, None, "23:00"), []);
        assert_eq!((attention.least(), Attention(Vec::new()).least()), (Some(Severity::Warning), None));
        assert_eq!((attention.at(at("12:30")), attention.at(at("23:00"))), (&[Way::Bell][..], &[Way::Bell][..]));
    }
}
