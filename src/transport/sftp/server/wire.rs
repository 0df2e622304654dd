//! A TCP stream that ends when its visitor is too late to log in, or takes nothing, and tells what its visitor takes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::net::TcpStream;

use super::session::Visit;

/// Read ahead: the length of a packet is asked for alone, and most packets are short.
const AHEAD: usize = 1 << 10;

pub(super) struct Wire {
    stream: BufReader<TcpStream>,
    visit: Arc<Visit>,
    late: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Wire {
    /// `late` ends when it is too late to log in.
    pub(super) fn new(stream: TcpStream, visit: Arc<Visit>, late: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { stream: BufReader::with_capacity(AHEAD, stream), visit, late: Box::pin(late) }
    }

    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        match self.visit.logged_in() {
            true => self.visit.untaken.is_given_up(context),
            false => self.late.as_mut().poll(context).is_ready(),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.visit.untaken.end();
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_late(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_late(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(bytes)) = written {
            self.visit.untaken.taken(bytes);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
