//! Under construction.

pub mod ports;
