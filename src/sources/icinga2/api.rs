//! What is asked of the API and written to it, and what its answers mean. Every question is a POST that says it is a GET: a
//! filter stands in the body, with its values bound beside it and never in its text.

use super::Icinga;
use super::wire::{Done, Item, Permissions, Refusal, Results, Status};
use crate::domain::entry::Intent;
use crate::domain::secret::Secret;
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Ports, Request, Response, below};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The longest answer: about 60,000 problems.
const LONGEST: usize = 128 << 20;

#[derive(Clone, Copy)]
pub struct Api<'a> {
    pub source: &'a Icinga,
    pub ports: &'a Ports,
    /// How long one answer may take.
    pub limit: Duration,
}

/// What the server said of the one object that an act was for.
pub enum Said {
    Done {
        /// What it calls the thing that was made.
        made: Option<Outside>,
    },
    Refused {
        code: u16,
        words: String,
    },
}

impl Api<'_> {
    /// All objects of one type.
    pub async fn all<A: DeserializeOwned>(&self, path: &str, attrs: &[&str]) -> Result<Vec<Item<A>>, Trouble> {
        self.list(path, json!({"attrs": attrs, "joins": joins(path)})).await
    }

    /// Objects of one type for which the filter holds. Where filters are forbidden it is all of them.
    pub async fn filtered<A: DeserializeOwned>(
        &self,
        path: &str,
        attrs: &[&str],
        filter: &str,
        vars: Value,
    ) -> Result<Vec<Item<A>>, Trouble> {
        if self.unfiltered() {
            return self.all(path, attrs).await;
        }
        let body = json!({"attrs": attrs, "joins": joins(path), "filter": filter, "filter_vars": vars});
        match self.list(path, body).await {
            Err(trouble) if trouble.text.raw().contains("filter-expression") => {
                self.source.unfiltered.store(true, Ordering::Relaxed);
                self.all(path, attrs).await
            }
            answer => answer,
        }
    }

    /// Whether filters are forbidden, as far as is known.
    pub fn unfiltered(&self) -> bool {
        self.source.unfiltered.load(Ordering::Relaxed)
    }

    /// One object; `None` where there is none of this name.
    pub async fn one<A: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        name: &str,
        attrs: &[&str],
    ) -> Result<Option<A>, Trouble> {
        let path = format!("objects/{path}");
        let answer = self.ask(&path, json!({key: name, "attrs": attrs})).await?;
        let asked = self.told("POST", &path);
        if answer.status == 404 && missing_permission(&answer).is_none() {
            return Ok(None);
        }
        let list: Results<Item<A>> = self.good(&answer, &asked)?;
        Ok(list.results.into_iter().next().map(|item| item.attrs))
    }

    pub async fn status(&self) -> Result<Status, Trouble> {
        let path = "status/IcingaApplication";
        let answer = self.ask(path, json!({})).await?;
        let asked = self.told("POST", path);
        let list: Results<Status> = self.good(&answer, &asked)?;
        list.results.into_iter().next().ok_or_else(|| Trouble::new(Reason::Nonsense, format!("{asked} answered no status")))
    }

    /// What the user may do, as the server has it: wildcards among them. Everybody may ask for that.
    pub async fn permissions(&self) -> Result<Vec<String>, Trouble> {
        let answer = self.ask("", json!({})).await?;
        let list: Results<Permissions> = self.good(&answer, &self.told("POST", ""))?;
        Ok(list.results.into_iter().flat_map(|user| user.permissions).collect())
    }

    async fn list<A: DeserializeOwned>(&self, path: &str, body: Value) -> Result<Vec<Item<A>>, Trouble> {
        let path = format!("objects/{path}");
        let answer = self.ask(&path, body).await?;
        let list: Results<Item<A>> = self.good(&answer, &self.told("POST", &path))?;
        Ok(list.results)
    }

    fn good<T: DeserializeOwned>(&self, answer: &Response, asked: &str) -> Result<T, Trouble> {
        if !answer.good() {
            return Err(refusal(answer, asked));
        }
        answer.understood("a list of objects", asked, |text| serde_json::from_str(text))
    }

    async fn ask(&self, path: &str, mut body: Value) -> Result<Response, Trouble> {
        // Else a wrong filter is only `No objects found.`
        body["verbose"] = 1.into();
        let mut request = self.request(path, &body).await?;
        request.headers.push(("X-HTTP-Method-Override".into(), Secret::new("GET".into())));
        self.ports.http.observe(request).await
    }

    /// Does one act. The object that it is for stands in the body by name. An error that was `sent` may have been done.
    pub async fn write(&self, action: &str, mut body: Value, intent: Intent) -> Result<Said, Trouble> {
        body["verbose"] = 1.into();
        let path = format!("actions/{action}");
        let answer = self.ports.http.act(self.request(&path, &body).await?, intent).await?;
        said(&answer, &self.told("POST", &path))
    }

    pub async fn request(&self, path: &str, body: &Value) -> Result<Request, Trouble> {
        let url = below(&self.source.endpoint.url, &format!("v1/{path}"));
        let request = Request { method: "POST", timeout: self.limit, longest: LONGEST, ..Request::get(url) };
        let mut request = self.source.endpoint.access.onto(request, self.ports).await?;
        request.headers.push(("Accept".into(), Secret::new("application/json".into())));
        request.body = Some(body.to_string().into());
        Ok(request)
    }

    /// `POST https://icinga:5665/v1/events`, for messages.
    pub fn told(&self, method: &'static str, path: &str) -> String {
        Request { method, ..Request::get(below(&self.source.endpoint.url, &format!("v1/{path}"))) }.told()
    }
}

