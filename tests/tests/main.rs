//! Tests of the whole program from outside, linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

mod bad_input;
mod brokers;
mod canary;
mod concurrency;
mod config;
mod faults;
mod feedback;
mod index;
mod journey;
mod odd_addresses;
mod permissions;
mod ranking;
mod room;
mod search_help;
mod security;
mod similar;
mod states;
mod ways;
mod world;
