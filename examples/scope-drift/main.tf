# A scheduled job watches what CXone grants: ./check.sh says by its exit code whether it is what is declared here.
# docs/guides/scope-drift.md has the exit codes.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

# Client id, secret and token endpoint: CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, CXONE_TOKEN_URL.
# No `scopes` here: the provider would ask for them when it starts, and no plan would be possible while CXone refuses them.
provider "cxone" {}

resource "cxone_scope_baseline" "reporting" {
  scopes = ["cxone:api", "cxone:reports"]
}
