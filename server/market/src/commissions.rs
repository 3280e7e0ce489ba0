//! What brokers are paid: commission agreements, fees due and paid.
