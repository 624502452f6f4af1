//! Answers that are not what was promised: dropped connections, bodies that stop, cut and strange JSON.

use std::any::Any;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Extensions;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::fault::Fault;

/// A second handle on the caller's connection, to break it off.
struct Wire(TcpStream);

/// Keeps a handle on each connection, for [`hang_up`].
pub(super) fn keep_wire(io: &dyn Any, data: &mut Extensions) {
    let stream = io.downcast_ref::<actix_web::rt::net::TcpStream>();
    if let Some(Ok(copy)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
        data.insert(Wire(TcpStream::from(copy)));
    }
}

/// Breaks the connection off; what is then returned reaches nobody.
pub(super) fn hang_up(request: &HttpRequest) -> HttpResponse {
    if let Some(Wire(stream)) = request.conn_data::<Wire>() {
        // A connection that is already gone is what was wanted.
        let _gone = stream.shutdown(Shutdown::Both);
    }
    HttpResponse::InternalServerError().finish()
}

/// An answer to a create call that did its work.
#[derive(Debug)]
pub(super) struct Good {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its body.
    pub(super) body: Value,
    /// The same with an unknown status word and fields that nobody announced.
    pub(super) strange: Value,
}

/// The answer to a create call that did its work, spoilt as the faults say.
pub(super) fn answer(request: &HttpRequest, good: &Good, faults: &[Fault], stall: Duration) -> HttpResponse {
    let spoilt = |fault| faults.contains(&fault);
    let text = good.body.to_string();
    let mut ok = HttpResponse::build(good.status);
    ok.content_type("application/json");
    if spoilt(Fault::DropAfter) {
        return hang_up(request);
    }
    if spoilt(Fault::Error500After) {
        return HttpResponse::InternalServerError().body("upstream went away");
    }
    if spoilt(Fault::Accepted202) {
        return HttpResponse::Accepted().finish();
    }
    if spoilt(Fault::SlowBody) {
        return ok.body(Stalling::new(text, stall));
    }
    if spoilt(Fault::TruncatedJson) {
        let half = text.len() / 2;
        return ok.body(text.into_bytes().into_iter().take(half).collect::<Vec<u8>>());
    }
    if spoilt(Fault::UnknownStatus) {
        return ok.body(good.strange.to_string());
    }
    ok.body(text)
}

/// A body whose second half comes late.
struct Stalling {
    parts: Vec<Bytes>,
    size: u64,
    stall: Duration,
    wait: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Stalling {
    fn new(text: String, stall: Duration) -> Self {
        let all = Bytes::from(text);
        let size = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let half = all.len() / 2;
        // The last part is taken first.
        Self { parts: vec![all.slice(half..), all.slice(..half)], size, stall, wait: None }
    }
}

impl MessageBody for Stalling {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        if let Some(wait) = &mut self.wait
            && wait.as_mut().poll(context).is_pending()
        {
            return Poll::Pending;
        }
        let stall = self.stall;
        self.wait = Some(Box::pin(tokio::time::sleep(stall)));
        Poll::Ready(self.parts.pop().map(Ok))
    }
}
