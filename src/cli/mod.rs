//! Under construction.

pub mod supervise;
