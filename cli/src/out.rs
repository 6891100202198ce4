//! What is printed. A closed pipe and a full disk are no panics: nothing more is printed, and the command goes on, since its
//! results may be on disk.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// What became of stdout.
enum Stdout {
    Open,
    /// Its reader has closed it.
    Closed,
    Failed(String),
}

static STDOUT: Mutex<Stdout> = Mutex::new(Stdout::Open);

/// Stdout as a sink that never fails; [`finish`] says whether it did.
pub(crate) struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        attempt(|| anstream::stdout().lock().write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        attempt(|| anstream::stdout().lock().flush());
        Ok(())
    }
}

fn attempt(write: impl FnOnce() -> io::Result<()>) {
    let mut stdout = STDOUT.lock().unwrap_or_else(PoisonError::into_inner);
    if !matches!(*stdout, Stdout::Open) {
        return;
    }
    if let Err(error) = write() {
        *stdout = match error.kind() {
            io::ErrorKind::BrokenPipe => Stdout::Closed,
            _ => Stdout::Failed(error.to_string()),
        };
    }
}

/// Prints on stdout.
pub(crate) fn put(text: Arguments<'_>) {
    attempt(|| anstream::stdout().lock().write_fmt(text));
}

/// Prints on stderr. If that fails there is nowhere to say so.
pub(crate) fn tell(text: Arguments<'_>) {
    let _ = anstream::stderr().lock().write_fmt(text);
}

/// Hands the rest over to the system. What went wrong on stdout, unless its reader wanted no more.
pub(crate) fn finish() -> Option<String> {
    attempt(|| anstream::stdout().lock().flush());
    match &*STDOUT.lock().unwrap_or_else(PoisonError::into_inner) {
        Stdout::Failed(error) => Some(error.clone()),
        Stdout::Open | Stdout::Closed => None,
    }
}

macro_rules! print {
    ($($text:tt)*) => { $crate::out::put(format_args!($($text)*)) };
}
macro_rules! println {
    () => { $crate::out::put(format_args!("\n")) };
    ($($text:tt)*) => { $crate::out::put(format_args!("{}\n", format_args!($($text)*))) };
}
macro_rules! eprint {
    ($($text:tt)*) => { $crate::out::tell(format_args!($($text)*)) };
}
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::out::tell(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use {eprint, eprintln, print, println};
