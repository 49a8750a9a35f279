# The provider reads the `auth:` YAML of existing scripts, in every core.
#
# The file holds a secret: keep it out of version control.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

provider "cxone" {
  auth_file = "${path.module}/auth.yaml"
}

# The same credentials with another scope: an argument of the block overrides the file.
provider "cxone" {
  alias     = "read_only"
  auth_file = "${path.module}/auth.yaml"
  scopes    = ["cxone:read"]
}

data "cxone_token_info" "this" {}

data "cxone_token_info" "read_only" {
  provider = cxone.read_only
}

output "granted_scopes" {
  value = {
    this      = data.cxone_token_info.this.granted_scopes
    read_only = data.cxone_token_info.read_only.granted_scopes
  }
}
