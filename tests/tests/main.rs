//! Tests of the whole program from outside, linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

mod bad_input;
mod brokers;
mod canary;
mod concurrency;
mod config;
mod contract_form;
mod dashboard;
mod embeddings;
mod faults;
mod feedback;
mod index;
mod interests;
mod journey;
mod notices;
mod odd_addresses;
mod performance;
mod permissions;
mod public_notices;
mod questions;
mod ranking;
mod register;
mod register_faults;
mod register_import;
mod rewards;
mod room;
mod sales;
mod search_help;
mod security;
mod similar;
mod states;
mod targets;
mod ways;
mod weights;
mod world;
