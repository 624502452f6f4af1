//! What the product is held against: an actix-web handler that answers 302 and does nothing else, and the same one
//! behind a file that every request is appended to, with one sync for all that wait. The second is the disk's floor:
//! nothing that keeps a click before it answers can be faster and as safe.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use actix_web::http::header::LOCATION;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use tokio::sync::oneshot;

/// How many requests one sync is for at most: as many as one transaction of the product.
const GROUP: usize = 1024;

type Waiting = (Vec<u8>, oneshot::Sender<()>);

/// Serves at an address; behind a file when one is named.
pub fn serve(arguments: &[String]) -> io::Result<()> {
    let address = arguments.first().cloned().unwrap_or_default();
    let queue = arguments.get(1).map(File::create).transpose()?.map(|file| {
        let (queue, waiting) = sync_channel(8192);
        std::thread::spawn(move || append(file, &waiting));
        queue
    });
    let server = HttpServer::new(move || {
        let app = App::new().app_data(web::Data::new(queue.clone()));
        app.route("/go/{store}", web::get().to(go))
    });
    actix_web::rt::System::new().block_on(server.bind(address)?.run())
}

async fn go(request: HttpRequest, queue: web::Data<Option<SyncSender<Waiting>>>) -> HttpResponse {
    if let Some(queue) = queue.get_ref() {
        let line = format!("{}\n", request.uri());
        let (done, answer) = oneshot::channel();
        if queue.try_send((line.into_bytes(), done)).is_err() || answer.await.is_err() {
            return HttpResponse::ServiceUnavailable().finish();
        }
    }
    HttpResponse::Found().insert_header((LOCATION, "https://network.example/c?sub1=reference")).finish()
}

fn append(mut file: File, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        group.extend(waiting.try_iter().take(GROUP - 1));
        let lines = group.iter().flat_map(|(line, _)| line.iter().copied()).collect::<Vec<u8>>();
        // Without an answer the request fails, and with it the run.
        if file.write_all(&lines).and_then(|()| file.sync_data()).is_ok() {
            for (_, done) in group {
                let _gone = done.send(());
            }
        }
    }
}
