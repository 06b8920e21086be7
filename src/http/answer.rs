//! Reading an answer whole, within limits.

use std::time::{Duration, Instant};

use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;

use super::broken;
use crate::wire::{Answer, Body, Broken, Excess, Unparsed};

/// How much of an answer is read, and for how long.
pub(super) struct Limits {
    /// Bytes of body.
    pub body: usize,
    /// The end of the time for the exchange: parsing is part of it.
    pub until: Instant,
    /// That time, to be named.
    pub timeout: Duration,
}

/// Reads an answer whole, within the limits.
pub(super) async fn read(
    answer: http::Response<hyper::body::Incoming>,
    started: Instant,
    limits: Limits,
) -> Result<Answer, Broken> {
    let (head, mut body) = answer.into_parts();
    let announced = head
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken::of_body(&error, bytes.len(), announced))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > limits.body {
                return Err(Broken::TooLarge(Excess::Bytes(limits.body)));
            }
            bytes.extend_from_slice(data);
        }
    }
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let elapsed = started.elapsed();
    let body = Body::received(bytes, limits.until).map_err(|stopped| match stopped {
        Unparsed::TooLate => Broken::TimedOut(limits.timeout),
        Unparsed::Costly(excess) => Broken::TooLarge(excess),
    })?;
    Ok(Answer { status: head.status.as_u16(), headers, body, elapsed })
}
