//! Under construction.
/// The state of the world.
pub struct World;
