//! Which format a file is of.
