//! Writing the canonical encoding.

use crate::document::Document;

impl Document {
    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// Appends the canonical encoding.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Document::Null => out.push(0),
            Document::Bool(false) => out.push(1),
            Document::Bool(true) => out.push(2),
            Document::Int(value) => {
                out.push(3);
                put_int(out, *value);
            }
            Document::Float(value) => {
                out.push(4);
                out.extend_from_slice(&value.0.to_be_bytes());
            }
            Document::String(value) => {
                out.push(5);
                put_bytes(out, value.as_bytes());
            }
            Document::Counter(value) => {
                out.push(6);
                put_int(out, *value);
            }
            Document::List(list) => {
                out.push(7);
                put_size(out, list.len() as u64);
                for item in list {
                    item.encode_into(out);
                }
            }
            Document::Map(map) => {
                out.push(8);
                put_size(out, map.len() as u64);
                for (key, value) in map {
                    put_bytes(out, key.as_bytes());
                    value.encode_into(out);
                }
            }
            Document::Text(rope) => {
                out.push(9);
                put_size(out, rope.len_bytes() as u64);
                for chunk in rope.chunks() {
                    out.extend_from_slice(chunk.as_bytes());
                }
            }
        }
    }
}

fn put_size(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_int(out: &mut Vec<u8>, value: i64) {
    put_size(out, ((value << 1) ^ (value >> 63)) as u64);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_size(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