/// What comes with the objects of a list: of a service, what its host adds to it.
fn joins(path: &str) -> &'static [&'static str] {
    if path == "services" { &["host.vars", "host.groups"] } else { &[] }
}

/// The code of the object counts, and not the status of the whole answer.
fn said(answer: &Response, asked: &str) -> Result<Said, Trouble> {
    if let Ok(Results { results }) = serde_json::from_slice::<Results<Done>>(&answer.body)
        && let Some(done) = results.into_iter().next()
    {
        let words = || done.status.clone().unwrap_or_else(|| format!("code {}", done.code));
        return Ok(match done.code {
            200..=299 => Said::Done { made: done.name },
            code => Said::Refused { code, words: words() },
        });
    }
    let trouble = refusal(answer, asked);
    match serde_json::from_slice::<Refusal>(&answer.body) {
        Ok(refused) => Ok(Said::Refused { code: refused.error, words: trouble.text.raw().to_owned() }),
        // A proxy in front of it, or a server that broke: what it did then is looked for.
        Err(_) if (400..500).contains(&answer.status) || answer.status == 500 => {
            Ok(Said::Refused { code: answer.status, words: trouble.text.raw().to_owned() })
        }
        Err(_) => Err(Trouble { sent: true, ..trouble }),
    }
}

/// What an answer that says no means, in Icinga's own words.
pub fn refusal(answer: &Response, asked: &str) -> Trouble {
    if let Some(permission) = missing_permission(answer) {
        return Trouble::new(Reason::Denied, format!("{asked} was refused: the API user lacks the permission {permission}"));
    }
    let Ok(refused) = serde_json::from_slice::<Refusal>(&answer.body) else { return answer.refusal(asked) };
    let words = first_line(&refused).map(str::to_owned).or(refused.status).unwrap_or_default();
    Response { body: words.into(), ..answer.clone() }.refusal(asked)
}

/// Icinga answers 404 to whoever may not ask; only its diagnosis says so.
pub fn missing_permission(answer: &Response) -> Option<String> {
    let refused: Refusal = serde_json::from_slice(&answer.body).ok()?;
    let diagnosed = first_line(&refused).and_then(|line| line.strip_prefix("Missing permission: "));
    let told = || refused.status.as_deref()?.strip_prefix("Missing permission: ");
    diagnosed.or_else(told).map(|permission| permission.trim().to_owned())
}

fn first_line(refused: &Refusal) -> Option<&str> {
    let line = refused.diagnostic_information.as_deref()?.lines().next()?;
    Some(line.strip_prefix("Error: ").unwrap_or(line)).filter(|line| !line.is_empty())
}
