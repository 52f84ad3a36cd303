//! The failure matrix: every leg of every step × every kind of fault, each cell a run. The layout says which cells
//! there are and with which recipe; [`fn@run`] carries them out one by one, so that whoever waits sees each as it
//! comes. Pairs of cells, and the same cells without a protection, are laid out from the same list.

mod layout;
mod run;
mod text;

pub use layout::{Cell, Layout, Row};
pub use run::{CellReport, Compared, Run, differs, in_world, report_of, run};
pub use text::{cell_text, csv, csv_header, markdown};
