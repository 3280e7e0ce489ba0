//! Ctrl-C while something must be put away first: a server that runs, a database that was lent.

use anyhow::Result;
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C and a polite kill set a flag in place of ending the program.
pub fn catch() -> Result<()> {
    Ok(ctrlc::set_handler(|| REQUESTED.store(true, Ordering::Relaxed))?)
}

/// Whether the person asked to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
