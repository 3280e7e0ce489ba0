//! Tests of the whole program from outside, linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

mod bad_input;
mod concurrency;
mod config;
mod index;
mod journey;
mod odd_addresses;
mod permissions;
mod ranking;
mod security;
mod states;
mod ways;
