# A company network with its own certificate authority, a proxy that requires a login, and a gateway with poor HTTP/2 support.

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
  }
}

variable "proxy" {
  description = "Address of the proxy, with user and password percent-encoded."
  type        = string
  sensitive   = true

  # A plan file holds the values of all variables that are not ephemeral. Before Terraform 1.10 and OpenTofu 1.11, use
  # CXONE_HTTP_PROXY instead.
  ephemeral = true
}

provider "cxone" {
  ca_cert_file = "/etc/ssl/company/root.pem" # trusted in addition to the system's roots
  http_proxy   = var.proxy
  http_version = "1.1"

  request_timeout = "1m"
  max_retries     = 5
}

data "cxone_token_info" "this" {}
