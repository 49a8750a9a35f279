//! What the tests share.

pub(crate) mod authority;
pub(crate) mod connect_proxy;
pub(crate) mod exchange;
pub(crate) mod scripted_server;
pub(crate) mod trace_capture;
