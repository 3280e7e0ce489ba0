//! Everything a fresh machine does with this repository: `cargo xtask serve | test | assets | bench | dist`.

mod assets;
mod browser;
mod house;
mod interrupt;
mod postgres;
mod program;
mod serve;
mod stylesheet;
mod test;
mod tools;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use workspace::Workspace;

/// What people type after `cargo xtask`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, runs and tests Keqiao")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the product and run it with a demo city
    Serve(serve::Options),
    /// Run every test, or some of its steps
    Test(test::Options),
    /// Build what browsers download into target/site
    Assets,
    /// Measure a release build; the arguments go to keqiao-bench
    Bench {
        /// Handed through
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build what a server needs into target/dist: the program and its assets
    Dist,
}

fn main() -> ExitCode {
    let done = Workspace::find().and_then(|workspace| match Cli::parse().task {
        Task::Serve(options) => serve::serve(&workspace, &options).map(|()| true),
        Task::Test(options) => test::test(&workspace, &options),
        Task::Assets => assets::build(&workspace).and_then(|site| site.print_sizes()).map(|()| true),
        Task::Bench { arguments } => program::bench(&workspace, &arguments).map(|()| true),
        Task::Dist => program::dist(&workspace).map(|()| true),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
