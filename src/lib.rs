//! Terraform and OpenTofu provider for NICE CXone authentication.
//!
//! ```text
//! main ─▶ provider ─▶ objects ─▶ session ─▶ scopes, diagnosis ─▶ settings ─▶ hosts, text
//!    └──▶ doctor, token_command ────▲
//! ```
//!
//! Arrows point down only. The crates `plugin` and `oauth` are the outer walls: only `provider` and `objects` serve.

pub mod command_line;
pub mod diagnosis;
pub mod doctor;
#[doc(hidden)]
pub mod fuzzing;
pub mod hosts;
pub mod objects;
pub mod provider;
pub mod scopes;
pub mod session;
pub mod settings;
pub mod text;
pub mod token_command;

/// musl's own allocator maps and unmaps memory for almost every block, and a provider lives only for milliseconds.
/// `benches/README.md` has the figures.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
