//! Tables as Parquet: a file each. Rows are collected column by column and written in groups, so that a file of any length
//! needs the memory of one group.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::rows::{Sink, Value};
use super::table::{Column, Kind, TABLES, Table};

/// Rows of a group: a few megabytes of each table.
const GROUP: usize = 1 << 16;

/// Writes each table into a file of its own.
pub struct Parquet<W: Write + Send> {
    files: Vec<File<W>>,
}

struct File<W: Write + Send> {
    table: &'static Table,
    writer: SerializedFileWriter<W>,
    columns: Vec<Collected>,
    rows: usize,
}

/// The values of a column in the current group; `defined` has a 0 for each that is absent.
struct Collected {
    defined: Vec<i16>,
    values: Values,
}

enum Values {
    Text(Vec<ByteArray>),
    Number(Vec<f64>),
    Count(Vec<i64>),
    Flag(Vec<bool>),
}

impl<W: Write + Send> Parquet<W> {
    /// Opens a file for each table by its name.
    pub fn new(mut open: impl FnMut(&'static Table) -> io::Result<W>) -> io::Result<Self> {
        let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
        let mut files = Vec::new();
        for table in TABLES {
            let columns = table.columns.iter().map(column).collect::<io::Result<Vec<_>>>()?;
            let schema = Type::group_type_builder(table.name).with_fields(columns).build().map_err(io::Error::other)?;
            let writer = SerializedFileWriter::new(open(table)?, Arc::new(schema), properties.clone());
            let columns = table.columns.iter().map(|column| Collected::of(column.kind)).collect();
            files.push(File { table, writer: writer.map_err(io::Error::other)?, columns, rows: 0 });
        }
        Ok(Self { files })
    }
}

fn column(column: &Column) -> io::Result<Arc<Type>> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Count => (Physical::INT64, Some(LogicalType::integer(64, false))),
        Kind::Flag => (Physical::BOOLEAN, None),
    };
    let built = Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build();
    built.map(Arc::new).map_err(io::Error::other)
}

impl Collected {
    fn of(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Number => Values::Number(Vec::new()),
            Kind::Count => Values::Count(Vec::new()),
            Kind::Flag => Values::Flag(Vec::new()),
        };
        Self { defined: Vec::new(), values }
    }

    fn push(&mut self, value: &Value<'_>) {
        self.defined.push(i16::from(*value != Value::Absent));
        match (&mut self.values, value) {
            (Values::Text(all), Value::Text(text)) => all.push(text.as_bytes().to_vec().into()),
            (Values::Number(all), Value::Number(number)) => all.push(*number),
            (Values::Count(all), Value::Count(count)) => all.push(count.cast_signed()),
            (Values::Flag(all), Value::Flag(flag)) => all.push(*flag),
            (_, Value::Absent) => {}
            (_, other) => unreachable!("the table has no column for {other:?}"),
        }
    }

    fn clear(&mut self) {
        self.defined.clear();
        match &mut self.values {
            Values::Text(all) => all.clear(),
            Values::Number(all) => all.clear(),
            Values::Count(all) => all.clear(),
            Values::Flag(all) => all.clear(),
        }
    }
}

impl<W: Write + Send> File<W> {
    fn write_group(&mut self) -> parquet::errors::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for collected in &mut self.columns {
            let Some(mut column) = group.next_column()? else { break };
            let defined = Some(collected.defined.as_slice());
            match &collected.values {
                Values::Text(all) => column.typed::<ByteArrayType>().write_batch(all, defined, None)?,
                Values::Number(all) => column.typed::<DoubleType>().write_batch(all, defined, None)?,
                Values::Count(all) => column.typed::<Int64Type>().write_batch(all, defined, None)?,
                Values::Flag(all) => column.typed::<BoolType>().write_batch(all, defined, None)?,
            };
            column.close()?;
            collected.clear();
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl<W: Write + Send> Sink for Parquet<W> {
    fn row(&mut self, table: &'static Table, values: &[Value<'_>]) -> io::Result<()> {
        let Some(file) = self.files.iter_mut().find(|file| file.table.name == table.name) else { return Ok(()) };
        file.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        file.rows += 1;
        if file.rows == GROUP { file.write_group().map_err(io::Error::other) } else { Ok(()) }
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        for mut file in self.files {
            file.write_group().map_err(io::Error::other)?;
            file.writer.close().map_err(io::Error::other)?;
        }
        Ok(())
    }
}
