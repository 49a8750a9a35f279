# The token and the address of the APIs, fed to a generic REST provider. Neither plan nor state holds the token.

terraform {
  required_version = ">= 1.10"

  required_providers {
    cxone = {
      source = "cxone-tools/cxone"
    }
    restapi = {
      source = "mastercard/restapi"
    }
  }
}

# Client id and secret come from CXONE_CLIENT_ID and CXONE_CLIENT_SECRET.
provider "cxone" {
  scopes = ["cxone:api"]
}

ephemeral "cxone_access_token" "api" {
  # A run that lasts longer than the token fails half way: ask for enough, and let it fail before it starts.
  min_remaining_lifetime = "15m"
}

provider "restapi" {
  uri = ephemeral.cxone_access_token.api.api_base_url
  headers = {
    Authorization = ephemeral.cxone_access_token.api.authorization_header
  }
}
