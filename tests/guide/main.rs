//! Prints the troubleshooting guide, for `cargo xtask docs`: xtask cannot depend on the provider, whose tests depend on
//! xtask. Never shipped.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(terraform_provider_cxone::diagnosis::render_troubleshooting().as_bytes())
}
