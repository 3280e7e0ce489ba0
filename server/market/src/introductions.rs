//! The introduction ledger: who introduced whom on what, chained by hash.
