//! The bytes of a request.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use prost::Message;
use serde::Serialize;
use serde_json::Value;

use super::local::LocalError;
use crate::config::{Compression, Protocol};

/// Encodes a request. Over gRPC compression comes later, as its frames say whether there is one.
pub(super) fn encode<M: Message + Serialize>(
    message: &M,
    protocol: Protocol,
    compression: Compression,
) -> Result<Bytes, LocalError> {
    let encoded = match protocol {
        Protocol::Grpc => return Ok(message.encode_to_vec().into()),
        Protocol::HttpProtobuf => Ok(message.encode_to_vec()),
        Protocol::HttpJson => json(message),
    };

    encoded
        .and_then(|body| compressed(body, compression))
        .map(Bytes::from)
        .map_err(|source| LocalError::Encoding { source })
}

/// Writes JSON without what is absent. The messages' own way to write that is `null`, which a
/// Collector refuses (for the extremes of a histogram, which are not known).
fn json<M: Serialize>(message: &M) -> io::Result<Vec<u8>> {
    const NULL: &[u8] = b":null";

    let written = serde_json::to_vec(message)?;
    if !written.windows(NULL.len()).any(|bytes| bytes == NULL) {
        return Ok(written);
    }
    let mut value = serde_json::to_value(message)?;
    leave_out_nulls(&mut value);

    Ok(serde_json::to_vec(&value)?)
}

fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(leave_out_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Compresses at the lowest level, as for /metrics.
pub(super) fn compressed(body: Vec<u8>, compression: Compression) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(body),
        Compression::Zstd => zstd::bulk::compress(&body, 1),
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6), Level::fast());
            encoder.write_all(&body)?;
            encoder.finish()
        }
    }
}

impl Compression {
    /// Returns the value of Content-Encoding.
    pub(super) const fn content_encoding(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }
}
