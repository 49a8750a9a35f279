//! Terraform and OpenTofu provider for NICE CXone authentication.
//!
//! ```text
//! main ─▶ provider ─▶ plugin   Terraform's plugin protocol: knows nothing of CXone, OAuth or HTTP clients
//!              │
//!              └────▶ oauth    the token exchange: knows nothing of Terraform, schemas or diagnostics
//! main ─▶ doctor ─▶ provider, oauth   the same knowledge on the command line
//! ```
//!
//! Data takes one way: RPC bytes, decoded by [`plugin`], resolved to settings by [`provider`], exchanged by
//! [`oauth`], turned into attributes or diagnostics by [`provider`], encoded by [`plugin`]. `plugin` and `oauth`
//! never import each other, nor `provider`; a test enforces it.

pub mod command_line;
pub mod doctor;
#[doc(hidden)]
pub mod fuzzing;
pub mod provider;

/// musl's own allocator maps and unmaps memory for almost every block, and a provider lives for milliseconds:
/// `benches/README.md` has the figures.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
