//! Libraries that are loaded before the C library, to make the system fail as no machine does when it is asked to.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One of the C files beside this one, built; its file goes with it.
pub struct Preload(PathBuf);

impl Preload {
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// For the environment of a program.
    pub fn variable(&self) -> (String, String) {
        ("LD_PRELOAD".to_owned(), self.0.display().to_string())
    }
}

impl Drop for Preload {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// `None` without a C compiler.
pub fn built(name: &str) -> Option<Preload> {
    if super::missing("cc") {
        return None;
    }
    let library = Preload(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.so", uuid::Uuid::new_v4())));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(name).with_extension("c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(library.path()).arg(source).arg("-ldl").status();
    assert!(built.expect("runs").success());
    Some(library)
}
