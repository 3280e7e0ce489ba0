//! The program `keqiao`: configuration, command line, HTTP, background workers, and the demo city.

pub mod assets;
mod body;
pub mod cli;
pub mod config;
pub mod demo;
pub mod embeddings;
pub mod evaluate;
pub mod extract;
pub mod http;
mod machines;
pub mod mail;
pub mod program;
pub mod worker;

/// A rebuild of the index makes and drops many small texts; this allocator gives their memory back, and is quicker.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
