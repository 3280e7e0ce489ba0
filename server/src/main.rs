//! `keqiao`: a city's technology market in one program.

use std::process::ExitCode;

use clap::Parser as _;
use keqiao_server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(keqiao_server::cli::run(Cli::parse())).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("keqiao: {error:#}");
            ExitCode::FAILURE
        }
    }
}
