//! Connections that say what HTTP libraries do not let a server say.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections answer 204 with a body, where they are told to.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) listener: TcpListener,
    /// Whether answers with 204 get a body.
    pub(super) body_on_204: bool,
}

impl Listener for Port {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers must not wait for more data to come. A socket that refuses the option still works.
        drop(stream.set_nodelay(true));
        (Connection { stream, body_on_204: self.body_on_204, waiting: Vec::new() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    body_on_204: bool,
    /// Bytes that were accepted and are not written yet.
    waiting: Vec<u8>,
}

impl Connection {
    fn write_waiting(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.waiting.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

/// An answer's head with status 204 as it is written, with a body behind it.
fn with_body(head: &[u8]) -> Option<Vec<u8>> {
    let lines = head.strip_suffix(b"\r\n").filter(|_| head.starts_with(b"HTTP/1.1 204"))?;
    Some([lines, b"content-length: 2\r\n\r\n{}"].concat())
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.body_on_204 {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        }
        ready!(self.write_waiting(context))?;
        match with_body(bytes) {
            Some(more) => {
                self.waiting = more;
                // What cannot be written now is written before the next bytes, or when flushed.
                if let Poll::Ready(Err(error)) = self.write_waiting(context) {
                    return Poll::Ready(Err(error));
                }
                Poll::Ready(Ok(bytes.len()))
            }
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_waiting(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_waiting(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.body_on_204 {
            return Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        }
        let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
        self.poll_write(context, first)
    }

    fn is_write_vectored(&self) -> bool {
        !self.body_on_204 && self.stream.is_write_vectored()
    }
}
