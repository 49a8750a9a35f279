# One token, handed to a second provider, and nothing secret in state.
#
# `cargo xtask demo` runs this against a stand-in CXone. To run it against your own, set CXONE_CLIENT_ID and
# CXONE_CLIENT_SECRET (and CXONE_TOKEN_URL, where yours differs).

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# Exchanges the credentials of the environment for a token, at plan, before anything else happens.
provider "cxone" {
  scopes = ["cxone:api"]
}

# The token: handed on, never written to the plan or to state.
ephemeral "cxone_access_token" "api" {}

# A second provider that uses the token. Any provider that accepts a bearer token works the same way.
provider "cxone" {
  alias        = "with_token"
  access_token = ephemeral.cxone_access_token.api.access_token
}

# What is inside the token that was handed over; safe in state.
data "cxone_token_info" "handed_over" {
  provider = cxone.with_token
}

output "token" {
  description = "What CXone granted."
  value = {
    tenant_id      = data.cxone_token_info.handed_over.tenant_id
    area           = data.cxone_token_info.handed_over.area
    granted_scopes = data.cxone_token_info.handed_over.granted_scopes
  }
}
