# One API request with the provider `http`. The arguments of a data source cannot be ephemeral, so the token comes from a
# data source. The state holds the token, marked sensitive.

terraform {
  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
    http = {
      source = "hashicorp/http"
    }
  }
}

provider "cxone" {
  scopes = ["cxone:api"]
}

data "cxone_access_token" "api" {}

data "http" "business_unit" {
  url = "${data.cxone_access_token.api.api_base_url}/inContactAPI/services/v34.0/business-unit"
  request_headers = {
    Accept        = "application/json"
    Authorization = data.cxone_access_token.api.authorization_header
  }

  lifecycle {
    precondition {
      condition     = data.cxone_access_token.api.api_base_url != null
      error_message = "CXone publishes no API address for this tenant."
    }
    postcondition {
      condition     = self.status_code == 200
      error_message = "CXone responded with HTTP ${self.status_code}."
    }
  }
}
