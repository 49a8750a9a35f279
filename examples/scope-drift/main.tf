# A scheduled job runs ./check.sh. The exit code shows whether CXone grants exactly the scopes declared here.
# docs/guides/scope-drift.md lists the exit codes.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# Client id, secret and token endpoint come from CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_TOKEN_URL.
# No `scopes` here: the provider would ask for them when it starts, and no plan would be possible while CXone refuses them.
provider "cxone" {}

resource "cxone_scope_baseline" "reporting" {
  scopes = ["cxone:api", "cxone:reports"]
}
