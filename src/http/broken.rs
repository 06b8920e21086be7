use std::error::Error;
use std::io;
use std::time::Duration;

use hyper_util::client::legacy;

use super::route::{ConnectionHistory, Unreached};
use super::tls;
use crate::wire::Broken;

/// What a failed request means. `limit` is the limit for opening a connection.
pub(super) fn of_request(error: &legacy::Error, https: bool, limit: Duration) -> Broken {
    let causes = causes(error);
    for cause in &causes {
        if let Some(unreached) = cause.downcast_ref::<Unreached>() {
            return of_connection(unreached, limit);
        }
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return Broken::Tls(tls::reason(error));
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>() {
            return of_answer(error, https);
        }
    }
    let last = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
    if error.is_connect() && https {
        // The connection itself stood, or an `Unreached` would have been among the causes.
        let closed = causes.iter().any(|cause| is_end(*cause));
        return Broken::Tls(if closed {
            "the server closed the connection during the handshake".to_owned()
        } else {
            last
        });
    }
    Broken::Protocol(last)
}

/// What it means that no connection could be opened within `limit`.
pub(super) fn of_connection(unreached: &Unreached, limit: Duration) -> Broken {
    match unreached {
        Unreached::Refused(why) => Broken::Refused(why.clone()),
        Unreached::NoSuchHost(why) => Broken::NoSuchHost(why.clone()),
        Unreached::TimedOut => Broken::TimedOut(limit),
        Unreached::Other(why) => Broken::Protocol(why.clone()),
    }
}

/// True when a request met the closing of a connection that had served others before: no byte of an
/// answer came.
pub(super) fn met_a_closing(error: &legacy::Error) -> bool {
    let mut known = http::Extensions::new();
    if let Some(connection) = error.connect_info() {
        connection.get_extras(&mut known);
    }
    let served_before = known.get::<ConnectionHistory>().is_some_and(ConnectionHistory::has_answered);
    let closed = causes(error).into_iter().any(|cause| {
        is_end(cause)
            || cause.downcast_ref::<hyper::Error>().is_some_and(|error| {
                error.is_incomplete_message() || error.is_closed() || error.is_canceled()
            })
    });
    served_before && closed
}

/// What an answer means that broke off before its head was complete.
fn of_answer(error: &hyper::Error, https: bool) -> Broken {
    if error.is_parse_too_large() {
        return Broken::Protocol("the response header, or its Content-Length, is too large".to_owned());
    }
    if error.is_parse() {
        let hint = if https { "" } else { "; if the server speaks TLS on this port, write https://" };
        return Broken::Protocol(format!("the response is not HTTP/1.1 ({error}){hint}"));
    }
    if error.is_incomplete_message() || error.is_closed() || causes(error).iter().any(|cause| is_end(*cause))
    {
        return Broken::Protocol("the server closed the connection without a response".to_owned());
    }
    Broken::Protocol(causes(error).last().map_or_else(|| error.to_string(), ToString::to_string))
}

/// What a body means that broke off after `received` bytes, of which the head had announced `announced`.
pub(super) fn of_body(error: &hyper::Error, received: usize, announced: Option<usize>) -> Broken {
    let causes = causes(error);
    if error.is_incomplete_message() || causes.iter().any(|cause| is_end(*cause)) {
        return Broken::Protocol(match announced {
            Some(announced) => format!("the response body ended after {received} of {announced} bytes"),
            None => format!("the response body ended early, after {received} bytes"),
        });
    }
    let last = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
    Broken::Protocol(format!("the response body cannot be read: {last}"))
}

fn is_end(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionAborted
        )
    })
}

/// An error and all its causes. An `io::Error` leaves out the error it wraps when asked for its
/// source, so that one is taken out by hand.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut found = vec![error];
    let mut current = error;
    loop {
        let inner = current
            .downcast_ref::<io::Error>()
            .and_then(|io| io.get_ref())
            .map(|inner| inner as &(dyn Error + 'static));
        match inner.or_else(|| current.source()) {
            Some(next) => {
                found.push(next);
                current = next;
            }
            None => return found,
        }
    }
}
