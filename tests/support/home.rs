//! A home folder that belongs to one test: configuration, data, cache and playbooks are below it and go with it.

use super::pty::Pty;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub struct Home {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
    /// What starts `midwatch`: itself, or a command that becomes another user first.
    argv: Vec<String>,
}

impl Home {
    pub fn new() -> Self {
        let argv = vec![env!("CARGO_BIN_EXE_midwatch").to_owned()];
        Self { folder: tempfile::tempdir().expect("a temporary folder"), env: Vec::new(), argv }
    }

    /// A home with this configuration.
    pub fn with(config: &str) -> Self {
        let home = Self::new();
        home.write("config.yaml", config);
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// One more variable for everything that is started here.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Everything here is started by this command instead.
    #[must_use]
    pub fn started_by(mut self, argv: Vec<String>) -> Self {
        self.argv = argv;
        self
    }

    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// Writes a file below the home folder; makes its folders.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders are made");
        std::fs::write(&file, text).expect("the file is written");
        file
    }

    /// Runs `midwatch` without a terminal and waits for its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.run_with_input(args, "")
    }

    pub fn run_with_input(&self, args: &[&str], input: &str) -> Output {
        let mut child = self.command(args).spawn().expect("midwatch starts");
        // A program that ends without reading everything closes the pipe: that is not the test's concern.
        let _ = child.stdin.take().expect("its standard input").write_all(input.as_bytes());
        child.wait_with_output().expect("midwatch ends")
    }

    /// The one JSON document that `midwatch ARGS --json` prints, whatever its exit code.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {output:?}"))
    }

    /// `midwatch` with this home's environment and pipes, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.argv[0]);
        command.args(&self.argv[1..]).args(args).env_clear().envs(self.environment()).current_dir(self.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Opens `midwatch` in a terminal of `columns` × `rows`.
    pub fn console(&self, args: &[&str], columns: u16, rows: u16) -> Pty {
        let argv = self.argv.iter().map(String::as_str).chain(args.iter().copied());
        Pty::open(argv, &self.environment(), self.path(), columns, rows)
    }

    /// Nothing of the machine's own settings but the PATH.
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.path().display().to_string();
        let fixed = [
            ("HOME", home.clone()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("MIDWATCH_CONFIG", format!("{home}/config.yaml")),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
        ];
        let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
        fixed.chain(self.env.iter().cloned()).collect()
    }
}
