//! Bare Actix: answers every request with the same bytes. What a read can't be faster than.
//!
//! `cargo bench --bench bare_actix -- 127.0.0.1:18090 FILE`

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    // Cargo adds a flag of its own to what it passes on.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let [address, file] = arguments.as_slice() else {
        return Err(std::io::Error::other("wants an address and a file"));
    };
    let bytes = Bytes::from(std::fs::read(file)?);
    HttpServer::new(move || {
        let bytes = bytes.clone();
        let answer = move || {
            let bytes = bytes.clone();
            async {
                HttpResponse::Ok()
                    .content_type("application/json")
                    .body(bytes)
            }
        };
        App::new().default_service(web::to(answer))
    })
    .bind(address)?
    .run()
    .await
}
