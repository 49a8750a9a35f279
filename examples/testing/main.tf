terraform {
  required_providers {
    cxone = { source = "cxone-tools/cxone" }
  }
}

variable "needed_scopes" {
  description = "What the token has to be good for."
  type        = set(string)
  default     = ["cxone:api"]
}

data "cxone_token_info" "this" {
  scopes = var.needed_scopes

  lifecycle {
    postcondition {
      condition     = try(length(setsubtract(var.needed_scopes, self.granted_scopes)) == 0, false)
      error_message = "CXone does not grant every scope that is needed."
    }
  }
}

output "tenant_id" {
  value = data.cxone_token_info.this.tenant_id
}
