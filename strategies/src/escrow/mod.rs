//! Strategies that share out rights beforehand, so that nobody has to ask at the moment of spending.

pub mod bounded;
mod rights;
mod stock;
#[cfg(test)]
mod tests;
