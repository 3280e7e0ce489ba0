//! Past contracts from a table: a register kept elsewhere enters this one, every contract under the registration number it has.
//!
//! A file is read and shown ([`preview_import`]); nothing is written before the officer brings it in ([`commit_import`]). Each contract is then
//! registered as of its own day, gets a verification code, and counts in the ledger in the same transaction. A registration number stands once:
//! whoever gives one or brings one in holds the same counter row, and a unique index stands behind it.

mod batches;
mod columns;
mod labels;
mod row;
#[cfg(test)]
mod tests;
mod writing;

use uuid::Uuid;

pub use self::{
    batches::{
        ImportRow, ImportSummary, ImportView, commit_import, discard_import, import_batch, import_batches, import_problems, preview_import,
        purge_imports, resume_imports,
    },
    columns::{RegisterColumn, column_head, columns},
};

/// What begins the source of a contract that came from a table.
const SOURCE: &str = "import:";

/// Where a contract comes from, as stored: the batch and its file.
fn source_text(batch: Uuid, file_name: &str) -> String {
    format!("{SOURCE}{batch} {file_name}")
}

/// The file that a contract came from, by its stored source; `None` when it was recorded here.
pub(super) fn file_of(source: &str) -> Option<String> {
    source.strip_prefix(SOURCE).and_then(|rest| rest.split_once(' ')).map(|(_, file)| file.to_owned())
}
