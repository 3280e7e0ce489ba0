//! Brokers (技术经理人): profile, claims of pairs, tasks, and the board on which they carry them.

use crate::{Market, Result};

/// What time does here by itself; answers how many subjects moved.
///
/// # Errors
/// [`crate::Error::Internal`].
pub(crate) async fn clock_step(_market: &Market) -> Result<usize> {
    Ok(0)
}
