//! Ctrl-C for subcommands that write a file: the work ends, and what is half-written goes.

use crate::base::cancel::CancelToken;

/// A token that Ctrl-C (or a request to terminate) cancels.
pub(super) fn cancel_token() -> CancelToken {
    let cancel = CancelToken::default();
    let of_handler = cancel.clone();
    // Without a handler Ctrl-C ends the program at once, and the temporary file stays: worse, not wrong.
    drop(ctrlc::set_handler(move || of_handler.cancel()));
    cancel
}
