//! What the tests share.

pub(crate) mod exchange;
pub(crate) mod scripted_server;
