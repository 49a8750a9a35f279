# One token for a second provider. No secret is in the state.
#
# `cargo xtask demo` runs this example against a sandbox. To run it against CXone, set CXONE_CLIENT_ID and
# CXONE_CLIENT_SECRET, and CXONE_TOKEN_URL if your token endpoint is not the default.

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# At plan, the provider first requests a token with the credentials from the environment.
provider "cxone" {
  scopes = ["cxone:api"]
}

# The token. It is never in plan or state.
ephemeral "cxone_access_token" "api" {}

# A second provider uses the token. Any provider that accepts a bearer token works in the same way.
provider "cxone" {
  alias        = "with_token"
  access_token = ephemeral.cxone_access_token.api.access_token
}

# The token's contents, without the token: safe in state.
data "cxone_token_info" "handed_over" {
  provider = cxone.with_token
}

output "token" {
  description = "The tenant and the granted scopes."
  value = {
    tenant_id      = data.cxone_token_info.handed_over.tenant_id
    area           = data.cxone_token_info.handed_over.area
    granted_scopes = data.cxone_token_info.handed_over.granted_scopes
  }
}
