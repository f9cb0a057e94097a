//! The binary: hands the command line to [`masthead::cli`].

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// Migrations run on the blocking pool of a multi-threaded runtime: `#[actix_web::main]` has none.
#[tokio::main]
async fn main() -> std::process::ExitCode {
    masthead::cli::run().await
}
