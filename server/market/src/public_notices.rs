//! Public notices (公示) of name and price, and the objections to them.

use crate::{Market, Result};

/// What time does here by itself; answers how many subjects moved.
///
/// # Errors
/// [`crate::Error::Internal`].
pub(crate) async fn clock_step(_market: &Market) -> Result<usize> {
    Ok(0)
}
