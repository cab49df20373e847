//! A real Prometheus on a free port of loopback, gone with the value.

use super::program::{Program, free_address};

pub struct Prometheus {
    pub url: String,
    _program: Program,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Scrapes itself every 200 ms.
    pub fn start() -> Self {
        Self::start_with("", "", "")
    }

    /// `jobs` are more items of `scrape_configs`, `config` is added to the configuration, `rules` are the groups of its rule file.
    pub fn start_with(jobs: &str, config: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("prometheus.yml");
        let address = free_address();
        let scrape = format!("scrape_configs: [{{job_name: self, static_configs: [{{targets: ['{address}']}}]}}{jobs}]");
        let global = "global: {scrape_interval: 200ms, evaluation_interval: 200ms}\nrule_files: [rules.yml]";
        std::fs::write(&file, format!("{global}\n{scrape}\n{config}\n")).expect("written");
        std::fs::write(folder.path().join("rules.yml"), rules).expect("written");
        let args = [
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", folder.path().join("data").display()),
            format!("--web.listen-address={address}"),
        ];
        let program = Program::start("prometheus", args, "Server is ready to receive web requests");
        Self { url: format!("http://{address}"), _program: program, _folder: folder }
    }
}
