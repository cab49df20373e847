//! What things are: values and pure rules about one value. Knows nothing else in the crate.

pub mod act;
pub mod alert;
pub mod backup;
pub mod capture;
pub mod catalogue;
pub mod chain;
pub mod change;
pub mod entry;
pub mod forecast;
pub mod health;
pub mod ids;
pub mod incident;
pub mod maintenance;
pub mod matcher;
pub mod millis;
pub mod node;
pub mod patterns;
pub mod playbook;
pub mod run;
pub mod secret;
pub mod settings;
pub mod spread;
pub mod stamp;
pub mod text;
pub mod timeline;
pub mod trouble;
