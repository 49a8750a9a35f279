# Two ways to notice during a plan that CXone did not grant the declared scopes: docs/guides/scope-drift.md has the exit
# codes. examples/scope-drift has the job that watches a baseline.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# Client id, secret and token endpoint: CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, CXONE_TOKEN_URL.
provider "cxone" {
  scopes      = ["cxone:api"]
  scope_drift = "warn" # "error" stops the plan
}

data "cxone_token_info" "granted" {}

# A note in the output that blocks nobody. The data source is outside, so that the check plans no read of its own.
check "scopes" {
  assert {
    condition     = data.cxone_token_info.granted.scope_drift_detected != true
    error_message = "CXone's grant has drifted from the declared scopes."
  }
}

# A gate: the plan exits 1.
data "cxone_token_info" "gate" {
  lifecycle {
    postcondition {
      condition     = length(coalesce(self.missing_scopes, [])) == 0
      error_message = "CXone no longer grants: ${join(", ", coalesce(self.missing_scopes, []))}"
    }
  }
}
