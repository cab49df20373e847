//! A migration is taken back on a real server, and is not where rows would be lost.

use crate::stage::{Run, Stage};
use crate::support::postgres::{Cluster, Server, missing};
use std::fs;
use std::path::PathBuf;

struct Shop {
    stage: Stage,
    cluster: Cluster,
    server: Server,
}

impl Shop {
    fn new() -> Self {
        let (stage, cluster) = (Stage::new(), Cluster::new());
        let server = cluster.primary("shop", "");
        server.sql(
            "create table schema_migrations (version text primary key); insert into schema_migrations values ('0001'), ('0002_discount');
             create table orders (id int primary key, amount int, discount int default 5); insert into orders select n, n from generate_series(1, 400) n;
             create table customers (id int primary key); insert into customers select generate_series(1, 100)",
        );
        cluster.folder("keep");
        Self { stage, cluster, server }
    }

    fn down(&self, sql: &str) -> PathBuf {
        let file = self.cluster.path().join("down.sql");
        fs::write(&file, sql).expect("written");
        file
    }

    fn roll_back(&self, sql: &str, more: &[(&str, &str)]) -> Run<'_> {
        let (down, keep, port) = (self.down(sql), self.cluster.path().join("keep"), self.server.port.to_string());
        let usual = [
            ("PGPORT", port.as_str()),
            ("PGDATABASE", "postgres"),
            ("MIGRATION", "0002_discount"),
            ("DOWN_SCRIPT", down.to_str().expect("a path")),
            ("TABLES", "orders customers"),
            ("KEEP_DIR", keep.to_str().expect("a path")),
            ("CHECK_SQL", "select id, amount from orders limit 1"),
        ];
        self.stage.run("schema-rollback", &[&usual, more].concat())
    }

    fn columns(&self) -> String {
        self.server.sql("select string_agg(column_name, ' ' order by ordinal_position) from information_schema.columns where table_name = 'orders'")
    }

    fn is_untouched(&self) {
        assert_eq!(self.columns(), "id amount discount");
        assert_eq!(
            self.server.sql("select max(version), (select count(*) from orders) from schema_migrations"),
            "0002_discount|400"
        );
    }
}

#[test]
fn the_migration_goes_and_every_row_stays() {
    if missing() {
        return;
    }
    let shop = Shop::new();
    let mut run = shop.roll_back("alter table orders drop column discount;\n", &[]);
    run.say("tick", &["keep-both-sides-together", "1", "2", "3"]).is("completed");
    assert_eq!(shop.columns(), "id amount");
    assert_eq!(shop.server.sql("select max(version), (select count(*) from orders) from schema_migrations"), "0001|400");
    let kept: Vec<_> =
        fs::read_dir(shop.cluster.path().join("keep")).expect("a folder").flatten().map(|file| file.file_name()).collect();
    assert!(kept.len() == 1 && kept[0].to_string_lossy().ends_with(".dump"), "{kept:?}");
    println!("schema-rollback: {:.1} s until verified, no row lost", run.seconds_to_verified());
}

#[test]
fn a_script_that_loses_rows_changes_nothing() {
    if missing() {
        return;
    }
    let shop = Shop::new();
    let run = shop.roll_back("alter table orders drop column discount;\ndelete from orders where id > 390;\n", &[]);
    run.stopped_at("take-the-migration-back", "waiting", "the down script changes the number of rows in: orders");
    shop.is_untouched();
    let run = shop.roll_back("drop table customers;\n", &[]);
    run.stopped_at("take-the-migration-back", "waiting", "the down script changes the number of rows in: customers");
    shop.is_untouched();
}

#[test]
fn a_script_with_a_transaction_of_its_own_is_refused_before_anything_runs() {
    if missing() {
        return;
    }
    let shop = Shop::new();
    let run = shop.roll_back("BEGIN;\nalter table orders drop column discount;\ncommit;\n", &[]);
    run.stopped_at("the-down-script-leaves-the-transaction-to-us", "blocked", "3:commit;");
    let older = shop.roll_back("select 1;", &[("MIGRATION", "0001")]);
    older.stopped_at("the-migration-is-the-newest-one-applied", "blocked", "0002_discount");
    shop.is_untouched();
}

#[test]
fn without_a_whole_backup_nothing_is_changed() {
    if missing() {
        return;
    }
    let shop = Shop::new();
    let run = shop.roll_back("alter table orders drop column discount;\n", &[("KEEP_DIR", "/no/such/folder")]);
    run.stopped_at("back-up-the-database", "failed", "could not open output file");
    let run = shop.roll_back("alter table orders drop column discount;\n", &[("TABLES", "orders pg_class")]);
    run.stopped_at("every-table-is-in-the-backup", "failed", "TABLE DATA public orders");
    shop.is_untouched();
}

#[test]
fn who_holds_the_table_is_not_waited_for() {
    if missing() {
        return;
    }
    let shop = Shop::new();
    let port = shop.server.port;
    let holder = std::thread::spawn(move || {
        crate::support::postgres::psql(port, "begin; insert into orders values (1000, 1); select pg_sleep(60); rollback")
    });
    crate::support::until("the lock", || {
        (shop.server.sql("select count(*) from pg_locks where relation = 'orders'::regclass and mode = 'RowExclusiveLock'")
            == "1")
            .then_some(())
    });
    let run = shop.roll_back("alter table orders drop column discount;\n", &[("LOCK_SECONDS", "1")]);
    run.stopped_at("take-the-migration-back", "waiting", "lock timeout");
    shop.server.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
    );
    holder.join().expect("it ended").expect_err("it was ended");
    shop.is_untouched();
}
