use super::*;
use crate::domain::entry::Intent;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Exec, Listed, Output, Program};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A machine of texts: what its files hold, and what its programs print, by their first words.
struct Machine(BTreeMap<&'static str, &'static str>);

impl Files for Machine {
    fn read(&self, path: &Path, _longest: usize) -> Result<Vec<u8>, Trouble> {
        let text = path.to_str().and_then(|path| self.0.get(path));
        text.map(|text| text.as_bytes().to_vec()).ok_or_else(|| Trouble::new(Reason::Local, "no such file"))
    }

    fn head<'a>(&'a self, path: &'a Path, longest: usize, _limit: Duration) -> Answer<'a, Result<Vec<u8>, Trouble>> {
        Box::pin(async move { self.read(path, longest) })
    }

    fn list<'a>(&'a self, _folder: &'a Path, _limit: Duration) -> Answer<'a, Result<Vec<Listed>, Trouble>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Exec for Machine {
    fn observe(&self, program: Program) -> Answer<'_, Result<Output, Trouble>> {
        let text = self.0.get(program.argv[0].as_str()).copied();
        let output = |text: &'static str| Output { code: Some(0), out: text.into(), err: "".into(), took: Duration::ZERO };
        Box::pin(async move { text.map(output).ok_or_else(|| Trouble::new(Reason::Local, "not installed")) })
    }

    fn act(&self, program: Program, _intent: Intent) -> Answer<'_, Result<Output, Trouble>> {
        self.observe(program)
    }
}

async fn seen(machine: &[(&'static str, &'static str)]) -> Vec<String> {
    let machine = Arc::new(Machine(machine.iter().copied().collect()));
    let ports = Ports { files: machine.clone(), exec: machine, ..Ports::real() };
    look(&ports, "ana", 70, &["/books".into()]).await.iter().map(Warning::shown).collect()
}

#[tokio::test]
async fn a_login_manager_that_ends_everything_is_warned_of_unless_the_user_is_spared() {
    let kills = ("busctl", "b true\nas 0\nas 1 \"root\"\n");
    let [warning] = &seen(&[kills]).await[..] else { panic!("one warning") };
    assert!(warning.contains("KillUserProcesses=yes") && warning.contains("loginctl enable-linger ana"), "{warning}");
    for spared in [
        &[("busctl", "b false\nas 0\nas 0\n")][..],
        &[("busctl", "b true\nas 0\nas 2 \"root\" \"ana\"\n")],
        &[("busctl", "b true\nas 1 \"bo\"\nas 0\n")],
        &[kills, ("/var/lib/systemd/linger/ana", "")],
    ] {
        assert!(seen(spared).await.is_empty(), "{spared:?}");
    }
}

#[tokio::test]
async fn a_session_that_was_entered_from_outside_is_told_from_the_containers_own() {
    let stat = "70 (mid) watch) S 69 70 69 0\n";
    let entered = seen(&[("/proc/70/stat", stat), ("/proc/69/stat", "69 (sh) S 0 69 69 0\n")]).await;
    assert!(matches!(&entered[..], [warning] if warning.contains("docker exec")), "{entered:?}");
    let own = [("/proc/70/stat", stat), ("/proc/69/stat", "69 (sh) S 1 69 69 0\n"), ("/proc/1/stat", "1 (init) S 0 1 1 0\n")];
    assert!(seen(&own).await.is_empty());
}

#[tokio::test]
async fn a_folder_that_is_behind_is_warned_of() {
    let behind = seen(&[("git", "3\n")]).await;
    assert!(matches!(&behind[..], [warning] if warning.contains("/books is 3 commits behind its upstream")), "{behind:?}");
    assert!(seen(&[("git", "0\n")]).await.is_empty());
}
