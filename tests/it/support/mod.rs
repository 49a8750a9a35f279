//! What the tests share.

pub(crate) mod archive;
pub(crate) mod authority;
pub(crate) mod background;
pub(crate) mod canary;
pub(crate) mod connect_proxy;
pub(crate) mod core;
pub(crate) mod deadline;
pub(crate) mod exchange;
pub(crate) mod failures;
pub(crate) mod host;
pub(crate) mod leak_check;
pub(crate) mod plugin_client;
pub(crate) mod process;
pub(crate) mod real_server;
pub(crate) mod run;
pub(crate) mod running;
pub(crate) mod sandbox;
pub(crate) mod scripted_server;
pub(crate) mod skip;
pub(crate) mod toy_provider;
pub(crate) mod trace_capture;
pub(crate) mod wire_server;
pub(crate) mod workspace;
