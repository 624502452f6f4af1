//! The thin binary: parse the command line, call the library, give the exit code.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use kopilka::cli::{Cli, run};

/// What a worker allocates for a click a lane frees: the system's allocator is slow when threads do that to each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // One provider of cryptography for every TLS connection of the process. Only a second call can fail.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(cause) => {
            let _ = writeln!(std::io::stderr(), "kopilka: cannot start: {cause}");
            ExitCode::FAILURE
        }
    }
}
