//! Tables as comma-separated values: a file each, with a header line. What is absent is empty.

use std::io::{self, Write};

use csv_core::{WriteResult, Writer};

use super::rows::{Sink, Value};
use super::table::{TABLES, Table};

/// Writes each table into a file of its own.
pub struct Csv<W: Write> {
    files: Vec<File<W>>,
}

struct File<W: Write> {
    table: &'static Table,
    writer: Writer,
    to: W,
}

impl<W: Write> File<W> {
    fn field(&mut self, mut text: &[u8]) -> io::Result<()> {
        loop {
            let mut room = [0; 1024];
            let (result, read, written) = self.writer.field(text, &mut room);
            self.to.write_all(&room[..written])?;
            text = &text[read..];
            if result == WriteResult::InputEmpty {
                return Ok(());
            }
        }
    }

    /// What stands between two fields, or after the last one.
    fn end(&mut self, last: bool) -> io::Result<()> {
        let mut room = [0; 8];
        let (_, written) = if last { self.writer.terminator(&mut room) } else { self.writer.delimiter(&mut room) };
        self.to.write_all(&room[..written])
    }

    fn record<'f>(&mut self, fields: impl ExactSizeIterator<Item = std::borrow::Cow<'f, [u8]>>) -> io::Result<()> {
        let last = fields.len();
        for (index, field) in fields.enumerate() {
            self.field(&field)?;
            self.end(index + 1 == last)?;
        }
        Ok(())
    }
}

impl<W: Write> Csv<W> {
    /// Opens a file for each table, and writes its header.
    pub fn new(mut open: impl FnMut(&'static Table) -> io::Result<W>) -> io::Result<Self> {
        let mut files = Vec::new();
        for table in TABLES {
            let mut file = File { table, writer: Writer::new(), to: open(table)? };
            file.record(table.columns.iter().map(|column| column.name.as_bytes().into()))?;
            files.push(file);
        }
        Ok(Self { files })
    }
}

impl<W: Write> Sink for Csv<W> {
    fn row(&mut self, table: &'static Table, values: &[Value<'_>]) -> io::Result<()> {
        let Some(file) = self.files.iter_mut().find(|file| file.table.name == table.name) else { return Ok(()) };
        file.record(values.iter().map(|value| match value {
            Value::Absent => (&b""[..]).into(),
            Value::Text(text) => text.as_bytes().into(),
            // The shortest text that is read as the same number.
            Value::Number(number) => format!("{number:?}").into_bytes().into(),
            Value::Count(count) => count.to_string().into_bytes().into(),
            Value::Flag(flag) => (if *flag { &b"true"[..] } else { b"false" }).into(),
        }))
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.files.into_iter().try_for_each(|mut file| file.to.flush())
    }
}
