//! `keqiao`: a city's technology market in one program.

use std::process::ExitCode;

use clap::Parser as _;
use keqiao_server::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(job) = cli.foreign_file() {
        return job.run();
    }
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(Box::pin(keqiao_server::cli::run(cli))));
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("keqiao: {error:#}");
            ExitCode::FAILURE
        }
    }
}
