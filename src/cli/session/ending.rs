//! What a command waits with, and what its end does not wait for.

use std::io;
use std::ops::Deref;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// Two threads for everything that waits: the loop itself has the calling one.
///
/// # Errors
/// The system has no threads left.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// A runtime whose end waits for nothing that hangs: what the journal holds is safe when the shell has ended.
pub struct Ending {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Ending {
    pub fn new(runtime: Runtime) -> Self {
        Self { handle: runtime.handle().clone(), runtime: Some(runtime) }
    }
}

impl Deref for Ending {
    type Target = Handle;

    fn deref(&self) -> &Self::Target {
        &self.handle
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_millis(100));
        }
    }
}
