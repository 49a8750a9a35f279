# A plan can detect in two ways that CXone did not grant the declared scopes. docs/guides/scope-drift.md lists the exit codes.
# examples/scope-drift watches a baseline.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# Client id, secret and token endpoint come from CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_TOKEN_URL.
provider "cxone" {
  scopes      = ["cxone:api"]
  scope_drift = "warn" # "error" stops the plan
}

data "cxone_token_info" "this" {}

# A warning that blocks nothing. The check sees the token of this read, not an earlier token. If the token expires sooner than
# `min_remaining_lifetime`, the read fails, and the check is not evaluated.
check "scopes" {
  assert {
    condition = data.cxone_token_info.this.scope_drift_detected == false
    error_message = join(" ", [
      "Missing: ${join(", ", coalesce(data.cxone_token_info.this.missing_scopes, []))}.",
      "Extra: ${join(", ", coalesce(data.cxone_token_info.this.extra_scopes, []))}.",
    ])
  }
}

# A gate: if scopes differ, the plan exits with 1.
data "cxone_token_info" "reporting" {
  lifecycle {
    postcondition {
      condition     = self.scope_drift_detected == false
      error_message = "CXone does not grant what the reporting job needs."
    }
  }
}
