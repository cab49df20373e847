//! The services that alerts and feeds belong to, and which of them need which: the map of what is run. Found by name and walked
//! by place, so that asking costs the same among ten services and among thousands.
//!
//! Invariant: nothing leads back to itself; whoever reads a configuration refuses that.

use super::ids::{PlaybookId, ServiceName};
use super::matcher::LabelSet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;

/// One service of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    pub name: ServiceName,
    /// 1 is the most important.
    pub tier: Option<u8>,
    /// Who answers for it.
    pub owner: Option<String>,
    pub depends_on: Vec<ServiceName>,
    /// What takes all down that share it: a rack, a zone, a provider.
    pub fault_domains: Vec<String>,
    /// Alerts whose labels match belong to this service.
    pub alerts: LabelSet,
    /// Addresses of pages that show how it is.
    pub dashboards: Vec<String>,
    /// Whom to turn to, the first of all first.
    pub contacts: Vec<String>,
    /// Playbooks for it, besides those that name it themselves.
    pub playbooks: Vec<PlaybookId>,
    /// Run by somebody else.
    pub vendor: bool,
    /// Drills may break it on purpose.
    pub drill: bool,
}

impl Service {
    /// A service of which nothing but its name is known.
    pub fn new(name: impl Into<ServiceName>) -> Self {
        Self {
            name: name.into(),
            tier: None,
            owner: None,
            depends_on: Vec::new(),
            fault_domains: Vec::new(),
            alerts: LabelSet::default(),
            dashboards: Vec::new(),
            contacts: Vec::new(),
            playbooks: Vec::new(),
            vendor: false,
            drill: false,
        }
    }
}

/// All of them, in the order of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Service>", into = "Vec<Service>")]
pub struct Catalogue {
    services: Vec<Service>,
    places: HashMap<ServiceName, usize>,
    needs: Vec<Vec<usize>>,
    needed_by: Vec<Vec<usize>>,
    domains: BTreeMap<String, Vec<usize>>,
    upwards: Vec<usize>,
}

impl Deref for Catalogue {
    type Target = [Service];

    fn deref(&self) -> &[Service] {
        &self.services
    }
}

impl From<Catalogue> for Vec<Service> {
    fn from(catalogue: Catalogue) -> Self {
        catalogue.services
    }
}

impl From<Vec<Service>> for Catalogue {
    fn from(services: Vec<Service>) -> Self {
        let places: HashMap<_, _> = services.iter().enumerate().map(|(at, service)| (service.name.clone(), at)).collect();
        let needs =
            services.iter().map(|service| service.depends_on.iter().filter_map(|name| places.get(name).copied()).collect());
        let needs: Vec<Vec<usize>> = needs.collect();
        let mut needed_by = vec![Vec::new(); services.len()];
        let mut domains: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, service) in services.iter().enumerate() {
            needs[at].iter().for_each(|needed| needed_by[*needed].push(at));
            service.fault_domains.iter().for_each(|domain| domains.entry(domain.clone()).or_default().push(at));
        }
        let upwards = upwards(&needs, &needed_by);
        Self { services, places, needs, needed_by, domains, upwards }
    }
}

/// What is needed before what needs it.
fn upwards(needs: &[Vec<usize>], needed_by: &[Vec<usize>]) -> Vec<usize> {
    let mut left: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..needs.len()).filter(|at| left[*at] == 0).collect();
    let mut next = 0;
    while let Some(at) = order.get(next).copied() {
        next += 1;
        for other in &needed_by[at] {
            left[*other] -= 1;
            if left[*other] == 0 {
                order.push(*other);
            }
        }
    }
    order
}

impl<const N: usize> From<[Service; N]> for Catalogue {
    fn from(services: [Service; N]) -> Self {
        Vec::from(services).into()
    }
}

impl FromIterator<Service> for Catalogue {
    fn from_iter<I: IntoIterator<Item = Service>>(services: I) -> Self {
        services.into_iter().collect::<Vec<_>>().into()
    }
}

impl Catalogue {
    pub fn named(&self, name: &str) -> Option<&Service> {
        self.services.get(self.place(name)?)
    }

    /// Where it stands among all.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The places of what a service needs itself.
    pub fn needs(&self, at: usize) -> &[usize] {
        &self.needs[at]
    }

    /// The places of those that need it themselves.
    pub fn needed_by(&self, at: usize) -> &[usize] {
        &self.needed_by[at]
    }

    /// The places of all, each behind everything that it needs.
    pub fn upwards(&self) -> &[usize] {
        &self.upwards
    }

    /// What shares a fault, by its name, and the places of the services in it.
    pub fn domains(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.domains.iter().map(|(name, members)| (name.as_str(), members.as_slice()))
    }

    /// Who feels it when a service fails: all that need it, itself or by way of others, with how many steps lie between. The nearest
    /// first, and of those as near in the order of the configuration.
    pub fn blast(&self, at: usize) -> Vec<(usize, usize)> {
        self.spread(at, |at| &self.needed_by[at])
    }

    /// All that a service needs, likewise.
    pub fn below(&self, at: usize) -> Vec<(usize, usize)> {
        self.spread(at, |at| &self.needs[at])
    }

    fn spread<'a>(&'a self, from: usize, next: impl Fn(usize) -> &'a [usize] + 'a) -> Vec<(usize, usize)> {
        let mut known = vec![false; self.services.len()];
        known[from] = true;
        let (mut found, mut ring, mut steps) = (Vec::new(), vec![from], 0);
        while !ring.is_empty() {
            steps += 1;
            let mut wider: Vec<usize> = ring.iter().flat_map(|at| next(*at)).copied().collect();
            wider.sort_unstable();
            wider.retain(|at| !std::mem::replace(&mut known[*at], true));
            found.extend(wider.iter().map(|at| (*at, steps)));
            ring = wider;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(edges: &[(&str, &[&str])]) -> Catalogue {
        let service = |(name, needs): &(&str, &[&str])| Service {
            depends_on: needs.iter().map(|name| (*name).into()).collect(),
            ..Service::new(*name)
        };
        edges.iter().map(service).collect()
    }

    #[test]
    fn who_feels_it_is_told_once_and_the_nearest_first() {
        // shop needs db by two ways of different lengths.
        let all = catalogue(&[("shop", &["api", "db"]), ("api", &["db"]), ("mail", &[]), ("db", &["disk"]), ("disk", &[])]);
        let told = |found: Vec<(usize, usize)>| {
            found.into_iter().map(|(at, steps)| format!("{} {steps}", all[at].name)).collect::<Vec<_>>()
        };
        let place = |name| all.place(name).expect("it is there");
        assert_eq!(told(all.blast(place("disk"))), ["db 1", "shop 2", "api 2"]);
        assert_eq!(told(all.below(place("shop"))), ["api 1", "db 1", "disk 2"]);
        let order: Vec<&str> = all.upwards().iter().map(|at| all[*at].name.as_str()).collect();
        assert_eq!(order, ["mail", "disk", "db", "api", "shop"]);
        assert!(all.blast(place("mail")).is_empty() && all.named("nobody").is_none());
        let crossed = catalogue(&[("a", &["d"]), ("b", &["c"]), ("c", &["disk"]), ("d", &["disk"]), ("disk", &[])]);
        let order: Vec<&str> = crossed.blast(4).into_iter().map(|(at, _)| crossed[at].name.as_str()).collect();
        assert_eq!(order, ["c", "d", "a", "b"], "those as near in the order of the configuration");
    }
}
