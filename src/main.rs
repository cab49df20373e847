//! The program: see `midwatch::cli`.

fn main() {}
