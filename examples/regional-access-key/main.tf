# An access key without a registered application, at the token endpoint of one area.
#
# The access key comes from the environment: CXONE_ACCESS_KEY_ID and CXONE_ACCESS_KEY_SECRET.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

provider "cxone" {
  grant_type = "access_key"
  region     = var.region
}

variable "region" {
  description = "Area of the tenant, such as na1, eu1 or au1."
  type        = string
}

data "cxone_token_info" "this" {}

output "tenant_id" {
  value = data.cxone_token_info.this.tenant_id
}
