//! What time does by itself: interests lapse, notices and sales end, claims expire, officers are reminded, months of the ledger are closed.

use crate::{Market, Result, brokers, contracts, interests, ledger, notices, performance, public_notices, questions, room, sales};

/// Ends what is over by the market's clock and reminds of what soon will be; answers how many subjects moved. Each subject has a transaction
/// of its own, so that one that cannot be moved does not hold up the others.
///
/// # Errors
/// [`crate::Error::Internal`]; the next call goes on.
pub async fn clock_step(market: &Market) -> Result<usize> {
    let mut done = interests::clock_step(market).await?;
    done += room::clock_step(market).await?;
    done += public_notices::clock_step(market).await?;
    done += sales::clock_step(market).await?;
    done += brokers::clock_step(market).await?;
    done += questions::clock_step(market).await?;
    done += contracts::resume_imports(market).await?;
    done += performance::clock_step(market).await?;
    contracts::reminders::clock_step(market).await?;
    contracts::likeness::backfill_step(market).await?;
    ledger::snapshot_step(market).await?;
    notices::digest_step(market).await?;
    Ok(done)
}
