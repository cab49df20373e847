//! Each playbook as a drill: the program itself makes the scene, runs the playbook in it, and clears it away.

use crate::lab::{Lab, Ran};
use crate::support::missing;

fn there(programs: &[&str]) -> bool {
    !programs.iter().any(|program| missing(program))
}

/// A drill that nobody has to help.
#[track_caller]
fn alone(id: &str, params: &[(&str, &str)]) {
    let mut lab = Lab::bare(id, params);
    let ran = lab.drill();
    assert_over(&lab, &ran);
}

/// It is completed in time, and nothing of its scene is left: no folder, no process.
#[track_caller]
fn assert_over(lab: &Lab, ran: &Ran) {
    lab.assert_completed(ran);
    assert!(!lab.file("").exists(), "its folder is left");
    assert_eq!(lab.sh("pgrep -f \"$SCRATCH/\" || true"), "", "what it started is left");
}

#[test]
fn rolling_deploy_nginx() {
    if there(&["haproxy", "nginx", "curl"]) {
        alone("rolling-deploy-nginx", &[("RELEASE", "v2")]);
    }
}

#[test]
fn blue_green_switch() {
    if there(&["haproxy", "nginx", "curl"]) {
        alone("blue-green-switch", &[("RELEASE", "v2"), ("TO", "green")]);
    }
}

#[test]
fn lb_drain_node() {
    if !there(&["haproxy", "nginx", "curl"]) {
        return;
    }
    let mut lab = Lab::bare("lb-drain-node", &[]);
    let ran = lab.drill();
    std::fs::remove_file(lab.file("node2/fault")).expect("mended");
    lab.done(&ran, "mend-it");
    assert_over(&lab, &lab.answer(&ran, "mend-it", "a file named fault"));
}

#[test]
fn isolate_noisy_tenant() {
    if there(&["haproxy", "nginx", "curl"]) {
        alone("isolate-noisy-tenant", &[("LEVER", "deny")]);
    }
}

#[test]
fn config_rollback() {
    if there(&["nginx", "git", "curl"]) {
        alone("config-rollback", &[]);
    }
}

#[test]
fn redis_replica_replace() {
    if there(&["redis-server", "redis-cli"]) {
        alone("redis-replica-replace", &[]);
    }
}

#[test]
fn redis_sentinel_failover_hands_off() {
    if there(&["redis-server", "redis-sentinel", "redis-cli"]) {
        alone("redis-sentinel-failover", &[("WAY", "hands-off")]);
    }
}

#[test]
fn redis_sentinel_failover_planned() {
    if there(&["redis-server", "redis-sentinel", "redis-cli"]) {
        alone("redis-sentinel-failover", &[("WAY", "planned")]);
    }
}

#[test]
fn backup_differential_files() {
    if there(&["tar", "sha256sum"]) {
        alone("backup-differential-files", &[]);
    }
}

#[test]
fn disk_filling() {
    if !there(&["find", "du"]) {
        return;
    }
    let mut lab = Lab::bare("disk-filling", &[]);
    let ran = lab.drill();
    assert_over(&lab, &lab.done(&ran, "read-the-list"));
}

#[test]
fn alert_pipeline_check() {
    if there(&["prometheus-alertmanager", "curl"]) {
        alone("alert-pipeline-check", &[]);
    }
}
